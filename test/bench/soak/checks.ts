import type { SoakFigures } from './figures';
import type { Counts } from './leaks';

/**
 * By how much the line through the readings of the second half may rise from their first to their last. Calls that are
 * live at a reading are at different points, and not always equally many, which moves it by some 5 KB for each; compiled
 * code comes late. Over the half of an hour with 50 calls this is 4 MB an hour, or 1 KB for each call that came and
 * went. A soak of minutes cannot see that little, and shows it as a slope that says nothing.
 */
const RISE_LIMIT_KB = 1024;
const RISE_LIMIT_KB_PER_CALL = 15;

/** With nobody on the line only code and caches are left to differ. */
const AT_REST_LIMIT_KB = 1536;

/** The half of the soak has to have a line to judge. */
const MIN_READINGS = 3;
const SHOWN_LINES = 5;

/** One thing that a soak has to show. */
export interface Check {
  what: string;
  isMet: boolean;
  detail: string;
}

/** All of them have to be met. */
export function checksOf(figures: SoakFigures): Check[] {
  const { options, calls, frames, silence } = figures;
  return [
    {
      what: 'every lane had calls',
      isMet: calls.fewestOfALane >= 1,
      detail: `${calls.over} calls, at least ${calls.fewestOfALane} in each of ${options.calls} lanes`,
    },
    nothingOf('failed calls', figures.failures),
    {
      what: 'reasons of the ends as expected',
      isMet: figures.wrongReasons.length === 0,
      detail: shown(figures.wrongReasons) || countsIn(calls.endedReasons),
    },
    nothingOf('error lines', figures.errorLines),
    noneOf('unexplained warnings in the log', figures.logWarnings),
    nothingOf('warnings of the process', figures.processWarnings),
    noneOf('errors that the model answered', figures.modelErrors),
    ...(options.phones === 'driver' ? [damageCheck(frames)] : []),
    {
      what: 'no silent call',
      isMet: silence.calls === 0,
      detail:
        options.phones === 'driver'
          ? `${silence.calls} longer than ${silence.limitMs} ms; the longest ${silence.longestMs.toFixed(0)} ms`
          : 'the phones of the sandbox cannot tell',
    },
    riseCheck(figures),
    atRestCheck(figures),
    noneOf('leaks', figures.leaks),
  ];
}

function damageCheck({ calls, lost, duplicated, reordered, unknown }: SoakFigures['frames']): Check {
  return {
    what: 'every frame once and in order, cut sessions aside',
    isMet: calls.uncut > 0 && lost + duplicated + reordered + unknown === 0,
    detail:
      `${lost} lost in ${calls.complete} calls, ${duplicated} duplicated and ${reordered} reordered in ${calls.uncut}, ` +
      `${unknown} unknown in ${calls.answered}`,
  };
}

function riseCheck({ options, memory: { secondHalf } }: SoakFigures): Check {
  const limitKb = RISE_LIMIT_KB + RISE_LIMIT_KB_PER_CALL * options.calls;
  const riseKb = secondHalf.heapKbPerHour * secondHalf.hours;
  return {
    what: 'the heap does not grow in the second half',
    isMet: secondHalf.readings >= MIN_READINGS && riseKb <= limitKb,
    detail:
      `${riseKb.toFixed(0)} KB in ${(secondHalf.hours * 60).toFixed(1)} min (${secondHalf.readings} readings), ` +
      `at most ${limitKb}; as a slope ${secondHalf.heapKbPerHour.toFixed(0)} KB an hour, ` +
      `at most ${(limitKb / secondHalf.hours).toFixed(0)}`,
  };
}

function atRestCheck({ memory: { heapAtRestKb } }: SoakFigures): Check {
  const { before, after } = heapAtRestKb;
  return {
    what: 'the heap at rest is what it was',
    isMet: after - before <= AT_REST_LIMIT_KB,
    detail: `${before.toFixed(0)} KB before, ${after.toFixed(0)} after, at most ${AT_REST_LIMIT_KB} more`,
  };
}

function nothingOf(what: string, lines: readonly string[]): Check {
  return { what: `no ${what}`, isMet: lines.length === 0, detail: shown(lines) };
}

function noneOf(what: string, counts: Counts): Check {
  return { what: `no ${what}`, isMet: Object.keys(counts).length === 0, detail: countsIn(counts) };
}

function shown(lines: readonly string[]): string {
  const more = lines.length - SHOWN_LINES;
  return [...lines.slice(0, SHOWN_LINES), ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
}

function countsIn(counts: Counts): string {
  return Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
}
