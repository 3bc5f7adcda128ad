import { setTimeout as sleep } from 'node:timers/promises';
import { ECHOED_SHARE } from '../bench';
import type { BenchCall } from '../driver/bench-call';
import type { Driver } from '../driver/driver';
import { FRAME_MS } from '../driver/tagged-audio';
import { isCarried } from './ledger';
import type { MeasuredProcess } from '../measured-process';

/** A core that is at work for more than this has no time left for what comes at once: frames wait, and are joined. */
const FULL_SHARE = 0.85;
/** A driver that has more than a thousandth of the frames wait for longer than one lasts sends bursts that no phone sends. */
const LATE_SHARE = 0.001;

/** What a stretch of traffic has cost. */
export interface Traffic {
  streams: number;
  /** Microseconds of CPU per forwarded frame, user and system. */
  cpuUs: number;
  userUs: number;
  systemUs: number;
  /** Share of its core that the process took. */
  utilisation: number;
  framesForwarded: number;
  /** Of the frames that so many phones should have said and heard in the time. */
  forwardedShare: { caller: number; agent: number };
  /** Calls that were there to the end. */
  carried: number;
  latencyMs: { p50: number; p99: number; p999: number; max: number };
  /** Share of the frames that went to the model joined with others. */
  joinedShare: number;
  loopDelayMs: { p50: number; p99: number; max: number };
  gc: { count: number; majors: number; totalMs: number; maxMs: number };
  /** Share of a core that the driver took; how late its latest frame was, and which share was later than a frame lasts. */
  driver: { utilisation: number; latestMs: number; lateShare: number };
}

/** Measures the traffic of the calls that are under way. */
export async function measureTraffic(
  driver: Driver,
  measured: MeasuredProcess,
  calls: readonly BenchCall[],
  seconds: number,
): Promise<Traffic> {
  const begun = await measured.ask('begin');
  driver.measure();
  const [callerBefore, agentBefore, joinedBefore] = framesOf(calls);
  const startedAtMs = performance.now();
  await sleep(seconds * 1000);
  const elapsedMs = performance.now() - startedAtMs;
  const [callerAfter, agentAfter, joinedAfter] = framesOf(calls);
  const driverMs = driver.measured();
  const ended = await measured.ask('end');
  const callerFrames = callerAfter - callerBefore;
  const agentFrames = agentAfter - agentBefore;
  const frames = callerFrames + agentFrames;
  const due = calls.length * (elapsedMs / FRAME_MS);
  const userUs = ended.cpu.user - begun.cpu.user;
  const systemUs = ended.cpu.system - begun.cpu.system;
  const { latency } = driver;
  return {
    streams: calls.length,
    cpuUs: (userUs + systemUs) / frames,
    userUs: userUs / frames,
    systemUs: systemUs / frames,
    utilisation: (userUs + systemUs) / 1000 / (ended.atMs - begun.atMs),
    framesForwarded: frames,
    forwardedShare: { caller: callerFrames / due, agent: agentFrames / (due * ECHOED_SHARE) },
    carried: calls.filter(isCarried).length,
    latencyMs: {
      p50: latency.quantile(0.5),
      p99: latency.quantile(0.99),
      p999: latency.quantile(0.999),
      max: latency.maxMs,
    },
    joinedShare: (joinedAfter - joinedBefore) / callerFrames,
    loopDelayMs: ended.delayMs,
    gc: {
      count: ended.gcPausesMs.length,
      majors: ended.majorGcPausesMs.length,
      totalMs: ended.gcPausesMs.reduce((sum, ms) => sum + ms, 0),
      maxMs: Math.max(0, ...ended.gcPausesMs),
    },
    driver: {
      utilisation: driverMs / elapsedMs,
      latestMs: driver.pacer.latestMs,
      lateShare: driver.pacer.lateFrames / driver.pacer.frames,
    },
  };
}

/** Frames of callers and of agents that have arrived, and those of callers that came joined. */
function framesOf(calls: readonly BenchCall[]): [number, number, number] {
  const sum = (of: (call: BenchCall) => number) => calls.reduce((total, call) => total + of(call), 0);
  return [
    sum(({ toModel }) => toModel.received),
    sum(({ toPhone }) => toPhone.received),
    sum(({ joinedFrames }) => joinedFrames),
  ];
}

/** How close to its limit each of the two was: above 1 it was saturated. */
export interface Strain {
  measured: number;
  driver: number;
}

export function strainOf({ utilisation, driver }: Pick<Traffic, 'utilisation' | 'driver'>): Strain {
  return {
    measured: utilisation / FULL_SHARE,
    driver: Math.max(driver.utilisation / FULL_SHARE, driver.lateShare / LATE_SHARE),
  };
}

/** Calls that one process can carry, judged by what these have cost it: less than usual, when frames did not come through. */
export function capacityOf({ streams, utilisation, forwardedShare: { caller, agent } }: Traffic): number {
  const forwarded = (caller + ECHOED_SHARE * agent) / (1 + ECHOED_SHARE);
  return Math.floor((streams * FULL_SHARE * forwarded) / utilisation);
}
