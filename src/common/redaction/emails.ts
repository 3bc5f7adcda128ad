import { matchesIn, type Span } from './spans';

// Where words are not spaced, those before an address would be part of it; and in Korean those behind it are.
const UNSPACED_SCRIPTS = 'Han Hiragana Katakana Bopomofo Hangul Thai Lao Khmer Myanmar Tibetan'
  .split(' ')
  .map((script) => String.raw`\p{scx=${script}}`)
  .join('');
const ANY_LETTER = String.raw`[\p{L}\p{M}]`;
const UNSPACED = `[${ANY_LETTER}&&[${UNSPACED_SCRIPTS}]]`;
const LETTER = `[${ANY_LETTER}--[${UNSPACED_SCRIPTS}]]`;
const MARK = String.raw`._%+\-`;
const NAME = `[${LETTER}\\d${MARK}]`;
const NAME_BEGINS = `(?<!${NAME})`;
const WHOLE_NAME = `[${MARK}]*[${LETTER}\\d]${NAME}*`;
const LABEL = `[${LETTER}\\d\\-]{1,63}`;
/** What is written right behind an address goes with it, but for the marks at its end. */
const TAIL = `(?!${LETTER})(?:${NAME}*[${LETTER}\\d])?`;

/**
 * Words that are not spaced end where a letter of another script begins. A few of them that stand alone can be a part of
 * the name, as in 张wei@example.com; so can those before a digit or a mark.
 */
const NO_UNSPACED_NAME = `(?<!(?<!${UNSPACED})${UNSPACED}{1,4})(?<!${UNSPACED}(?!${LETTER}))`;

const WRITTEN_EMAIL = new RegExp(
  `${NAME_BEGINS}${NO_UNSPACED_NAME}${WHOLE_NAME}@(?:${LABEL}\\.){1,10}${LETTER}{2,24}${TAIL}`,
  'giv',
);

export function writtenEmails(text: string): Span[] {
  return matchesIn(text, WRITTEN_EMAIL);
}

/** RFC 5321, 4.5.3.1.1, in UTF-8 by RFC 6531. */
const LONGEST_NAME_BYTES = 64;
/** Those of the root zone that are not spaced have six letters at most. */
const UNSPACED_EMAIL = new RegExp(
  [
    `[${ANY_LETTER}\\d${MARK}]{0,${LONGEST_NAME_BYTES - 1}}[${ANY_LETTER}\\d][${MARK}]{0,9}`,
    `@(?:[${ANY_LETTER}\\d\\-]{1,63}\\.){1,10}(?:${LETTER}{2,24}${TAIL}|${UNSPACED}{2,6})`,
  ].join(''),
  'giv',
);

/** Where the name begins is not to be seen, so all goes that can be of it. */
export function unspacedEmails(text: string): Span[] {
  // Most texts have none, and this pattern looks far ahead from every letter.
  if (!text.includes('@')) return [];
  return matchesIn(text, UNSPACED_EMAIL).map(({ start, end }) => ({ start: longestName(text, start), end }));
}

function longestName(text: string, start: number): number {
  const at = text.indexOf('@', start);
  let from = start;
  while (Buffer.byteLength(text.slice(from, at)) > LONGEST_NAME_BYTES) {
    from += (text.codePointAt(from) ?? 0) > 0xffff ? 2 : 1;
  }
  return from;
}

/** Only these are heard as the end of an address: any word would make one of "aim at every dot you see". */
const HEARD_ENDING = oneOf(`
  com org net edu gov mil int info biz name io co ai app dev me tv cc xyz online site shop store tech cloud blog
  ae ar at au be bg br ca ch cl cn cz de dk eg es eu fi fr gr hk hu id ie il in is it jp ke kr lu mx my ng nl no nz
  pe ph pk pl pt ro ru sa se sg sk th tr tw ua uk us vn za`);

/** "Look at example dot com" is a place, not an address. */
const BEFORE_A_PLACE = oneOf(`
  am is are was were be been it them me us you we he she they him her that this and or up in out here there more
  look looked looking shop shopping buy bought order ordered book booked find found see visit apply register registered
  work works worked working available online page site website store account email`);
const NEVER_A_DOMAIN = oneOf('a an the this that each every any one my your his her its our their');

/** `john dot doe at example dot com`, `john.doe at example.com`, `john dot doe@example.com`. */
const SPOKEN_EMAIL = new RegExp(
  [
    `${NAME_BEGINS}(?:${NO_UNSPACED_NAME}|(?!${NAME}*@))(?!${BEFORE_A_PLACE}\\sat\\s)`,
    `${WHOLE_NAME}(?:\\s(?:dot|underscore|dash|hyphen|minus|plus)\\s${NAME}+){0,8}`,
    `(?:\\sat\\s(?:sign\\s)?|\\s?@\\s?)(?!${NEVER_A_DOMAIN}\\s)`,
    `${LABEL}(?:(?:\\sdot\\s|\\.)${LABEL}){0,4}(?:\\sdot\\s|\\.)${HEARD_ENDING}${TAIL}`,
  ].join(''),
  'giv',
);

export function spokenEmails(text: string): Span[] {
  return matchesIn(text, SPOKEN_EMAIL);
}

function oneOf(words: string): string {
  return `(?:${words.trim().split(/\s+/).join('|')})`;
}
