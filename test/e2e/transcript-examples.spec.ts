import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TranscriptMaker } from '../../src/transcripts/transcript-maker.service';
import { aCall, aTurn } from '../support/a-call';
import { api, SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { textLike } from '../support/matching';
import { PutTranscript, startTestSandbox, TestSandbox } from '../support/sandbox';

// The examples of the seed's chapters "Enhanced Transcript System" and "Stored transcripts", letter by letter.

/** `GET /api/enhanced-transcripts/?…` */
const LIST_EXAMPLE = [
  {
    id: 1,
    transcript_sid: 'GT1234567890abcdef',
    call_date: '2024-01-15T10:30:00Z',
    duration: 180,
    call_direction: 'outbound',
    scenario_name: 'sales',
    participant_count: 2,
    conversation_turns: 27,
    total_words: 350,
    summary: {
      duration_formatted: '3:00',
      participant_info: {
        '0': { role: 'customer', name: 'Customer' },
        '1': { role: 'agent', name: 'AI Agent' },
      },
    },
  },
];

/** `GET /api/enhanced-transcripts/{transcript_sid}` */
const DETAIL_EXAMPLE = {
  transcript_sid: 'GT1234567890abcdef',
  call_date: '2024-01-15T10:30:00Z',
  duration: 180,
  call_direction: 'outbound',
  scenario_name: 'sales',
  full_text: 'Hello, this is Mike Thompson calling about...',
  participant_info: {
    '0': {
      channel: 0,
      role: 'customer',
      name: 'Customer',
      total_speaking_time: 90,
      word_count: 150,
      sentence_count: 12,
    },
    '1': {
      channel: 1,
      role: 'agent',
      name: 'AI Agent',
      total_speaking_time: 90,
      word_count: 200,
      sentence_count: 15,
    },
  },
  conversation_flow: [
    {
      sequence: 1,
      speaker: { channel: 1, role: 'agent', name: 'AI Agent' },
      text: 'Hello, this is Mike Thompson calling about...',
      start_time: 0.5,
      end_time: 3.2,
      duration: 2.7,
      confidence: 0.95,
      word_count: 8,
    },
  ],
  summary_data: {
    total_duration_seconds: 180,
    total_sentences: 27,
    total_words: 350,
    participant_count: 2,
    average_confidence: 0.92,
  },
};

/** "Response Format (Exact Twilio API)" */
const STORED_EXAMPLE = {
  transcripts: [
    {
      sid: 'GT1234567890abcdef',
      status: 'completed',
      date_created: '2024-01-15T10:30:00Z',
      date_updated: '2024-01-15T10:35:00Z',
      duration: 120,
      language_code: 'en-US',
      sentences: [
        {
          text: 'Hello, this is Mike Thompson...',
          speaker: 1,
          start_time: 0.5,
          end_time: 4.2,
          confidence: 0.95,
        },
      ],
    },
  ],
};
const [ONE_STORED] = STORED_EXAMPLE.transcripts as [TwilioTranscript];

/** "Standard Error Response Format" */
const ERROR_EXAMPLE = { detail: 'Error message description', status_code: 400 };

/** The seed shows no answer of the legacy routes, whose form product.md tells. */
const LEGACY_EXAMPLE = [
  {
    id: 1,
    transcript_sid: 'GT1234567890abcdef',
    status: 'completed',
    full_text: 'Hello, this is Mike Thompson...',
    date_created: '2024-01-15T10:30:00Z',
    date_updated: '2024-01-15T10:35:00Z',
    duration: 120,
    language_code: 'en-US',
    created_at: '2024-01-15T10:36:00Z',
  },
];
const LEGACY_DETAIL_EXAMPLE = {
  ...LEGACY_EXAMPLE[0],
  sentences: ONE_STORED.sentences.map(({ text, ...one }) => ({ transcript: text, ...one })),
};

/** The enhanced routes tell more than the seed's, and problems have the members of RFC 9457. */
const ENHANCED: ShapeRules = { extras: 'anywhere', nullable: ['scenario_name', 'confidence', 'average_confidence'] };
const PROBLEM: ShapeRules = { extras: 'anywhere' };
const STORED_LIST: ShapeRules = { extras: ['$.meta'] };

let sandbox: TestSandbox;
let twilio: SeedTwilio;
let server: StartedApp;
let client: ReturnType<typeof api>;
/** Whose transcript is the one of the examples. */
let user: SignedUp;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  twilio = await startSeedTwilio(sandbox);
});
afterAll(async () => {
  await twilio.close();
  await sandbox.close();
});

