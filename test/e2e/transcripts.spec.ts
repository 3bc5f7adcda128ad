import { createHmac, randomBytes } from 'node:crypto';
import { TranscriptMaker } from '../../src/transcripts/transcript-maker.service';
import { aCall, aTurn } from '../support/a-call';
import { api, SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { PutTranscript, startTestSandbox, TestSandbox } from '../support/sandbox';
import { aText, textLike } from '../support/matching';
import { until } from '../support/until';

let sandbox: TestSandbox;
let server: StartedApp;
let client: ReturnType<typeof api>;
let user: SignedUp;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  server = await startApp({ env: { ...sandbox.env, USE_TWILIO_VOICE_INTELLIGENCE: 'true' } });
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

interface Stored {
  sid: string;
  status: string;
  sentences: { text: string }[];
}

const HELLO: PutTranscript['sentences'] = [
  { text: 'Hello, this is Mike Thompson.', media_channel: 2, start_time: 0.5, end_time: 4.2, confidence: 0.95 },
  { text: 'Hi Mike, what is it about?', media_channel: 1, start_time: 4.5, end_time: 6, confidence: 0.9 },
];

const store = (sid: string, body: object = {}, { token } = user) =>
  client.post(`/store-transcript/${sid}`, body, { token });
const get = <T = Record<string, unknown>>(path: string, { token } = user) => client.get<T>(path, { token });
/** Twilio's: an HMAC over the address, which for JSON has the body's hash in it. */
const signature = (url: string, authToken: string) => createHmac('sha1', authToken).update(url).digest('base64');

const unknownSid = () => `GT${randomBytes(16).toString('hex')}`;

/** A call of the user's that was answered and is over. */
const anAnsweredCall = (owner = user, columns: Record<string, unknown> = {}) =>
  aCall(server, owner.userId, {
    answered_at: '2026-11-20T10:00:00Z',
    ended_at: '2026-11-20T10:03:00Z',
    call_duration: 180,
    ...columns,
  });

/** Everything that is due by now, and what was left behind. */
const makeAll = (now = new Date('2026-11-20T10:10:00Z')) => server.app.get(TranscriptMaker).makeAll(now);

async function aConversation(owner = user, columns: Record<string, unknown> = {}, lines = CONVERSATION) {
  const call = await anAnsweredCall(owner, columns);
  for (const [sequence, line] of lines.entries()) {
    await aTurn(server, owner.userId, call.id, { sequence, item_id: `item_${sequence}`, ...line });
  }
  await makeAll();
  return `CT${call.id.replaceAll('-', '')}`;
}

const CONVERSATION: Record<string, unknown>[] = [
  { role: 'agent', text: 'Hello, this is an assistant. How can I help you?', start_ms: 500, end_ms: 4000 },
  {
    role: 'customer',
    text: 'I would like to cancel my subscription.',
    start_ms: 4500,
    end_ms: 7500,
    generated_text: null,
  },
  { role: 'agent', text: 'I am sorry to hear', start_ms: 8200, end_ms: 9000, latency_ms: 700, was_interrupted: true },
  { role: 'customer', text: 'Just do it, 2 < 3 & that is it.', start_ms: 8800, end_ms: 9800, generated_text: null },
];

describe('storing a transcript', () => {
  it('fetches it once, in Twilio’s own form, and never again', async () => {
    const sid = await sandbox.putTranscript({ sentences: HELLO });
    const first = await store(sid, { scenario_name: 'Sales Call' });
    expect(first.status).toBe(201);
    expect(first.body).toEqual({
      sid,
      status: 'completed',
      date_created: aText,
      date_updated: aText,
      duration: expect.any(Number) as number,
      language_code: 'en-US',
      sentences: [
        { text: 'Hello, this is Mike Thompson.', speaker: 2, start_time: 0.5, end_time: 4.2, confidence: 0.95 },
        { text: 'Hi Mike, what is it about?', speaker: 1, start_time: 4.5, end_time: 6, confidence: 0.9 },
      ],
    });
    const asked = await sandbox.requestsTo('/v2/');
    const second = await store(sid);
    expect([second.status, second.body]).toEqual([200, first.body]);
    expect((await get(`/stored-twilio-transcripts/${sid}`)).body).toEqual(first.body);
    expect((await get<{ transcripts: Stored[] }>('/stored-twilio-transcripts?page_size=10')).body.transcripts).toEqual([
      first.body,
    ]);
    expect((await get<unknown[]>('/stored-transcripts/')).body).toHaveLength(1);
    expect((await get('/stored-transcripts/' + sid)).status).toBe(200);
    expect((await get<unknown[]>('/api/enhanced-transcripts/?skip=0&limit=10')).body).toHaveLength(1);
    expect((await get(`/api/enhanced-transcripts/${sid}`)).status).toBe(200);
    expect(await sandbox.requestsTo('/v2/')).toBe(asked);
  });

  it('asked for twenty times at once is one fetch and one row', async () => {
    const sid = await sandbox.putTranscript({ sentences: HELLO });
    const answers = await Promise.all(Array.from({ length: 20 }, () => store(sid)));
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array<number>(19).fill(200), 201]);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(await sandbox.requestsTo(`/v2/Transcripts/${sid}`)).toBe(2);
    const rows = await server.sql(user.userId, 'SELECT 1 FROM stored_twilio_transcripts WHERE transcript_sid = $1', [
      sid,
    ]);
    expect(rows).toHaveLength(1);
  });

  it('needs no body', async () => {
    const sid = await sandbox.putTranscript({ sentences: HELLO });
    expect((await client.post(`/store-transcript/${sid}`, undefined, { token: user.token })).status).toBe(201);
  });

  it('reads all pages of sentences', async () => {
    const sentences = Array.from({ length: 2300 }, (_, at) => ({
      text: `Sentence ${at}.`,
      media_channel: 1 + (at % 2),
      start_time: at,
      end_time: at + 1,
      confidence: null,
    }));
    const { body } = await store(await sandbox.putTranscript({ sentences }));
    expect((body as unknown as Stored).sentences.map(({ text }) => text)).toEqual(sentences.map(({ text }) => text));
  });

  it.each(['a', 'GT', 'CA0123456789abcdef0123456789abcdef', 'GT..%2F..%2FServices', `GT${'0'.repeat(200)}`])(
    'of %s is 404 without asking Twilio',
    async (sid) => {
      const asked = await sandbox.requestsTo('/v2/');
      const { status, body } = await store(sid);
      expect([status, body['detail']]).toEqual([404, 'Twilio has no transcript with this sid.']);
      expect(await sandbox.requestsTo('/v2/')).toBe(asked);
    },
  );

  it('that Twilio does not know is 404 with a sentence, and leaves nothing behind', async () => {
    const sid = unknownSid();
    const { status, body } = await store(sid);
    expect([status, body['code'], body['detail']]).toEqual([
      404,
      'transcript.unknown_to_twilio',
      'Twilio has no transcript with this sid.',
    ]);
    expect((await get(`/stored-twilio-transcripts/${sid}`)).status).toBe(404);
    expect(await server.sql(user.userId, 'SELECT 1 FROM stored_twilio_transcripts')).toEqual([]);
  });

  it('of somebody else’s call is 404, before and after they have stored it', async () => {
    const other = await signUp(server.url);
    const { call_sid: callSid } = await anAnsweredCall(other);
    const sid = await sandbox.putTranscript({ customer_key: callSid as string, sentences: HELLO });
    expect((await store(sid)).status).toBe(404);
    expect((await store(sid, {}, other)).status).toBe(201);
    expect((await store(sid)).status).toBe(404);
    for (const path of ['/stored-twilio-transcripts/', '/stored-transcripts/', '/api/enhanced-transcripts/']) {
      expect([path, (await get(path + sid)).status]).toEqual([path, 404]);
      expect([path, (await get(path + sid, other)).status]).toEqual([path, 200]);
    }
    expect(await server.sql(user.userId, 'SELECT 1 FROM stored_twilio_transcripts')).toEqual([]);
  });

  it('of a call that is none of ours is 404', async () => {
    const sid = await sandbox.putTranscript({ customer_key: `CA${'0'.repeat(32)}`, sentences: HELLO });
    const { status, body } = await store(sid);
    expect([status, body['code']]).toEqual([404, 'transcript.unknown_to_twilio']);
  });

  it('of a recording that is gone at Twilio is nobody’s', async () => {
    const sid = await sandbox.putTranscript({
      recording_sid: `RE${randomBytes(16).toString('hex')}`,
      sentences: HELLO,
    });
    expect((await store(sid)).status).toBe(404);
  });

  it('of no call of anybody’s is whose who stores it first', async () => {
    const sid = await sandbox.putTranscript({ sentences: HELLO });
    const other = await signUp(server.url);
    expect((await store(sid)).status).toBe(201);
    expect((await store(sid, {}, other)).status).toBe(404);
  });

  it('that Twilio is still making is 409 with a sentence, shown, and stored by itself when it is done', async () => {
    const sid = await sandbox.putTranscript({ status: 'in-progress', sentences: HELLO });
    const { status, body } = await store(sid, { notes: 'Mine' });
    expect([status, body['code']]).toEqual([409, 'transcript.in_progress']);
    expect(body['detail']).toContain('still making');
    expect((await get<Stored>(`/stored-twilio-transcripts/${sid}`)).body).toMatchObject({
      status: 'in-progress',
      sentences: [],
    });
    await makeAll(new Date(Date.now() + 60_000));
    expect((await get<Stored>(`/stored-twilio-transcripts/${sid}`)).body.status).toBe('in-progress');
    await sandbox.moveTranscript(sid, 'completed');
    await makeAll(new Date(Date.now() + 600_000));
    expect((await get<Stored>(`/stored-twilio-transcripts/${sid}`)).body).toMatchObject({
      status: 'completed',
      sentences: [{ text: 'Hello, this is Mike Thompson.' }, {}],
    });
    expect((await get(`/api/enhanced-transcripts/${sid}`)).body['notes']).toBe('Mine');
  });

  it('that Twilio could not make is 409 and shown as failed', async () => {
    const sid = await sandbox.putTranscript({ status: 'failed', sentences: HELLO });
    const { status, body } = await store(sid);
    expect([status, body['code']]).toEqual([409, 'transcript.failed']);
    expect((await get<Stored>(`/stored-twilio-transcripts/${sid}`)).body.status).toBe('failed');
    const { body: list } = await get<{ transcripts: Stored[] }>('/stored-twilio-transcripts?status=failed');
    expect(list.transcripts.map((one) => one.sid)).toEqual([sid]);
  });

  it('that Twilio is still making is asked for no more often, however often somebody asks', async () => {
    const sid = await sandbox.putTranscript({ status: 'in-progress', sentences: HELLO });
    await store(sid);
    const asked = await sandbox.requestsTo(`/v2/Transcripts/${sid}`);
    for (let again = 0; again < 5; again++) expect((await store(sid)).status).toBe(409);
    expect(await sandbox.requestsTo(`/v2/Transcripts/${sid}`)).toBe(asked);
  });

  it('of which somebody died while fetching it is fetched by the next who asks, when their time is over', async () => {
    const sid = await sandbox.putTranscript({ sentences: HELLO });
    await server.sql(
      user.userId,
      `INSERT INTO stored_twilio_transcripts (user_id, transcript_sid, state, status, date_created, date_updated, claim, claimed_until)
       VALUES ($1, $2, 'asked', 'queued', now(), now(), gen_random_uuid(), now() + interval '1 second')`,
      [user.userId, sid],
    );
    expect((await store(sid)).status).toBe(201);
  });

  it('while Twilio is down is 503, and works when it is back', async () => {
    const sid = await sandbox.putTranscript({ sentences: HELLO });
    await sandbox.fault('twilio', 'http_500', { count: 1 });
    const { status, body, headers } = await store(sid);
    expect([status, body['code'], headers.get('retry-after')]).toEqual([503, 'transcript.twilio_unavailable', '5']);
    expect((await store(sid)).status).toBe(201);
  });
});

