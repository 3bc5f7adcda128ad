import * as fc from 'fast-check';
import { REDACTION_KINDS } from '../config/app-config';
import { redact } from './redaction';

const clean = (text: string) => redact(text, REDACTION_KINDS);

describe('a card', () => {
  it.each([
    ['My card is 4111 1111 1111 1111, thanks.', 'My card is [card], thanks.'],
    ['It is 4111-1111-1111-1111.', 'It is [card].'],
    ['4111111111111111', '[card]'],
    ['4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1', '[card]'],
    ['Amex 3782 822463 10005, code 1234', 'Amex [card], code [number]'],
    ['4111 1111 1111 1111 12 27', '[card] [number]'],
    ['4111 1111 1111 1111 5500 0055 5555 5559', '[card] [card]'],
    [`four ${'one '.repeat(14)}one`, '[card]'],
    ['Four one one one, one one one one, one one one one, one one one one.', '[card].'],
    ['five five double zero, double zero five five, five five five five, five five five nine', '[card]'],
    ['four oh one two eight eight eight eight eight eight eight eight one eight eight one', '[card]'],
    ['four one one one double one double one double one double one double one double one', '[card]'],
    ['Treble four, treble four, treble four, treble four, triple four eight', '[card]'],
  ])('%s', (text, expected) => {
    expect(clean(text)).toBe(expected);
  });

  it.each([
    ['is none when the check digit is wrong', '4111 1111 1111 1112'],
    ['is none with thirteen zeros', '0000000000000'],
    ['is none with twelve digits', '4111 1111 1116'],
    ['is none with a plus before it', '+1111111111116'],
    [
      'is none when spoken with a wrong check digit',
      'four one one one one one one one one one one one one one one two',
    ],
  ])('%s', (_, text) => {
    expect(redact(text, ['card'])).toBe(text);
  });

  it('is found whatever its digits, and however they are grouped', () => {
    const digits = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 12, maxLength: 18 }).map((body) => {
      const sum = body.reverse().reduce((all, digit, at) => {
        const weighed = at % 2 === 0 ? digit * 2 : digit;
        return all + (weighed > 9 ? weighed - 9 : weighed);
      }, 0);
      return [...body.reverse(), (10 - (sum % 10)) % 10];
    });
    const words = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
    fc.assert(
      fc.property(digits, fc.array(fc.constantFrom('', ' ', '-'), { minLength: 18, maxLength: 18 }), (card, gaps) => {
        const written = card.map((digit, at) => `${digit}${at < card.length - 1 ? gaps[at] : ''}`).join('');
        expect(clean(`It is ${written}.`)).toBe('It is [card].');
        expect(clean(`It is ${card.map((digit) => words[digit]).join(' ')}.`)).toBe('It is [card].');
      }),
    );
  });
});

describe('an address', () => {
  it.each([
    ['Write to john.doe+news@mail.example.co.uk.', 'Write to [email].'],
    ['<john_doe@example.museum>', '<[email]>'],
    ['jörg@müller.de, please', '[email], please'],
    ['我的邮箱是john@example.com谢谢', '我的邮箱是[email]谢谢'],
    ['It is john dot doe at example dot com.', 'It is [email].'],
    ['It is John underscore Doe dash 7 at my-mail dot co dot uk', 'It is [email]'],
    ['Send it to john.doe at example.com today', 'Send it to [email] today'],
    ['Send it to john at example dot com today', 'Send it to [email] today'],
    ['john dot doe@example.com', '[email]'],
    ['john dot doe at sign example dot org', '[email]'],
    ['Reach us at info at example dot in', 'Reach us at [email]'],
    ['foo@bar@example.com', 'foo@[email]'],
    ['john42 at gmail.com or 12345@example.com', '[email] or [email]'],
  ])('%s', (text, expected) => {
    expect(clean(text)).toBe(expected);
  });

  it.each([
    'Look at example dot com.',
    'You can find us at example.com.',
    'Aim at every dot in the picture.',
    'We meet at noon dot dot dot',
    'a@b',
    'Follow @example.',
    'She is at home.',
  ])('is not in: %s', (text) => {
    expect(clean(text)).toBe(text);
  });
});

