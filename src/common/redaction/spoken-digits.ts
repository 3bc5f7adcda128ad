import { digitsIn, FILLER, type Run, runsOf } from './spans';

const DIGIT_OF: Record<string, string> = {
  ...{ zero: '0', nought: '0', oh: '0', o: '0', one: '1', two: '2', three: '3' },
  ...{ four: '4', five: '5', six: '6', seven: '7', eight: '8', nine: '9' },
};
const TIMES_OF: Record<string, number> = { double: 2, triple: 3, treble: 3 };
const SPOKEN_DIGIT = new RegExp(
  `(?<!\\p{L})(?:(${Object.keys(TIMES_OF).join('|')})[\\s-])?(${Object.keys(DIGIT_OF).join('|')})(?![\\p{L}'’])`,
  'giu',
);
const ONLY_OH = /^(?:\w+[\s-])?oh?$/i;

/** A transcription makes commas, dashes, and sometimes sentences, of the pauses in a number. */
const PAUSE = String.raw`(?:[,./…]{0,3}\s{1,3}|\s?[\p{Pd}]\s?)`;
const FILLED_PAUSE = `${PAUSE}(?:${FILLER}${PAUSE}){0,3}`;
const LIKE_DICTATION = new RegExp(`^${FILLED_PAUSE}$`, 'iu');
const AND_THEN = new RegExp(String.raw`^${FILLED_PAUSE}and\sthen${FILLED_PAUSE}$`, 'iu');

export function spokenDigits(text: string): Run[] {
  const pieces = Array.from(text.matchAll(SPOKEN_DIGIT), ({ 0: said, 1: times = '', 2: word = '', index }) => ({
    digits: (DIGIT_OF[word.toLowerCase()] ?? '').repeat(TIMES_OF[times.toLowerCase()] ?? 1),
    start: index,
    end: index + said.length,
  }));
  // "Oh, oh, oh, oh" is no number.
  return continued(text, runsOf(text, pieces, LIKE_DICTATION)).filter(
    (run) => !run.every(({ start, end }) => ONLY_OH.test(text.slice(start, end))),
  );
}

/** "One two, and then three four" is dictated; "one two three, and then four of us" is told. */
function continued(text: string, runs: readonly Run[]): Run[] {
  const joined: Run[] = [];
  let last: Run | undefined;
  for (const run of runs) {
    const whole = joined.at(-1);
    if (last !== undefined && whole !== undefined && isContinued(text, last, run)) {
      for (const piece of run) whole.push(piece);
    } else {
      joined.push([...run]);
    }
    last = run;
  }
  return joined;
}

function isContinued(text: string, run: Run, next: Run): boolean {
  const between = text.slice(run.at(-1)?.end, next[0]?.start);
  return AND_THEN.test(between) && digitsIn(run) > 1 && digitsIn(next) > 1;
}
