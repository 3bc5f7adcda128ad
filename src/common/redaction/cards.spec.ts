import * as fc from 'fast-check';
import { REDACTION_KINDS } from '../../config/app-config';
import { redact } from '../redaction';

const clean = (text: string) => redact(text, REDACTION_KINDS);

/** With the check digit behind them. */
function checked(body: number[]): number[] {
  const sum = body.toReversed().reduce((all, digit, at) => {
    const weighed = at % 2 === 0 ? digit * 2 : digit;
    return all + (weighed > 9 ? weighed - 9 : weighed);
  }, 0);
  return [...body, (10 - (sum % 10)) % 10];
}

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
    ['4111, 1111 1111. 1111, code 123', '[card], code 123'],
    ['Amex 3782, 822463, 10005', 'Amex [card]'],
    ['4,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1', '[card]'],
    ['41, 11, 11, 11, 11, 11, 11, 11, until 12/27', '[card], until 12/27'],
    ['4,111,111,111,111,111', '[card]'],
    ['6, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 7, 12, 27', '[card], 12, 27'],
    ['My PIN is 4821, $500 please, 4111.1111.1111.1111 $50', 'My PIN is [number], $500 please, [card] $50'],
    ['4111 1111, um, 1111 and then 1111', '[card]'],
    ['4111, 1111, 1111, 1111. 5500, 0055, 5555, 5559', '[card]. [card]'],
    ['four one one one, um, one one one one, uh, one one one one, and then one one one one', '[card]'],
    ['four one one one – one one one one – er... one one one one\n\none one one one', '[card]'],
  ])('%s', (text, expected) => {
    expect(clean(text)).toBe(expected);
  });

  it.each([
    ['is none when the check digit is wrong', '4111 1111 1111 1112'],
    ['is none with thirteen zeros', '0000000000000'],
    ['is none with twelve digits', '4111 1111 1116'],
    ['is none with a plus before it', '+1111111111116'],
    ['is none in groups with a wrong check digit', '4111, 1111, 1111, 1112'],
    ['is none in groups with a plus before them', '+411, 111, 111, 111, 116'],
    ['is none in years', '2019, 2020, 2021, 2022, 2023, 2024, 2025, 2026, 2027, 2028, 2029, 2030'],
    ['is none in counting', Array.from({ length: 100 }, (_, at) => at + 1).join(', ')],
    ['is none in prices', Array.from({ length: 100 }, (_, at) => `${40 + at}.50`).join(', ')],
    ['is none in amounts', Array.from({ length: 100 }, (_, at) => `4,${200 + 7 * at},000`).join(', ')],
    ['is none in dates', Array.from({ length: 28 }, (_, at) => `${at + 1}.5.2026, 5/${at + 1}/2027`).join(', ')],
    [
      'is none when spoken with a wrong check digit',
      'four one one one one one one one one one one one one one one two',
    ],
  ])('%s', (_, text) => {
    expect(redact(text, ['card'])).toBe(text);
  });

  it.each([
    ...[
      ', ',
      ',',
      ' , ',
      '.',
      '. ',
      '/',
      ' / ',
      '–',
      ' – ',
      '—',
      ' — ',
      ' - ',
      '  ',
      '   ',
      '\n',
      '\r\n',
      '\t',
      ' um ',
    ],
    ...['、', '，', '،', '－', '...', ', uh, ', ' ‐ '],
  ])('is found with %j between its groups', (gap) => {
    expect(clean(`It is ${['4111', '1111', '1111', '1111'].join(gap)}.`)).toBe('It is [card].');
  });

  it('is found whatever its digits, and however they are grouped', () => {
    const digits = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 12, maxLength: 18 }).map(checked);
    const words = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
    fc.assert(
      fc.property(
        digits,
        fc.array(fc.constantFrom('', ' ', '-', '\t'), { minLength: 18, maxLength: 18 }),
        (card, gaps) => {
          const written = card.map((digit, at) => `${digit}${at < card.length - 1 ? gaps[at] : ''}`).join('');
          expect(clean(`It is ${written}.`)).toBe('It is [card].');
          expect(clean(`It is ${card.map((digit) => words[digit]).join(' ')}.`)).toBe('It is [card].');
        },
      ),
    );
  });
});

it('finds a card that somebody issues, whatever stands between its groups', () => {
  const issued = fc
    .constantFrom(
      ...([
        ['4', 12],
        ['4', 15],
        ['51', 15],
        ['2221', 15],
        ['34', 14],
        ['37', 14],
        ['36', 13],
        ['3528', 15],
      ] as const),
      ...([
        ['6011', 15],
        ['62', 18],
        ['5018', 17],
        ['2200', 15],
        ['8100', 15],
        ['9792', 15],
      ] as const),
    )
    .chain(([prefix, length]) => {
      const rest = fc.array(fc.integer({ min: 0, max: 9 }), {
        minLength: length - prefix.length,
        maxLength: length - prefix.length,
      });
      return rest.map((digits) => checked([...Array.from(prefix, Number), ...digits]));
    });
  const gap = fc.constantFrom(', ', ' – ', '  ', '. ', ' - ', '\n', '/', ', um, ', ' uh... ');
  fc.assert(
    fc.property(issued, gap, fc.constantFrom(1, 4, 5, 6), (card, between, size) => {
      const written = card.map((digit, at) => (at > 0 && at % size === 0 ? between : '') + digit).join('');
      expect(clean(`It is ${written}.`)).toBe('It is [card].');
    }),
  );
});