describe('a phone number', () => {
  it.each([
    ['Call +1 (202) 555-0100 now', 'Call [phone] now'],
    ['Call (202) 555-0100 now', 'Call [phone] now'],
    ['Call me (202.555.0100).', 'Call me ([phone]).'],
    ['+44 (0)20 7946 0958', '[phone]'],
    ['555-0100', '[phone]'],
    ['555.0100', '[phone]'],
    ['Tel. 0171/1234567', 'Tel. [number]/[phone]'],
    ['+4917612345678', '[phone]'],
    ['2 0 2 5 5 5 0 1 0 0', '[phone]'],
    ['我的电话是13800138000。', '我的电话是[phone]。'],
    ['two oh two five five five oh one double oh', '[phone]'],
    ['Two zero two. Five five five. O one O O.', '[phone].'],
    ['It is five-five-five-zero-one-zero-zero', 'It is [phone]'],
    ['202 555 0100, 202 555 0101', '[phone], [phone]'],
  ])('%s', (text, expected) => {
    expect(clean(text)).toBe(expected);
  });
});

describe('a number', () => {
  it.each([
    ['My code is 4821.', 'My code is [number].'],
    ['PIN 1 2 3 4', 'PIN [number]'],
    ['Account 12-34-56', 'Account [number]'],
    ['It is seven three nine one', 'It is [number]'],
    ['It is double seven, double nine', 'It is [number]'],
    ['Order A1234567890123456789012', 'Order A[number]'],
    ['Born in 2026, number 2100', 'Born in 2026, number [number]'],
    ['2026 1234', '[phone]'],
    ['DE89 3704 0044 0532 0130 00', 'DE[number]'],
  ])('%s', (text, expected) => {
    expect(clean(text)).toBe(expected);
  });
});

describe('ordinary speech stays as it is', () => {
  it.each([
    'In 2026 we moved; the 1990s were better.',
    'The meeting is at 10:30, or at 2026-11-30 14:15:00 at the latest.',
    'It costs $1,200.50, or €1200, or 1.200,50 € with tax, or 1500 £.',
    'Pi is about 3.1415, or 3.14159265, and half is 0.5000.',
    'It takes 10-15 minutes for 1,250,000 people.',
    'One two three, and then four of us went home.',
    'Oh, oh, oh, oh, that is funny!',
    'Is it one or two? Three, I think.',
    'Call 911, or dial 100 and then 5.',
    'I was number one at nine in room 101.',
    'Version 1.2.3 came out on 11/30/2026 and costs 1,000.50.',
    'He said: "at this point, dot every i".',
    'Nine times out of ten, no one answers at 24/7 hotlines.',
    'Am 24.12.2026 um 10.30 Uhr kostet es 1.250,00 € für 3 Personen.',
    'Im Jahr 1999 hatte die Stadt 12.500 Einwohner, sagt Frau Müller.',
    'Ich bin seit zwei Jahren Kunde und habe nie etwas bestellt.',
    'Nos vemos el 5 de mayo de 2027 a las 17:45, ¿vale?',
    'Son 25,50 € por persona, uno o dos no importan.',
    '会议在2026年11月30日上午10:30开始,大约需要15分钟。',
    '这个要¥1200,打八折以后是960元。',
    '',
  ])('%s', (text) => {
    expect(clean(text)).toBe(text);
  });
});

it('redacts nothing that nobody asked for', () => {
  const text = '4111 1111 1111 1111 john@example.com +1 202 555 0100 PIN 4821';
  expect(redact(text, [])).toBe(text);
  expect(redact(text, ['card'])).toBe('[card] john@example.com +1 202 555 0100 PIN 4821');
  expect(redact(text, ['email'])).toBe('4111 1111 1111 1111 [email] +1 202 555 0100 PIN 4821');
  expect(redact(text, ['phone'])).toBe('4111 1111 1111 1111 john@example.com [phone] PIN 4821');
  expect(redact(text, ['number'])).toBe('[number] john@example.com [number] PIN [number]');
});

