import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { FileRemovals } from '../../src/files/file-removals.service';
import { FileStorage, StorageError } from '../../src/integrations/storage/file-storage';
import { AudioRetention } from '../../src/voice-interactions/audio-retention.service';
import { VoiceInteractions } from '../../src/voice-interactions/voice-interactions.service';
import { api, SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';

/** What was said to an agent and answered, with its audio: kept, played, counted, forgotten. */

interface Interaction {
  id: string;
  audio_file_url: string | null;
  transcript: string;
  llm_response: string;
  audio_erased_at: string | null;
  audio_format: string | null;
}

let server: StartedApp;
let user: SignedUp;
let other: SignedUp;

beforeAll(async () => {
  server = await startApp({ env: { AUDIO_RETENTION_DAYS: '30' } });
});
beforeEach(async () => {
  user = await signUp(server.url);
  other = await signUp(server.url);
});
afterEach(() => jest.restoreAllMocks());
afterAll(() => server.close());

const AUDIO_FILE_URL = 'https://storage.example.com/audio/recording.wav';
const SAID = { transcript: 'When do you open?', llm_response: 'At eleven.' };
const client = () => api(server.url);
const create = (body: Record<string, unknown> = {}, token = user.token) =>
  client().post<Interaction>('/voice-interactions', { audio_file_url: AUDIO_FILE_URL, ...SAID, ...body }, { token });
const list = async (query = '', token = user.token) => {
  const { body, headers } = await client().get<Interaction[]>(`/voice-interactions${query}`, { token });
  return { rows: body, total: Number(headers.get('x-total-count')) };
};
const one = (id: string, token = user.token) => client().get<Interaction>(`/voice-interactions/${id}`, { token });
const bytesOf = async (url: string, headers: Record<string, string> = {}) => {
  const answer = await fetch(url, { headers });
  return {
    status: answer.status,
    type: answer.headers.get('content-type'),
    bytes: Buffer.from(await answer.arrayBuffer()),
  };
};
const isKept = async (id: string) => (await server.app.get(FileStorage).size(`voice-interactions/${id}.mp3`)) !== null;
const removeAll = (minutes = 1) => server.app.get(FileRemovals).removeAll(new Date(Date.now() + minutes * 60_000));

/** One with a file of its own, as the rooms that understand audio write it. */
async function withAudio(bytes = randomBytes(5000)) {
  const row = await server.app
    .get(VoiceInteractions)
    .create(
      { userId: user.userId },
      { source: 'voice_agent', sessionId: 's-1', transcript: SAID.transcript, llmResponse: SAID.llm_response },
      { bytes, kind: 'mp3', sha256: createHash('sha256').update(bytes).digest('hex'), durationMs: 1500 },
    );
  const { body } = await one(row.id);
  return { ...body, bytes, url: body.audio_file_url ?? '' };
}

describe('voice interactions', () => {
  it('are written down, read, changed and deleted', async () => {
    const created = await create();
    expect([created.status, created.body]).toMatchObject([
      201,
      { ...SAID, audio_file_url: AUDIO_FILE_URL, source: 'api' },
    ]);
    const { id } = created.body;
    expect((await one(id)).body).toEqual(created.body);

    const replaced = await client().put(
      `/voice-interactions/${id}`,
      { transcript: 'And on Sundays?', llm_response: '' },
      { token: user.token },
    );
    expect([replaced.status, replaced.body]).toMatchObject([
      200,
      { transcript: 'And on Sundays?', llm_response: '', audio_file_url: AUDIO_FILE_URL },
    ]);
    const changed = await client().patch(
      `/voice-interactions/${id}`,
      { llm_response: 'Closed.' },
      { token: user.token },
    );
    expect(changed.body).toMatchObject({ transcript: 'And on Sundays?', llm_response: 'Closed.' });

    expect((await client().delete(`/voice-interactions/${id}`, { token: user.token })).status).toBe(204);
    expect((await one(id)).status).toBe(404);
  });

  it('come in pages, newest first, and by session, customer and day', async () => {
    for (let number = 0; number < 5; number += 1) {
      await create({ transcript: `Number ${number}`, session_id: `s-${number % 2}`, customer_id: `c-${number}` });
    }
    await create({}, other.token);
    const page = await list('?limit=2&offset=1');
    expect([page.total, page.rows.map(({ transcript }) => transcript)]).toEqual([5, ['Number 3', 'Number 2']]);
    expect((await list('?session_id=s-1')).total).toBe(2);
    expect((await list('?customer_id=c-4')).rows.map(({ transcript }) => transcript)).toEqual(['Number 4']);
    const today = new Date().toISOString().slice(0, 10);
    expect((await list(`?from=${today}&to=${today}`)).total).toBe(5);
    expect((await list('?to=2026-01-01')).total).toBe(0);
  });

  it('are counted in the days of the one who asks', async () => {
    const { id: first } = (await create({ transcript: 'abcd', llm_response: 'ab' })).body;
    await create({ transcript: 'abcdef', llm_response: 'öüéßæø' });
    await create({ transcript: 'of another' }, other.token);
    // Half past eleven at night in UTC is the next day in Berlin.
    await server.sql(user.userId, 'UPDATE voice_interactions SET created_at = $2 WHERE id = $1', [
      first,
      '2026-11-20T23:30:00Z',
    ]);
    const get = (query: string) =>
      client().get<Record<string, unknown>>(`/voice-interactions/analytics?${query}`, { token: user.token });
    expect((await get('from=2026-11-01&to=2099-01-01')).body).toMatchObject({
      total_interactions: 2,
      avg_transcript_length: 5,
      avg_response_length: 4,
      by_day: [{ day: '2026-11-20', total_interactions: 1, avg_transcript_length: 4 }, { total_interactions: 1 }],
    });
    expect((await get('from=2026-11-21&to=2026-11-21&timezone=Europe/Berlin')).body).toMatchObject({
      timezone: 'Europe/Berlin',
      total_interactions: 1,
      by_day: [{ day: '2026-11-21' }],
    });
    expect((await get('from=2026-11-21&to=2026-11-21')).body).toMatchObject({
      total_interactions: 0,
      avg_transcript_length: 0,
      by_day: [],
    });
  });

  it('are nobody else’s', async () => {
    const { id } = (await create()).body;
    const unknown = await one(randomUUID());
    const tries = [
      await one(id, other.token),
      await client().put(`/voice-interactions/${id}`, SAID, { token: other.token }),
      await client().patch(`/voice-interactions/${id}`, SAID, { token: other.token }),
      await client().delete(`/voice-interactions/${id}`, { token: other.token }),
    ];
    for (const { status, body } of tries) {
      expect([status, body]).toEqual([404, { ...unknown.body, request_id: expect.any(String) as string }]);
    }
    expect((await one(id)).status).toBe(200);
    expect((await client().get('/voice-interactions')).status).toBe(401);
  });

  it.each([
    ['no transcript', { transcript: undefined }],
    ['an address that runs', { audio_file_url: 'javascript:alert(1)' }],
    ['no address', { audio_file_url: 'recording.wav' }],
    ['a NUL', { transcript: 'a\u0000b' }],
    ['a number', { llm_response: 5 }],
    ['something else', { unknown: true }],
    ['a book', { transcript: 'a'.repeat(100_001) }],
  ])('with %s are refused in words', async (_, body) => {
    const answer = await create(body);
    expect([answer.status, answer.body]).toMatchObject([422, { code: 'request.invalid' }]);
    expect((await list()).total).toBe(0);
  });

  it.each(['no-uuid', '%27', '9'.repeat(400)])('are not found by %s', async (id) => {
    expect((await one(id)).status).toBe(404);
    expect((await client().delete(`/voice-interactions/${id}`, { token: user.token })).status).toBe(404);
    expect((await client().get(`/voice-interactions/${id}/audio`)).status).toBe(403);
  });
});

describe('the audio of an interaction', () => {
  it('is played by its address, in parts as a player asks, and by no other', async () => {
    const { url, bytes, id } = await withAudio();
    expect(await bytesOf(url)).toEqual({ status: 200, type: 'audio/mpeg', bytes });
    expect((await bytesOf(url, { range: 'bytes=10-19' })).bytes).toEqual(bytes.subarray(10, 20));
    const forged = new URL(url);
    forged.searchParams.set('signature', 'A'.repeat(43));
    expect((await bytesOf(forged.href)).status).toBe(403);
    // A link names the kind of thing that it opens.
    expect((await bytesOf(url.replace('voice-interactions', 'recordings'))).status).toBe(403);
    const outside = (await create()).body;
    expect((await bytesOf(url.replace(id, outside.id))).status).toBe(403);
  });

  it('stays when what was read is written back, and goes when it is said to be elsewhere', async () => {
    const { url, id } = await withAudio();
    const back = await client().put<Interaction>(
      `/voice-interactions/${id}`,
      { ...SAID, audio_file_url: url },
      { token: user.token },
    );
    expect(back.body).toMatchObject({ audio_format: 'mp3' });
    await removeAll();
    expect((await bytesOf(url)).status).toBe(200);

    const moved = await client().patch<Interaction>(
      `/voice-interactions/${id}`,
      { audio_file_url: AUDIO_FILE_URL },
      { token: user.token },
    );
    expect(moved.body).toMatchObject({ audio_file_url: AUDIO_FILE_URL, audio_format: null });
    await removeAll();
    expect(await isKept(id)).toBe(false);
    expect((await bytesOf(url)).status).toBe(404);
  });

  it('goes with it, and with its user', async () => {
    const deleted = await withAudio();
    const erased = await withAudio();
    expect([await isKept(deleted.id), await isKept(erased.id)]).toEqual([true, true]);
    await client().delete(`/voice-interactions/${deleted.id}`, { token: user.token });
    await server.sql(user.userId, 'DELETE FROM users WHERE id = $1', [user.userId]);
    await removeAll();
    expect([await isKept(deleted.id), await isKept(erased.id)]).toEqual([false, false]);
  });

  it('that is too old goes, and what was said stays', async () => {
    const [old, young] = [await withAudio(), await withAudio()];
    await server.sql(
      user.userId,
      `UPDATE voice_interactions SET created_at = now() - interval '31 days' WHERE id = $1`,
      [old.id],
    );
    await server.app.get(AudioRetention).outdateAll();
    await removeAll();
    expect((await one(old.id)).body).toMatchObject({
      ...SAID,
      audio_file_url: null,
      audio_erased_at: expect.any(String) as string,
    });
    expect((await bytesOf(old.url)).status).toBe(404);
    expect((await bytesOf(young.url)).status).toBe(200);
  });

  it('of a store that fails leaves neither row nor file', async () => {
    const { id } = await withAudio();
    jest.spyOn(server.app.get(FileStorage), 'put').mockRejectedValueOnce(new StorageError('The disk is full.'));
    await expect(withAudio()).rejects.toMatchObject({ code: 'audio.storage_unavailable' });
    expect((await list()).rows.map((row) => row.id)).toEqual([id]);
  });

  it('whose server died before the row was written is removed an hour later', async () => {
    const storage = server.app.get(FileStorage);
    let tell: (key: string) => void = () => undefined;
    const kept = new Promise<string>((resolve) => (tell = resolve));
    const put = storage.put.bind(storage);
    jest.spyOn(storage, 'put').mockImplementationOnce(async (key, body, type) => {
      await put(key, body, type);
      tell(key);
      // It never comes back from there.
      await new Promise(() => undefined);
    });
    withAudio().catch(() => undefined);
    const key = await kept;
    await removeAll();
    expect(await storage.size(key)).toBe(5000);
    await removeAll(61);
    expect(await storage.size(key)).toBeNull();
  });
});
