import { api, SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { ring, TurnBody } from '../support/live-call';
import { ModelSession, PhoneCall, startTestSandbox, TestSandbox } from '../support/sandbox';

/**
 * What interrupts an agent is the scenario's choice. The same people make the same sounds to agents with different
 * settings; the sandbox's record of the line is the judge of what was heard.
 */

/** Says "Mhm." twice while the agent speaks its second turn. */
const BACKCHANNELS = '+12025550210';
/** Coughs once in the middle of the agent's second turn: 300 ms without words. */
const COUGHS = '+12025550211';
/** Speaks into the agent's first two turns. */
const INTERRUPTS = '+12025550105';
const DISCLOSURE = 'this is an automated assistant';
const GREETING = 'Good day, my name is Mary. Is this a good moment to talk about tea?';
/** A call is hung up on when it has so many: all that matters here has happened by then. */
const TURNS = 8;
const WHOLE_CALL_MS = 90_000;
/** One speech engine serves all phones and models of a test. */
const BETWEEN_CALLS_MS = 1000;

const CALLS = {
  mhmByDefault: { number: BACKCHANNELS },
  mhmIgnored: { number: BACKCHANNELS, interruption: { ignore_words: ['mhm'] } },
  coughByDefault: { number: COUGHS },
  coughResumed: { number: COUGHS, interruption: { resume_after_false_alarm: true } },
  coughTooShort: { number: COUGHS, interruption: { min_speech_ms: 600 } },
  speechLongEnough: { number: INTERRUPTS, interruption: { min_speech_ms: 300 } },
  speechIntoOpening: { number: INTERRUPTS, interruption: { protect: 'opening' }, greeting: GREETING },
} satisfies Record<string, { number: string; interruption?: object; greeting?: string }>;
type Name = keyof typeof CALLS;
const NAMES = Object.keys(CALLS) as Name[];

interface Outcome {
  transcript: TurnBody[];
  phone: PhoneCall;
  sessions: ModelSession[];
}

let sandbox: TestSandbox;
let server: StartedApp;
let user: SignedUp;
const outcomes = {} as Record<Name, Outcome>;

async function through(name: Name): Promise<Outcome> {
  const { number, ...settings } = CALLS[name];
  const marker = `the ${name} company`;
  const client = api(server.url);
  const created = await client.post<{ scenario_id: string }>(
    '/realtime/custom-scenario',
    {
      persona: `You are Mary, who sells tea for ${marker}.`,
      prompt: 'Find out which tea the customer drinks, and offer them a sample of another one. Say goodbye then.',
      voice_type: 'warm_engaging',
      temperature: 0.7,
      ...settings,
    },
    { token: user.token },
  );
  const call = await ring(server, user, number, { scenario: created.body.scenario_id });
  await call.until(({ transcript }) => transcript.length >= TURNS, `${TURNS} turns`, WHOLE_CALL_MS);
  await client.post(`/calls/${call.placed.id}/hangup`, undefined, { token: user.token });
  const { transcript } = await call.over();
  const phone = await sandbox.call(call.placed.call_sid);
  const sessions = (await sandbox.sessions()).filter(({ instructions }) => instructions.includes(marker));
  return { transcript, phone, sessions };
}

beforeAll(async () => {
  sandbox = await startTestSandbox();
  server = await startApp({ env: { ...sandbox.env, MAX_CONCURRENT_CALLS: '50' } });
  user = await signUp(server.url);
  await Promise.all(
    NAMES.map(async (name, index) => {
      await new Promise((done) => setTimeout(done, index * BETWEEN_CALLS_MS));
      outcomes[name] = await through(name);
    }),
  );
}, WHOLE_CALL_MS + 30_000);
afterAll(async () => {
  await server.close();
  await sandbox.close();
});

if (process.env['SHOW_CALLS'] === '1') {
  afterAll(() => process.stdout.write(`${JSON.stringify(outcomes, null, 1)}\n`));
}

/** The turns that matter: a hang-up may cut the last ones. */
const turnsOf = (name: Name) => outcomes[name].transcript.slice(0, TURNS);
const agentTurns = (name: Name) => turnsOf(name).filter(({ role }) => role === 'agent');
const interruptedTurns = (name: Name) => agentTurns(name).filter(({ interrupted }) => interrupted);
const saidTimes = (name: Name, sound: string) => outcomes[name].phone.said.filter(({ text }) => text === sound).length;
const heardOn = (name: Name) => outcomes[name].phone.heard.map(({ text }) => text);

/** What the agent answered the first real words of the person with, which is what the sounds are made into. */
function secondTurn(name: Name): TurnBody {
  const asked = turnsOf(name).findIndex(({ role }) => role === 'customer');
  return turnsOf(name)
    .slice(asked + 1)
    .find(({ role }) => role === 'agent') as TurnBody;
}

/** What came of that turn: the next thing that was said after it, sounds apart. */
function afterSecondTurn(name: Name): TurnBody {
  const turns = turnsOf(name).filter(({ text }) => text !== 'Mhm.');
  return turns[turns.indexOf(secondTurn(name)) + 1] as TurnBody;
}

describe.each(NAMES)('an agent with settings of its own (%s)', (name) => {
  it('speaks the protocol of the model cleanly, in one session', () => {
    expect(outcomes[name].sessions.map(({ errorsSent }) => errorsSent)).toEqual([[]]);
  });
});

describe('a "Mhm." while the agent speaks', () => {
  it.each(['mhmByDefault', 'mhmIgnored'] as const)('was said twice (%s)', (name) => {
    expect(saidTimes(name, 'Mhm.')).toBe(2);
  });

  it('interrupts it by default, and is answered', () => {
    expect(secondTurn('mhmByDefault').interrupted).toBe(true);
    expect(outcomes.mhmByDefault.phone.clears).toBeGreaterThan(0);
    expect(afterSecondTurn('mhmByDefault').role).toBe('agent');
  });

  it('does not interrupt one that ignores it: the phone hears the whole sentence', () => {
    const turn = secondTurn('mhmIgnored');
    expect(interruptedTurns('mhmIgnored')).toEqual([]);
    expect(outcomes.mhmIgnored.phone.clears).toBe(0);
    expect(turn.text).toBe(turn.generated_text);
    expect(heardOn('mhmIgnored')).toContain(turn.text);
  });

  it('is no turn to answer for one that ignores it, but is written down', () => {
    expect(turnsOf('mhmIgnored').filter(({ text }) => text === 'Mhm.')).toHaveLength(2);
    expect(afterSecondTurn('mhmIgnored').role).toBe('customer');
  });
});

describe('a cough while the agent speaks', () => {
  it.each(['coughByDefault', 'coughResumed', 'coughTooShort'] as const)('was made (%s)', (name) => {
    expect(saidTimes(name, '(coughs)')).toBe(1);
  });

  it('stops it by default, and what it says then is something new', () => {
    const { interrupted, text, generated_text } = secondTurn('coughByDefault');
    expect(interrupted).toBe(true);
    expect(outcomes.coughByDefault.phone.clears).toBe(1);
    const next = afterSecondTurn('coughByDefault');
    expect(next.role).toBe('agent');
    expect(`${text} ${next.text}`).not.toBe(generated_text);
  });

  it('stops one that takes up again where it stopped: the phone hears the whole sentence, once', () => {
    const { interrupted, text, generated_text } = secondTurn('coughResumed');
    expect(interrupted).toBe(true);
    expect(outcomes.coughResumed.phone.clears).toBe(1);
    const next = afterSecondTurn('coughResumed');
    expect(next).toMatchObject({ role: 'agent', interrupted: false });
    expect(`${text} ${next.text}`).toBe(generated_text);
    const heard = heardOn('coughResumed');
    const rest = heard.indexOf(next.text);
    expect(heard[rest - 1]).toMatch(new RegExp(`^${text}`));
  });

  it('does not stop one that more than a cough must interrupt', () => {
    const turn = secondTurn('coughTooShort');
    expect(interruptedTurns('coughTooShort')).toEqual([]);
    expect(outcomes.coughTooShort.phone.clears).toBe(0);
    expect(turn.text).toBe(turn.generated_text);
    expect(heardOn('coughTooShort')).toContain(turn.text);
    expect(afterSecondTurn('coughTooShort').role).toBe('customer');
  });
});

describe('somebody who speaks into what the agent says', () => {
  it('interrupts it when they have spoken for long enough, and is answered', () => {
    const [opening, speech] = turnsOf('speechLongEnough') as [TurnBody, TurnBody];
    expect(opening).toMatchObject({ role: 'agent', interrupted: true });
    expect(speech.role).toBe('customer');
    expect(opening.end_time - speech.start_time).toBeGreaterThan(0.3);
    expect(opening.end_time).toBeLessThan(speech.end_time);
    expect(agentTurns('speechLongEnough').some(({ latency_ms }) => latency_ms !== null)).toBe(true);
  });

  it('hears the disclosure all the same', () => {
    expect(heardOn('speechLongEnough').some((text) => text.includes(DISCLOSURE))).toBe(true);
  });

  it('does not interrupt a protected opening: disclosure and greeting are heard whole', () => {
    const [opening, speech] = turnsOf('speechIntoOpening') as [TurnBody, TurnBody];
    expect(speech).toMatchObject({ role: 'customer', text: expect.stringContaining('wait a moment') as string });
    expect(speech.end_time).toBeLessThan(opening.end_time);
    expect(opening).toMatchObject({ role: 'agent', interrupted: false });
    expect(opening.text).toContain(DISCLOSURE);
    expect(opening.text.endsWith(GREETING)).toBe(true);
    expect(heardOn('speechIntoOpening')[0]).toContain(opening.text);
  });

  it('is answered after a protected opening', () => {
    const [, , answer] = turnsOf('speechIntoOpening') as [TurnBody, TurnBody, TurnBody];
    expect(answer).toMatchObject({ role: 'agent', latency_ms: expect.any(Number) as number });
  });

  it('interrupts again when the protected words are over', () => {
    expect(interruptedTurns('speechIntoOpening').length).toBeGreaterThan(0);
  });
});
