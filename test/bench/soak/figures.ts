import { median } from '../driver/latency-histogram';
import type { Reading } from '../measured-process';
import type { CallReport, Damage } from './callers';
import type { EndedReasons } from './ended-reasons';
import { type Counts, leaksBetween } from './leaks';
import { heapKbOf, type Trend, trendsOf } from './memory-trend';
import type { SoakOptions } from './options';
import type { SoakRun } from './soak-run';

/** Longer than any pause of the conversations, a lost session included: the agent was silent although it was its turn. */
const SILENT_LIMIT_MS = 5000;

/** What there is while nobody talks. */
export interface AtRest {
  counts: Counts;
  reading: Reading;
}

export interface Latencies {
  p50: number;
  p99: number;
  p999: number;
  max: number;
}

/** All that a soak has found. */
export interface SoakFigures {
  options: SoakOptions;
  calls: { over: number; fewestOfALane: number; endedReasons: Counts };
  modelSocketsCut: number;
  memory: {
    whole: Trend;
    secondHalf: Trend;
    heapAtRestKb: { before: number; after: number };
    rssAtRestKb: { before: number; after: number };
  };
  loopDelayMs: { p50: number; p99: number; worstP99: number; max: number };
  gc: { pauses: number; longestMs: number; majors: number; longestMajorMs: number };
  frames: {
    carried: number;
    /** Calls that were talked, of these those that nobody cut, and of these those of which no frame may be lost. */
    calls: { answered: number; uncut: number; complete: number };
    lost: number;
    duplicated: number;
    reordered: number;
    unknown: number;
    /** Null where the bench's own phones did not play. */
    latencyMs: Latencies | null;
  };
  silence: { calls: number; longestMs: number; limitMs: number };
  leaks: Counts;
  atRest: { before: Counts; after: Counts };
  failures: readonly string[];
  wrongReasons: readonly string[];
  errorLines: readonly string[];
  /** What the log warned of beyond the sessions that were cut. */
  logWarnings: Counts;
  processWarnings: readonly string[];
  modelErrors: Counts;
}

export interface Findings {
  options: SoakOptions;
  run: SoakRun;
  before: AtRest;
  after: AtRest;
  reasons: EndedReasons;
  latencyMs: Latencies | null;
  errorLines: readonly string[];
  logWarnings: ReadonlyMap<string, number>;
  processWarnings: readonly string[];
}

export function figuresOf({ options, run, before, after, reasons, ...found }: Findings): SoakFigures {
  const { reports, stretches } = run;
  const pauses = stretches.flatMap(({ gcPausesMs }) => gcPausesMs);
  const majors = stretches.flatMap(({ majorGcPausesMs }) => majorGcPausesMs);
  const silences = reports.map(({ silentMs }) => silentMs ?? 0);
  return {
    options,
    calls: { over: reports.length, fewestOfALane: run.fewestCalls, endedReasons: reasons.counts },
    modelSocketsCut: run.cuts,
    memory: {
      ...trendsOf(run.readings),
      heapAtRestKb: { before: heapKbOf(before.reading), after: heapKbOf(after.reading) },
      rssAtRestKb: { before: before.reading.memory.rss / 1024, after: after.reading.memory.rss / 1024 },
    },
    loopDelayMs: {
      p50: median(stretches.map(({ delayMs }) => delayMs.p50)),
      p99: median(stretches.map(({ delayMs }) => delayMs.p99)),
      worstP99: most(stretches.map(({ delayMs }) => delayMs.p99)),
      max: most(stretches.map(({ delayMs }) => delayMs.max)),
    },
    gc: { pauses: pauses.length, longestMs: most(pauses), majors: majors.length, longestMajorMs: most(majors) },
    frames: {
      carried: reports.reduce((sum, { frames }) => sum + frames, 0),
      calls: {
        answered: reports.filter(({ silentMs }) => silentMs !== null).length,
        uncut: reports.filter(({ damage }) => damage !== null && damage.duplicated !== null).length,
        complete: reports.filter(({ damage }) => damage !== null && damage.lost !== null).length,
      },
      lost: damageOf(reports, ({ lost }) => lost),
      duplicated: damageOf(reports, ({ duplicated }) => duplicated),
      reordered: damageOf(reports, ({ reordered }) => reordered),
      unknown: damageOf(reports, ({ unknown }) => unknown),
      latencyMs: found.latencyMs,
    },
    silence: {
      calls: silences.filter((ms) => ms > SILENT_LIMIT_MS).length,
      longestMs: most(silences),
      limitMs: SILENT_LIMIT_MS,
    },
    leaks: leaksBetween(before.counts, after.counts),
    atRest: { before: before.counts, after: after.counts },
    failures: run.failures,
    wrongReasons: reasons.wrong,
    errorLines: found.errorLines,
    logWarnings: unexplained(found.logWarnings, run.cuts),
    processWarnings: found.processWarnings,
    modelErrors: tally(reports.flatMap(({ errors }) => errors)),
  };
}

/** The server says so when a session is cut, once for each. */
function unexplained(warnings: ReadonlyMap<string, number>, cuts: number): Counts {
  const LOST_SESSION = 'Trouble on a call: model_closed';
  return leaksBetween({ [LOST_SESSION]: cuts }, Object.fromEntries(warnings));
}

function damageOf(reports: readonly CallReport[], of: (one: Damage) => number | null): number {
  return reports.reduce((sum, { damage }) => sum + (damage === null ? 0 : (of(damage) ?? 0)), 0);
}

function tally(words: readonly string[]): Counts {
  const counts: Counts = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

/** Not by spreading: an hour has more pauses than a function takes arguments. */
function most(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), 0);
}
