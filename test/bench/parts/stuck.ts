import { setTimeout as sleep } from 'node:timers/promises';
import { api } from '../../support/api';
import { type Bench, ECHO, SILENT } from '../bench';
import { DISTURBED, undisturbed } from '../core-watch';
import type { BenchCall } from '../driver/bench-call';
import { comesWithin, type Driver } from '../driver/driver';
import { median } from '../driver/latency-histogram';
import type { ConversationScript, ModelSession } from '../driver/model-session';
import type { Figure, PartReport } from '../figures';
import { damageOf, describeLedger, ledgerOf } from '../load/ledger';
import { type Relay, untilCallsAreGone } from '../sides';

const KB = 1024;
const GOAL_KB = 256;
/** One frame. */
const OTHERS_GOAL_MS = 20;
/** So many are stuck at once: a heap of 60 MB differs by more from one moment to the next than one call may take. */
const STUCK = 8;
const READINGS = 9;
const APART_MS = 400;
const OPENING_MS = 2500;
/** What a model sends to a carrier that does not read: far more than real time, to fill the kernel's buffers. */
const FRAMES_AT_ONCE = 16;
const EVERY_MS = 10;
const SAMPLE_EVERY_MS = 500;
/** The kernel's buffers take the first seconds of what nobody reads; then the relay waits for 5 s, and acts. */
const CURED_GOAL_S = 30;
/** What the driver itself keeps of what nobody reads. */
const DRIVER_HIGH_WATER = 1024 * KB;
const LIMIT_MS = 90_000;
const OTHERS = 50;
const OTHERS_MS = 8000;
/** About what an append and a delta take on the wire. */
const APPEND_BYTES = 272;
const DELTA_BYTES = 440;

interface Stuck {
  /** The most that was in use beyond what there was without the calls, per call, after garbage collections. */
  wholeKb: number;
  /** The same beyond what the calls took while they were read. */
  growthKb: number;
  /** Until the relay had drawn the consequence for all; NaN when it did not. */
  endedAfterMs: number;
  /** What was sent to each that was not read. */
  offeredKb: number;
}

/** One side of a call does not read. */
export async function stuckPart(bench: Bench): Promise<PartReport[]> {
  const { say } = bench;
  const relay = await bench.relay();
  await stuckCarriers(bench, relay, 1);
  const { ids, ...carriers } = await stuckCarriers(bench, relay, STUCK);
  say(`stuck carriers: ${describe(carriers)}`);
  const models = await stuckModels(bench, relay, STUCK);
  say(`stuck models: ${describe(models)}`);
  const measured = await undisturbed(relay.process.pid, async () => besideOthers(bench, relay), say);
  const others = measured.result;
  const reasons = await Promise.all(ids.map(async (id) => reasonOf(relay, id)));
  return [
    {
      part: 'stuck',
      how: `${STUCK} carriers that do not read while the model sends far ahead, ${STUCK} models that do not read; per call`,
      figures: [
        ...memoryOf('carrier', carriers),
        {
          what: 'such calls that were ended as carrier_error',
          value: reasons.filter((reason) => reason === 'carrier_error').length,
          unit: 'calls',
          goal: { atLeast: STUCK },
          detail: `of ${STUCK}`,
        },
        ...memoryOf('model', models),
        {
          what: 'such calls that went on with another session',
          value: models.resumed,
          unit: 'calls',
          goal: { atLeast: STUCK },
          detail: `of ${STUCK}`,
        },
        {
          what: `p99.9 of ${OTHERS} others meanwhile`,
          value: others.meanwhileMs,
          unit: 'ms',
          goal: { atMost: OTHERS_GOAL_MS },
          detail: `before ${others.beforeMs.toFixed(2)} ms`,
        },
        {
          what: 'frames that others lost, or did not get once, in order, as they were',
          value: damageOf(others.ledger),
          unit: 'frames',
          goal: { atMost: 0 },
          detail: describeLedger(others.ledger),
        },
      ],
      data: { carriers, models, others },
      warnings: measured.isDisturbed ? [DISTURBED] : [],
    },
  ];
}