describe('the chapter of enhanced transcripts', () => {
  let ofTurns: string;

  beforeAll(async () => {
    await startServer();
    const call = await anAnsweredCall();
    await twilio.put({ sid: 'GT1234567890abcdef' }, { customer_key: call.call_sid, sentences: threeMinutes() });
    const { status } = await post('/store-transcript/GT1234567890abcdef');
    expect(status).toBe(201);
    // What the example's query leaves out.
    await anAnsweredCall({ direction: 'inbound' });
    const other = await anAnsweredCall({ scenario_name: 'support' });
    await aTurn(server, user.userId, other.id, { sequence: 0, item_id: 'item_0', start_ms: 500, end_ms: 3200 });
    await aTurn(server, user.userId, other.id, {
      sequence: 1,
      item_id: 'item_1',
      role: 'customer',
      text: 'Hi Mike.',
      generated_text: null,
      start_ms: 3500,
      end_ms: 4500,
    });
    await server.app.get(TranscriptMaker).makeAll();
    ofTurns = `CT${other.id.replaceAll('-', '')}`;
  });
  afterAll(() => server.close());

  it('lists with skip, limit, call_direction and scenario_name', async () => {
    expect((await get<unknown[]>('/api/enhanced-transcripts/')).body).toHaveLength(3);
    const { status, body } = await get<unknown[]>(
      '/api/enhanced-transcripts/?skip=0&limit=10&call_direction=outbound&scenario_name=sales',
    );
    expect(status).toBe(200);
    expectShape(body, LIST_EXAMPLE, ENHANCED);
    const [example] = LIST_EXAMPLE;
    expect(body).toEqual([
      expect.objectContaining({ ...example, id: expect.any(Number) as number, call_date: inMs(example?.call_date) }),
    ]);
  });

  it.each([
    ['skip=0', 3],
    ['skip=1', 2],
    ['limit=10', 3],
    ['limit=1', 1],
    ['call_direction=outbound', 2],
    ['scenario_name=sales', 2],
  ])('takes %s alone', async (query, count) => {
    const { status, body } = await get<unknown[]>(`/api/enhanced-transcripts/?${query}`);
    expect([status, body.length]).toEqual([200, count]);
  });

  it('shows one in detail', async () => {
    const { status, body } = await get<typeof DETAIL_EXAMPLE>('/api/enhanced-transcripts/GT1234567890abcdef');
    expect(status).toBe(200);
    expectShape(body, DETAIL_EXAMPLE, ENHANCED);
    const { conversation_flow: flow, ...example } = DETAIL_EXAMPLE;
    const begins = textLike(/^Hello, this is Mike Thompson calling about/);
    expect(body).toMatchObject({ ...example, call_date: inMs(example.call_date), full_text: begins });
    expect(body.conversation_flow).toHaveLength(27);
    expect(body.conversation_flow[0]).toMatchObject({ ...flow[0], text: begins });
  });

  it('has the same members where there are no sentences of Twilio', async () => {
    const { body: list } = await get('/api/enhanced-transcripts/?skip=0&limit=10&scenario_name=support');
    expectShape(list, LIST_EXAMPLE, ENHANCED);
    const { status, body } = await get(`/api/enhanced-transcripts/${ofTurns}`);
    expect(status).toBe(200);
    expectShape(body, DETAIL_EXAMPLE, ENHANCED);
  });

  it.each(['/api/enhanced-transcripts/?skip=0&limit=10', '/api/enhanced-transcripts/GT1234567890abcdef'])(
    'needs a token for GET %s',
    async (path) => expectError(await client.get(path), 401),
  );

  it('is filtered by user', async () => {
    const { token } = await signUp(server.url);
    const query = 'skip=0&limit=10&call_direction=outbound&scenario_name=sales';
    expect((await client.get(`/api/enhanced-transcripts/?${query}`, { token })).body).toEqual([]);
    for (const sid of ['GT1234567890abcdef', ofTurns]) {
      expectError(await client.get(`/api/enhanced-transcripts/${sid}`, { token }), 404);
    }
  });

  it('tells of no transcript that is not there', async () => {
    expectError(await get('/api/enhanced-transcripts/GT1234567890'), 404);
  });
});