describe('the webhook of Voice Intelligence', () => {
  beforeAll(() => sandbox.setTranscriptWebhook(`${server.url}/twilio/voice-intelligence`));
  afterAll(() => sandbox.setTranscriptWebhook(''));

  it('has a transcript of a call stored, in the place of the one that was made of turns', async () => {
    const ownSid = await aConversation();
    const [{ call_sid: callSid } = {}] = await server.sql<{ call_sid: string }>(
      user.userId,
      'SELECT call_sid FROM calls',
    );
    await get(`/api/enhanced-transcripts/${ownSid}`);
    await client.patch(
      `/api/enhanced-transcripts/${ownSid}`,
      { names: { 0: 'Sam' }, notes: 'Nice' },
      { token: user.token },
    );
    const sid = await sandbox.putTranscript({ customer_key: callSid, status: 'in-progress', sentences: HELLO });
    await sandbox.moveTranscript(sid, 'completed');
    const enhanced = await until(
      () => get(`/api/enhanced-transcripts/${sid}`),
      ({ status }) => status === 200,
    );
    expect(enhanced.body).toMatchObject({
      transcript_sid: sid,
      source: 'twilio',
      scenario_name: 'sales',
      notes: 'Nice',
      full_text: 'Hello, this is Mike Thompson.\nHi Mike, what is it about?',
      participant_info: { 0: { role: 'customer', name: 'Sam' }, 1: { role: 'agent', name: 'AI Agent' } },
    });
    // The sid of before leads to the same.
    expect((await get(`/api/enhanced-transcripts/${ownSid}`)).body).toEqual(enhanced.body);
    expect((await get<unknown[]>('/api/enhanced-transcripts')).body).toHaveLength(1);
    expect((await get<Stored>(`/stored-twilio-transcripts/${sid}`)).body.status).toBe('completed');
  });

  it('does not bring back a conversation that was deleted', async () => {
    const ownSid = await aConversation();
    const [{ call_sid: callSid } = {}] = await server.sql<{ call_sid: string }>(
      user.userId,
      'SELECT call_sid FROM calls',
    );
    await client.delete(`/api/enhanced-transcripts/${ownSid}`, { token: user.token });
    const sid = await sandbox.putTranscript({ customer_key: callSid, sentences: HELLO });
    await until(
      () => server.sql<{ state: string }>(user.userId, 'SELECT state FROM stored_twilio_transcripts'),
      (rows) => rows[0]?.state === 'stored',
    );
    for (const path of ['/stored-twilio-transcripts/', '/stored-transcripts/', '/api/enhanced-transcripts/']) {
      expect([path, (await get(path + sid)).status]).toEqual([path, 404]);
    }
    expect((await store(sid)).status).toBe(404);
    const rows = await server.sql(user.userId, 'SELECT * FROM stored_twilio_transcripts, enhanced_transcripts');
    expect(JSON.stringify(rows)).not.toContain('Mike');
  });

  it('signed over another body is 403', async () => {
    const body = {
      event_type: 'voice_intelligence_transcript_available',
      transcript_sid: unknownSid(),
      customer_key: 5,
    };
    const url = `/twilio/voice-intelligence?bodySHA256=${'0'.repeat(64)}`;
    const signed = signature(server.config.publicUrl + url, sandbox.env['TWILIO_AUTH_TOKEN'] ?? '');
    const { status } = await client.post(url, body, { headers: { 'x-twilio-signature': signed } });
    expect(status).toBe(403);
  });

  it.each([
    ['without a signature', {}],
    ['with a wrong one', { 'x-twilio-signature': 'AAAA' }],
  ])('%s is 403', async (_, headers) => {
    const body = {
      event_type: 'voice_intelligence_transcript_available',
      transcript_sid: unknownSid(),
      customer_key: 5,
    };
    const { status } = await client.post('/twilio/voice-intelligence', body, { headers: { ...headers } });
    expect(status).toBe(403);
  });
});