async function stuckCarriers({ driver }: Bench, relay: Relay, count: number): Promise<Stuck & { ids: string[] }> {
  const { calls, idleBytes, talkingBytes } = await talk(driver, relay, SILENT, count);
  const floods = calls.map((call) => new Flood(call));
  for (const { phone } of calls) phone?.pauseReading();
  await Promise.all(floods.map(async (flood) => flood.begin()));
  const { mostBytes, endedAfterMs } = await watch(relay, {
    everyTurn: () => floods.forEach((flood) => flood.send(FRAMES_AT_ONCE)),
    // The relay hangs up: the carrier's socket tells nothing to who does not read.
    hasEnded: () => calls.every(({ status }) => status === 'completed'),
  });
  for (const { phone } of calls) phone?.destroy();
  await driver.end(calls);
  await untilCallsAreGone(driver);
  return {
    growthKb: (mostBytes - talkingBytes) / KB / count,
    wholeKb: (mostBytes - idleBytes) / KB / count,
    endedAfterMs,
    offeredKb: median(floods.map(({ sentBytes }) => sentBytes)) / KB,
    ids: calls.flatMap(({ id }) => (id === null ? [] : [id])),
  };
}

async function stuckModels({ driver }: Bench, relay: Relay, count: number): Promise<Stuck & { resumed: number }> {
  const { calls, idleBytes, talkingBytes } = await talk(driver, relay, ECHO, count);
  const deaf = calls.map(({ session }) => session);
  for (const session of deaf) session?.pauseReading();
  const framesBefore = calls.map(({ toModel }) => toModel.sent);
  const hasResumed = (call: BenchCall, i: number) =>
    call.sessions.some((session) => session !== deaf[i] && session.firstAppendAtMs !== null);
  const { mostBytes, endedAfterMs } = await watch(relay, {
    everyTurn: () => undefined,
    hasEnded: () => calls.every(hasResumed),
  });
  const resumed = calls.filter(hasResumed).length;
  const offered = calls.map(({ toModel }, i) => (toModel.sent - (framesBefore[i] as number)) * APPEND_BYTES);
  for (const session of deaf) session?.cut();
  await driver.end(calls);
  await untilCallsAreGone(driver);
  return {
    growthKb: (mostBytes - talkingBytes) / KB / count,
    wholeKb: (mostBytes - idleBytes) / KB / count,
    endedAfterMs,
    offeredKb: median(offered) / KB,
    resumed,
  };
}

/** Others on the line while one carrier and one model are stuck: what they notice of it. */
async function besideOthers({ driver }: Bench, relay: Relay) {
  driver.model.script = ECHO;
  const others = await driver.begin(relay.target, OTHERS);
  const deaf = (await driver.begin(relay.target, 1)) as [BenchCall];
  driver.model.script = SILENT;
  const stuck = (await driver.begin(relay.target, 1)) as [BenchCall];
  driver.model.script = ECHO;
  await sleep(OPENING_MS);
  driver.measure();
  await sleep(OTHERS_MS);
  driver.measured();
  const beforeMs = driver.latency.quantile(0.999);
  deaf[0].session?.pauseReading();
  stuck[0].phone?.pauseReading();
  const flood = new Flood(stuck[0]);
  await flood.begin();
  driver.measure();
  // The rush with which the kernel's buffers are filled counts as well.
  await comesWithin(LIMIT_MS, () => !flood.send(FRAMES_AT_ONCE));
  await sleep(OTHERS_MS);
  driver.measured();
  const meanwhileMs = driver.latency.quantile(0.999);
  stuck[0].phone?.destroy();
  deaf[0].sessions[0]?.cut();
  await driver.end([...others, ...deaf, ...stuck]);
  return { beforeMs, meanwhileMs, ledger: ledgerOf(others) };
}

