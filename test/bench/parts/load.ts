import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../bench';
import { DISTURBED, type Measured, undisturbed } from '../core-watch';
import type { BenchCall } from '../driver/bench-call';
import type { Driver } from '../driver/driver';
import { median } from '../driver/latency-histogram';
import type { Figure, PartReport } from '../figures';
import type { MeasuredProcess } from '../measured-process';
import type { Side } from '../sides';

const CPU_GOAL = 1.1;
const P99_GOAL = 1.25;
/** One frame. */
const P999_GOAL_MS = 20;
/** From the first audio of the last call to the stretch that is measured. */
const SETTLE_MS = 3000;

/** What a stretch of traffic has cost. */
export interface LoadFigures {
  streams: number;
  /** Microseconds of CPU per forwarded frame, user and system. */
  cpuUs: number;
  userUs: number;
  systemUs: number;
  /** Share of its core that the process took. */
  utilisation: number;
  framesForwarded: number;
  latencyMs: { p50: number; p99: number; p999: number; max: number };
  joinedFrames: number;
  loopDelayMs: { p50: number; p99: number; max: number };
  gc: { count: number; totalMs: number; maxMs: number };
  /** Share of a core that the driver took, and how late its latest frame was. */
  driver: { utilisation: number; latestMs: number };
  memory: { rss: number; heap: number };
  marks: number;
}

/** What became of the frames of calls that are over. */
export interface Ledger {
  sent: number;
  lost: number;
  duplicated: number;
  reordered: number;
  unknown: number;
  /** Audio that the model was sent before its session was configured. */
  early: number;
  /** Silence that the relay has put in the place of frames. */
  silence: number;
}

export function ledgerOf(calls: readonly BenchCall[]): Ledger {
  const sum = (of: (call: BenchCall) => number) => calls.reduce((total, call) => total + of(call), 0);
  return {
    sent: sum(({ toModel, toPhone }) => toModel.sent + toPhone.sent),
    lost: sum(({ toModel, toPhone }) => toModel.lost + toPhone.lost),
    duplicated: sum(({ toModel, toPhone }) => toModel.duplicated + toPhone.duplicated),
    reordered: sum(({ toModel, toPhone }) => toModel.reordered + toPhone.reordered),
    unknown: sum(({ toModel, toPhone }) => toModel.unknown + toPhone.unknown),
    early: sum(({ earlyAppends }) => earlyAppends),
    silence: sum(({ silentFrames }) => silentFrames),
  };
}

/** Frames of a run of calls, both ways. */
export function forwarded(calls: readonly BenchCall[]): number {
  return calls.reduce((sum, { toModel, toPhone }) => sum + toModel.received + toPhone.received, 0);
}

/** Measures the traffic of the calls that are under way. */
export async function measureLoad(
  driver: Driver,
  measured: MeasuredProcess,
  calls: readonly BenchCall[],
  seconds: number,
): Promise<LoadFigures> {
  const marks = () => calls.reduce((sum, { phone }) => sum + (phone?.marksIn ?? 0), 0);
  const joined = () => calls.reduce((sum, { joinedFrames }) => sum + joinedFrames, 0);
  const [marksBefore, joinedBefore] = [marks(), joined()];
  const begun = await measured.ask('begin');
  driver.measure();
  const framesBefore = forwarded(calls);
  const driverBefore = process.cpuUsage();
  const startedAtMs = performance.now();
  await sleep(seconds * 1000);
  const ended = await measured.ask('end');
  const frames = forwarded(calls) - framesBefore;
  const driverCpu = process.cpuUsage(driverBefore);
  const elapsedMs = performance.now() - startedAtMs;
  driver.isMeasuring = false;
  const userUs = ended.cpu.user - begun.cpu.user;
  const systemUs = ended.cpu.system - begun.cpu.system;
  const { latency } = driver;
  const figures = {
    streams: calls.length,
    cpuUs: (userUs + systemUs) / frames,
    userUs: userUs / frames,
    systemUs: systemUs / frames,
    utilisation: (userUs + systemUs) / 1000 / (ended.atMs - begun.atMs),
    framesForwarded: frames,
    latencyMs: {
      p50: latency.quantile(0.5),
      p99: latency.quantile(0.99),
      p999: latency.quantile(0.999),
      max: latency.maxMs,
    },
    joinedFrames: joined() - joinedBefore,
    loopDelayMs: ended.delayMs,
    gc: {
      count: ended.gcPausesMs.length,
      totalMs: ended.gcPausesMs.reduce((sum, ms) => sum + ms, 0),
      maxMs: Math.max(0, ...ended.gcPausesMs),
    },
    driver: { utilisation: (driverCpu.user + driverCpu.system) / 1000 / elapsedMs, latestMs: driver.pacer.latestMs },
    marks: marks() - marksBefore,
  };
  const { memory } = await measured.ask('settle');
  return { ...figures, memory: { rss: memory.rss, heap: memory.heapUsed + memory.external } };
}

interface Run extends LoadFigures, Omit<Measured<LoadFigures>, 'result'> {
  ledger: Ledger;
}

/** CPU, latency and loss at each number of streams, floor and relay in turns. */
export async function loadPart(bench: Bench): Promise<PartReport[]> {
  const reports: PartReport[] = [];
  for (const streams of bench.streams) reports.push(await atStreams(bench, streams));
  return reports;
}

