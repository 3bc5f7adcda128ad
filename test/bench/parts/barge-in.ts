import { setTimeout as sleep } from 'node:timers/promises';
import { type Bench, ECHO, SILENT } from '../bench';
import { DISTURBED, undisturbed } from '../core-watch';
import type { BenchCall } from '../driver/bench-call';
import { comesWithin, inParallel } from '../driver/driver';
import type { ModelSession } from '../driver/model-session';
import { quantileOf } from '../driver/latency-histogram';
import type { PartReport } from '../figures';
import { calmStreams } from '../load/calm-streams';

const GOAL_MS = 5;
/** Calls that are interrupted, beside those that only carry frames. */
const INTERRUPTED = 20;
const ROUNDS = 15;
/** The model is ahead of the phone, as it always is: two seconds of audio at once. */
const BURST_FRAMES = 100;
const TO_PLAY_MS = 600;
/** Audio that the model had under way when it noticed: what comes in one piece with the news, and what comes after it. */
const LATE_FRAMES = 15;
const LATER_FRAMES = 10;
const LATER_EVERY_MS = 20;
const CLEAR_LIMIT_MS = 2000;
const PAUSE_MS = 300;
/** Until the opening with its disclosure was heard. */
const OPENING_MS = 2500;

interface Interruption {
  /** From the model's `speech_started` to the carrier's `clear`; infinite where it never came. */
  clearMs: number;
  /** Frames of the cut response that came after it. */
  lateFrames: number;
}

/** The customer speaks while the agent does. */
export async function bargeInPart(bench: Bench): Promise<PartReport[]> {
  const { driver } = bench;
  const relay = await bench.relay();
  const { target } = relay;
  const others = Math.max(0, (await calmStreams(bench)) - INTERRUPTED);
  driver.model.script = ECHO;
  const load = await driver.begin(target, others, { isTalking: false });
  driver.model.script = SILENT;
  const calls = await driver.begin(target, INTERRUPTED);
  driver.model.script = ECHO;
  driver.talk(load);
  await sleep(OPENING_MS);
  const all: Interruption[] = [];
  const { result: made, isDisturbed } = await undisturbed(
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
          detail: `p50 ${quantileOf(times, 0.5).toFixed(2)} ms, max ${Math.max(...times).toFixed(2)} ms; ${all.filter(({ clearMs }) => clearMs === Infinity).length} never`,
        },
        {
          what: 'frames of the cut response after it',
          value: all.reduce((sum, { lateFrames }) => sum + lateFrames, 0),
          unit: 'frames',
          goal: { atMost: 0 },
          detail: `of ${all.length * (LATE_FRAMES + LATER_FRAMES)} that the model sent`,
        },
      ],
      data: made,
      warnings: isDisturbed ? [DISTURBED] : [],
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
  for (let i = 0; i < LATER_FRAMES; i++) {
    await sleep(LATER_EVERY_MS);
    session.say(1);
  }
  session.endResponse('cancelled');
  await comesWithin(CLEAR_LIMIT_MS, () => clearedAtMs !== null);
  const clearMs = (clearedAtMs ?? Infinity) - startedAtMs;
  await sleep(PAUSE_MS);
  session.speechStops('wait a moment');
  session.startResponse(Infinity, { isEcho: false, words: ['Yes'] });
  session.say(1);
  session.endResponse();
  await sleep(PAUSE_MS);
  return { clearMs, lateFrames };
}
