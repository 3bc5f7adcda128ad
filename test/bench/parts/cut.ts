import { setTimeout as sleep } from 'node:timers/promises';
import { type Bench, ECHO } from '../bench';
import type { BenchCall } from '../driver/bench-call';
import { quantileOf } from '../driver/latency-histogram';
import { FRAME_MS } from '../driver/tagged-audio';
import type { PartReport } from '../figures';
import { isCarried, ledgerOf } from '../load/ledger';

const CALLS = 50;
const BEFORE_MS = 6000;
/** The model hears half a second of pause and as much of speech before it answers again. */
const AFTER_MS = 15_000;
const LOOK_EVERY_MS = 100;
/** A second and a fifth of it are the model's. Who hears nothing for longer asks whether somebody is there. */
const SILENCE_GOAL_MS = 3000;
/** What is said before a session is configured would go unnoticed with one that takes no time for it. */
const CONFIGURE_MS = 200;

const MODEL_MS = CONFIGURE_MS + (ECHO.pauseFrames + ECHO.speechFrames) * FRAME_MS;

interface Resumption {
  /** From the cut to the first audio of the customer at the next session, and to the first that the customer hears of it. */
  hearsAfterMs: number;
  speaksAfterMs: number;
  isOnTheLine: boolean;
}

/** The network cuts every model socket at once. */
export async function cutPart(bench: Bench): Promise<PartReport[]> {
  const { driver } = bench;
  driver.model.script = { ...ECHO, configureMs: () => CONFIGURE_MS };
  const { target } = await bench.relay();
  const calls = await driver.begin(target, CALLS);
  await sleep(BEFORE_MS);
  const cutAtMs = performance.now();
  const made = calls.map((call) => watch(call, cutAtMs));
  for (const { session } of calls) session?.cut();
  const giveUpAtMs = cutAtMs + AFTER_MS;
  while (made.some(({ speaksAfterMs }) => Number.isNaN(speaksAfterMs)) && performance.now() < giveUpAtMs) {
    await sleep(LOOK_EVERY_MS);
  }
  // Whoever comes late is no better than who never comes; whoever is there stays there.
  await sleep(Math.max(0, giveUpAtMs - performance.now()));
  for (const [i, call] of calls.entries()) (made[i] as Resumption).isOnTheLine = isCarried(call);
  driver.model.script = ECHO;
  await driver.end(calls);
  const { lost, sent, early } = ledgerOf(calls);
  const resumed = made.filter(({ isOnTheLine, speaksAfterMs }) => isOnTheLine && !Number.isNaN(speaksAfterMs));
  const hears = made.map(({ hearsAfterMs }) => hearsAfterMs);
  const speaks = made.map(({ speaksAfterMs }) => speaksAfterMs);
  return [
    {
      part: 'cut',
      how: `all model sockets of ${CALLS} calls at once`,
      figures: [
        {
          what: 'calls that go on, the agent is heard again',
          value: resumed.length,
          unit: 'calls',
          goal: { atLeast: CALLS },
          detail: `of ${CALLS}; ${made.filter(({ speaksAfterMs }) => Number.isNaN(speaksAfterMs)).length} silent for ${AFTER_MS / 1000} s`,
        },
        {
          what: 'until the next session hears the customer, p50',
          value: quantileOf(hears, 0.5),
          unit: 'ms',
          goal: null,
          detail: `max ${Math.max(...hears).toFixed(0)} ms`,
        },
        {
          what: 'until the agent is heard again, the longest of all',
          // Whoever is not heard again makes this NaN, which misses the goal.
          value: Math.max(...speaks),
          unit: 'ms',
          goal: { atMost: SILENCE_GOAL_MS },
          detail: `p50 ${quantileOf(speaks, 0.5).toFixed(0)} ms; up to ${MODEL_MS} ms of it are the model's, which is configured and hears a pause and a customer first`,
        },
        {
          what: 'frames that were on the way when the network was cut',
          value: lost,
          unit: 'frames',
          goal: null,
          detail: `of ${sent}`,
        },
        { what: 'appends before a session was configured', value: early, unit: 'frames', goal: { atMost: 0 } },
      ],
      data: made,
      warnings: [],
    },
  ];
}

function watch(call: BenchCall, cutAtMs: number): Resumption {
  const { sessions } = call;
  const before = sessions.length;
  const resumption: Resumption = { hearsAfterMs: NaN, speaksAfterMs: NaN, isOnTheLine: false };
  call.onAgentFrame = (tag, nowMs) => {
    const session = sessions.at(-1);
    if (sessions.length === before || session === undefined || !session.isItsResponse(tag.response)) return;
    if (!Number.isNaN(resumption.speaksAfterMs)) return;
    resumption.speaksAfterMs = nowMs - cutAtMs;
    resumption.hearsAfterMs = (session.firstAppendAtMs ?? NaN) - cutAtMs;
  };
  return resumption;
}