describe('the chapter of stored transcripts', () => {
  beforeAll(async () => {
    await startServer();
    const { sid, date_created, date_updated, duration, sentences } = ONE_STORED;
    await twilio.put(
      { sid, date_created, date_updated, duration },
      { sentences: sentences.map(({ speaker, ...one }) => ({ ...one, media_channel: speaker })) },
    );
    expect((await post(`/store-transcript/${sid}`)).status).toBe(201);
  });
  afterAll(() => server.close());

  const inTwilioForm = {
    ...ONE_STORED,
    date_created: inMs(ONE_STORED.date_created),
    date_updated: inMs(ONE_STORED.date_updated),
  };

  it.each(['/stored-twilio-transcripts', '/stored-twilio-transcripts?page_size=10'])(
    'lists them in Twilio’s form: GET %s',
    async (path) => {
      const { status, body } = await get<typeof STORED_EXAMPLE>(path);
      expect(status).toBe(200);
      expectShape(body, STORED_EXAMPLE, STORED_LIST);
      expect(body.transcripts).toEqual([inTwilioForm]);
    },
  );

  it('shows one in Twilio’s form', async () => {
    const { status, body } = await get('/stored-twilio-transcripts/GT1234567890abcdef');
    expect(status).toBe(200);
    expectShape(body, ONE_STORED);
    expect(body).toEqual(inTwilioForm);
  });

  it('stores one, lists it and shows it, as the instructions do', async () => {
    const { token } = await signUp(server.url);
    await twilio.put({ sid: 'GT1234567890' }, { sentences: HELLO });

    const body = { scenario_name: 'Sales Call' };
    const stored = await client.post<TwilioTranscript>('/store-transcript/GT1234567890', body, { token });
    expect(stored.status).toBe(201);
    expectShape(stored.body, ONE_STORED);
    expect(stored.body.sid).toBe('GT1234567890');

    const listed = await client.get<typeof STORED_EXAMPLE>('/stored-twilio-transcripts?page_size=10', { token });
    expect(listed.status).toBe(200);
    expectShape(listed.body, STORED_EXAMPLE, STORED_LIST);
    expect(listed.body.transcripts).toEqual([stored.body]);

    const shown = await client.get('/stored-twilio-transcripts/GT1234567890', { token });
    expect(shown.status).toBe(200);
    expect(shown.body).toEqual(stored.body);

    // "Deduplication: Checks for existing transcripts"
    const fetched = await sandbox.requestsTo('/v2/');
    const again = await client.post('/store-transcript/GT1234567890', body, { token });
    expect([again.status, again.body]).toEqual([200, stored.body]);
    expect(await sandbox.requestsTo('/v2/')).toBe(fetched);

    const enhanced = await client.get('/api/enhanced-transcripts/?scenario_name=Sales%20Call', { token });
    expect(enhanced.body).toEqual([expect.objectContaining({ transcript_sid: 'GT1234567890' })]);
  });

  it('lists at most page_size', async () => {
    const { token } = await signUp(server.url);
    for (let count = 0; count < 11; count++) {
      const sid = await sandbox.putTranscript({ sentences: HELLO });
      expect((await client.post(`/store-transcript/${sid}`, {}, { token })).status).toBe(201);
    }
    const { body } = await client.get<typeof STORED_EXAMPLE>('/stored-twilio-transcripts?page_size=10', { token });
    expect(body.transcripts).toHaveLength(10);
    expectShape(body, STORED_EXAMPLE, STORED_LIST);
  });

  it('has the legacy routes that the front end falls back to', async () => {
    const { status, body } = await get('/stored-transcripts/');
    expect(status).toBe(200);
    expectShape(body, LEGACY_EXAMPLE);
    const detail = await get('/stored-transcripts/GT1234567890abcdef');
    expect(detail.status).toBe(200);
    expectShape(detail.body, LEGACY_DETAIL_EXAMPLE);
    expect(detail.body['sentences']).toEqual(LEGACY_DETAIL_EXAMPLE.sentences);
  });

  it('is read without Twilio, which may be down', async () => {
    await sandbox.fault('twilio', 'http_500', { count: 100 });
    const asked = await sandbox.requestsTo('/v2/');
    try {
      for (const path of [
        '/stored-twilio-transcripts?page_size=10',
        '/stored-twilio-transcripts/GT1234567890abcdef',
        '/stored-transcripts/',
        '/stored-transcripts/GT1234567890abcdef',
        '/api/enhanced-transcripts/?skip=0&limit=10',
        '/api/enhanced-transcripts/GT1234567890abcdef',
      ]) {
        expect([path, (await get(path)).status]).toEqual([path, 200]);
      }
      expect((await post('/store-transcript/GT1234567890abcdef')).status).toBe(200);
    } finally {
      await sandbox.noFaults();
    }
    expect(await sandbox.requestsTo('/v2/')).toBe(asked);
  });

  it.each([
    '/stored-twilio-transcripts?page_size=10',
    '/stored-twilio-transcripts/GT1234567890abcdef',
    '/stored-transcripts/',
    '/stored-transcripts/GT1234567890abcdef',
  ])('needs a token for GET %s', async (path) => expectError(await client.get(path), 401));

  it('needs a token for POST /store-transcript', async () => {
    expectError(await client.post('/store-transcript/GT1234567890abcdef', { scenario_name: 'Sales Call' }), 401);
  });

  it('is filtered by user', async () => {
    const { token } = await signUp(server.url);
    const { body } = await client.get<typeof STORED_EXAMPLE>('/stored-twilio-transcripts?page_size=10', { token });
    expect(body.transcripts).toEqual([]);
    expect((await client.get('/stored-transcripts/', { token })).body).toEqual([]);
    expectError(await client.get('/stored-twilio-transcripts/GT1234567890abcdef', { token }), 404);
    expectError(await client.get('/stored-transcripts/GT1234567890abcdef', { token }), 404);
    expectError(
      await client.post('/store-transcript/GT1234567890abcdef', { scenario_name: 'Sales Call' }, { token }),
      404,
    );
  });

  describe('with the front end of the seed', () => {
    it('lists by the new route alone', async () => {
      const page = frontEnd(server.url, user.token);
      expect(await page.listTranscripts()).toEqual([inTwilioForm]);
      expect(page.requests).toEqual(['GET /stored-twilio-transcripts 200']);
    });

    it('lists by the new route alone where nothing is stored yet', async () => {
      const page = frontEnd(server.url, (await signUp(server.url)).token);
      expect(await page.listTranscripts()).toEqual([]);
      expect(page.requests).toEqual(['GET /stored-twilio-transcripts 200']);
    });

    it('lists by the legacy route where the new one fails, and sees the same', async () => {
      const page = frontEnd(server.url, user.token, { newRoutesAnswer: 500 });
      const listed = await page.listTranscripts();
      expect(page.requests).toEqual(['GET /stored-twilio-transcripts 500', 'GET /stored-transcripts/ 200']);
      // The legacy list has no sentences, only their text.
      expect(listed).toEqual([{ ...inTwilioForm, sentences: [] }]);
    });

    it('shows one by the new route alone', async () => {
      const page = frontEnd(server.url, user.token);
      expect(await page.showTranscript('GT1234567890abcdef')).toEqual(inTwilioForm);
      expect(page.requests).toEqual(['GET /stored-twilio-transcripts/GT1234567890abcdef 200']);
    });

    it('shows one by the legacy route where the new one fails, and sees the same', async () => {
      const page = frontEnd(server.url, user.token, { newRoutesAnswer: 404 });
      const shown = await page.showTranscript('GT1234567890abcdef');
      expect(page.requests).toEqual([
        'GET /stored-twilio-transcripts/GT1234567890abcdef 404',
        'GET /stored-transcripts/GT1234567890abcdef 200',
      ]);
      expectShape(shown, ONE_STORED);
      expect(shown).toEqual(inTwilioForm);
    });

    it('has a sentence to show for one that neither route has', async () => {
      const page = frontEnd(server.url, user.token);
      const failure = await page.showTranscript('GT0000000000').catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(FailedRequest);
      expectError((failure as FailedRequest).response, 404);
      expect(page.requests).toEqual([
        'GET /stored-twilio-transcripts/GT0000000000 404',
        'GET /stored-transcripts/GT0000000000 404',
      ]);
    });

    describe.each([
      ['/stored-twilio-transcripts', ONE_STORED],
      ['/stored-transcripts', LEGACY_DETAIL_EXAMPLE],
    ])('opening one at %s', (route, example) => {
      it('that is not stored yet is read, stored and read again; from then on it is read', async () => {
        const { token } = await signUp(server.url);
        const sid = await sandbox.putTranscript({ sentences: HELLO });
        const asked = await sandbox.requestsTo('/v2/');
        const first = frontEnd(server.url, token);
        const opened = await first.openTranscript(route, sid);
        expect(first.requests).toEqual([
          `GET ${route}/${sid} 404`,
          `POST /store-transcript/${sid} 201`,
          `GET ${route}/${sid} 200`,
        ]);
        expectShape(opened, example);
        // The transcript and its one page of sentences.
        expect(await sandbox.requestsTo('/v2/')).toBe(asked + 2);

        const second = frontEnd(server.url, token);
        expect(await second.openTranscript(route, sid)).toEqual(opened);
        expect(second.requests).toEqual([`GET ${route}/${sid} 200`]);
        expect(await sandbox.requestsTo('/v2/')).toBe(asked + 2);
      });

      it('that Twilio does not know either ends with a sentence', async () => {
        const page = frontEnd(server.url, user.token);
        const sid = 'GT0000000000';
        const failure = await page.openTranscript(route, sid).catch((error: unknown) => error);
        expect(failure).toBeInstanceOf(FailedRequest);
        expectError((failure as FailedRequest).response, 404);
        expect(page.requests).toEqual([`GET ${route}/${sid} 404`, `POST /store-transcript/${sid} 404`]);
      });
    });
  });
});

