import { setTimeout as sleep } from 'node:timers/promises';
import { type Bench, ECHO, SILENT } from '../bench';
import { DISTURBED, undisturbed } from '../core-watch';
import type { BenchCall } from '../driver/bench-call';
import { inParallel, patiently } from '../driver/driver';
import type { ModelSession } from '../driver/model-session';
import { quantileOf } from '../driver/latency-histogram';
import type { PartReport } from '../figures';

const GOAL_MS = 5;
/** Calls that are interrupted, beside those that only carry frames. */
const INTERRUPTED = 20;
const ROUNDS = 15;
/** The model is ahead of the phone, as it always is: two seconds of audio at once. */
const BURST_FRAMES = 100;
const TO_PLAY_MS = 600;
/** Audio that the model had under way when it noticed. */
const LATE_FRAMES = 25;
const CLEAR_LIMIT_MS = 2000;
const PAUSE_MS = 300;
/** Until the opening with its disclosure was heard. */
const OPENING_MS = 2500;

interface Interruption {
  /** From the model's `speech_started` to the carrier's `clear`. */
  clearMs: number;
  /** Frames of the cut response that came after it. */
  lateFrames: number;
}

/** The customer speaks while the agent does. */
export async function bargeInPart(bench: Bench): Promise<PartReport[]> {
  const { driver } = bench;
  const relay = await bench.relay();
  const { target } = relay;
  const others = Math.min(...bench.streams);
  driver.model.script = ECHO;
  const load = await driver.begin(target, others);
  driver.model.script = SILENT;
  const calls = await driver.begin(target, INTERRUPTED);
  driver.model.script = ECHO;
  await sleep(OPENING_MS);
  const all: Interruption[] = [];
  const { result: made, isValid } = await undisturbed(
    relay.process.pid,
    async () => {
      const now = await interruptAll(calls);
      all.push(...now);
      return now;
    },
    bench.say,
  );
  await driver.end([...calls, ...load]);
  const times = made.map(({ clearMs }) => clearMs);
  return [
    {
      part: 'barge-in',
      how: `${made.length} interruptions in ${INTERRUPTED} calls, beside ${others} others`,
      figures: [
        {
          what: '`speech_started` to `clear` on the wire, p99',
          value: quantileOf(times, 0.99),
          unit: 'ms',
          goal: { atMost: GOAL_MS },
          detail: `p50 ${quantileOf(times, 0.5).toFixed(2)} ms, max ${Math.max(...times).toFixed(2)} ms`,
        },
        {
          what: 'frames of the cut response after it',
          value: all.reduce((sum, { lateFrames }) => sum + lateFrames, 0),
          unit: 'frames',
          goal: { atMost: 0 },
          detail: `of ${all.length * LATE_FRAMES} that the model sent`,
        },
      ],
      data: made,
      warnings: isValid ? [] : [DISTURBED],
    },
  ];
}

async function interruptAll(calls: readonly BenchCall[]): Promise<Interruption[]> {
  const made: Interruption[] = [];
  await inParallel(calls, calls.length, async (call) => {
    // Not all at the same moment.
    await sleep(Math.random() * TO_PLAY_MS);
    for (let round = 0; round < ROUNDS; round++) made.push(await interrupt(call));
  });
  return made;
}

async function interrupt(call: BenchCall): Promise<Interruption> {
  const session = call.session as ModelSession;
  session.speechStarts();
  await sleep(PAUSE_MS);
  session.speechStops('yes please go on');
  const response = session.startResponse(Infinity, { isEcho: false, words: ['This', 'is', 'a', 'long', 'answer'] });
  session.say(BURST_FRAMES);
  await sleep(TO_PLAY_MS);

  let clearedAtMs: number | null = null;
  let lateFrames = 0;
  call.onClear = (nowMs) => (clearedAtMs ??= nowMs);
  call.onAgentFrame = (tag) => {
    if (clearedAtMs !== null && tag.response === response) lateFrames++;
  };
  const startedAtMs = performance.now();
  session.speechStarts();
  session.say(LATE_FRAMES);
  session.endResponse('cancelled');
  await patiently(() => clearedAtMs !== null, 'the clear', CLEAR_LIMIT_MS);
  const clearMs = (clearedAtMs ?? NaN) - startedAtMs;
  await sleep(PAUSE_MS);
  session.speechStops('wait a moment');
  session.startResponse(Infinity, { isEcho: false, words: ['Yes'] });
  session.say(1);
  session.endResponse();
  await sleep(PAUSE_MS);
  return { clearMs, lateFrames };
}
