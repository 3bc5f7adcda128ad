export interface Span {
  start: number;
  end: number;
}

/** Digits as they stand in a text: a group of figures, or the words for one digit or a few. */
export interface Piece extends Span {
  digits: string;
}

/** Pieces with nothing between them but what people put between the digits of one number. Never empty. */
export type Run = Piece[];

export const SHORTEST_NUMBER = 4;
export const SHORTEST_PHONE = 7;
/** ITU-T E.164. */
export const LONGEST_PHONE = 15;

/** What people say between digits while they think or look. */
export const FILLER = '(?:um|umm|uh|uhm|er|erm|hm|hmm|ah|eh)';

export function runsOf(text: string, pieces: readonly Piece[], gap: RegExp): Run[] {
  const runs: Run[] = [];
  let last: Piece | undefined;
  for (const piece of pieces) {
    if (last !== undefined && gap.test(text.slice(last.end, piece.start))) runs.at(-1)?.push(piece);
    else runs.push([piece]);
    last = piece;
  }
  return runs;
}

export function matchesIn(text: string, pattern: RegExp): Span[] {
  const spans: Span[] = [];
  for (const { 0: match, index } of text.matchAll(pattern)) spans.push({ start: index, end: index + match.length });
  return spans;
}

export function spanOf(run: readonly Piece[]): Span {
  return { start: run[0]?.start ?? 0, end: run.at(-1)?.end ?? 0 };
}

export function digitsIn(run: readonly Piece[]): number {
  return run.reduce((sum, { digits }) => sum + digits.length, 0);
}

const LONGEST_STEP = 10;

/** One, two, three; or ten, thirty, fifty. */
export function isCounting(run: Run): boolean {
  const numbers = run.map(({ digits }) => Number(digits));
  const stepTo = (at: number) => (numbers[at] ?? 0) - (numbers[at - 1] ?? 0);
  const step = stepTo(1);
  if (step === 0 || (Math.abs(step) > LONGEST_STEP && step % LONGEST_STEP !== 0)) return false;
  return numbers.every((_, at) => at === 0 || stepTo(at) === step);
}
