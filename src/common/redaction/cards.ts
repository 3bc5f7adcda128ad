import { figurePieces, LIKE_A_CARD, LIKE_A_LIST, withoutListed } from './figures';
import { digitsIn, isCounting, LONGEST_PHONE, type Piece, type Run, runsOf, type Span, spanOf } from './spans';

/** ISO/IEC 7812-1 ends at 19; nobody issues shorter ones than 13. */
const SHORTEST_CARD = 13;
const LONGEST_CARD = 19;

export function cards(text: string, runs: readonly Run[]): Span[] {
  return runs.filter((run) => digitsIn(run) >= SHORTEST_CARD).flatMap((run) => cardsOfRun(text, run));
}

/**
 * There can be more in a run than a card, as its date and its code. A card ends where the run does or a number can; in a
 * run that is too long for a card it ends anywhere.
 */
function cardsOfRun(text: string, run: Run): Span[] {
  const found: Span[] = [];
  let left = digitsIn(run);
  if (left <= LONGEST_PHONE && hasPlus(text, run[0])) return [];
  let edge = 0;
  let isLong = left > LONGEST_CARD;
  const isCut = (at: number) => at === edge || isLong || canEnd(text, run[at - 1], run[at]);
  for (let at = 0; at < run.length;) {
    const card = isCut(at) ? cardAt(run, at, isCut, isCardNumber) : [];
    const passed = card.length > 0 ? card : run.slice(at, at + 1);
    at += passed.length;
    left -= digitsIn(passed);
    if (card.length === 0) continue;
    found.push(spanOf(card));
    // The rest is looked at as if it stood alone.
    edge = at;
    isLong = left > LONGEST_CARD;
  }
  return found;
}

/**
 * Cards in figures with commas, dashes or fillers between their groups. A list looks the same, and of its many parts one
 * in ten has a right check digit: only what somebody issues is a card here, if it begins behind a pause. What else is in
 * the list does not count: that may be gone the next time.
 */
export function scatteredCards(text: string): Span[] {
  const masked = withoutListed(text);
  return runsOf(masked, figurePieces(masked), LIKE_A_LIST).flatMap((run) => scatteredCardsOfRun(masked, run));
}

function scatteredCardsOfRun(text: string, run: Run): Span[] {
  const found: Span[] = [];
  let edge = 0;
  const isCut = (at: number) => canEnd(text, run[at - 1], run[at]);
  for (let at = 0; at < run.length;) {
    const isPhone = hasPlus(text, run[at]);
    const isCard = (digits: string, groups: Run) =>
      isIssued(digits) && isGroupedAsACard(groups) && !(isPhone && digits.length <= LONGEST_PHONE);
    const begins = at === edge || !LIKE_A_CARD.test(text.slice(run[at - 1]?.end, run[at]?.start));
    const card = begins ? cardAt(run, at, isCut, isCard) : [];
    at += Math.max(card.length, 1);
    if (card.length === 0) continue;
    found.push(spanOf(card));
    edge = at;
  }
  return found;
}

const SHORTEST_GROUP = 4;
/** The lengths that most cards have. */
const IN_SMALL_GROUPS = [15, 16];

/**
 * Single digits, groups of four and more, or small ones of one size but at the ends. A list is of all lengths, and in one
 * of phones three digits stand before four.
 */
function isGroupedAsACard(groups: Run): boolean {
  const sizes = groups.map(({ digits }) => digits.length);
  const largest = Math.max(...sizes);
  if (isCounting(groups) || /\b3 4\b/.test(sizes.join(' '))) return false;
  if (largest === 1 || largest >= SHORTEST_GROUP) return true;
  const isEven = sizes.every((size, at) => size === largest || at === 0 || at === sizes.length - 1);
  return isEven && IN_SMALL_GROUPS.includes(digitsIn(groups));
}

function hasPlus(text: string, piece: Piece | undefined): boolean {
  return piece !== undefined && text[piece.start - 1] === '+';
}

/** Single digits in a row do not tell where a number ends. Groups do, and pauses. */
function canEnd(text: string, before: Piece | undefined, after: Piece | undefined): boolean {
  if (before === undefined || after === undefined) return true;
  if (before.digits.length > 1 || after.digits.length > 1) return true;
  const gap = text.slice(before.end, after.start);
  return gap.length > 1 || gap.trim() !== '';
}

/** The longest card that begins there, or nothing. */
function cardAt(
  run: Run,
  from: number,
  isCut: (at: number) => boolean,
  isCard: (digits: string, groups: Run) => boolean,
): Piece[] {
  let digits = '';
  let longest: Piece[] = [];
  for (let end = from + 1; end <= run.length; end++) {
    digits += run[end - 1]?.digits ?? '';
    if (digits.length > LONGEST_CARD) break;
    if (digits.length < SHORTEST_CARD || !isCut(end)) continue;
    const groups = run.slice(from, end);
    if (isCard(digits, groups)) longest = groups;
  }
  return longest;
}

/**
 * How the networks begin their numbers, and how long they make them: Visa; American Express; Diners Club; then JCB,
 * Mastercard, Mir, Maestro, Discover, UnionPay, RuPay and Troy. No year from 1900 on begins one.
 */
const ISSUED = /^(?:4\d{12}(?:\d{3}){0,2}|3[47]\d{13}|3[0689]\d{12}|(?:35|2[2-7]|[56]\d|8[12]|97)\d{14,17})$/;

function isIssued(digits: string): boolean {
  return ISSUED.test(digits) && isCardNumber(digits);
}

const CODE_OF_0 = '0'.charCodeAt(0);

/** The Luhn formula, ISO/IEC 7812-1, annex B. It would let zeros pass, which are nobody's card. */
function isCardNumber(digits: string): boolean {
  let sum = 0;
  for (let place = 1; place <= digits.length; place++) {
    const digit = digits.charCodeAt(digits.length - place) - CODE_OF_0;
    const weighed = place % 2 === 1 ? digit : digit * 2;
    sum += weighed > 9 ? weighed - 9 : weighed;
  }
  return sum > 0 && sum % 10 === 0;
}
