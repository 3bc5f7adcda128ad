/** Numbers as they are said: `twenty-five`, `the twenty-first`. Written figures are read too. */

const UNITS =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const TENS = ['', '', 'twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'];
const IRREGULAR: Record<string, string> = {
  one: 'first',
  two: 'second',
  three: 'third',
  five: 'fifth',
  eight: 'eighth',
  nine: 'ninth',
  twelve: 'twelfth',
};
const LARGEST = 99;
const LARGEST_DAY = 31;

export function cardinal(value: number): string {
  if (value < UNITS.length) return UNITS[value] as string;
  if (value > LARGEST) return String(value);
  const unit = value % 10;
  return `${TENS[Math.floor(value / 10)]}${unit === 0 ? '' : `-${UNITS[unit]}`}`;
}

export function ordinal(value: number): string {
  const words = cardinal(value);
  const [, head = '', last = ''] = /^(.*-)?([a-z]+)$/.exec(words) ?? [];
  return head + (IRREGULAR[last] ?? `${last.replace(/y$/, 'ie')}th`);
}

const CARDINALS = numbered(LARGEST, cardinal);
const ORDINALS = numbered(LARGEST_DAY, ordinal);

const BY_TENS = TENS.filter(Boolean).join('|');
const BY_UNITS = UNITS.slice(1, 10).join('|');
/** The longest first, so that `sixteen` is not read as `six`. */
const SMALL = [...UNITS].sort((a, b) => b.length - a.length).join('|');
const SMALL_ORDINALS = [...ORDINALS.keys()].filter((words) => !words.includes(' '));

/** Sources of regular expressions, without a group. They are short because many of them stand in one expression. */
export const NUMBER = `(?:\\d{1,3}(?!\\d)|(?:${BY_TENS})(?:[-\\s](?:${BY_UNITS})(?!\\w))?|${SMALL})(?!(?![ap]\\.?m\\b)[\\w'’])`;
export const ORDINAL = `(?:\\d{1,2}(?:st|nd|rd|th)|(?:(?:twenty|thirty)[-\\s])?(?:${SMALL_ORDINALS.join('|')}))(?![\\w'’])`;

export function numberOf(words: string): number {
  return CARDINALS.get(plain(words)) ?? Number(words);
}

export function ordinalOf(words: string): number {
  return ORDINALS.get(plain(words)) ?? parseInt(words, 10);
}

function numbered(largest: number, words: (value: number) => string): Map<string, number> {
  return new Map(Array.from({ length: largest + 1 }, (_, value) => [plain(words(value)), value]));
}

function plain(words: string): string {
  return words.toLowerCase().replace(/[-\s]+/g, ' ');
}