// The data

const HELLO: PutTranscript['sentences'] = [
  { text: 'Hello, this is Mike Thompson...', media_channel: 1, start_time: 0.5, end_time: 4.2, confidence: 0.95 },
];

/**
 * The conversation of the seed's figures: 27 turns and 350 words in three minutes, 15 turns and 200 words of them the agent's.
 * The seed cuts its first sentence short; it has 8 words in all.
 */
function threeMinutes(): PutTranscript['sentences'] {
  const agent = [
    { text: 'Hello, this is Mike Thompson calling about insurance.', ms: 2700, confidence: 0.95 },
    ...Array.from({ length: 14 }, (_, at) => ({
      text: sentenceOf(at < 10 ? 14 : 13),
      ms: at < 13 ? 6200 : 6700,
      confidence: 0.92,
    })),
  ].map((one) => ({ ...one, media_channel: 1 }));
  const customer = Array.from({ length: 12 }, (_, at) => ({
    text: sentenceOf(at < 6 ? 13 : 12),
    ms: 7500,
    confidence: 0.92,
    media_channel: 0,
  }));
  const inTurn = agent.flatMap((one, at) => [one, ...customer.slice(at, at + 1)]);
  // They speak for 180 of 180 seconds, and nobody does in the first half second: so both do for as long.
  let at = 500;
  return inTurn.map(({ ms, ...sentence }, index) => {
    const start = index === 1 ? at - 500 : at;
    at = start + ms;
    return { ...sentence, start_time: start / 1000, end_time: at / 1000 };
  });
}

