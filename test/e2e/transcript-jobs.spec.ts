import { createHash, createHmac, randomBytes } from 'node:crypto';
import { InsightMaker } from '../../src/transcripts/insight-maker.service';
import { AnnouncedTranscripts } from '../../src/transcripts/announced-transcripts.service';
import { TranscriptMaker } from '../../src/transcripts/transcript-maker.service';
import { TranscriptWriter } from '../../src/transcripts/transcript-writer.service';
import { aCall, aTurn } from '../support/a-call';
import { api, SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { aText } from '../support/matching';
import { until } from '../support/until';
import { PutTranscript, startTestSandbox, TestSandbox } from '../support/sandbox';

/** What becomes of conversations by itself, whatever gets lost on the way. */

const SETTINGS = {
  USE_TWILIO_VOICE_INTELLIGENCE: 'true',
  TRANSCRIPT_INSIGHTS: 'true',
  TRANSCRIPT_ROLES_INBOUND: 'agent,customer',
};

let sandbox: TestSandbox;
let server: StartedApp;
let client: ReturnType<typeof api>;
let user: SignedUp;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  server = await startApp({ env: { ...sandbox.env, ...SETTINGS } });
  client = api(server.url);
});
beforeEach(async () => {
  await sandbox.noFaults();
  user = await signUp(server.url);
});
afterAll(async () => {
  await server.close();
  await sandbox.close();
});

const HELLO: PutTranscript['sentences'] = [
  { text: 'Hello, this is Mike Thompson.', media_channel: 2, start_time: 0.5, end_time: 4.2, confidence: 0.95 },
  { text: 'Hi Mike, what is it about?', media_channel: 1, start_time: 4.5, end_time: 6, confidence: 0.9 },
];
const LATER = new Date('2026-11-20T10:10:00Z');
const minutesFromNow = (minutes: number) => new Date(Date.now() + minutes * 60_000);

interface Enhanced {
  transcript_sid: string;
  source: string;
  full_text: string;
  notes: string | null;
  scenario_name: string | null;
  call_direction: string;
  conversation_flow: { speaker: { role: string; channel: number }; text: string }[];
  analytics: Record<string, unknown> & { latency: object };
}

const get = <T = Record<string, unknown>>(path: string) => client.get<T>(path, { token: user.token });
const enhanced = async (sid: string) => (await get<Enhanced>(`/api/enhanced-transcripts/${sid}`)).body;
const store = (sid: string, body: object = {}) => client.post(`/store-transcript/${sid}`, body, { token: user.token });
const ownSid = (callId: string) => `CT${callId.replaceAll('-', '')}`;
const storedRows = () =>
  server.sql<{ transcript_sid: string; state: string; check_at: Date | null; checks: number }>(
    user.userId,
    'SELECT transcript_sid, state, check_at, checks FROM stored_twilio_transcripts ORDER BY id',
  );

/** A call of the user's that was answered and is over, and what was said. */
async function aConversation(lines: Record<string, unknown>[], columns: Record<string, unknown> = {}) {
  const call = await aCall(server, user.userId, {
    answered_at: '2026-11-20T10:00:00Z',
    ended_at: '2026-11-20T10:03:00Z',
    call_duration: 180,
    ...columns,
  });
  for (const [sequence, line] of lines.entries()) {
    await aTurn(server, user.userId, call.id, { sequence, item_id: `item_${sequence}`, ...line });
  }
  return { callId: call.id, callSid: call['call_sid'] as string };
}

const makeAll = (now = LATER) => server.app.get(TranscriptMaker).makeAll(now);
const readAll = (now = minutesFromNow(0.3)) => server.app.get(InsightMaker).makeAll(now);

