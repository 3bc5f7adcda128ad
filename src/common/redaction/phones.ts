import { figurePieces, LIKE_A_LIST, LIKE_A_PHONE, LIKE_A_SPREAD_PHONE, withoutAmounts, withoutListed } from './figures';
import { digitsIn, isCounting, LONGEST_PHONE, type Run, runsOf, SHORTEST_PHONE, type Span, spanOf } from './spans';

export function longRuns(text: string, runs: readonly Run[], atLeast: number, atMost = Infinity): Span[] {
  return runs
    .filter((run) => digitsIn(run) >= atLeast && digitsIn(run) <= atMost)
    .map((run) => withItsSigns(text, spanOf(run)));
}

/** With the plus before it, and a parenthesis whose other half is inside. */
function withItsSigns(text: string, { start, end }: Span): Span {
  const inside = text.slice(start, end);
  const open = inside.split('(').length - inside.split(')').length;
  const signed = { start, end };
  if (open < 0 && text[start - 1] === '(') signed.start--;
  if (open > 0 && text[end] === ')') signed.end++;
  if (text[signed.start - 1] === '+') signed.start--;
  return signed;
}

const YEAR = /^(?:19|20)\d\d$/;

/** Groups with long or spaced dashes, or wide spaces. Two with a dash are a range. */
export function spreadFigures(text: string): Run[] {
  const masked = withoutListed(withoutAmounts(text));
  return runsOf(masked, figurePieces(masked), LIKE_A_SPREAD_PHONE).filter((run) => {
    const pauses = run.flatMap((_, at) => (isPause(masked, run, at) ? [gapBefore(masked, run, at)] : []));
    const isRange = pauses.length === 1 && pauses[0]?.trim() !== '';
    if (pauses.length === 0 || isRange) return false;
    return !isCounting(run) && !run.every(({ digits }) => YEAR.test(digits));
  });
}

/**
 * Phones with commas, slashes or fillers between their groups. A list looks the same, so only what shows in another way
 * that it is a phone is one here. It shows in itself, never in what is beside it: that may be gone the next time.
 */
export function listedPhones(text: string): Span[] {
  const masked = withoutListed(withoutAmounts(text));
  return runsOf(masked, figurePieces(masked), LIKE_A_LIST)
    .flatMap((run) => phonesOfRun(masked, run))
    .map((span) => withItsSigns(masked, span));
}

function phonesOfRun(text: string, run: Run): Span[] {
  const phones: Span[] = [];
  let edge = 0;
  for (let at = 0; at < run.length;) {
    let end = endOfPhone(text, run, at, at === edge);
    if (end === at) {
      at++;
      continue;
    }
    // What is joined to its groups as a phone's are to each other goes with them.
    let start = at;
    while (start > edge && !isPause(text, run, start)) start--;
    while (end < run.length && !isPause(text, run, end)) end++;
    phones.push(spanOf(run.slice(start, end)));
    edge = end;
    at = end;
  }
  return phones;
}

/** Where the phone ends that begins there; where it begins, if there is none. */
function endOfPhone(text: string, run: Run, at: number, isEdge: boolean): number {
  const isBehindDigit = !isEdge && run[at - 1]?.digits.length === 1;
  return Math.max(
    isEdge || isPause(text, run, at) ? endOfDialled(text, run, at) : at,
    endOfNorthAmerican(text, run, at),
    isBehindDigit ? at : endOfSpelled(text, run, at),
  );
}

/** National numbers have nine digits and more with the zero that is dialled before them; days, as 05 and 06, have less. */
const SHORTEST_WITH_ZERO = 9;

/**
 * With a plus or a zero at its front, as far as the pauses are written alike. What is a phone before the first of them
 * ends there: "+49 171 1234567, 24 hours".
 */
function endOfDialled(text: string, run: Run, at: number): number {
  const first = run[at];
  if (first === undefined) return at;
  const hasPlus = text[first.start - 1] === '+';
  if (!hasPlus && !/^0\d/.test(first.digits)) return at;
  let digits = first.digits.length;
  let pause: string | undefined;
  let end = at + 1;
  for (; end < run.length; end++) {
    if (isPause(text, run, end)) {
      if (pause === undefined && digits >= SHORTEST_PHONE) return at;
      const mark = markOf(text, run, end);
      if (pause !== undefined && mark !== pause) break;
      pause = mark;
    }
    const longer = digits + (run[end]?.digits.length ?? 0);
    if (longer > LONGEST_PHONE) break;
    digits = longer;
  }
  const isLong = digits >= (hasPlus ? SHORTEST_PHONE : SHORTEST_WITH_ZERO);
  return pause !== undefined && isLong && !isCounting(run.slice(at, end)) ? end : at;
}

/** Numbering Plan of North America: neither the area nor the exchange begins with 0 or 1. */
const NORTH_AMERICAN = /^[2-9]\d\d [2-9]\d\d \d{4}$/;
/** 250, 500 or 1000 of something. */
const ROUND = /^\d+0 \d+0 \d+0$/;

function endOfNorthAmerican(text: string, run: Run, at: number): number {
  const from = run[at]?.digits === '1' ? at + 1 : at;
  const end = from + 3;
  const groups = run.slice(from, end).map(({ digits }) => digits);
  const written = groups.join(' ');
  return NORTH_AMERICAN.test(written) && !ROUND.test(written) && hasPause(text, run, at, end) ? end : at;
}

/** Dictated digit by digit. */
function endOfSpelled(text: string, run: Run, at: number): number {
  let end = at;
  while (run[end]?.digits.length === 1) end++;
  return end - at >= SHORTEST_PHONE && hasPause(text, run, at, end) && !isCounting(run.slice(at, end)) ? end : at;
}

function hasPause(text: string, run: Run, at: number, end: number): boolean {
  return run.slice(at, end).some((_, nth) => nth > 0 && isPause(text, run, at + nth));
}

/** More than stands between the groups of a phone as it is written. */
function isPause(text: string, run: Run, at: number): boolean {
  return at > 0 && !LIKE_A_PHONE.test(gapBefore(text, run, at));
}

/** The mark a pause is written with; none for a filler alone. */
function markOf(text: string, run: Run, at: number): string {
  return /[,./…\p{Pd}−]/u.exec(gapBefore(text, run, at))?.[0] ?? '';
}

function gapBefore(text: string, run: Run, at: number): string {
  return text.slice(run[at - 1]?.end, run[at]?.start);
}