async function atStreams(bench: Bench, streams: number): Promise<PartReport> {
  const sides = { floor: await bench.floor(), relay: await bench.relay() };
  const runs: { floor: Run[]; relay: Run[] } = { floor: [], relay: [] };
  for (let run = 1; run <= bench.runs; run++) {
    for (const which of ['floor', 'relay'] as const) {
      const figures = await oneRun(bench, sides[which], streams);
      runs[which].push(figures);
      bench.say(`load, ${streams} streams, run ${run}, ${which}: ${lineOf(figures)}`);
    }
  }
  const [floor, relay] = [mediansOf(runs.floor), mediansOf(runs.relay)];
  const relayLedgers = runs.relay.map(({ ledger }) => ledger);
  const figures: Figure[] = [
    {
      what: 'CPU per forwarded frame, relay over floor',
      value: relay.cpuUs / floor.cpuUs,
      unit: 'x',
      goal: { atMost: CPU_GOAL },
      detail: `floor ${us(floor.cpuUs)}, relay ${us(relay.cpuUs)} (user ${us(relay.userUs)}, system ${us(relay.systemUs)})`,
    },
    {
      what: 'added latency p99, relay over floor',
      value: relay.p99 / floor.p99,
      unit: 'x',
      goal: { atMost: P99_GOAL },
      detail: `floor p50 ${ms(floor.p50)} p99 ${ms(floor.p99)}, relay p50 ${ms(relay.p50)} p99 ${ms(relay.p99)}`,
    },
    {
      what: 'added latency p99.9',
      value: relay.p999,
      unit: 'ms',
      goal: { atMost: P999_GOAL_MS },
      detail: `floor ${ms(floor.p999)}; max floor ${ms(floor.max)}, relay ${ms(relay.max)}`,
    },
    {
      what: 'frames lost, duplicated, reordered or unknown',
      value: relayLedgers.reduce((sum, one) => sum + one.lost + one.duplicated + one.reordered + one.unknown, 0),
      unit: 'frames',
      goal: { atMost: 0 },
      detail: `of ${relayLedgers.reduce((sum, { sent }) => sum + sent, 0)}; floor lost ${runs.floor.reduce((sum, { ledger }) => sum + ledger.lost, 0)}`,
    },
    {
      what: 'frames that went out joined with others',
      value: median(runs.relay.map(({ joinedFrames, framesForwarded }) => (100 * joinedFrames) / framesForwarded)),
      unit: '%',
      goal: null,
    },
    {
      what: 'share of its core that the relay took',
      value: 100 * relay.utilisation,
      unit: '%',
      goal: null,
      detail: `floor ${(100 * floor.utilisation).toFixed(1)} %; longest collection ${ms(Math.max(...runs.relay.map(({ gc }) => gc.maxMs)))}`,
    },
  ];
  const isDoubtful = [runs.floor, runs.relay].some((ofSide) => ofSide.every(({ isValid }) => !isValid));
  const invalid = [...runs.floor, ...runs.relay].filter(({ isValid }) => !isValid).length;
  return {
    part: `load, ${streams} streams`,
    how: `${bench.runs} runs of ${bench.seconds} s each, floor and relay in turns; medians`,
    figures,
    data: runs,
    warnings: [
      ...(invalid > 0
        ? [`${invalid} of ${2 * bench.runs} runs were disturbed, also when repeated, and left out.`]
        : []),
      ...(isDoubtful ? [DISTURBED] : []),
    ],
  };
}

async function oneRun({ driver, seconds, say }: Bench, side: Side, streams: number): Promise<Run> {
  const calls = await driver.begin(side.target, streams);
  await sleep(SETTLE_MS);
  const measured = await undisturbed(
    side.process.pid,
    async () => measureLoad(driver, side.process, calls, seconds),
    say,
  );
  await driver.end(calls);
  const { result, ...circumstances } = measured;
  return { ...result, ...circumstances, ledger: ledgerOf(calls) };
}

/** Of the runs that nobody disturbed, if there are any. */
function mediansOf(runs: readonly Run[]) {
  const valid = runs.filter(({ isValid }) => isValid);
  const of = (value: (run: Run) => number) => median((valid.length > 0 ? valid : runs).map(value));
  return {
    cpuUs: of(({ cpuUs }) => cpuUs),
    userUs: of(({ userUs }) => userUs),
    systemUs: of(({ systemUs }) => systemUs),
    utilisation: of(({ utilisation }) => utilisation),
    p50: of(({ latencyMs }) => latencyMs.p50),
    p99: of(({ latencyMs }) => latencyMs.p99),
    p999: of(({ latencyMs }) => latencyMs.p999),
    max: of(({ latencyMs }) => latencyMs.max),
  };
}

function lineOf({ cpuUs, latencyMs, utilisation, waitedShare, driverWaitedShare, driver }: Run): string {
  return (
    `${us(cpuUs)} a frame, p99 ${ms(latencyMs.p99)}, p99.9 ${ms(latencyMs.p999)}, at work ${share(utilisation)}, ` +
    `waited ${share(waitedShare)}; driver at work ${share(driver.utilisation)}, waited ${share(driverWaitedShare)}`
  );
}

const us = (value: number): string => `${value.toFixed(2)} µs`;
const ms = (value: number): string => `${value.toFixed(2)} ms`;
const share = (value: number): string => `${(100 * value).toFixed(1)} %`;