describe('the transcript of a call', () => {
  it('is made again when more of it is written down, and not otherwise', async () => {
    const { callId } = await aConversation([{ text: 'Hello there.' }]);
    await makeAll();
    const [first] = await server.sql(user.userId, 'SELECT updated_at FROM enhanced_transcripts');
    await makeAll();
    expect(await server.sql(user.userId, 'SELECT updated_at FROM enhanced_transcripts')).toEqual([first]);

    await aTurn(server, user.userId, callId, { sequence: 1, item_id: 'item_1', role: 'customer', text: 'Who is it?' });
    await server.sql(user.userId, 'UPDATE calls SET words_version = words_version + 1');
    await makeAll();
    expect((await enhanced(ownSid(callId))).full_text).toBe('Hello there.\nWho is it?');
  });

  it('is one, however many make it at once', async () => {
    const { callId } = await aConversation([{ text: 'Hello there.' }]);
    const other = await startApp({ env: { ...sandbox.env, ...SETTINGS }, database: server.database });
    try {
      const makers = [server, other].map(({ app }) => app.get(TranscriptWriter));
      const owner = { userId: user.userId };
      await Promise.all(
        Array.from({ length: 10 }, () => makers.map((maker) => maker.makeOfTurns(owner, callId))).flat(),
      );
    } finally {
      await other.close();
    }
    expect(await server.sql(user.userId, 'SELECT 1 FROM enhanced_transcripts')).toHaveLength(1);
    expect((await enhanced(ownSid(callId))).full_text).toBe('Hello there.');
  });

  it('is not made of a call that nobody answered, which is not looked at again', async () => {
    await aConversation([], { answered_at: null, status: 'busy', ended_reason: 'busy' });
    await makeAll();
    expect(await server.sql(user.userId, 'SELECT 1 FROM enhanced_transcripts')).toEqual([]);
    expect(await server.sql(user.userId, 'SELECT words_version = transcribed_version AS is FROM calls')).toEqual([
      { is: true },
    ]);
  });

  it('of Twilio keeps what the conversation has measured, and who the operator was', async () => {
    const { callSid } = await aConversation([
      { text: 'Hello there.', start_ms: 500, end_ms: 4200, latency_ms: 640, was_interrupted: true },
      { role: 'customer', text: 'A person, please.', start_ms: 4500, end_ms: 6000, generated_text: null },
      { role: 'operator', text: 'This is Ann.', start_ms: 7000, end_ms: 9000, generated_text: null },
    ]);
    const sid = await sandbox.putTranscript({
      customer_key: callSid,
      sentences: [
        ...HELLO,
        { text: 'This is Ann.', media_channel: 2, start_time: 7.1, end_time: 8.9, confidence: 0.9 },
      ],
    });
    await store(sid);
    const { conversation_flow: flow, analytics } = await enhanced(sid);
    expect(flow.map(({ speaker }) => [speaker.channel, speaker.role])).toEqual([
      [1, 'agent'],
      [0, 'customer'],
      [2, 'operator'],
    ]);
    expect(analytics).toMatchObject({ interruptions: 1, latency: { turns: 1, p50_ms: 640 } });
  });

  it('has the roles that are set for its direction', async () => {
    const { callSid } = await aConversation([], { direction: 'inbound' });
    const sid = await sandbox.putTranscript({ customer_key: callSid, sentences: HELLO });
    await store(sid);
    const { conversation_flow: flow, call_direction: direction } = await enhanced(sid);
    expect(direction).toBe('inbound');
    expect(flow.map(({ speaker }) => speaker.role)).toEqual(['customer', 'agent']);
  });
});

