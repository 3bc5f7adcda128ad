import { setTimeout as sleep } from 'node:timers/promises';
import { type Bench, ECHO } from '../bench';
import { CAN_PIN, CoreHogs } from '../cores';
import type { BenchCall } from '../driver/bench-call';
import { inParallel } from '../driver/driver';
import type { PartReport } from '../figures';
import { calmStreams } from '../load/calm-streams';
import { damageOf, describeLedger, isCarried, ledgerOf } from '../load/ledger';
import { measureTraffic } from '../load/traffic';
import type { Relay } from '../sides';
import { type Asked, ask, warningsOf, wasRefused, wasRefusedInWords } from './asking';

/** What is offered, as a share of what the relay can carry with the core that is left to it. */
const OFFERED = 1.5;
const SETTLE_MS = 5000;
const CALM_S = 5;
const OVERLOADED_MS = 12_000;
const ASK_EVERY_MS = 400;
/** The loop is judged by the second, and two bad ones of three are a state. */
const REFUSAL_GOAL_S = 3;
/** Calls that were placed before it begins; their phones ring, and are picked up, in the middle of it. */
const PLACED = 5;
const RECOVERY_LIMIT_MS = 30_000;

/** A busy competitor on the relay's core for a while: it gets only a share of it. */
export async function competitorReport(bench: Bench, relay: Relay): Promise<PartReport> {
  if (!CAN_PIN) return impossible();
  const { driver } = bench;
  driver.model.script = ECHO;
  const streams = Math.min(await calmStreams(bench), ...bench.streams);
  const old = await driver.begin(relay.target, streams);
  await sleep(SETTLE_MS);
  const { utilisation } = await measureTraffic(driver, relay.process, old, CALM_S);
  // Each process on the core gets an equal share: what is offered, over what is left.
  const hogCount = Math.max(1, Math.ceil(OFFERED / utilisation) - 1);
  const offered = utilisation * (hogCount + 1);
  const placed = await placeSome(bench, relay);
  driver.measure();
  const { asked, joined } = await overload(bench, relay, { old, placed, hogCount });
  driver.measured();
  const { latency } = driver;
  const latencyMs = { p50: latency.quantile(0.5), p99: latency.quantile(0.99), max: latency.maxMs };
  const recoveredAfterMs = await untilAdmitted(bench, relay);
  const closed = old.filter((call) => !isCarried(call)).length;
  await driver.end([...old, ...placed]);
  const ledger = ledgerOf(old);
  const first = asked.find(wasRefused)?.afterMs ?? NaN;
  const admitted = asked.filter(({ afterMs, status }) => afterMs > first && status === 201).length;
  return {
    part: `overload by a competitor, ${streams} calls`,
    how: `${hogCount} busy processes on the relay's core for ${OVERLOADED_MS / 1000} s: ${offered.toFixed(2)} x what it can carry is offered`,
    figures: [
      {
        what: 'frames of the calls under way lost, duplicated, reordered or unknown',
        value: damageOf(ledger),
        unit: 'frames',
        goal: { atMost: 0 },
        detail: `${describeLedger(ledger)}; p50 ${latencyMs.p50.toFixed(0)} ms, p99 ${latencyMs.p99.toFixed(0)} ms`,
      },
      { what: 'calls under way that were closed', value: closed, unit: 'calls', goal: { atMost: 0 } },
      { what: 'frames that went out joined with others', value: joined, unit: 'frames', goal: { atLeast: 1 } },
      {
        what: 'until the first new call is refused in words (503 capacity_full)',
        value: (asked.find(wasRefusedInWords)?.afterMs ?? NaN) / 1000,
        unit: 's',
        goal: { atMost: REFUSAL_GOAL_S },
        detail: `${asked.filter(wasRefusedInWords).length} of ${asked.length} were`,
      },
      { what: 'new calls admitted after that', value: admitted, unit: 'calls', goal: { atMost: 0 } },
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
    warnings: warningsOf(asked),
  };
}

/** The competitors come, and go. Answers what became of those who asked for a call meanwhile. */
async function overload(
  bench: Bench,
  relay: Relay,
  { old, placed, hogCount }: { old: readonly BenchCall[]; placed: readonly BenchCall[]; hogCount: number },
): Promise<{ asked: Asked[]; joined: number }> {
  const joinedBefore = joinedBy(old);
  const hogs = new CoreHogs();
  const asking: Promise<Asked>[] = [];
  const begunAtMs = performance.now();
  let pickingUp: Promise<void> | null = null;
  hogs.start(hogCount);
  try {
    while (performance.now() < begunAtMs + OVERLOADED_MS) {
      await sleep(ASK_EVERY_MS);
      // Nobody waits for the one before: answers are slow.
      asking.push(ask(bench, relay, begunAtMs));
      if (performance.now() > begunAtMs + OVERLOADED_MS / 2) pickingUp ??= pickUp(bench, relay, placed);
    }
    const asked = await Promise.all(asking);
    await pickingUp;
    return { asked, joined: joinedBy(old) - joinedBefore };
  } finally {
    hogs.stop();
  }
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
    part: 'overload by a competitor',
    how: 'left out',
    figures: [],
    data: null,
    warnings: ['No process can be bound to a core here (taskset, two cores), so the relay cannot be overloaded alone.'],
  };
}
