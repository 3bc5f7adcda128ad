import { setTimeout as sleep } from 'node:timers/promises';
import { type Bench, ECHO } from '../bench';
import { DISTURBED, undisturbed } from '../core-watch';
import type { BenchCall } from '../driver/bench-call';
import { comesWithin } from '../driver/driver';
import { quantileOf } from '../driver/latency-histogram';
import type { PartReport } from '../figures';
import { calmStreams } from '../load/calm-streams';
import { ledgerOf } from '../load/ledger';
import type { Floor, Relay } from '../sides';

const GOAL_MS = 15;
const SAMPLES = 50;
/** What the model takes to configure a session that is not ready when the phone is picked up. */
const SLOW_MODEL_MS = 400;
const TALK_MS = 600;
const BARE_TALK_MS = 100;
/** What the model says at once to the bare floor, which asks for nothing. */
const OPENING_FRAMES = 20;
const FIRST_AUDIO_LIMIT_MS = 10_000;

interface SetUp {
  call: BenchCall;
  /** From Twilio's `start` to the first audio out. */
  firstAudioMs: number;
  /** Whether the session was configured when the phone was picked up. */
  wasReady: boolean;
}

/**
 * From the moment of picking up to the first words, with people who talk from the first frame on, beside as many others as
 * the core carries.
 */
export async function setUpPart(bench: Bench): Promise<PartReport[]> {
  const { driver } = bench;
  const beside = await calmStreams(bench);
  driver.model.script = ECHO;
  const bareMs = await bareSetUps(bench, await bench.floor(), beside);
  const relay = await bench.relay();
  const others = await driver.begin(relay.target, beside, { isTalking: false });
  driver.talk(others);
  const all: BenchCall[] = [];
  const measured = await undisturbed(
    relay.process.pid,
    async () => {
      const made = await setUps(bench, relay, true);
      all.push(...made.map(({ call }) => call));
      return made;
    },
    bench.say,
  );
  const ready = measured.result;
  driver.model.script = { ...ECHO, configureMs: () => SLOW_MODEL_MS };
  const late = await setUps(bench, relay, false);
  driver.model.script = ECHO;
  await driver.end(others);
  const calls = [...all, ...late.map(({ call }) => call)];
  const { lost, early, sent } = ledgerOf(calls);
  const times = (setUps: readonly SetUp[], beyondMs = 0) => setUps.map(({ firstAudioMs }) => firstAudioMs - beyondMs);
  const figures = [
    {
      what: '`start` to first audio out, session dialled while ringing, p50',
      value: quantileOf(times(ready), 0.5),
      unit: 'ms' as const,
      goal: { atMost: GOAL_MS },
      detail: `p99 ${quantileOf(times(ready), 0.99).toFixed(2)} ms; the opening waits for the phone, the model's own time is 0; floor, which dials then, p50 ${quantileOf(bareMs, 0.5).toFixed(2)} ms`,
    },
    {
      what: 'calls whose session was ready when they were picked up',
      value: ready.filter(({ wasReady }) => wasReady).length,
      unit: 'calls' as const,
      goal: { atLeast: SAMPLES },
      detail: `of ${SAMPLES}`,
    },
    {
      what: "picked up at once, beyond the model's own time, p50",
      value: quantileOf(times(late, SLOW_MODEL_MS), 0.5),
      unit: 'ms' as const,
      goal: null,
      detail: `the model takes ${SLOW_MODEL_MS} ms to configure; ${late.filter(({ wasReady }) => wasReady).length} of ${SAMPLES} were ready; dialling counts as ours`,
    },
    {
      what: 'caller frames lost at set-up',
      value: lost,
      unit: 'frames' as const,
      goal: { atMost: 0 },
      detail: `of ${sent} of ${calls.length} calls`,
    },
    {
      what: 'appends before the session was configured',
      value: early,
      unit: 'frames' as const,
      goal: { atMost: 0 },
    },
  ];
  return [
    {
      part: 'set-up',
      how: `${SAMPLES} calls of each kind, one after another, beside ${beside} others`,
      figures,
      data: { readyMs: times(ready), lateMs: times(late), bareMs },
      warnings: measured.isDisturbed ? [DISTURBED] : [],
    },
  ];
}

async function setUps({ driver }: Bench, { target }: Relay, isReady: boolean): Promise<SetUp[]> {
  const made: SetUp[] = [];
  for (let i = 0; i < SAMPLES; i++) {
    const call = driver.newCall();
    if (isReady) await driver.ring(target, call, { isPatient: true });
    else {
      const placed = await driver.place(target, call, { isPatient: true });
      if (placed.status !== 201) throw new Error(`The call was not placed: ${placed.text}`);
    }
    await driver.pickUp(target, call);
    const { phone } = call;
    if (phone === null) throw new Error(`The call was refused: ${call.refusal}`);
    // A call that stays silent is the worst of all, and no reason to leave the others unmeasured.
    await comesWithin(FIRST_AUDIO_LIMIT_MS, () => phone.firstAudioAtMs !== null);
    await sleep(TALK_MS);
    const configuredAtMs = call.sessions[0]?.configuredAtMs ?? Infinity;
    made.push({
      call,
      firstAudioMs: (phone.firstAudioAtMs ?? Infinity) - phone.startedAtMs,
      wasReady: configuredAtMs < phone.startedAtMs,
    });
    await driver.end([call]);
  }
  return made;
}

/** What the floor takes for the same, when the model speaks as soon as it is connected. */
async function bareSetUps({ driver }: Bench, { target }: Floor, beside: number): Promise<number[]> {
  const others = await driver.begin(target, beside);
  const firstAudioMs: number[] = [];
  for (let i = 0; i < SAMPLES; i++) {
    const call = driver.newCall();
    call.onSession = (session) => {
      session.startResponse(OPENING_FRAMES, { isEcho: false });
      session.say(OPENING_FRAMES);
    };
    await driver.beginBare(target, true, call);
    await comesWithin(FIRST_AUDIO_LIMIT_MS, () => call.phone?.firstAudioAtMs != null);
    await sleep(BARE_TALK_MS);
    firstAudioMs.push((call.phone?.firstAudioAtMs ?? Infinity) - (call.phone?.startedAtMs ?? NaN));
    await driver.end([call]);
  }
  await driver.end(others);
  return firstAudioMs;
}
