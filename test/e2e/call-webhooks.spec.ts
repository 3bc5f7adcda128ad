import twilioSdk from 'twilio';
import { CallAnsweredBy, CallEnded, CallRinging, CallUpdated } from '../../src/calls/calls.events';
import { LiveCalls } from '../../src/calls/live-calls.service';
import { EventEmitter2 } from '@nestjs/event-emitter';
import { aCall } from '../support/a-call';
import { api, SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { aCallSid, ScriptedTwilio, TWILIO_AUTH_TOKEN, webhook } from '../support/scripted-twilio';

let twilio: ScriptedTwilio;
let server: StartedApp;
let client: ReturnType<typeof api>;
let user: SignedUp;
const events: object[] = [];

beforeAll(async () => {
  twilio = await ScriptedTwilio.start();
  server = await startApp({ env: twilio.env });
  client = api(server.url);
  const emitter = server.app.get(EventEmitter2);
  for (const { type } of [CallRinging, CallUpdated, CallEnded]) emitter.on(type, (event: object) => events.push(event));
});
beforeEach(async () => {
  twilio.reset();
  user = await signUp(server.url);
  events.length = 0;
});
afterAll(async () => {
  await server.close();
  await twilio.close();
});

interface Placed {
  id: string;
  sid: string;
  attempt: string;
}

async function aPlacedCall(columns: Record<string, unknown> = {}): Promise<Placed> {
  const row = await aCall(server, user.userId, { status: 'queued', ended_reason: null, ...columns });
  return { id: row.id, sid: String(row['call_sid']), attempt: String(row['attempt_id']) };
}

const report = (call: Placed, fields: Record<string, string>) =>
  webhook(server, `/call-status?attempt=${call.attempt}`, { CallSid: call.sid, ...fields });

const shown = async ({ id }: Placed) => (await client.get(`/calls/${id}`, { token: user.token })).body;

const named = (kind: new (...args: never[]) => object) => events.filter((event) => event instanceof kind);

describe('the signature', () => {
  it.each(['/call-status', '/twilio/voice/{attempt}', '/twilio/amd/{attempt}', '/twilio/stream-over/{attempt}'])(
    '%s asks for it',
    async (route) => {
      const call = await aPlacedCall();
      const path =
        route === '/call-status' ? `${route}?attempt=${call.attempt}` : route.replace('{attempt}', call.attempt);
      const fields = { CallSid: call.sid, CallStatus: 'ringing', AnsweredBy: 'human' };
      const sign = (url: string, params: Record<string, string>, token = TWILIO_AUTH_TOKEN) =>
        twilioSdk.getExpectedTwilioSignature(token, url, params);
      const { publicUrl } = server.config;
      const forged: [string, string][] = [
        ['none', ''],
        ['nonsense', 'nonsense'],
        ['another token’s', sign(publicUrl + path, fields, 'guessed')],
        ['another path’s', sign(`${publicUrl}/sms-status`, fields)],
        ['another query’s', sign(`${publicUrl + path}${path.includes('?') ? '&' : '?'}x=1`, fields)],
        ['other fields’', sign(publicUrl + path, { ...fields, CallStatus: 'completed' })],
        ['another host’s', sign(`http://evil.example${path}`, fields)],
      ];
      for (const [what, signature] of forged) {
        const { status, body } = await webhook(server, path, fields, signature);
        expect([what, status]).toEqual([what, 403]);
        expect(body).toMatchObject({ code: 'webhook.bad_signature', status_code: 403 });
      }
      expect(await shown(call)).toMatchObject({ status: 'queued', answered_by: null });
      expect((await webhook(server, path, fields)).status).toBe(200);
    },
  );

  it('does not cover a JSON body, which is refused', async () => {
    const call = await aPlacedCall();
    const path = `/call-status?attempt=${call.attempt}`;
    const body = { CallSid: call.sid, CallStatus: 'completed' };
    const signature = twilioSdk.getExpectedTwilioSignature(TWILIO_AUTH_TOKEN, server.config.publicUrl + path, {});
    const answer = await client.post(
      path,
      { ...body, nested: { a: 1 } },
      { headers: { 'x-twilio-signature': signature } },
    );
    expect(answer.status).toBe(403);
    const asJson = await client.post(path, body, { headers: { 'x-twilio-signature': signature } });
    expect(asJson.status).toBe(403);
    expect(await shown(call)).toMatchObject({ status: 'queued' });
  });

  it('is not spoiled by a slash at the end that Twilio signed', async () => {
    const call = await aPlacedCall();
    const answer = await webhook(server, `/twilio/voice/${call.attempt}/`, {
      CallSid: call.sid,
      CallStatus: 'in-progress',
    });
    expect(answer.status).toBe(200);
    expect(answer.text).toContain('<Connect>');
  });
});

describe('status callbacks', () => {
  it('announce ringing, changes and the end once each', async () => {
    const call = await aPlacedCall();
    await report(call, { CallStatus: 'initiated', SequenceNumber: '0' });
    expect(named(CallRinging)).toHaveLength(0);
    await report(call, { CallStatus: 'ringing', SequenceNumber: '1' });
    await report(call, { CallStatus: 'ringing', SequenceNumber: '1' });
    await report(call, { CallStatus: 'busy', SequenceNumber: '2' });
    await report(call, { CallStatus: 'busy', SequenceNumber: '2' });
    expect(named(CallRinging)).toHaveLength(1);
    expect(named(CallUpdated)).toHaveLength(3);
    expect(named(CallEnded)).toEqual([
      { owner: { userId: user.userId }, callId: call.id, callSid: call.sid, status: 'busy', endedReason: 'busy' },
    ]);
  });

  it.each([
    ['completed', 'customer_hung_up'],
    ['busy', 'busy'],
    ['no-answer', 'no_answer'],
    ['canceled', 'canceled'],
    ['failed', 'carrier_error'],
  ])('%s means %s', async (status, reason) => {
    const call = await aPlacedCall();
    await report(call, { CallStatus: status });
    expect(await shown(call)).toMatchObject({ status, ended_reason: reason, ended_at: expect.any(String) as string });
  });

  it('come in any order, all at once, and twice', async () => {
    const call = await aPlacedCall();
    const reports = ['completed', 'ringing', 'in-progress', 'initiated', 'completed', 'ringing'];
    const answers = await Promise.all(
      reports.map((CallStatus) =>
        report(call, { CallStatus, ...(CallStatus === 'completed' ? { CallDuration: '9' } : {}) }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(reports.map(() => 200));
    expect(await shown(call)).toMatchObject({
      status: 'completed',
      ended_reason: 'customer_hung_up',
      call_duration: 9,
    });
    expect(named(CallEnded)).toHaveLength(1);
  });

  it('find a call by its sid alone', async () => {
    const call = await aPlacedCall();
    await webhook(server, '/call-status', { CallSid: call.sid, CallStatus: 'ringing' });
    expect(await shown(call)).toMatchObject({ status: 'ringing' });
  });

  it('bind the sid of an attempt that has none', async () => {
    const call = await aPlacedCall({ call_sid: null, dial_state: 'unknown', error_code: 'outcome_unknown' });
    const sid = aCallSid();
    await report({ ...call, sid }, { CallStatus: 'initiated' });
    expect(await shown(call)).toMatchObject({ call_sid: sid, dial_state: 'placed', status: 'initiated', error: null });
  });

  it('hang up a call that turns up after its attempt was given up', async () => {
    const call = await aPlacedCall({
      call_sid: null,
      dial_state: 'absent',
      status: 'failed',
      ended_reason: 'carrier_error',
    });
    const sid = aCallSid();
    await report({ ...call, sid }, { CallStatus: 'ringing' });
    expect(twilio.hangUps).toEqual([sid]);
    expect(await shown(call)).toMatchObject({
      call_sid: sid,
      status: 'failed',
      dial_state: 'placed',
      error: { code: 'found_late' },
    });
  });

  it.each([
    [
      'an attempt that is not there',
      '/call-status?attempt=0b8e4f65-8f0a-4d1c-8b9a-2f6f3d7f0c11',
      { CallSid: aCallSid() },
    ],
    ['an attempt that is none', '/call-status?attempt=x', { CallSid: aCallSid() }],
    ['a sid that is not there', '/call-status', { CallSid: aCallSid() }],
    ['no sid', '/call-status', {}],
    ['a strange status', '/call-status', { CallSid: aCallSid(), CallStatus: 'dancing' }],
  ])('about %s change nothing and alarm nobody', async (_, path, fields) => {
    const call = await aPlacedCall();
    expect((await webhook(server, path, { CallStatus: 'completed', ...fields })).status).toBe(200);
    expect(await shown(call)).toMatchObject({ status: 'queued' });
  });

  it('about a user who was switched off are taken, and a call that they answer is hung up', async () => {
    const call = await aPlacedCall();
    await server.sql(user.userId, 'UPDATE users SET is_active = false WHERE id = $1', [user.userId]);
    expect((await report(call, { CallStatus: 'ringing' })).status).toBe(200);
    const voice = await webhook(server, `/twilio/voice/${call.attempt}`, {
      CallSid: call.sid,
      CallStatus: 'in-progress',
    });
    expect(voice.text).toContain('<Hangup/>');
  });

  it('of another call’s sid do not move an attempt', async () => {
    const [call, other] = [await aPlacedCall(), await aPlacedCall()];
    await report({ ...call, sid: other.sid }, { CallStatus: 'completed' });
    expect([await shown(call), await shown(other)]).toMatchObject([{ status: 'queued' }, { status: 'queued' }]);
  });

  it('do not take back why a call ended', async () => {
    const call = await aPlacedCall({ status: 'in-progress' });
    const live = server.app.get(LiveCalls);
    await live.recordEnd({ userId: user.userId }, call.id, 'agent_ended', { responses: 2 });
    await live.recordEnd({ userId: user.userId }, call.id, 'silence', null);
    await report(call, { CallStatus: 'completed' });
    expect(await shown(call)).toMatchObject({ ended_reason: 'agent_ended', cost: { model_usage: { responses: 2 } } });
  });

  it('take no notice of fields that nobody can store', async () => {
    const call = await aPlacedCall();
    const { status } = await report(call, { CallStatus: 'ringing', AnsweredBy: 'a\0b' });
    expect(status).toBe(422);
    expect(await shown(call)).toMatchObject({ status: 'queued' });
  });
});

describe('the voice webhook', () => {
  const voice = (call: Placed) =>
    webhook(server, `/twilio/voice/${call.attempt}`, { CallSid: call.sid, CallStatus: 'in-progress' });

  it('connects the call to its stream, the same way every time', async () => {
    const call = await aPlacedCall({ scenario_name: 'a/b "c"' });
    const [first, second] = [await voice(call), await voice(call)];
    expect(first.text).toBe(second.text);
    expect(first.text).toContain(`${server.config.publicUrl.replace('http', 'ws')}/media-stream/a%2Fb%20%22c%22"`);
    expect(first.text).toContain(`<Parameter name="call_id" value="${call.id}"/>`);
    expect(await shown(call)).toMatchObject({ status: 'in-progress', answered_at: expect.any(String) as string });
  });

  it('binds a sid that a crash has kept us from storing', async () => {
    const call = await aPlacedCall({ call_sid: null, dial_state: 'asked' });
    const sid = aCallSid();
    expect((await voice({ ...call, sid })).text).toContain('<Connect>');
    expect(await shown(call)).toMatchObject({ call_sid: sid, dial_state: 'placed', status: 'in-progress' });
  });

  it.each([
    ['over', { status: 'completed', ended_reason: 'customer_hung_up' }],
    ['hung up by its owner', { ended_reason: 'owner_hung_up' }],
  ])('hangs up a call that is %s', async (_, columns) => {
    expect((await voice(await aPlacedCall(columns))).text).toContain('<Response><Hangup/></Response>');
  });

  it.each(['0b8e4f65-8f0a-4d1c-8b9a-2f6f3d7f0c11', 'nonsense', '%F0%9F%92%A9'])(
    'hangs up attempt %s, which is not here',
    async (attempt) => {
      const answer = await voice({ id: '', sid: aCallSid(), attempt });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toContain('text/xml');
      expect(answer.text).toContain('<Response><Hangup/></Response>');
    },
  );

  it('hangs up another call than the attempt’s own', async () => {
    const call = await aPlacedCall();
    expect((await voice({ ...call, sid: aCallSid() })).text).toContain('<Hangup/>');
  });
});

describe('the webhook for what comes after a stream', () => {
  const after = (call: Placed) =>
    webhook(server, `/twilio/stream-over/${call.attempt}`, { CallSid: call.sid, CallStatus: 'in-progress' });
  const HUNG_UP = '<Response><Hangup/></Response>';

  it('has something to say to a call that nobody talks to any more, and writes down why it ends', async () => {
    const call = await aPlacedCall({ status: 'in-progress' });
    const { status, text } = await after(call);
    expect(status).toBe(200);
    expect(text).toMatch(/<Response><Say[^>]*>[^<]*technical problem[^<]*<\/Say><Hangup\/><\/Response>/);
    expect(await shown(call)).toMatchObject({ ended_reason: 'server_error' });
  });

  it.each([
    ['agent_ended', false],
    ['owner_hung_up', false],
    ['voicemail', false],
    ['max_duration', false],
    ['carrier_error', true],
    ['model_error', true],
    // Who is said to have hung up is there all the same.
    ['customer_hung_up', true],
  ])('after %s speaks: %s', async (endedReason, speaks) => {
    const call = await aPlacedCall({ status: 'in-progress', ended_reason: endedReason });
    const { text } = await after(call);
    expect(text.includes('<Say')).toBe(speaks);
    if (!speaks) expect(text).toContain(HUNG_UP);
    if (endedReason !== 'customer_hung_up') expect(await shown(call)).toMatchObject({ ended_reason: endedReason });
  });

  it('hangs up what is over, and what is no call of ours', async () => {
    const call = await aPlacedCall({ status: 'completed' });
    expect((await after(call)).text).toContain(HUNG_UP);
    const other = { ...call, attempt: '00000000-0000-4000-8000-000000000000' };
    expect((await after(other)).text).toContain(HUNG_UP);
    const foreign = { ...(await aPlacedCall({ status: 'in-progress' })), sid: aCallSid() };
    expect((await after(foreign)).text).toContain(HUNG_UP);
  });
});

describe('machine detection', () => {
  const amd = (call: Placed, answeredBy: string) =>
    webhook(server, `/twilio/amd/${call.attempt}`, {
      CallSid: call.sid,
      AnsweredBy: answeredBy,
      MachineDetectionDuration: '3000',
    });

  const emitter = () => server.app.get(EventEmitter2);
  const listeners: ((event: CallAnsweredBy) => void)[] = [];
  /** Stands for the room that carries conversations. */
  function listen(listener: (event: CallAnsweredBy) => void): void {
    listeners.push(listener);
    emitter().on(CallAnsweredBy.type, listener);
  }
  afterEach(() => {
    for (const listener of listeners.splice(0)) emitter().off(CallAnsweredBy.type, listener);
  });

  it.each(['machine_start', 'machine_end_beep', 'fax'])(
    'of %s ends a call that nobody carries, as voicemail',
    async (answeredBy) => {
      const call = await aPlacedCall({ status: 'in-progress' });
      twilio.calls.set(call.sid, { sid: call.sid, status: 'in-progress' });
      expect((await amd(call, answeredBy)).status).toBe(200);
      expect(await shown(call)).toMatchObject({
        answered_by: answeredBy,
        ended_reason: 'voicemail',
        voicemail: { detected_by: 'carrier', message_left: false, message: null },
      });
      expect(twilio.hangUps).toEqual([call.sid]);
      await report(call, { CallStatus: 'completed' });
      expect(await shown(call)).toMatchObject({ status: 'completed', ended_reason: 'voicemail' });
    },
  );

  it.each(['human', 'machine_end_beep', 'fax', 'unknown'])(
    'of %s is told to whoever carries the conversation, and left to them',
    async (answeredBy) => {
      const call = await aPlacedCall({ status: 'in-progress' });
      const told: object[] = [];
      listen((event) => {
        told.push({ ...event });
        event.isHandled = true;
      });
      await amd(call, answeredBy);
      expect(told).toEqual([{ owner: { userId: user.userId }, callId: call.id, answeredBy, isHandled: false }]);
      expect(await shown(call)).toMatchObject({ answered_by: answeredBy, ended_reason: null, voicemail: null });
      expect(twilio.hangUps).toEqual([]);
    },
  );

  it('of a machine is left to another instance that has the stream', async () => {
    const call = await aPlacedCall({ status: 'in-progress', stream_opened_at: new Date() });
    await amd(call, 'machine_end_beep');
    expect(await shown(call)).toMatchObject({ answered_by: 'machine_end_beep', ended_reason: null });
    expect(twilio.hangUps).toEqual([]);
  });

  it('tells a conversation that begins late who answered', async () => {
    const call = await aPlacedCall({ status: 'in-progress', answered_by: 'machine_start' });
    const live = await server.app.get(LiveCalls).find({ userId: user.userId }, call.id);
    expect(live?.answeredBy).toBe('machine_start');
  });

  it('may add the end of the greeting to a machine, and nothing else', async () => {
    const call = await aPlacedCall({ status: 'in-progress', stream_opened_at: new Date() });
    const told: string[] = [];
    listen(({ answeredBy }) => told.push(answeredBy));
    for (const answeredBy of ['machine_start', 'human', 'machine_end_beep', 'machine_start']) {
      await amd(call, answeredBy);
    }
    expect(told).toEqual(['machine_start', 'machine_start', 'machine_end_beep', 'machine_end_beep']);
    expect(await shown(call)).toMatchObject({ answered_by: 'machine_end_beep' });
  });

  it.each(['human', 'unknown'])('of %s lets it go on', async (answeredBy) => {
    const call = await aPlacedCall({ status: 'in-progress' });
    await amd(call, answeredBy);
    expect(await shown(call)).toMatchObject({ answered_by: answeredBy, ended_reason: null, status: 'in-progress' });
    expect(twilio.hangUps).toEqual([]);
  });

  it('that comes after the end only says who it was', async () => {
    const call = await aPlacedCall({ status: 'completed', ended_reason: 'agent_ended' });
    await amd(call, 'machine_start');
    expect(await shown(call)).toMatchObject({ answered_by: 'machine_start', ended_reason: 'agent_ended' });
    expect(twilio.hangUps).toEqual([]);
  });
});

describe('the stream token', () => {
  async function tokenOf(call: Placed): Promise<string> {
    const { text } = await webhook(server, `/twilio/voice/${call.attempt}`, {
      CallSid: call.sid,
      CallStatus: 'in-progress',
    });
    return /name="token" value="([^"]+)"/.exec(text)?.[1] ?? '';
  }
  const open = (callId: string, token: string, sid: string) => server.app.get(LiveCalls).openStream(callId, token, sid);

  it('opens its call, once, also where two come at the same time', async () => {
    await client.patch('/users/me', { name: 'Ada Ltd' }, { token: user.token });
    const call = await aPlacedCall({ variables: JSON.stringify({ name: 'Sam' }) });
    const token = await tokenOf(call);
    const opened = await Promise.all(Array.from({ length: 8 }, () => open(call.id, token, call.sid)));
    expect(opened.filter((live) => live !== null)).toEqual([
      {
        owner: { userId: user.userId },
        callId: call.id,
        callSid: call.sid,
        streamToken: token,
        agent: expect.objectContaining({ scenarioName: 'sales' }) as object,
        variables: { name: 'Sam' },
        ownerName: 'Ada Ltd',
        phoneNumber: '+12025550100',
        direction: 'outbound',
        maxDurationSeconds: 1800,
        isDemo: false,
        isRecorded: false,
        answeredBy: null,
        isOver: false,
      },
    ]);
    expect(await tokenOf(call)).toBe(token);
    expect(await open(call.id, token, call.sid)).toBeNull();
  });

  it('speaks for the first part of the address of a user without a name', async () => {
    const call = await aPlacedCall();
    const live = await server.app.get(LiveCalls).find({ userId: user.userId }, call.id);
    expect(live?.ownerName).toBe(user.email.split('@')[0]);
  });

  it('opens nothing else', async () => {
    const [call, other] = [await aPlacedCall(), await aPlacedCall()];
    const [token, otherToken] = [await tokenOf(call), await tokenOf(other)];
    for (const [callId, given, sid] of [
      [call.id, otherToken, call.sid],
      [other.id, token, other.sid],
      [call.id, token, other.sid],
      [call.id, '', call.sid],
      [call.id, `${token}x`, call.sid],
      ['nonsense', token, call.sid],
      ['0b8e4f65-8f0a-4d1c-8b9a-2f6f3d7f0c11', token, call.sid],
    ] as const) {
      expect(await open(callId, given, sid)).toBeNull();
    }
    await report(call, { CallStatus: 'completed' });
    expect(await open(call.id, token, call.sid)).toBeNull();
    expect(await open(other.id, otherToken, other.sid)).not.toBeNull();
  });
});

describe('what a conversation writes', () => {
  const live = () => server.app.get(LiveCalls);
  const owner = () => ({ userId: user.userId });
  const turn = {
    sequence: 0,
    itemId: 'item_1',
    role: 'agent' as const,
    text: 'Hel\0lo',
    generatedText: 'Hello \ud800there',
    startMs: 10.4,
    endMs: 900.6,
    wasInterrupted: true,
    latencyMs: 350.5,
  };

  it('is its turns, one a place', async () => {
    const call = await aPlacedCall();
    await live().recordTurn(owner(), call.id, turn);
    await live().recordTurn(owner(), call.id, { ...turn, text: 'Hello' });
    expect((await shown(call))['transcript']).toEqual([
      {
        role: 'agent',
        text: 'Hello',
        generated_text: 'Hello \ufffdthere',
        start_time: 0.01,
        end_time: 0.901,
        interrupted: true,
        latency_ms: 351,
      },
    ]);
  });

  it('is its turns as they began, where they overlap', async () => {
    const call = await aPlacedCall();
    for (const [sequence, text, startMs, endMs] of [
      [0, 'Hello.', 0, 1000],
      [2, 'I was saying', 4000, 6000],
      [1, 'Yes?', 4500, 5000],
      [3, 'first', 7000, 8000],
      [4, 'second', 7000, 7500],
    ] as const) {
      await live().recordTurn(owner(), call.id, { ...turn, sequence, text, startMs, endMs });
    }
    const { transcript } = (await shown(call)) as { transcript?: { text: string }[] };
    expect(transcript?.map(({ text }) => text)).toEqual(['Hello.', 'I was saying', 'Yes?', 'first', 'second']);
  });

  it('is never on somebody else’s call', async () => {
    const call = await aPlacedCall();
    const other = await signUp(server.url);
    const stranger = { userId: other.userId };
    await expect(live().recordTurn(stranger, call.id, turn)).rejects.toThrow();
    await live().recordOrder(stranger, call.id, { items: [{ name: 'x' }] });
    await live().recordEnd(stranger, call.id, 'silence', null);
    await live().recordVoicemail(stranger, call.id, { detectedBy: 'words', messageLeft: true, message: 'Hi' });
    expect(await live().find(stranger, call.id)).toBeNull();
    expect(await shown(call)).toMatchObject({ voicemail: null, order_items: null, ended_reason: null, transcript: [] });
  });

  it('is what became of a voicemail, and says so to whoever watches', async () => {
    const call = await aPlacedCall({ status: 'in-progress' });
    await live().recordVoicemail(owner(), call.id, { detectedBy: 'both', messageLeft: true, message: 'Call\0 us.' });
    expect(await shown(call)).toMatchObject({
      voicemail: { detected_by: 'both', message_left: true, message: 'Call us.' },
    });
    expect(named(CallUpdated)).toEqual([new CallUpdated(owner(), call.id)]);
  });

  it('is an order, of which only what is known changes', async () => {
    const call = await aPlacedCall();
    await live().recordOrder(owner(), call.id, { items: [{ name: 'Soup\0', quantity: 1 }], customerName: 'Sam' });
    await live().recordOrder(owner(), call.id, { deliveryAddress: '1 Main St' });
    expect(await shown(call)).toMatchObject({
      order_items: [{ name: 'Soup', quantity: 1 }],
      customer_name: 'Sam',
      delivery_address: '1 Main St',
    });
  });
});