describe('a transcript of Twilio', () => {
  it('that was never announced is found', async () => {
    const { callSid } = await aConversation([{ text: 'Hello there.' }]);
    const sid = await sandbox.putTranscript({ customer_key: callSid, sentences: HELLO });
    await server.app.get(AnnouncedTranscripts).lookForUnannounced(minutesFromNow(0));
    await untilStored();
    expect((await storedRows()).map(({ transcript_sid: one }) => one)).toEqual([sid]);
    expect((await enhanced(sid)).source).toBe('twilio');

    // What is known is not asked for again.
    const asked = await sandbox.requestsTo(`/v2/Transcripts/${sid}`);
    await server.app.get(AnnouncedTranscripts).lookForUnannounced(minutesFromNow(0));
    await makeAll(minutesFromNow(1));
    expect(await sandbox.requestsTo(`/v2/Transcripts/${sid}`)).toBe(asked);
  });

  it('of a call that becomes known later is found then', async () => {
    const callSid = `CA${randomBytes(16).toString('hex')}`;
    const sid = await sandbox.putTranscript({ customer_key: callSid, sentences: HELLO });
    await server.app.get(AnnouncedTranscripts).lookForUnannounced(minutesFromNow(0));
    expect(await storedRows()).toEqual([]);
    await aConversation([], { call_sid: callSid });
    await server.app.get(AnnouncedTranscripts).lookForUnannounced(minutesFromNow(0));
    expect((await storedRows()).map(({ transcript_sid: one }) => one)).toEqual([sid]);
  });

  it('of somebody who is switched off does not keep others from theirs, and its announcement is answered', async () => {
    const other = await signUp(server.url);
    const { call_sid: othersCall } = await aCall(server, other.userId, { answered_at: '2026-11-20T10:00:00Z' });
    const { callSid } = await aConversation([]);
    const sid = await sandbox.putTranscript({ customer_key: callSid, sentences: HELLO });
    const others = await sandbox.putTranscript({ customer_key: othersCall as string, sentences: HELLO });
    await server.sql(other.userId, 'UPDATE users SET is_active = false');
    expect((await announce({ transcript_sid: others, customer_key: othersCall as string })).status).toBe(200);
    await server.app.get(AnnouncedTranscripts).lookForUnannounced(minutesFromNow(0));
    expect((await storedRows()).map(({ transcript_sid: one }) => one)).toEqual([sid]);
  });

  it('that somebody else has only begun to ask for is found all the same', async () => {
    const other = await signUp(server.url);
    const { callSid } = await aConversation([]);
    const sid = await sandbox.putTranscript({ customer_key: callSid, sentences: HELLO });
    await server.sql(
      other.userId,
      `INSERT INTO stored_twilio_transcripts (user_id, transcript_sid, state, status, date_created, date_updated)
       VALUES ($1, $2, 'asked', 'queued', now(), now())`,
      [other.userId, sid],
    );
    await server.app.get(AnnouncedTranscripts).lookForUnannounced(minutesFromNow(0));
    expect((await storedRows()).map(({ transcript_sid: one }) => one)).toEqual([sid]);
  });

  it('keeps what was said about it while it had to be waited for', async () => {
    const sid = await sandbox.putTranscript({ status: 'in-progress', sentences: HELLO });
    expect((await store(sid)).status).toBe(409);
    await sandbox.moveTranscript(sid, 'completed');
    expect((await store(sid, { notes: 'Mine' })).status).toBe(409);
    await server.sql(user.userId, `UPDATE stored_twilio_transcripts SET check_at = check_at - interval '15 seconds'`);
    // Twilio has made it since, and may be asked again.
    expect((await store(sid)).status).toBe(201);
    expect((await enhanced(sid)).notes).toBe('Mine');
  });

  it('is asked for again later while Twilio is down', async () => {
    const { callSid } = await aConversation([]);
    const sid = await sandbox.putTranscript({ customer_key: callSid, sentences: HELLO });
    await sandbox.fault('twilio', 'http_500', { count: 50 });
    expect((await announce({ transcript_sid: sid, customer_key: callSid })).status).toBe(200);
    const row = await until(
      async () => {
        await makeAll(minutesFromNow(20));
        return (await storedRows())[0];
      },
      (now) => (now?.checks ?? 0) > 1,
    );
    expect(row?.state).toBe('awaited');
    expect(Number(row?.check_at)).toBeGreaterThan(Date.now());
    await sandbox.noFaults();
    await untilStored();
  });

  it('is announced in a form as well', async () => {
    const { callSid } = await aConversation([]);
    const sid = await sandbox.putTranscript({ customer_key: callSid, sentences: HELLO });
    const fields: Record<string, string> = {
      event_type: AVAILABLE,
      service_sid: serviceSid(),
      transcript_sid: sid,
      customer_key: callSid,
    };
    const url = server.config.publicUrl + WEBHOOK;
    const joined = Object.keys(fields)
      .sort()
      .reduce((all, name) => all + name + (fields[name] ?? ''), url);
    const headers = { 'x-twilio-signature': signature(joined) };
    const { status } = await client.post(WEBHOOK, new URLSearchParams(fields), { headers });
    expect(status).toBe(200);
    await untilStored();
  });

  it('of another service, or of another kind of event, is passed over', async () => {
    const { callSid } = await aConversation([]);
    const sid = await sandbox.putTranscript({ customer_key: callSid, sentences: HELLO });
    const members = { transcript_sid: sid, customer_key: callSid };
    const one = await startApp({
      env: { ...sandbox.env, ...SETTINGS, TWILIO_VOICE_INTELLIGENCE_SID: `GA${'1'.repeat(32)}` },
      database: server.database,
    });
    const off = await startApp({
      env: { ...sandbox.env, USE_TWILIO_VOICE_INTELLIGENCE: 'false' },
      database: server.database,
    });
    try {
      expect((await announce({ ...members, service_sid: `GA${'2'.repeat(32)}` }, one)).status).toBe(200);
      expect((await announce(members, off)).status).toBe(200);
      expect((await announce({ ...members, event_type: 'something_else' })).status).toBe(200);
    } finally {
      await Promise.all([one.close(), off.close()]);
    }
    expect(await storedRows()).toEqual([]);
  });

  it('that is there already takes what is said about it, once', async () => {
    const { callSid } = await aConversation([], { scenario_name: 'support' });
    const sid = await sandbox.putTranscript({ customer_key: callSid, sentences: HELLO });
    await store(sid);
    const before = await sandbox.requestsTo('/v2/');
    expect((await store(sid, { notes: 'Call back', scenario_name: 'Sales Call' })).status).toBe(200);
    expect(await enhanced(sid)).toMatchObject({ notes: 'Call back', scenario_name: 'Sales Call' });
    expect((await store(sid, { notes: 'Never mind' })).status).toBe(200);
    expect((await enhanced(sid)).notes).toBe('Call back');
    expect(await sandbox.requestsTo('/v2/')).toBe(before);
  });

  it('is found by words, their forms and phrases', async () => {
    const sid = await sandbox.putTranscript({ sentences: HELLO });
    await store(sid);
    await store(await sandbox.putTranscript({ sentences: HELLO.slice(1) }));
    const found = async (q: string) => {
      const { body } = await get<{ transcripts: { sid: string }[]; meta: { total: number } }>(
        `/stored-twilio-transcripts?q=${encodeURIComponent(q)}`,
      );
      expect(body.meta.total).toBe(body.transcripts.length);
      return body.transcripts.length;
    };
    expect(await found('thompson')).toBe(1);
    expect(await found('mike')).toBe(2);
    expect(await found('"mike thompson"')).toBe(1);
    expect(await found('%')).toBe(0);
  });

  it('comes in pages that stay small, however long conversations are', async () => {
    const long = Array.from({ length: 3000 }, (_, at) => ({
      text: randomBytes(200).toString('base64url'),
      media_channel: 1 + (at % 2),
      start_time: at,
      end_time: at + 1,
      confidence: 0.5,
    }));
    const sids: string[] = [];
    for (let at = 0; at < 3; at++) {
      const sid = await sandbox.putTranscript({ sentences: long });
      expect((await store(sid)).status).toBe(201);
      sids.unshift(sid);
    }
    const seen: string[] = [];
    let pages = 0;
    for (let token: string | null = ''; token !== null; pages++) {
      const query: string = token === '' ? '' : `&page_token=${token}`;
      const { body, text } = await get<{ transcripts: { sid: string }[]; meta: { next_page_token: string | null } }>(
        `/stored-twilio-transcripts?page_size=50${query}`,
      );
      expect(text.length).toBeLessThan(4_000_000);
      seen.push(...body.transcripts.map(({ sid }) => sid));
      token = body.meta.next_page_token;
    }
    expect(seen).toEqual(sids);
    expect(pages).toBeGreaterThan(1);
  }, 30_000);
});

