import { api, SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { CallBody, ring } from '../support/live-call';
import { ModelSession, PhoneCall, startTestSandbox, TestSandbox } from '../support/sandbox';
import { until } from '../support/until';

/**
 * What goes wrong with the model while somebody is on the phone: the line stays open and the conversation goes on. Each
 * call has a scenario of its own, by whose words a fault finds its session; the sandbox's record of the line is the judge.
 */
type Trouble = (call: Situation) => Promise<unknown>;

interface Situation {
  sandbox: TestSandbox;
  marker: string;
  callSid: string;
  /** Waits until the call has so many. */
  turns(count: number): Promise<unknown>;
}

/** Providers and a server of their own. */
interface Stage {
  sandbox: TestSandbox;
  server: StartedApp;
  user: SignedUp;
}

const NUMBER = '+12025550120';
const DISCLOSURE = 'this is an automated assistant';
const WHOLE_CALL_MS = 150_000;
/** One speech engine serves all phones and models of a test. */
const BETWEEN_CALLS_MS = 1000;
/** Nobody is left in silence for longer than this, whatever happens. Without its cure each trouble lasts longer, or for ever. */
const LONGEST_SILENCE_MS = 15_000;
const SHORT_LIFE_MS = 24_000;
const RENEWED_AFTER_SECONDS = 8;
const CALLS_CUT = 6;

let shared: Stage;

interface Outcome {
  call: CallBody;
  phone: PhoneCall;
  sessions: ModelSession[];
}

/** By name: what happens to the call. */
const TROUBLES = {
  nothing: async () => undefined,
  drop: async ({ sandbox, marker, turns }) => {
    await turns(3);
    await sandbox.fault('openai', 'drop_socket', { match: marker });
  },
  dropTwice: async ({ sandbox, marker, turns }) => {
    await turns(3);
    await sandbox.fault('openai', 'drop_socket', { match: marker });
    await turns(5);
    await sandbox.fault('openai', 'drop_socket', { match: marker });
  },
  halfOpen: async ({ sandbox, marker, turns }) => {
    await turns(3);
    await sandbox.fault('openai', 'stall', { match: marker });
  },
  mute: async ({ sandbox, marker, turns }) => {
    await turns(2);
    await sandbox.fault('openai', 'mute_response', { match: marker });
  },
  failed: async ({ sandbox, marker, turns }) => {
    await turns(2);
    await sandbox.fault('openai', 'fail_response', { match: marker, count: 2 });
  },
  noAnswer: async ({ sandbox, marker, turns }) => {
    await turns(2);
    await sandbox.fault('openai', 'no_answer', { match: marker });
  },
  stuckResponse: async ({ sandbox, marker, turns }) => {
    await turns(2);
    await sandbox.fault('openai', 'stuck_response', { match: marker });
  },
  limited: async ({ sandbox, marker, turns }) => {
    await turns(2);
    await sandbox.fault('openai', 'http_429', { match: marker, count: 2 });
  },
  lostWords: async ({ sandbox, marker, turns }) => {
    await turns(2);
    await sandbox.fault('openai', 'lose_transcription', { match: marker });
  },
  lateWords: async ({ sandbox, marker, turns }) => {
    await turns(2);
    await sandbox.fault('openai', 'late_transcription', { match: marker, after_ms: 4000 });
  },
  slowReader: async ({ sandbox, marker, turns }) => {
    await turns(2);
    await sandbox.fault('openai', 'slow_reader', { match: marker, after_ms: 3000 });
  },
  lostMarks: async ({ sandbox, callSid, turns }) => {
    await turns(2);
    await sandbox.fault('twilio', 'lose_marks', { call_sid: callSid, count: 10 });
  },
  /** What asks for the first words never arrives, and the customer speaks before it is missed. */
  lostCreate: async () => undefined,
  /** Its session has less than half a minute to live: it is succeeded in between. */
  renewal: async () => undefined,
} satisfies Record<string, Trouble>;

type Name = keyof typeof TROUBLES;
const outcomes = {} as Record<Name, Outcome>;

async function aStage(): Promise<Stage> {
  const sandbox = await startTestSandbox();
  const server = await startApp({
    env: { ...sandbox.env, MAX_CONCURRENT_CALLS: '50', SILENCE_REPROMPT_SECONDS: '20', SILENCE_END_SECONDS: '5' },
  });
  return { sandbox, server, user: await signUp(server.url) };
}

async function strike({ server, sandbox }: Stage): Promise<void> {
  await server.close();
  await sandbox.close();
}

async function scenarioWith(marker: string, { server, user }: Stage): Promise<string> {
  const { body } = await api(server.url).post<{ scenario_id: string }>(
    '/realtime/custom-scenario',
    {
      persona: `You are Mary, who sells tea for ${marker}.`,
      prompt: 'Find out which tea the customer drinks, and offer them a sample of another one. Say goodbye then.',
      voice_type: 'warm_engaging',
      temperature: 0.7,
    },
    { token: user.token },
  );
  return body.scenario_id;
}

async function callWith(marker: string, trouble: Trouble, stage: Stage): Promise<Outcome> {
  const { sandbox, server, user } = stage;
  if (trouble === TROUBLES.renewal) {
    await sandbox.fault('openai', 'expire_session', { match: marker, after_ms: SHORT_LIFE_MS });
  }
  if (trouble === TROUBLES.lostCreate) await sandbox.fault('openai', 'lose_create', { match: marker });
  const call = await ring(server, user, NUMBER, { scenario: await scenarioWith(marker, stage) });
  const turns = (count: number) => call.until(({ transcript }) => transcript.length >= count, `${count} turns`, 60_000);
  await trouble({ sandbox, marker, callSid: call.placed.call_sid, turns });
  const over = await call.over(WHOLE_CALL_MS);
  const sessions = (await sandbox.sessions()).filter(({ instructions }) => instructions.includes(marker));
  return { call: over, phone: await sandbox.call(call.placed.call_sid), sessions };
}

if (process.env['SHOW_CALLS'] === '1') {
  afterAll(() => process.stdout.write(`${JSON.stringify(outcomes, null, 1)}\n`));
}

describe('a call whose model is in trouble', () => {
  beforeAll(async () => {
    shared = await aStage();
    await Promise.all(
      (Object.keys(TROUBLES) as Name[]).map(async (name, index) => {
        await new Promise((done) => setTimeout(done, index * BETWEEN_CALLS_MS));
        outcomes[name] = await callWith(`the ${name} company`, TROUBLES[name], shared);
      }),
    );
  }, WHOLE_CALL_MS + 60_000);
  afterAll(() => strike(shared));

  const heard = (name: Name) => outcomes[name].phone.heard.map(({ text }) => text.toLowerCase()).join(' ');

  it.each(Object.keys(TROUBLES) as Name[])('goes on to its end (%s)', (name) => {
    const { call } = outcomes[name];
    expect(['agent_ended', 'customer_hung_up']).toContain(call.ended_reason);
    expect(call.transcript.filter(({ role }) => role === 'agent').length).toBeGreaterThanOrEqual(3);
  });

  it.each(Object.keys(TROUBLES) as Name[])('leaves nobody in silence (%s)', (name) => {
    const { heard, said } = outcomes[name].phone;
    const spoken = [...heard, ...said].sort((a, b) => a.start_ms - b.start_ms);
    let [quietSinceMs, longestMs] = [0, 0];
    for (const { start_ms, end_ms } of spoken) {
      longestMs = Math.max(longestMs, start_ms - quietSinceMs);
      quietSinceMs = Math.max(quietSinceMs, end_ms);
    }
    expect(longestMs).toBeLessThan(LONGEST_SILENCE_MS);
  });

  it.each(Object.keys(TROUBLES) as Name[])('is not begun anew: nobody hears the opening twice (%s)', (name) => {
    expect(heard(name).split(DISCLOSURE)).toHaveLength(2);
  });

  it.each([
    ['nothing', 1],
    ['drop', 2],
    ['dropTwice', 3],
    ['halfOpen', 2],
    ['failed', 2],
    ['mute', 1],
    ['noAnswer', 1],
    ['stuckResponse', 2],
    ['limited', 1],
    ['lostWords', 1],
    ['lateWords', 1],
    ['slowReader', 1],
    ['lostMarks', 1],
    ['lostCreate', 1],
    ['renewal', 2],
  ] as const)('takes no more sessions than it needs (%s: %i)', (name, count) => {
    expect(outcomes[name].sessions).toHaveLength(count);
  });

  it('keeps the words that come late, and a trace of those that do not come', () => {
    const textsOf = (name: Name) => outcomes[name].call.transcript.map(({ text }) => text);
    expect(textsOf('lateWords')).not.toContain('[inaudible]');
    expect(textsOf('lostWords')).toContain('[inaudible]');
  });

  it.each((Object.keys(TROUBLES) as Name[]).filter((name) => name !== 'stuckResponse'))(
    'speaks the protocol cleanly all the same (%s)',
    (name) => {
      expect(outcomes[name].sessions.flatMap(({ errorsSent }) => errorsSent.map(({ code }) => code))).toEqual([]);
    },
  );

  it('is not heard at all when its session is succeeded in time', () => {
    // By its half-life the opening is over, into which the person may have said hello.
    const transcript = outcomes.renewal.call.transcript.filter(({ start_time }) => start_time > RENEWED_AFTER_SECONDS);
    expect(transcript.every(({ interrupted, text }) => !interrupted && text !== '[inaudible]')).toBe(true);
  });

  it.each(['drop', 'dropTwice', 'halfOpen'] as const)('is known to the next session as it was heard (%s)', (name) => {
    const [, next] = outcomes[name].sessions;
    // The opening; on a busy machine the person may have said hello before it.
    const [first] = outcomes[name].call.transcript;
    expect(next?.items[0]).toMatchObject({ role: first?.role === 'agent' ? 'assistant' : 'user' });
    expect(next?.items[0]?.transcript.startsWith(first?.text.slice(0, 40) ?? '?')).toBe(true);
  });
});

/** Faults that strike whoever comes first, or all: each has a stage of its own. */
describe('a model in trouble for everybody', () => {
  const OUTAGES = {
    gone: async ({ sandbox, marker, turns }) => {
      await turns(2);
      await sandbox.fault('openai', 'refuse_socket', { count: 3 });
      await sandbox.fault('openai', 'drop_socket', { match: marker });
    },
    keyRevoked: async ({ sandbox, marker, turns }) => {
      await turns(2);
      await sandbox.fault('openai', 'invalid_api_key');
      await sandbox.fault('openai', 'drop_socket', { match: marker });
    },
    quotaUsedUp: async ({ sandbox, marker, turns }) => {
      await turns(2);
      await sandbox.fault('openai', 'insufficient_quota', { match: marker });
      await until(
        () => sandbox.sessions(),
        (sessions) => sessions.some(({ errorsSent }) => errorsSent.length > 0),
      );
    },
  } satisfies Record<string, Trouble>;
  type Outage = keyof typeof OUTAGES;
  const ended = {} as Record<Outage, Outcome>;
  let replaced: { cut: number; calls: CallBody[] };

  async function through(name: Outage): Promise<void> {
    const stage = await aStage();
    ended[name] = await callWith(`the ${name} company`, OUTAGES[name], stage);
    await strike(stage);
  }

  /** Every session is cut at once; the calls as they are when each has two turns more than any had then. */
  async function throughTheCut(): Promise<void> {
    const stage = await aStage();
    const { sandbox, server, user } = stage;
    const calls = await Promise.all(
      Array.from({ length: CALLS_CUT }, async (_, at) =>
        ring(server, user, NUMBER, { scenario: await scenarioWith(`the company number ${at}`, stage) }),
      ),
    );
    const turnsOf = (count: number) =>
      Promise.all(
        calls.map((call) => call.until(({ transcript }) => transcript.length >= count, `${count} turns`, 60_000)),
      );
    await turnsOf(2);
    const cut = await sandbox.cutSessions();
    const before = await Promise.all(calls.map((call) => call.now()));
    const longest = Math.max(...before.map(({ transcript }) => transcript.length));
    replaced = { cut, calls: await turnsOf(longest + 2) };
    const { token } = user;
    await Promise.all(
      calls.map(({ placed }) => api(server.url).post(`/calls/${placed.id}/hangup`, undefined, { token })),
    );
    await Promise.all(calls.map((call) => call.over()));
    await strike(stage);
  }

  beforeAll(async () => {
    await Promise.all([throughTheCut(), ...(Object.keys(OUTAGES) as Outage[]).map(through)]);
  }, WHOLE_CALL_MS);

  it('whose sessions are all cut at once replaces them, and no call is silent', () => {
    expect(replaced.cut).toBe(CALLS_CUT);
    for (const call of replaced.calls) expect(call.ended_reason).toBeNull();
  });

  it.each(Object.keys(OUTAGES) as Outage[])(
    'that is not to be had any more leaves the last words to the carrier’s own voice (%s)',
    (name) => {
      const { call, phone } = ended[name];
      expect(call).toMatchObject({ status: 'completed', ended_reason: 'model_error' });
      expect(phone.heard.at(-1)?.text.toLowerCase()).toContain('technical problem');
    },
  );
});
