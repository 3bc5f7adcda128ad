import { DISTURBED } from '../core-watch';
import { median } from '../driver/latency-histogram';
import type { Figure, PartReport } from '../figures';
import { damageOf, describeLedger, sumOf } from './ledger';
import { type Block, judged, type Load, type Run, saturated, type SideName } from './load-runs';

const CPU_GOAL = 1.1;
const P99_GOAL = 1.25;
/** One frame. */
const P999_GOAL_MS = 20;
/** Frames on the way at both ends of a stretch, and answers that begin and end in it. */
const FORWARDED_GOAL_PERCENT = 99;

interface Options {
  runs: number;
  seconds: number;
  judgesLatency: boolean;
}

/** What the runs of both sides at one number of streams come to. */
export function reportOf(load: Load, { runs, seconds, judgesLatency }: Options): PartReport {
  const { streams, blocks } = load;
  const { floor, relay, isDoubtful } = judged(load);
  const full = saturated(load);
  const latencyGoal = (atMost: number) => (judgesLatency ? { atMost } : null);
  return {
    part: `load, ${streams} streams${full.length === 0 ? '' : ', saturated'}`,
    how: `${runs} pairs of ${seconds} s each, floor and relay first in turns; medians of the pairs' ratios`,
    figures: [
      {
        what: 'CPU per forwarded frame, relay over floor',
        value: ratio(relay, floor, ({ cpuUs }) => cpuUs),
        unit: 'x',
        goal: { atMost: CPU_GOAL },
        detail: cpuOf(floor, relay),
      },
      {
        what: 'added latency p99, relay over floor',
        value: ratio(relay, floor, ({ latencyMs }) => latencyMs.p99),
        unit: 'x',
        goal: latencyGoal(P99_GOAL),
        detail: [
          `floor p50 ${of(floor, 'p50')} p99 ${of(floor, 'p99')}`,
          `relay p50 ${of(relay, 'p50')} p99 ${of(relay, 'p99')}`,
        ].join(', '),
      },
      {
        what: 'added latency p99.9',
        value: median(relay.map(({ latencyMs }) => latencyMs.p999)),
        unit: 'ms',
        goal: latencyGoal(P999_GOAL_MS),
        detail: `floor ${of(floor, 'p999')}; longest of all floor ${longest(floor)}, relay ${longest(relay)}`,
      },
      damage(blocks),
      carried(streams, blocks),
      forwarded(load, full.length === 0),
      {
        what: 'frames that went to the model joined with others',
        value: 100 * median(relay.map(({ joinedShare }) => joinedShare)),
        unit: '%',
        goal: null,
      },
      {
        what: 'share of its core that the relay took',
        value: 100 * median(relay.map(({ utilisation }) => utilisation)),
        unit: '%',
        goal: null,
        detail: `floor ${percent(median(floor.map(({ utilisation }) => utilisation)))}, driver ${percent(median([...floor, ...relay].map(({ driver }) => driver.utilisation)))}`,
      },
      {
        what: 'longest garbage collection of the relay',
        value: Math.max(...load.relay.map(({ gc }) => gc.maxMs)),
        unit: 'ms',
        goal: null,
        detail: `${load.relay.reduce((sum, { gc }) => sum + gc.count, 0)} in all, ${majorsOf(load.relay)} of the whole heap`,
      },
    ],
    data: load,
    warnings: [
      ...(full.length === 0
        ? []
        : [
            `Saturated: ${full.join(', ')}. Latency is that of a queue; CPU per frame is what it is, but waiting frames are joined, which only the relay can.`,
          ]),
      ...(majorsOf(load.relay) === 0 ? ['No collection of the whole heap fell into the runs of the relay.'] : []),
      ...(isDoubtful ? [DISTURBED] : []),
    ],
  };
}

function damage(blocks: readonly Block[]): Figure {
  const ledgerOf = (side: SideName) => sumOf(ofSide(blocks, side).map(({ ledger }) => ledger));
  const [floor, relay] = [ledgerOf('floor'), ledgerOf('relay')];
  return {
    what: 'frames lost, duplicated, reordered or unknown',
    value: damageOf(relay),
    unit: 'frames',
    goal: { atMost: 0 },
    detail: `${describeLedger(relay)}; floor lost ${floor.lost}`,
  };
}

function carried(streams: number, blocks: readonly Block[]): Figure {
  const least = (side: SideName) => Math.min(...ofSide(blocks, side).map((block) => block.carried));
  return {
    what: 'calls that were carried to the end, the least of all runs',
    value: least('relay'),
    unit: 'calls',
    goal: { atLeast: streams },
    detail: `of ${streams}; floor ${least('floor')}`,
  };
}

function forwarded({ floor, relay }: Load, isJudged: boolean): Figure {
  const least = (runs: readonly Run[], who: 'caller' | 'agent') =>
    100 * Math.min(...runs.map(({ forwardedShare }) => forwardedShare[who]));
  const shown = (runs: readonly Run[]) =>
    `${least(runs, 'caller').toFixed(1)} % and ${least(runs, 'agent').toFixed(1)} %`;
  return {
    what: 'frames forwarded of those that were to be, the least of all runs',
    value: Math.min(...[floor, relay].flatMap((runs) => [least(runs, 'caller'), least(runs, 'agent')])),
    unit: '%',
    goal: isJudged ? { atLeast: FORWARDED_GOAL_PERCENT } : null,
    detail: `of callers and agents: floor ${shown(floor)}, relay ${shown(relay)}`,
  };
}

function cpuOf(floor: readonly Run[], relay: readonly Run[]): string {
  const us = (runs: readonly Run[], of: (run: Run) => number) => `${median(runs.map(of)).toFixed(2)} µs`;
  const all = relay.map((run, i) => (run.cpuUs / (floor[i] as Run).cpuUs).toFixed(2)).join(' ');
  return (
    `${all}; floor ${us(floor, ({ cpuUs }) => cpuUs)}, relay ${us(relay, ({ cpuUs }) => cpuUs)} ` +
    `(user ${us(relay, ({ userUs }) => userUs)}, system ${us(relay, ({ systemUs }) => systemUs)})`
  );
}

function ratio(relay: readonly Run[], floor: readonly Run[], value: (run: Run) => number): number {
  return median(relay.map((run, i) => value(run) / value(floor[i] as Run)));
}

function of(runs: readonly Run[], quantile: keyof Run['latencyMs']): string {
  return ms(median(runs.map(({ latencyMs }) => latencyMs[quantile])));
}

function longest(runs: readonly Run[]): string {
  return ms(Math.max(...runs.map(({ latencyMs }) => latencyMs.max)));
}

function majorsOf(runs: readonly Run[]): number {
  return runs.reduce((sum, { gc }) => sum + gc.majors, 0);
}

function ofSide(blocks: readonly Block[], name: SideName): Block[] {
  return blocks.filter(({ side }) => side === name);
}

const ms = (value: number): string => `${value.toFixed(2)} ms`;
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
