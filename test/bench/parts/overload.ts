import { setTimeout as sleep } from 'node:timers/promises';
import { type Bench, ECHO } from '../bench';
import { CAN_PIN, CoreHogs } from '../cores';
import type { BenchCall } from '../driver/bench-call';
import { inParallel } from '../driver/driver';
import type { PartReport } from '../figures';
import type { Relay } from '../sides';
import { ledgerOf, measureLoad } from './load';

/** What is offered, as a share of what the relay can carry with the core that is left to it. */
const OFFERED = 1.5;
const CALM_S = 5;
const OVERLOADED_MS = 12_000;
const ASK_EVERY_MS = 400;
/** Calls that were placed before it begins; their phones ring, and are picked up, in the middle of it. */
const PLACED = 5;
const RECOVERY_LIMIT_MS = 30_000;

interface Asked {
  afterMs: number;
  status: number;
  code: string;
}

/** A busy competitor on the relay's core for a while: it gets only a share of it. */
export async function overloadPart(bench: Bench): Promise<PartReport[]> {
  if (!CAN_PIN) return [impossible()];
  const { driver } = bench;
  driver.model.script = ECHO;
  const streams = Math.min(...bench.streams);
  const relay = await bench.anotherRelay({});
  const old = await driver.begin(relay.target, streams, { isPatient: true });
  const { utilisation } = await measureLoad(driver, relay.process, old, CALM_S);
  // Each process on the core gets an equal share: what is offered, over what is left.
  const hogCount = Math.max(1, Math.ceil(OFFERED / utilisation) - 1);
  const offered = utilisation * (hogCount + 1);
  const placed = await placeSome(bench, relay);
  const joinedBefore = joinedBy(old);
  const hogs = new CoreHogs();
  const asking: Promise<Asked>[] = [];
  const begunAtMs = performance.now();
  driver.measure();
  hogs.start(hogCount);
  let pickingUp: Promise<void> | null = null;
  let asked: Asked[];
  try {
    while (performance.now() < begunAtMs + OVERLOADED_MS) {
      await sleep(ASK_EVERY_MS);
      // Nobody waits for the one before: answers are slow.
      asking.push(ask(bench, relay, begunAtMs));
      if (performance.now() > begunAtMs + OVERLOADED_MS / 2) pickingUp ??= pickUp(bench, relay, placed);
    }
    asked = await Promise.all(asking);
    await pickingUp;
  } finally {
    hogs.stop();
  }
  driver.isMeasuring = false;
  const { latency } = driver;
  const latencyMs = { p50: latency.quantile(0.5), p99: latency.quantile(0.99), max: latency.maxMs };
  const joined = joinedBy(old) - joinedBefore;
  const recoveredAfterMs = await untilAdmitted(bench, relay);
  const closed = old.filter(({ phone }) => phone?.isOpen !== true).length;
  await driver.end([...old, ...placed]);
  const ledger = ledgerOf(old);
  const refused = asked.filter(({ status }) => status === 503);
  const inWords = refused.filter(({ code }) => code === 'capacity_full');
  const firstRefusal = refused[0]?.afterMs ?? NaN;
  const afterFirst = asked.filter(({ afterMs }) => afterMs >= firstRefusal);
  await relay.stop();
  return [
    {
      part: `overload, ${streams} calls`,
      how: `${hogCount} busy processes on the relay's core for ${OVERLOADED_MS / 1000} s: ${offered.toFixed(2)} x what it can carry is offered`,
      figures: [
        {
          what: 'frames of the calls under way that were lost',
          value: ledger.lost,
          unit: 'frames',
          goal: { atMost: 0 },
          detail: `of ${ledger.sent}; ${ledger.duplicated} duplicated, ${ledger.reordered} reordered; p50 ${latencyMs.p50.toFixed(0)} ms, p99 ${latencyMs.p99.toFixed(0)} ms`,
        },
        { what: 'calls under way that were closed', value: closed, unit: 'calls', goal: { atMost: 0 } },
        { what: 'frames that went out joined with others', value: joined, unit: 'frames', goal: { atLeast: 1 } },
        {
          what: 'new calls refused in words (503 capacity_full)',
          value: inWords.length,
          unit: 'calls',
          goal: { atLeast: 1 },
          detail: `of ${asked.length} asked for, the first after ${(firstRefusal / 1000).toFixed(1)} s; ${afterFirst.length - refused.length} admitted after that`,
        },
        {
          what: 'phones that were picked up meanwhile and heard so in words',
          value: placed.filter(({ refusal }) => refusal?.includes('<Say') === true).length,
          unit: 'calls',
          goal: null,
          detail: `of ${PLACED}, dialled before; ${placed.filter(({ phone }) => phone !== null).length} were carried`,
        },
        { what: 'until new calls are taken again', value: recoveredAfterMs / 1000, unit: 's', goal: null },
      ],
      data: { utilisation, hogCount, offered, asked, ledger, joined, latencyMs },
      warnings: refused.length === inWords.length ? [] : ['Some calls were refused for another reason.'],
    },
  ];
}

async function placeSome({ driver }: Bench, relay: Relay): Promise<BenchCall[]> {
  const calls = Array.from({ length: PLACED }, () => driver.newCall());
  for (const call of calls) await driver.place(relay.target, call, { isPatient: true });
  return calls;
}

async function pickUp({ driver }: Bench, relay: Relay, placed: readonly BenchCall[]): Promise<void> {
  await inParallel(placed, placed.length, async (call) => {
    await driver.twilio.report(call, 'ringing', { SequenceNumber: '1' });
    await driver.pickUp(relay.target, call);
  });
}

/** Asks for one more call; one that is placed never rings. */
async function ask({ driver }: Bench, relay: Relay, begunAtMs: number): Promise<Asked> {
  const call = driver.newCall();
  const afterMs = performance.now() - begunAtMs;
  const { status, body } = await driver.place(relay.target, call);
  if (status === 201) await driver.twilio.report(call, 'canceled', { SequenceNumber: '1' });
  driver.forget(call);
  return { afterMs, status, code: String((body as { code?: unknown }).code) };
}

async function untilAdmitted(bench: Bench, relay: Relay): Promise<number> {
  const begunAtMs = performance.now();
  while (performance.now() < begunAtMs + RECOVERY_LIMIT_MS) {
    const { status, afterMs } = await ask(bench, relay, begunAtMs);
    if (status === 201) return afterMs;
    await sleep(ASK_EVERY_MS);
  }
  return NaN;
}

function joinedBy(calls: readonly BenchCall[]): number {
  return calls.reduce((sum, { joinedFrames }) => sum + joinedFrames, 0);
}

function impossible(): PartReport {
  return {
    part: 'overload',
    how: 'left out',
    figures: [],
    data: null,
    warnings: ['No process can be bound to a core here (taskset, two cores), so the relay cannot be overloaded alone.'],
  };
}