/** A model that makes audio without end. */
class Flood {
  sentBytes = 0;

  constructor(private readonly call: BenchCall) {}

  async begin(): Promise<void> {
    const session = this.call.session as ModelSession;
    session.speechStarts();
    await sleep(APART_MS);
    session.speechStops('tell me everything');
    session.startResponse(Infinity, { isEcho: false, words: ['This', 'goes', 'on', 'for', 'ever'] });
  }

  /** False when nobody reads any more. */
  send(frames: number): boolean {
    const { session } = this.call;
    if (session === null || session.bufferedBytes > DRIVER_HIGH_WATER) return false;
    session.say(frames);
    this.sentBytes += frames * DELTA_BYTES;
    return true;
  }
}

/** Brings calls under way; answers what was in use before and with them. */
async function talk(driver: Driver, relay: Relay, script: ConversationScript, count: number) {
  const idleBytes = await inUse(relay);
  driver.model.script = script;
  const calls = await driver.begin(relay.target, count);
  driver.model.script = ECHO;
  await sleep(OPENING_MS);
  return { calls, idleBytes, talkingBytes: await inUse(relay) };
}

async function watch(
  relay: Relay,
  { everyTurn, hasEnded }: { everyTurn: () => void; hasEnded: () => boolean },
): Promise<{ mostBytes: number; endedAfterMs: number }> {
  const begunAtMs = performance.now();
  // Without a sample it stays no number, which meets no goal.
  let mostBytes = NaN;
  let sampledAtMs = begunAtMs;
  while (!hasEnded()) {
    if (performance.now() > begunAtMs + LIMIT_MS) return { mostBytes, endedAfterMs: NaN };
    everyTurn();
    await sleep(EVERY_MS);
    if (performance.now() < sampledAtMs + SAMPLE_EVERY_MS) continue;
    const bytes = await heapOf(relay);
    mostBytes = Number.isNaN(mostBytes) ? bytes : Math.max(mostBytes, bytes);
    sampledAtMs = performance.now();
  }
  return { mostBytes, endedAfterMs: performance.now() - begunAtMs };
}

async function reasonOf({ target: { url, token } }: Relay, id: string): Promise<string | null> {
  const { status, text, body } = await api(url).get<{ ended_reason: string | null }>(`/calls/${id}`, {
    token: await token(),
  });
  if (status !== 200) throw new Error(`The relay does not tell how a call has ended: ${text}`);
  return body.ended_reason;
}

async function heapOf({ process: measured }: Relay): Promise<number> {
  const { memory } = await measured.ask('settle');
  return memory.heapUsed + memory.external;
}

async function inUse(relay: Relay): Promise<number> {
  const readings: number[] = [];
  for (let i = 0; i < READINGS; i++) {
    readings.push(await heapOf(relay));
    await sleep(APART_MS);
  }
  return median(readings);
}

function memoryOf(who: string, { growthKb, wholeKb, endedAfterMs, offeredKb }: Stuck): Figure[] {
  return [
    {
      what: `memory of a call whose ${who} does not read, at most`,
      value: wholeKb,
      unit: 'KB',
      goal: { atMost: GOAL_KB },
      detail: `${growthKb.toFixed(0)} KB more than before; ${(offeredKb / KB).toFixed(1)} MB offered`,
    },
    {
      what: `until the relay has drawn the consequence for all of them`,
      value: endedAfterMs / 1000,
      unit: 's',
      goal: { atMost: CURED_GOAL_S },
    },
  ];
}

function describe({ growthKb, wholeKb, endedAfterMs, offeredKb }: Stuck): string {
  return `${wholeKb.toFixed(0)} KB a call (${growthKb.toFixed(0)} more than before), ${(endedAfterMs / 1000).toFixed(1)} s, ${(offeredKb / KB).toFixed(1)} MB offered`;
}