describe('a language model', () => {
  const ANGRY = [
    { text: 'Hello, how can I help you?', start_ms: 500, end_ms: 3000 },
    {
      role: 'customer',
      text: 'My delivery is late again. This is terrible, I am very angry about the delivery.',
      start_ms: 3500,
      end_ms: 9000,
      generated_text: null,
    },
    { text: 'I am sorry about the late delivery.', start_ms: 9500, end_ms: 12_000 },
  ];

  it('reads each transcript once, and what it found is told and counted', async () => {
    const { callId } = await aConversation(ANGRY);
    await makeAll();
    expect((await enhanced(ownSid(callId))).analytics).toMatchObject({
      reading: 'pending',
      sentiment: null,
      topics: [],
    });
    await readAll();
    const { analytics } = await enhanced(ownSid(callId));
    expect(analytics).toMatchObject({ reading: 'done', reading_error: null, sentiment: 'negative' });
    expect(analytics['sentiment_score']).toBeLessThan(0);
    expect(analytics['topics']).toContainEqual(expect.stringContaining('delivery'));
    const asked = await sandbox.requestsTo('/v1/responses');
    await readAll(minutesFromNow(600));
    expect(await sandbox.requestsTo('/v1/responses')).toBe(asked);

    const { body } = await get<{ total: { sentiment: object }; topics: object[] }>(
      '/api/transcript-analytics?from=2026-11-20&to=2026-11-20',
    );
    expect(body.total.sentiment).toMatchObject({ positive: 0, neutral: 0, negative: 1 });
    expect(body.topics).toContainEqual(expect.objectContaining({ topic: aText, calls: 1 }));
  });

  it('that is down is asked again later; until then the transcript says why', async () => {
    const { callId } = await aConversation(ANGRY);
    await makeAll();
    await sandbox.fault('openai', 'http_500', { count: 10 });
    await readAll();
    expect((await enhanced(ownSid(callId))).analytics).toMatchObject({ reading: 'pending', reading_error: aText });
    await sandbox.noFaults();
    await readAll();
    expect((await enhanced(ownSid(callId))).analytics).toMatchObject({ reading: 'pending' });
    await readAll(minutesFromNow(5));
    expect((await enhanced(ownSid(callId))).analytics).toMatchObject({ reading: 'done', reading_error: null });
  });

  it('whose account may not be used is asked about none for a while, and then about all', async () => {
    const other = await startApp({
      env: { ...sandbox.env, ...SETTINGS, OPENAI_API_KEY: 'sk-wrong' },
      database: server.database,
    });
    const calls = [await aConversation(ANGRY), await aConversation(ANGRY), await aConversation(ANGRY)];
    const sids = calls.map(({ callId }) => ownSid(callId));
    const readings = () => Promise.all(sids.map(async (sid) => (await enhanced(sid)).analytics['reading']));
    try {
      await makeAll();
      const asked = await sandbox.requestsTo('/v1/responses');
      const reader = other.app.get(InsightMaker);
      await reader.makeAll(minutesFromNow(1));
      expect(await sandbox.requestsTo('/v1/responses')).toBeLessThanOrEqual(asked + 2);
      await reader.makeAll(minutesFromNow(5));
      expect(await sandbox.requestsTo('/v1/responses')).toBeLessThanOrEqual(asked + 2);
      expect(await readings()).toEqual(['pending', 'pending', 'pending']);
      const errors = await Promise.all(sids.map(async (sid) => (await enhanced(sid)).analytics['reading_error']));
      expect(errors).toContain(
        'The language model cannot be used: its account, its key or its settings do not allow it.',
      );
    } finally {
      await other.close();
    }
    await readAll(minutesFromNow(1));
    expect(await readings()).toEqual(['done', 'done', 'done']);
  });

  it('that is being asked does not hold up a stop, and is asked by whoever comes after', async () => {
    const other = await startApp({ env: { ...sandbox.env, ...SETTINGS }, database: server.database });
    const { callId } = await aConversation(ANGRY);
    await makeAll();
    await sandbox.fault('openai', 'slow', { after_ms: 20_000 });
    const reading = other.app.get(InsightMaker).makeAll(minutesFromNow(1));
    await new Promise((resolve) => setTimeout(resolve, 500));
    const startedAt = performance.now();
    await other.close();
    await reading;
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    // The server's own round may have come first.
    const { analytics } = await until(
      async () => {
        await readAll(minutesFromNow(1));
        return enhanced(ownSid(callId));
      },
      (told) => told.analytics['reading'] !== 'pending',
    );
    expect(analytics).toMatchObject({ reading: 'done', reading_error: null });
  });

  it('is not asked again because somebody writes a note', async () => {
    const sid = await sandbox.putTranscript({ sentences: HELLO });
    await store(sid);
    await readAll();
    const asked = await sandbox.requestsTo('/v1/responses');
    await store(sid, { notes: 'Call back' });
    expect(await enhanced(sid)).toMatchObject({ notes: 'Call back', analytics: { reading: 'done' } });
    await readAll(minutesFromNow(600));
    expect(await sandbox.requestsTo('/v1/responses')).toBe(asked);
  });

  it('that answers about words which have changed meanwhile is asked anew', async () => {
    const { callId } = await aConversation(ANGRY.slice(0, 1));
    await makeAll();
    await sandbox.fault('openai', 'slow', { after_ms: 1500 });
    const reading = readAll();
    await new Promise((resolve) => setTimeout(resolve, 500));
    for (const [sequence, line] of ANGRY.entries()) {
      if (sequence > 0) await aTurn(server, user.userId, callId, { sequence, item_id: `item_${sequence}`, ...line });
    }
    await server.sql(user.userId, 'UPDATE calls SET words_version = words_version + 1');
    await makeAll();
    await reading;
    expect((await enhanced(ownSid(callId))).analytics).toMatchObject({ reading: 'pending', sentiment: null });
    await readAll();
    expect((await enhanced(ownSid(callId))).analytics).toMatchObject({ reading: 'done', sentiment: 'negative' });
  });

  it('is not asked where nothing was said, or where it is switched off', async () => {
    const quiet = await aConversation([]);
    await makeAll();
    const off = await startApp({
      env: { ...sandbox.env, TRANSCRIPT_INSIGHTS: 'false' },
      database: server.database,
    });
    // Over a moment ago: the other server does not look for it yet.
    const spoken = await aConversation(ANGRY, { answered_at: new Date(), ended_at: new Date() });
    try {
      await off.app.get(TranscriptMaker).makeAll(minutesFromNow(2));
    } finally {
      await off.close();
    }
    for (const { callId } of [quiet, spoken]) {
      expect((await enhanced(ownSid(callId))).analytics).toMatchObject({ reading: 'none' });
    }
  });
});