describe('lists of stored transcripts', () => {
  it('go page by page, whatever is stored meanwhile', async () => {
    const sids: string[] = [];
    for (let at = 0; at < 6; at++) {
      const sid = await sandbox.putTranscript({ sentences: HELLO });
      await store(sid);
      sids.unshift(sid);
    }
    interface Page {
      transcripts: Stored[];
      meta: { page_size: number; total: number; next_page_token: string | null };
    }
    const first = await get<Page>('/stored-twilio-transcripts?page_size=2');
    expect(first.body.meta).toEqual({ page_size: 2, total: 6, next_page_token: aText });
    await store(await sandbox.putTranscript({ sentences: HELLO }));
    const seen = first.body.transcripts.map(({ sid }) => sid);
    for (let token = first.body.meta.next_page_token; token !== null;) {
      const { body } = await get<Page>(`/stored-twilio-transcripts?page_size=2&page_token=${token}`);
      expect(body.transcripts).toHaveLength(2);
      seen.push(...body.transcripts.map(({ sid }) => sid));
      token = body.meta.next_page_token;
    }
    expect(seen).toEqual(sids);
  });

  it.each(['x', 'AAAA', '-', Buffer.from('1.2.3').toString('base64url')])('refuse the page token %s', async (token) => {
    for (const path of ['/stored-twilio-transcripts', '/stored-transcripts', '/api/enhanced-transcripts']) {
      expect((await get(`${path}?page_token=${token}`)).status).toBe(400);
    }
  });

  it('have the form of the first version at the legacy routes', async () => {
    const sid = await sandbox.putTranscript({ sentences: HELLO });
    await store(sid);
    const row = {
      id: expect.any(Number) as number,
      transcript_sid: sid,
      status: 'completed',
      full_text: 'Hello, this is Mike Thompson.\nHi Mike, what is it about?',
      date_created: aText,
      date_updated: aText,
      duration: expect.any(Number) as number,
      language_code: 'en-US',
      created_at: aText,
    };
    expect((await get<unknown[]>('/stored-transcripts/')).body).toEqual([row]);
    expect((await get(`/stored-transcripts/${sid}`)).body).toEqual({
      ...row,
      sentences: [
        { transcript: 'Hello, this is Mike Thompson.', speaker: 2, start_time: 0.5, end_time: 4.2, confidence: 0.95 },
        { transcript: 'Hi Mike, what is it about?', speaker: 1, start_time: 4.5, end_time: 6, confidence: 0.9 },
      ],
    });
  });
});