function sentenceOf(words: number): string {
  return `Well${' really'.repeat(words - 1)}.`;
}

/** A call of three minutes at the time of the example. */
async function anAnsweredCall(columns: Record<string, unknown> = {}): Promise<{ id: string; call_sid: string }> {
  const call = await aCall(server, user.userId, {
    answered_at: '2024-01-15T10:30:00Z',
    ended_at: '2024-01-15T10:33:00Z',
    call_duration: 180,
    ...columns,
  });
  return call as typeof call & { call_sid: string };
}

// The requests

async function startServer(): Promise<void> {
  const env = { ...sandbox.env, TWILIO_API_BASE_URL: twilio.url, USE_TWILIO_VOICE_INTELLIGENCE: 'true' };
  server = await startApp({ env });
  client = api(server.url);
  user = await signUp(server.url);
}

function get<T = Record<string, unknown>>(path: string) {
  return client.get<T>(path, { token: user.token });
}

function post(path: string, body: object = {}) {
  return client.post(path, body, { token: user.token });
}

interface TwilioTranscript {
  sid: string;
  status: string;
  date_created: string;
  date_updated: string;
  duration: number;
  language_code: string;
  sentences: { text: string; speaker: number; start_time: number; end_time: number; confidence: number | null }[];
}

type LegacyTranscript = Omit<TwilioTranscript, 'sid' | 'sentences'> & {
  transcript_sid: string;
  full_text: string;
  sentences?: (Omit<TwilioTranscript['sentences'][number], 'text'> & { transcript: string })[];
};

