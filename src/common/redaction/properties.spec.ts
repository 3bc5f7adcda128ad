import * as fc from 'fast-check';
import { REDACTION_KINDS } from '../../config/app-config';
import { redact } from '../redaction';
import { inAscii } from './figures';

const clean = (text: string) => redact(text, REDACTION_KINDS);

/** Parts that mean something next to each other. */
function joined(parts: string[], gaps: string[], range: { minLength?: number; maxLength: number }) {
  const part = fc.tuple(fc.constantFrom(...parts), fc.constantFrom(...gaps));
  return fc.array(part, { ...range, size: 'max' }).map((all) => all.flat().join(''));
}
const gaps = [
  ...['', ' ', ' ', ' ', ' ', '-', '.', ',', ', ', '. ', '+', '(', ')', '@', ':', '\n', '_', "'", '/', '  ', ', ', '/'],
  ...[' – ', '–', ' - ', ', um, ', ' and then ', '、', ') '],
];
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
    ...['用户', '例', 'иван', '公司', '١', '４', '𝟏', 'um', '0171', '05', '202', '0100', '+49', '1/2', '2.5', '41'],
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

it('reads digits of any script as it reads ours', () => {
  fc.assert(
    fc.property(texts, fc.constantFrom('０', '٠', '۰', '०', '๐', '߀'), (text, zero) => {
      const ascii = inAscii(text);
      const other = ascii.replace(/\d/g, (digit) => String.fromCharCode(zero.charCodeAt(0) + Number(digit)));
      expect(inAscii(clean(other))).toBe(clean(ascii));
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
    ['lists', '41, '],
    ['lists of digits', '4, '],
    ['counting', '1, 2, '],
    ['lists with dashes', '12 – '],
    ['lists of zeros', '01, '],
    ['lists with a plus', '+1, '],
    ['lists of days', '1/1/'],
    ['lists of decimals', '1.50, '],
    ['thousands', '1,000,'],
    ['figures with fillers', '4, um, uh, '],
    ['breaks', '1 , , '],
    ['other digits', '١٤ '],
    ['digits of two code units', '𝟏'],
    ['spoken digits with fillers', 'four, um, '],
    ['spoken digits that go on', 'one one and then '],
    ['fillers', 'um, '],
    ['unspaced letters', '用', '@'],
    ['unspaced addresses without an end', '用@', '@'],
    ['unspaced labels without an end', '用.', '用@'],
    ['unspaced letters between others', '用a', '@'],
    ['combining marks', 'e\u0301', '@'],
  ])('is done in time: %s', (_, part, start = '') => {
    const text = (start + part.repeat(LENGTH / part.length)).slice(0, LENGTH);
    const once = clean(text);
    expect(clean(once)).toBe(once);
  });
});
