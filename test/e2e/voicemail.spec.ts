import twilio from 'twilio';
import { api, SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { CallBody, ring } from '../support/live-call';
import { PhoneCall, startTestSandbox, TestSandbox } from '../support/sandbox';
import { webhook } from '../support/scripted-twilio';
import { until } from '../support/until';

/**
 * A machine answers, or seems to. The carrier's detection and the words of the greeting find it out beside the running
 * conversation; the sandbox's own record of the line says what came to be on the tape.
 */

/** Its greeting lasts about ten seconds, then there is a beep, and twenty seconds of tape. */
const VOICEMAIL = '+12025550103';
const DISCLOSURE = 'Hello, this is an automated assistant speaking on behalf of Acme Teas.';
const MESSAGE = 'Your order is ready, {{customer_name}}. Please call us back tomorrow.';
const SPOKEN_MESSAGE = 'Your order is ready, Sam. Please call us back tomorrow.';
/** The beep comes 400 ms after the greeting and lasts 280 ms. */
const BEEP_OVER_AFTER_MS = 680;
const TAPE_MS = 20_000;
/** The carrier hears out a greeting of about ten seconds before it reports. */
const DETECTED_AFTER_SECONDS = 8;
/** What the agent had begun to answer into the silence after the greeting, until it was stopped. */
const MAX_FRAGMENT_WORDS = 4;
/** The carrier is not believed against a conversation from then on. */
const CLEARLY_HUMAN_AFTER_SECONDS = 15;
const WHOLE_CALL_MS = 90_000;
/** One speech engine serves all phones and models of a test. */
const BETWEEN_CALLS_MS = 1000;

let sandbox: TestSandbox;
let server: StartedApp;
let user: SignedUp;
let withMessage: string;
let withoutMessage: string;

interface Voicemailed {
  hasNoMessage?: true;
  trouble?: (callSid: string) => Promise<void>;
}

/** By name; they are called side by side. `trouble` comes right after the answer, before any detection is through. */
const VOICEMAILS = {
  left: {},
  hungUp: { hasNoMessage: true },
  reportLost: { trouble: (call_sid: string) => sandbox.fault('twilio', 'lose_amd', { call_sid }) },
  reportLate: { trouble: (call_sid: string) => sandbox.fault('twilio', 'late_amd', { call_sid, after_ms: 3000 }) },
  reportWrong: { trouble: (call_sid: string) => sandbox.fault('twilio', 'wrong_amd', { call_sid, result: 'human' }) },
} satisfies Record<string, Voicemailed>;
type Name = keyof typeof VOICEMAILS;

interface Over {
  call: CallBody;
  phone: PhoneCall;
}
const voicemails = {} as Record<Name, Over>;
/** A person whom the carrier takes for a machine: before its report, some turns later, and at the end. */
let person: { before: CallBody; after: CallBody; over: CallBody };

beforeAll(async () => {
  sandbox = await startTestSandbox();
  server = await startApp({ env: { ...sandbox.env, MAX_CONCURRENT_CALLS: '50' } });
  user = await signUp(server.url);
  await api(server.url).patch('/users/me', { name: 'Acme Teas' }, { token: user.token });
  withMessage = await aScenario({ voicemail_message: MESSAGE });
  // A machine that is busy with other tests speaks late, and the voicemail's greeting would cut what comes after its beginning.
  withoutMessage = await aScenario({ interruption: { protect: 'opening' } });
  const toVoicemails = (Object.keys(VOICEMAILS) as Name[]).map(async (name, index) => {
    await new Promise((done) => setTimeout(done, index * BETWEEN_CALLS_MS));
    voicemails[name] = await callToVoicemail(VOICEMAILS[name]);
  });
  await Promise.all([...toVoicemails, callToPerson()]);
}, WHOLE_CALL_MS + 60_000);
afterAll(async () => {
  await server.close();
  await sandbox.close();
});

async function aScenario(more: object = {}): Promise<string> {
  const { body, text } = await api(server.url).post<{ scenario_id?: string }>(
    '/realtime/custom-scenario',
    {
      persona: 'You are Mia, who tells customers of a tea shop about their orders.',
      prompt: 'Tell the customer that the order is ready, and ask when they will come for it.',
      voice_type: 'warm_engaging',
      temperature: 0.7,
      ...more,
    },
    { token: user.token },
  );
  if (body.scenario_id === undefined) throw new Error(`The scenario was not created: ${text}`);
  return body.scenario_id;
}

async function callToVoicemail({ hasNoMessage, trouble }: Voicemailed): Promise<Over> {
  const scenario = hasNoMessage ? withoutMessage : withMessage;
  const running = await ring(server, user, VOICEMAIL, { scenario, variables: { customer_name: 'Sam' } });
  await running.until(({ status }) => status === 'in-progress', 'the answer');
  await trouble?.(running.placed.call_sid);
  const call = await running.over();
  const phone = await until(
    () => sandbox.call(running.placed.call_sid),
    ({ status }) => status === 'completed',
  );
  return { call, phone };
}

/** The sandbox’s own report is lost; the one that comes in the middle of the conversation tells of a machine. */
async function callToPerson(): Promise<void> {
  const running = await ring(server, user, '+12025550122', { scenario: withMessage });
  await running.until(({ status }) => status === 'in-progress', 'the answer');
  await sandbox.fault('twilio', 'lose_amd', { call_sid: running.placed.call_sid });
  const before = await running.until(isClearlyAConversation, 'a conversation', 60_000);
  await reportMachine(running.placed, 'machine_end_silence');
  // Both go on: the person has been answered again since.
  const goesOn = ({ transcript }: CallBody) => transcript.length >= before.transcript.length + 2;
  const after = await running.until((now) => goesOn(now) || now.ended_reason !== null, 'more turns');
  await api(server.url).post(`/calls/${after.id}/hangup`, undefined, { token: user.token });
  person = { before, after, over: await running.over() };
}

const words = (text: string) => text.toLowerCase().match(/[a-z0-9']+/g) ?? [];
const beepOverMs = ({ said }: PhoneCall) => (said[0]?.end_ms ?? 0) + BEEP_OVER_AFTER_MS;
/** What is on the tape of the machine. */
const taped = (phone: PhoneCall) =>
  phone.heard.filter((line) => line.end_ms > beepOverMs(phone)).flatMap(({ text }) => words(text));

function expectMessageOnTape(phone: PhoneCall): void {
  const message = words(`${DISCLOSURE} ${SPOKEN_MESSAGE}`);
  expect(taped(phone).slice(-message.length)).toEqual(message);
  expect(taped(phone).length).toBeLessThanOrEqual(message.length + MAX_FRAGMENT_WORDS);
}

describe('a voicemail', () => {
  it('gets the message of the scenario after the beep, with the disclosure before it, and is hung up on', () => {
    const { call, phone } = voicemails.left;
    expectMessageOnTape(phone);
    expect(call).toMatchObject({
      status: 'completed',
      ended_reason: 'voicemail',
      answered_by: 'machine_end_beep',
      voicemail: { message_left: true, message: `${DISCLOSURE} ${SPOKEN_MESSAGE}` },
    });
    expect(['carrier', 'both']).toContain(call.voicemail?.detected_by);
    expect(call.transcript.at(-1)).toMatchObject({ role: 'agent', text: `${DISCLOSURE} ${SPOKEN_MESSAGE}` });
    expect(phone.notices).toEqual([]);
    // We hung up; the tape did not run out.
    expect(call.call_duration).toBeLessThan((beepOverMs(phone) + TAPE_MS) / 1000);
  });

  it('is hung up on where the scenario has no message', () => {
    const { call, phone } = voicemails.hungUp;
    expect(call).toMatchObject({
      status: 'completed',
      ended_reason: 'voicemail',
      answered_by: 'machine_end_beep',
      voicemail: { message_left: false, message: null },
    });
    expect(taped(phone).length).toBeLessThanOrEqual(MAX_FRAGMENT_WORDS);
    expect(call.call_duration).toBeLessThan(beepOverMs(phone) / 1000 + 5);
  });

  it('is greeted like anybody: the agent speaks at the answer and waits for no detection', () => {
    const { call, phone } = voicemails.hungUp;
    const first = call.transcript.find(({ role }) => role === 'agent');
    expect(first?.start_time).toBeLessThan(DETECTED_AFTER_SECONDS);
    expect(phone.heard[0]?.start_ms).toBeLessThan(DETECTED_AFTER_SECONDS * 1000);
  });

  it('gives itself away by its words where the carrier’s report is lost', () => {
    const { call, phone } = voicemails.reportLost;
    expectMessageOnTape(phone);
    expect(call).toMatchObject({
      status: 'completed',
      ended_reason: 'voicemail',
      voicemail: { detected_by: 'words', message_left: true, message: `${DISCLOSURE} ${SPOKEN_MESSAGE}` },
    });
  });

  it('gets its message once where the report comes late', () => {
    const { call, phone } = voicemails.reportLate;
    expectMessageOnTape(phone);
    expect(call).toMatchObject({ ended_reason: 'voicemail', voicemail: { message_left: true } });
  });

  it('is known by its words where the carrier takes it for a person', () => {
    const { call } = voicemails.reportWrong;
    expect(call).toMatchObject({
      ended_reason: 'voicemail',
      answered_by: 'human',
      voicemail: { detected_by: 'words', message_left: true },
    });
  });
});

describe('a person', () => {
  it('whom the carrier takes for a machine in the middle of a conversation is talked to on', () => {
    const { before, after, over } = person;
    expect(after).toMatchObject({ answered_by: 'machine_end_silence', voicemail: null });
    expect(after.transcript.length).toBeGreaterThanOrEqual(before.transcript.length + 2);
    expect(after.transcript.map(({ text }) => text).join(' ')).not.toContain('Please call us back tomorrow');
    expect(['owner_hung_up', 'agent_ended', 'customer_hung_up']).toContain(over.ended_reason);
  });
});

/** Two turns of the customer that the agent has answered to the end, late enough. */
function isClearlyAConversation({ transcript }: CallBody): boolean {
  let answered = 0;
  let isOpen = false;
  for (const { role, interrupted } of transcript) {
    if (role === 'customer') isOpen = true;
    else if (isOpen && !interrupted) {
      answered++;
      isOpen = false;
    }
  }
  return answered >= 2 && (transcript.at(-1)?.end_time ?? 0) > CLEARLY_HUMAN_AFTER_SECONDS;
}

/** What Twilio would post, signed as Twilio signs it. */
async function reportMachine(call: CallBody, answeredBy: string): Promise<void> {
  const [row] = await server.sql<{ attempt_id: string }>(user.userId, 'SELECT attempt_id FROM calls WHERE id = $1', [
    call.id,
  ]);
  const path = `/twilio/amd/${row?.attempt_id}`;
  const fields = { CallSid: call.call_sid, AnsweredBy: answeredBy, MachineDetectionDuration: '15000' };
  const token = String(sandbox.env['TWILIO_AUTH_TOKEN']);
  const signature = twilio.getExpectedTwilioSignature(token, server.config.publicUrl + path, fields);
  expect((await webhook(server, path, fields, signature)).status).toBe(200);
}