/** What axios rejects with. */
class FailedRequest extends Error {
  constructor(readonly response: { status: number; body: unknown }) {
    super(`Request failed with status code ${response.status}`);
  }
}

/**
 * The seed's `apiClient`, with its `TranscriptList.tsx` and `TranscriptDetail.tsx` ("try new endpoints first, fallback to
 * legacy") as functions, and what fetches a transcript that is not stored yet.
 * @param broken what the new routes answer instead of the server, which has them
 */
function frontEnd(baseUrl: string, token: string, broken: { newRoutesAnswer?: number } = {}) {
  const requests: string[] = [];
  const options = { token, headers: { 'content-type': 'application/json' } };

  async function answerOf<T>(method: 'get' | 'post', path: string, body?: object) {
    const { newRoutesAnswer } = broken;
    if (newRoutesAnswer !== undefined && path.startsWith('/stored-twilio-transcripts')) {
      return { status: newRoutesAnswer, body: {} as T };
    }
    return method === 'get' ? api(baseUrl).get<T>(path, options) : api(baseUrl).post<T>(path, body, options);
  }

  async function request<T>(method: 'get' | 'post', path: string, body?: object): Promise<T> {
    const response = await answerOf<T>(method, path, body);
    requests.push(`${method.toUpperCase()} ${path} ${response.status}`);
    if (response.status >= 300) throw new FailedRequest(response);
    return response.body;
  }

  return {
    /** What was asked for, with the status of the answer. */
    requests,

    async listTranscripts(): Promise<TwilioTranscript[]> {
      try {
        return (await request<{ transcripts: TwilioTranscript[] }>('get', '/stored-twilio-transcripts')).transcripts;
      } catch {
        return (await request<LegacyTranscript[]>('get', '/stored-transcripts/')).map(inFormOfTwilio);
      }
    },

    async showTranscript(sid: string): Promise<TwilioTranscript> {
      try {
        return await request<TwilioTranscript>('get', `/stored-twilio-transcripts/${sid}`);
      } catch {
        return inFormOfTwilio(await request<LegacyTranscript>('get', `/stored-transcripts/${sid}`));
      }
    },

    async openTranscript(route: string, sid: string): Promise<unknown> {
      try {
        return await request('get', `${route}/${sid}`);
      } catch (error) {
        if (!(error instanceof FailedRequest) || error.response.status !== 404) throw error;
        await request('post', `/store-transcript/${sid}`, { scenario_name: 'Sales Call' });
        return request('get', `${route}/${sid}`);
      }
    },
  };
}

/** "Transform legacy format to Twilio format" */
function inFormOfTwilio(legacy: LegacyTranscript): TwilioTranscript {
  return {
    sid: legacy.transcript_sid,
    status: legacy.status,
    date_created: legacy.date_created,
    date_updated: legacy.date_updated,
    duration: legacy.duration,
    language_code: legacy.language_code,
    sentences: (legacy.sentences ?? []).map(({ transcript, ...one }) => ({ text: transcript, ...one })),
  };
}