describe('the enhanced transcript of a call', () => {
  it('is made of its turns, with roles, times and figures', async () => {
    const sid = await aConversation();
    const { body } = await get(`/api/enhanced-transcripts/${sid}`);
    expect(body).toMatchObject({
      transcript_sid: sid,
      source: 'turns',
      call_date: '2026-11-20T10:00:00.000Z',
      duration: 180,
      call_direction: 'outbound',
      scenario_name: 'sales',
      full_text: textLike(/^Hello, this is an assistant\./),
      participant_info: {
        0: { channel: 0, role: 'customer', name: 'Customer', sentence_count: 2 },
        1: { channel: 1, role: 'agent', name: 'AI Agent' },
      },
      conversation_flow: [
        {
          sequence: 1,
          speaker: { channel: 1, role: 'agent', name: 'AI Agent' },
          start_time: 0.5,
          end_time: 4,
          duration: 3.5,
        },
        { sequence: 2, speaker: { channel: 0 } },
        { sequence: 3, interrupted: true, latency_ms: 700 },
        { sequence: 4 },
      ],
      summary_data: { total_duration_seconds: 180, participant_count: 2, average_confidence: null },
      analytics: { interruptions: 1, latency: { turns: 1, p50_ms: 700, p95_ms: 700 } },
    });
    const { body: list, headers } = await get<unknown[]>('/api/enhanced-transcripts/?skip=0&limit=10');
    expect(headers.get('x-total-count')).toBe('1');
    expect(list).toEqual([
      expect.objectContaining({
        transcript_sid: sid,
        conversation_turns: 4,
        participant_count: 2,
        summary: {
          duration_formatted: '3:00',
          participant_info: { 0: { role: 'customer', name: 'Customer' }, 1: { role: 'agent', name: 'AI Agent' } },
        },
      }),
    ]);
  });

  it('is filtered by direction, scenario and time, and skips', async () => {
    await aConversation(user, { scenario_name: 'sales', answered_at: '2026-11-18T10:00:00Z' });
    await aConversation(user, { scenario_name: 'support', direction: 'inbound', answered_at: '2026-11-19T10:00:00Z' });
    const scenarios = async (query: string) =>
      (await get<{ scenario_name: string }[]>(`/api/enhanced-transcripts?${query}`)).body.map(
        (one) => one.scenario_name,
      );
    expect(await scenarios('')).toEqual(['support', 'sales']);
    expect(await scenarios('call_direction=outbound')).toEqual(['sales']);
    expect(await scenarios('scenario_name=support')).toEqual(['support']);
    expect(await scenarios('from=2026-11-19')).toEqual(['support']);
    expect(await scenarios('to=2026-11-18')).toEqual(['sales']);
    expect(await scenarios('skip=1')).toEqual(['sales']);
    const { headers } = await get('/api/enhanced-transcripts?limit=1');
    expect(await scenarios(`limit=1&page_token=${headers.get('x-next-page-token') ?? ''}`)).toEqual(['sales']);
  });

  it('is found by words, their forms and beginnings, and phrases, which are marked', async () => {
    const sid = await aConversation();
    const find = async (q: string) =>
      (await get<{ snippet: string }[]>(`/api/enhanced-transcripts?q=${encodeURIComponent(q)}`)).body;
    for (const q of ['subscription', 'subscr', 'subscriptions', 'CANCEL', '"cancel my subscription"', 'cancel help']) {
      expect([q, (await find(q)).length]).toEqual([q, 1]);
    }
    // The rules of the language are those of the transcript.
    for (const q of ['liked', 'canceling']) expect([q, (await find(q)).length]).toEqual([q, 1]);
    for (const q of ['refund', '"my cancel"', 'cancel refund', '!!!', `' & | ! :* \\`]) {
      expect([q, (await find(q)).length]).toEqual([q, 0]);
    }
    const [found] = await find('do');
    expect(found?.snippet).toContain('<mark>do</mark> it, 2 &lt; 3 &amp; that');
    expect(found?.snippet).not.toMatch(/<(?!\/?mark>)/);
    const other = await signUp(server.url);
    expect((await get<unknown[]>('/api/enhanced-transcripts?q=subscription', other)).body).toEqual([]);
    expect((await get(`/api/enhanced-transcripts/${sid}`, other)).status).toBe(404);
  });

  it('has notes and names that are its owner’s', async () => {
    const sid = await aConversation();
    const change = { notes: 'Call back', names: { 0: 'Sam Doe' } };
    const { body } = await client.patch(`/api/enhanced-transcripts/${sid}`, change, { token: user.token });
    expect(body).toMatchObject({ notes: 'Call back', participant_info: { 0: { name: 'Sam Doe' } } });
    expect(body['conversation_flow']).toContainEqual(
      expect.objectContaining({ speaker: { channel: 0, role: 'customer', name: 'Sam Doe' } }),
    );
    const back = await client.patch(`/api/enhanced-transcripts/${sid}`, { names: { 0: null } }, { token: user.token });
    expect(back.body).toMatchObject({ participant_info: { 0: { name: 'Customer' } } });
    for (const wrong of [
      { names: { x: 'y' } },
      { names: { 5: 'y' } },
      { names: { 0: '' } },
      { notes: 5 },
      { full_text: 'mine' },
    ]) {
      expect((await client.patch(`/api/enhanced-transcripts/${sid}`, wrong, { token: user.token })).status).toBe(422);
    }
  });

  it('is nobody else’s to change, to delete or to take away', async () => {
    const sid = await aConversation();
    const other = await signUp(server.url);
    const path = `/api/enhanced-transcripts/${sid}`;
    const tries = await Promise.all([
      client.patch(path, { notes: 'Mine' }, { token: other.token }),
      client.delete(path, { token: other.token }),
      client.get(`${path}/export?format=txt`, { token: other.token }),
    ]);
    expect(tries.map(({ status }) => status)).toEqual([404, 404, 404]);
    expect((await get(path)).body['notes']).toBeNull();
  });

  it('that is deleted is gone, and is not made again', async () => {
    const sid = await aConversation();
    expect((await client.delete(`/api/enhanced-transcripts/${sid}`, { token: user.token })).status).toBe(204);
    await makeAll();
    expect((await get(`/api/enhanced-transcripts/${sid}`)).status).toBe(404);
    expect((await client.delete(`/api/enhanced-transcripts/${sid}`, { token: user.token })).status).toBe(404);
    expect((await get<unknown[]>('/api/enhanced-transcripts')).body).toEqual([]);
    const [left] = await server.sql(
      user.userId,
      'SELECT full_text, conversation_flow, search FROM enhanced_transcripts',
    );
    expect(left).toEqual({ full_text: '', conversation_flow: [], search: '' });
  });

  it.each([
    ['txt', 'text/plain; charset=utf-8', 'Customer: I would like to cancel my subscription.'],
    ['srt', 'application/x-subrip; charset=utf-8', '00:00:04,500 --> 00:00:07,500'],
    ['vtt', 'text/vtt; charset=utf-8', '<v Customer>I would like to cancel my subscription.'],
    ['json', 'application/json', '"conversation_flow"'],
    ['csv', 'text/csv; charset=utf-8', 'I would like to cancel my subscription.'],
  ])('is exported as %s', async (format, contentType, part) => {
    const sid = await aConversation();
    const { status, headers, text } = await get(`/api/enhanced-transcripts/${sid}/export?format=${format}`);
    expect([status, headers.get('content-type')]).toEqual([200, contentType]);
    expect(headers.get('content-disposition')).toBe(`attachment; filename="transcript-${sid}.${format}"`);
    expect(text).toContain(part);
  });

  it('is exported with all others, a line each, of the owner alone', async () => {
    await Promise.all(Array.from({ length: 52 }, () => anAnsweredCall()));
    await makeAll();
    await aConversation();
    await aConversation(await signUp(server.url));
    const { headers, text } = await get('/api/enhanced-transcripts/export');
    expect(headers.get('content-type')).toBe('application/x-ndjson');
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toHaveLength(53);
    expect(new Set(lines.map(({ transcript_sid: sid }) => sid)).size).toBe(53);
    expect(lines.filter((line) => (line['conversation_flow'] as unknown[]).length === 4)).toHaveLength(1);
  });

  it('is counted with the others', async () => {
    await aConversation();
    await aConversation(user, { direction: 'inbound', scenario_name: 'support', answered_at: '2026-11-21T23:30:00Z' });
    const { body } = await get('/api/transcript-analytics?from=2026-11-01&to=2026-11-30&timezone=Europe/Berlin');
    const group = {
      calls: 1,
      interruptions: 1,
      response_latency: { answers: 1, p50_ms: 700, p95_ms: 700, p99_ms: 700 },
    };
    expect(body).toMatchObject({
      timezone: 'Europe/Berlin',
      total: { calls: 2, total_duration_seconds: 360, interruptions: 2, interruptions_per_call: 1 },
      by_day: [
        { day: '2026-11-20', ...group },
        { day: '2026-11-22', ...group },
      ],
      by_scenario: [
        { scenario_name: 'sales', ...group },
        { scenario_name: 'support', ...group },
      ],
      by_direction: [
        { call_direction: 'inbound', ...group },
        { call_direction: 'outbound', ...group },
      ],
    });
    const nobody = await signUp(server.url);
    expect((await get('/api/transcript-analytics', nobody)).body).toMatchObject({
      total: { calls: 0, talk_ratio: null, words_per_minute: null, response_latency: { answers: 0, p50_ms: null } },
      by_day: [],
      by_scenario: [],
      by_direction: [],
    });
  });
});

describe('masking what was said', () => {
  it('happens before it is written', async () => {
    const masking = await startApp({
      env: { ...sandbox.env, REDACT_TRANSCRIPTS: 'card,email' },
      database: server.database,
    });
    try {
      const sid = await sandbox.putTranscript({
        sentences: [
          { ...HELLO[0], text: 'My card is 4111 1111 1111 1111, and I am sam@example.com.' },
        ] as PutTranscript['sentences'],
      });
      const { body } = await api(masking.url).post(`/store-transcript/${sid}`, {}, { token: await tokenFor(masking) });
      expect((body as unknown as Stored).sentences[0]?.text).toBe('My card is [card], and I am [email].');
      const rows = await masking.sql(user.userId, 'SELECT * FROM stored_twilio_transcripts, enhanced_transcripts');
      expect(rows).toHaveLength(1);
      expect(JSON.stringify(rows)).not.toMatch(/4111|sam@/);
    } finally {
      await masking.close();
    }
  });

  async function tokenFor({ url }: StartedApp): Promise<string> {
    const { email, password } = user;
    const { body } = await api(url).post<{ access_token: string }>('/auth/login', { email, password });
    return body.access_token;
  }
});