describe('days of the analytics', () => {
  it('are those of the user’s time zone unless another is asked for', async () => {
    await aConversation([{ text: 'Hello.' }], { answered_at: '2026-11-20T23:30:00Z' });
    await makeAll(new Date('2026-11-21T10:00:00Z'));
    await client.patch('/users/me', { timezone: 'Europe/Berlin' }, { token: user.token });
    interface Days {
      timezone: string;
      from: string;
      to: string;
      by_day: { day: string }[];
    }
    const days = async (query: string) => (await get<Days>(`/api/transcript-analytics?${query}`)).body;
    expect(await days('from=2026-11-21&to=2026-11-21')).toMatchObject({
      timezone: 'Europe/Berlin',
      from: '2026-11-20T23:00:00.000Z',
      to: '2026-11-21T23:00:00.000Z',
      by_day: [{ day: '2026-11-21' }],
    });
    expect((await days('from=2026-11-20&to=2026-11-20')).by_day).toEqual([]);
    expect(await days('from=2026-11-20&to=2026-11-20&timezone=UTC')).toMatchObject({ by_day: [{ day: '2026-11-20' }] });
    expect((await days('from=2026-11-20T23:30:00Z&to=2026-11-20T23:30:00Z')).by_day).toHaveLength(1);
    expect((await days('from=2026-11-20T23:30:00%2B23:00&to=2026-11-20T23:30:00-18:00')).by_day).toHaveLength(1);
    expect((await get('/api/transcript-analytics?from=0000-01-01')).status).toBe(422);
    const { from, to } = await days('');
    expect(Date.parse(to) - Date.parse(from)).toBe(30 * 24 * 60 * 60 * 1000);
  });
});

const WEBHOOK = '/twilio/voice-intelligence';
const AVAILABLE = 'voice_intelligence_transcript_available';

const serviceSid = () => sandbox.env['TWILIO_VOICE_INTELLIGENCE_SID'] ?? '';

/** Whoever was called for may be at it already. */
const untilStored = () =>
  until(
    async () => {
      await makeAll(minutesFromNow(60));
      return storedRows();
    },
    ([row]) => row?.state === 'stored',
  );

/** Twilio's: an HMAC over the address, which for JSON has the body's hash in it. */
const signature = (text: string) =>
  createHmac('sha1', sandbox.env['TWILIO_AUTH_TOKEN'] ?? '')
    .update(text)
    .digest('base64');

async function announce(members: Record<string, string>, to = server) {
  const body = JSON.stringify({ event_type: AVAILABLE, service_sid: serviceSid(), ...members });
  const path = `${WEBHOOK}?bodySHA256=${createHash('sha256').update(body).digest('hex')}`;
  const headers = { 'content-type': 'application/json', 'x-twilio-signature': signature(to.config.publicUrl + path) };
  return api(to.url).post(path, JSON.parse(body) as object, { headers });
}