// A Twilio that has the seed's transcripts

type SeedMembers = { sid: string } & Partial<Pick<TwilioTranscript, 'date_created' | 'date_updated' | 'duration'>>;

interface SeedTwilio {
  url: string;
  /** A transcript exists under the sid of the seed, with these members in the place of the sandbox's own. */
  put(members: SeedMembers, transcript: PutTranscript): Promise<void>;
  close(): Promise<void>;
}

/** In front of the sandbox, whose transcripts are of now and have sids of its own making. Passes on what reads. */
async function startSeedTwilio(behind: TestSandbox): Promise<SeedTwilio> {
  const known = new Map<string, { members: SeedMembers; sandboxSid: string }>();
  const front = createServer((request, response) => {
    const answer = async () => {
      const path = request.url ?? '/';
      const { members, sandboxSid } = known.get(/^\/v2\/Transcripts\/(\w+)/.exec(path)?.[1] ?? '') ?? {};
      const asked = members === undefined ? path : path.replace(members.sid, sandboxSid ?? '');
      const headers = { authorization: request.headers.authorization ?? '' };
      const { status, text } = await api(behind.url).get(asked, { headers });
      const isTranscript = status === 200 && /^\/v2\/Transcripts\/\w+$/.test(path);
      const body = isTranscript ? JSON.stringify({ ...(JSON.parse(text) as object), ...members }) : text;
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    };
    answer().catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(front.address() as AddressInfo).port}`,
    put: async (members, transcript) => {
      known.set(members.sid, { members, sandboxSid: await behind.putTranscript(transcript) });
    },
    close: async () => {
      front.closeAllConnections();
      await new Promise((resolve) => front.close(resolve));
    },
  };
}

// The judge

interface ShapeRules {
  /** Members that may be null by docs/openapi.json, though the example has a value there. */
  nullable?: readonly string[];
  /** Members that may be there beside those of the example, as paths such as `$.meta`. */
  extras?: readonly string[] | 'anywhere';
}

const UTC_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/;

/** Every member of the example is there, has its JSON type (a time is a time), and there are no others. */
function expectShape(body: unknown, example: unknown, rules: ShapeRules = {}): void {
  expect([...differences('$', body, example, rules)]).toEqual([]);
}

function* differences(path: string, body: unknown, example: unknown, rules: ShapeRules): Generator<string> {
  const member = path.slice(path.lastIndexOf('.') + 1);
  if (example === null || (body === null && rules.nullable?.includes(member))) return;
  if (typeOf(body) !== typeOf(example)) {
    yield `${path} is ${typeOf(body)}, not ${typeOf(example)}`;
  } else if (Array.isArray(body) && Array.isArray(example)) {
    const items: readonly unknown[] = body;
    // An empty list shows nothing.
    if (items.length === 0 && example.length > 0) yield `${path} is empty`;
    for (const [at, item] of items.entries()) yield* differences(`${path}[${at}]`, item, example[0], rules);
  } else if (isObject(body) && isObject(example)) {
    for (const [name, shown] of Object.entries(example)) {
      if (name in body) yield* differences(`${path}.${name}`, body[name], shown, rules);
      else yield `${path}.${name} is missing`;
    }
    for (const name of rules.extras === 'anywhere' ? [] : Object.keys(body)) {
      if (!(name in example) && !rules.extras?.includes(`${path}.${name}`)) yield `${path}.${name} is not of the seed`;
    }
  } else if (typeof body === 'string' && typeof example === 'string' && UTC_TIME.test(example)) {
    if (!UTC_TIME.test(body)) yield `${path} is no time in UTC: ${body}`;
  }
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeOf(value) === 'object';
}

function expectError({ status, body }: { status: number; body: unknown }, expected: number): void {
  expect(status).toBe(expected);
  expectShape(body, ERROR_EXAMPLE, PROBLEM);
  expect(body).toMatchObject({ status_code: expected });
}

/** The same moment in our spelling. */
function inMs(time = ''): string {
  return new Date(time).toISOString();
}