/** Parts that mean something next to each other. */
function joined(parts: string[], gaps: string[], range: { minLength?: number; maxLength: number }) {
  const part = fc.tuple(fc.constantFrom(...parts), fc.constantFrom(...gaps));
  return fc.array(part, { ...range, size: 'max' }).map((all) => all.flat().join(''));
}
const gaps = ['', ' ', ' ', ' ', ' ', '-', '.', ',', ', ', '. ', '+', '(', ')', '@', ':', '\n', '_', "'", '/'];
const pieces = joined(
  [
    ...[
      'one',
      'two',
      'four',
      'oh',
      'double',
      'nine',
      'at',
      'dot',
      'com',
      'john',
      'look',
      'the',
      'sign',
      'é',
      '好',
      'x',
    ],
    ...['example', 'plus', '[card]', '[email]', 'number', '1', '2', '12', '555', '2026', '10:30', '$', '€', '3.1415'],
  ],
  gaps,
  { maxLength: 40 },
);
const wholes = joined(
  [
    ...['a@b.co', 'x@y.com', 'john at x dot com', 'a dot b at y dot de', 'at x.com', '5555555555554444', '555 0100'],
    ...['4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1', 'four one one one one one one one one one one one one one one one', '1 2'],
  ],
  gaps,
  { maxLength: 10 },
);
const dictation = fc
  .tuple(
    fc.oneof(
      joined(['1', '4', '5', '9'], [' '], { minLength: 12, maxLength: 40 }),
      joined(['one', 'four', 'nine', 'double two'], [' '], { minLength: 12, maxLength: 40 }),
    ),
    fc.constantFrom('.', '@x.com', ' at x dot com', ', one', ' 41 11'),
  )
  .map(([digits, end]) => digits.trimEnd() + end);
const texts = fc.oneof(pieces, wholes, dictation, fc.string({ unit: 'binary' }));
const kinds = fc.oneof(fc.subarray([...REDACTION_KINDS]), fc.constant(['card', 'email'] as const));

it('changes nothing the second time', () => {
  fc.assert(
    fc.property(texts, kinds, (text, some) => {
      const once = redact(text, some);
      expect(redact(once, some)).toBe(once);
    }),
    { numRuns: 1000 },
  );
});

it('lets no phone number through, however it is written', () => {
  const gaps = fc.constantFrom('', '', ' ', '-', '.', ') ', ' (');
  const number = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), gaps), { minLength: 10, maxLength: 15 });
  fc.assert(
    fc.property(fc.constantFrom('', '+'), number, (plus, digits) => {
      const written = digits.map(([digit, gap], at) => `${digit}${at < digits.length - 1 ? gap : ''}`).join('');
      expect(clean(`Call ${plus}${written} now`)).not.toMatch(/\d{4}|\d[ .-]\d[ .-]\d[ .-]\d/);
    }),
  );
});

describe('a text that was made to be slow', () => {
  const LENGTH = 200_000;
  it.each([
    ['digits', '1'],
    ['spaced digits', '4 '],
    ['grouped digits', '41 1-'],
    ['dotted digits', '1.'],
    ['amounts', '1,.'],
    ['dashes', '-'],
    ['spaces', ' '],
    ['parentheses', '1 ('],
    ['letters', 'a'],
    ['marks', '.'],
    ['at signs', '@'],
    ['addresses without an end', 'a@'],
    ['labels without an end', 'a.', 'a@'],
    ['dashed names', 'a-'],
    ['spoken names without an end', 'a dot '],
    ['spoken addresses without an end', 'a at a dot '],
    ['long spoken names', `${'a'.repeat(5000)} dot `],
    ['addresses with a tail', 'a@a.co...'],
    ['a tail of marks', '.', 'a@a.co'],
    ['spoken digits', 'four '],
    ['spoken repetitions', 'double '],
    ['currency signs', '$ '],
    ['colons', '1:'],
    ['times', '10:30:'],
  ])('is done in time: %s', (_, part, start = '') => {
    const text = (start + part.repeat(LENGTH / part.length)).slice(0, LENGTH);
    const once = clean(text);
    expect(clean(once)).toBe(once);
  });
});
