import { setTimeout as sleep } from 'node:timers/promises';
import { type Bench, ECHO } from '../bench';
import type { BenchCall } from '../driver/bench-call';
import type { PartReport } from '../figures';
import { calmStreams } from '../load/calm-streams';
import { damageOf, describeLedger, isCarried, ledgerOf } from '../load/ledger';
import { capacityOf, measureTraffic } from '../load/traffic';
import { type Relay, untilCallsAreGone } from '../sides';
import { type Asked, codeOf, warningsOf, wasRefused, wasRefusedInWords } from './asking';

/** What is offered in the end, as a share of what the core can carry. */
const OFFERED = 1.5;
/** A few calls cost more each than many: what can be carried is more than they let expect, but not by so much. */
const MOST_OFFERED = 3;
const SETTLE_MS = 5000;
const CALM_S = 4;
/** The pace at which that would be reached, were the expectation right. */
const RAMP_MS = 40_000;
const AFTERWARDS_MS = 5000;
/** People pick up after that, whether the relay is ready or not. */
const RING_MS = 3000;
/** Five frames: what comes later than the jitter buffers of phones reach is heard as a gap. */
const OLD_GOAL_MS = 100;

/** Ever more calls, which talk from their first frame on: those that were there first are not to notice. */
export async function rampReport(bench: Bench, relay: Relay): Promise<PartReport> {
  const { driver } = bench;
  driver.model.script = ECHO;
  const count = Math.max(1, Math.floor((await calmStreams(bench)) / 2));
  const old = await driver.begin(relay.target, count);
  await sleep(SETTLE_MS);
  const calm = await measureTraffic(driver, relay.process, old, CALM_S);
  const carries = capacityOf(calm);
  driver.measure();
  const { asked, calls, failures } = await ramp(bench, relay, { old: count, carries });
  await sleep(AFTERWARDS_MS);
  driver.measured();
  const latencyMs = {
    p50: driver.latency.quantile(0.5),
    p999: driver.latency.quantile(0.999),
    max: driver.latency.maxMs,
  };
  const closed = old.filter((call) => !isCarried(call)).length;
  const carried = calls.filter(isCarried).length;
  await driver.end([...old, ...calls]);
  await untilCallsAreGone(driver);
  const ledger = ledgerOf(old);
  const refused = asked.filter(wasRefused);
  return {
    part: 'overload by calls',
    how: `${count} calls, and ever more until ${OFFERED} x as many are asked for as were carried at the first refusal: ${asked.length}`,
    figures: [
      {
        what: 'p99.9 of the calls that were there before',
        value: latencyMs.p999,
        unit: 'ms',
        goal: { atMost: OLD_GOAL_MS },
        detail: `p50 ${latencyMs.p50.toFixed(2)} ms, max ${latencyMs.max.toFixed(0)} ms; before that p99.9 ${calm.latencyMs.p999.toFixed(2)} ms`,
      },
      {
        what: 'their frames lost, duplicated, reordered or unknown',
        value: damageOf(ledger),
        unit: 'frames',
        goal: { atMost: 0 },
        detail: describeLedger(ledger),
      },
      { what: 'of them closed', value: closed, unit: 'calls', goal: { atMost: 0 }, detail: `of ${count}` },
      {
        what: 'new calls refused in words (503 capacity_full)',
        value: refused.filter(wasRefusedInWords).length,
        unit: 'calls',
        goal: { atLeast: 1 },
        detail: `of ${asked.length}, the first after ${((refused[0]?.afterMs ?? NaN) / 1000).toFixed(1)} s; ${carried} carried beside the old ones`,
      },
      { what: 'new calls that were taken and failed', value: failures.length, unit: 'calls', goal: { atMost: 0 } },
    ],
    data: { calm, carries, asked, ledger, latencyMs, failures },
    warnings: [...warningsOf(asked), ...failures.slice(0, 1)],
  };
}

/**
 * Asks for ever more calls, evenly, and has those that are placed answered and talking. Nobody waits for the one before.
 * What the core can carry shows in the first refusal: from there on half as many again are asked for.
 */
async function ramp(bench: Bench, relay: Relay, { old, carries }: { old: number; carries: number }) {
  const asked: Asked[] = [];
  const calls: BenchCall[] = [];
  const failures: string[] = [];
  const begunAtMs = performance.now();
  const comers: Promise<void>[] = [];
  const everyMs = RAMP_MS / (OFFERED * carries);
  let most = MOST_OFFERED * carries - old;
  for (let i = 0; i < most; i++) {
    await sleep(Math.max(0, begunAtMs + i * everyMs - performance.now()));
    const comer = comes(bench, relay, begunAtMs).then(({ call, ...one }) => {
      if (wasRefused(one) && !asked.some(wasRefused)) most = Math.min(most, OFFERED * (old + calls.length) - old);
      asked.push(one);
      if (call !== null) calls.push(call);
    });
    comers.push(comer.catch((error: unknown) => void failures.push(String(error))));
  }
  await Promise.all(comers);
  asked.sort((a, b) => a.afterMs - b.afterMs);
  return { asked, calls, failures };
}

async function comes({ driver }: Bench, relay: Relay, begunAtMs: number): Promise<Asked & { call: BenchCall | null }> {
  const call = driver.newCall({ isMeasured: false });
  const afterMs = performance.now() - begunAtMs;
  const { status, body } = await driver.place(relay.target, call);
  if (status !== 201) {
    driver.forget(call);
    return { afterMs, status, code: codeOf(body), call: null };
  }
  await driver.letRing(call, RING_MS);
  await driver.pickUp(relay.target, call);
  return { afterMs, status, code: '', call };
}
