import { FILLER, matchesIn, type Piece, type Run, runsOf, SHORTEST_NUMBER, spanOf } from './spans';

const ASCII_OF: Record<string, string> = { '،': ',', '、': ',', '٬': ',', '٫': '.' };
/** The full-width forms of ASCII stand in its order (Unicode, block FF00). */
const FROM_FULL_WIDTH = '！'.charCodeAt(0) - '!'.charCodeAt(0);

/**
 * Digits of any script and full-width signs, as they are in ASCII. A place in it is a place in the text, so digits of
 * two code units stay; `figurePieces` reads them.
 */
export function inAscii(text: string): string {
  return text.replace(/[^\P{Nd}\d]|[！-～،、٬٫]/gu, (sign) => {
    if (sign.length > 1) return sign;
    if (sign >= '！' && sign <= '～') return String.fromCharCode(sign.charCodeAt(0) - FROM_FULL_WIDTH);
    return ASCII_OF[sign] ?? asciiDigit(sign);
  });
}

const DIGITS = new Map<string, string>();

function asciiDigit(digit: string): string {
  let ascii = DIGITS.get(digit);
  if (ascii === undefined) DIGITS.set(digit, (ascii = String(valueOfDigit(digit))));
  return ascii;
}

/** A script has its ten in a row, beginning with 0 (Unicode, 4.6). Some sets follow each other without a gap. */
function valueOfDigit(digit: string): number {
  const code = digit.codePointAt(0) ?? 0;
  let zero = code;
  while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
  return (code - zero) % 10;
}

export function figurePieces(text: string): Piece[] {
  const isAscii = !/[^\P{Nd}\d]/u.test(text);
  return matchesIn(text, isAscii ? /\d+/g : /\p{Nd}+/gu).map(({ start, end }) => {
    const written = text.slice(start, end);
    return { digits: isAscii ? written : written.replace(/\p{Nd}/gu, asciiDigit), start, end };
  });
}

export const LIKE_A_CARD = /^[\s\-‐‑]$/;

/** All of them, joined as on a card. */
export function figureGroups(text: string): Run[] {
  return runsOf(text, figurePieces(text), LIKE_A_CARD);
}

/** Also `) `, ` (` and a dot. */
const PHONE_JOINT = String.raw`(?:[\s.\-‐‑](?:[()][\s.\-‐‑]?)?|[()][\s.\-‐‑]?)`;
export const LIKE_A_PHONE = new RegExp(`^${PHONE_JOINT}$`);
const DASH = String.raw`\s?[\p{Pd}−]\s?`;
export const LIKE_A_SPREAD_PHONE = new RegExp(String.raw`^(?:${PHONE_JOINT}|${DASH}|\s{2,3})$`, 'u');
/** A pause, a breath or a dash in what is dictated. It stands between the members of a list, too. */
const BREAK = String.raw`[\s,./…\p{Pd}−\p{Cf}]{1,4}`;
export const LIKE_A_LIST = new RegExp(String.raw`^\)?(?:${BREAK}(?:(?:${FILLER}|and\sthen)${BREAK}){0,3})?\(?$`, 'iu');

/** Money with its sign, and times of day. */
const AMOUNT_OR_TIME =
  /\p{Sc}\s?\d[\d.,]*|(?<![\d.,])\d(?:[\d.,]*\d)?\s?\p{Sc}|(?<!\d)\d{1,2}:\d{2}(?::\d{2})?(?!\d)/gu;

export function withoutAmounts(text: string): string {
  return text.replace(AMOUNT_OR_TIME, blank);
}

/** Or a month. */
const DAY = String.raw`(?:3[01]|[0-2]?\d)`;

/**
 * What a list can be of. Nothing of it is joined to other figures, or it could be a part of their number; and nothing of
 * it goes on as it began.
 */
const MEMBER_OF_A_LIST = new RegExp(
  [
    String.raw`(?<![\d+]|\d(?:${PHONE_JOINT}|[,/]))(?:`,
    [
      // Dates.
      String.raw`${DAY}(?<dot>[./]|\.\s|${DASH})(?<!\d\k<dot>${DAY}\k<dot>)${DAY}\k<dot>(?:19|20)?\d\d(?!\k<dot>\d)`,
      String.raw`(?:19|20)\d\d(?<sign>[./]|${DASH})(?<!\d\k<sign>\d{4}\k<sign>)${DAY}\k<sign>${DAY}(?!\k<sign>\d)`,
      String.raw`\d{1,2}/\d{1,2}`,
      // Ranges.
      String.raw`\d{1,2}-\d{1,2}`,
      String.raw`(?<!\d${DASH})[1-9]\d{0,2}(?!-)${DASH}[1-9]\d{0,2}(?!${DASH}\d)`,
      // Thousands, and decimals.
      String.raw`[1-9]\d{0,2}(?<thousands>[.,])\d{3}(?:\k<thousands>\d{3}){0,2}(?:[.,]\d{1,2})?`,
      String.raw`\d{1,3}[.,]\d{1,2}`,
    ].join('|'),
    String.raw`)(?!(?:${PHONE_JOINT}|[,/])?\d)`,
  ].join(''),
  'gu',
);

export function withoutListed(text: string): string {
  return text.replace(MEMBER_OF_A_LIST, blank);
}

/** Everyday figures, when they are all of a run. */
const EVERYDAY: readonly RegExp[] = [
  // A year, and a date with its year.
  /^(?:19|20)\d\d$/,
  /^(?:19|20)\d\d-\d{1,2}-\d{1,2}$/,
  /^\d{1,2}([.-])\d{1,2}\1(?:19|20)\d\d$/,
  // Ten to fifteen of something.
  /^\d{1,2}-\d{1,2}$/,
  // Decimals, and the end of 1,000.50. But 555.1234 is a phone's.
  /^(?!\d{3}\.\d{4}$)(?:0|[1-9]\d{0,5})\.\d{1,8}$/,
  /^\d{3}\.\d{1,2}$/,
];
const LONGEST_EVERYDAY = '123456.12345678'.length;

/** Those that can be somebody's, joined as people write a phone number. */
export function figures(text: string): Run[] {
  const masked = withoutAmounts(text);
  return runsOf(masked, figurePieces(masked), LIKE_A_PHONE).filter((run) => {
    const { start, end } = spanOf(run);
    if (end - start < SHORTEST_NUMBER) return false;
    if (end - start > LONGEST_EVERYDAY) return true;
    const written = text.slice(start, end);
    return !EVERYDAY.some((pattern) => pattern.test(written));
  });
}

function blank(kept: string): string {
  return '_'.repeat(kept.length);
}
