import { Conversations } from '../../src/conversations/conversations.service';
import { LanguageModel, TalkPart } from '../../src/integrations/language-model/language-model';
import { SpeechError } from '../../src/integrations/speech/speech-error';
import { SpeechOutput } from '../../src/integrations/speech/speech-output';
import { audioKindOf } from '../../src/common/audio-kind';
import { api, SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { audioFiles, wav } from '../support/audio-files';
import { startTestSandbox, TestSandbox } from '../support/sandbox';

/** Somebody says something in a file, and an agent answers aloud: heard, thought about, spoken and kept. */

interface Answer {
  success: boolean;
  user_input: string;
  agent_response: string;
  audio_response: string | null;
  speech_error: string | null;
  session_id: string;
  state: string;
  interaction_id: string;
  timings: Record<string, number>;
  code?: string;
}

jest.setTimeout(60_000);

let sandbox: TestSandbox;
let server: StartedApp;
let user: SignedUp;
/** Somebody asks when the shop opens. */
let question: Buffer;

const QUESTION = 'When does the shop open?';
const PROMPT = 'Help the caller. The shop opens at nine in the morning. The shop is at 12 Main Street.';

beforeAll(async () => {
  sandbox = await startTestSandbox();
  server = await startApp({ env: sandbox.env });
  user = await signUp(server.url);
  const spoken = await api(server.url).post<{ audio_base64: string }>(
    '/voice/text-to-speech',
    { text: QUESTION, audio_format: 'wav' },
    user,
  );
  question = Buffer.from(spoken.body.audio_base64, 'base64');
});
beforeEach(async () => {
  await sandbox.noFaults();
  user = await signUp(server.url);
});
afterEach(() => jest.restoreAllMocks());
afterAll(async () => {
  await server.close();
  await sandbox.close();
});

const formOf = (file: Uint8Array, fields: Record<string, string> = {}) => {
  const form = new FormData();
  for (const [field, value] of Object.entries(fields)) form.set(field, value);
  form.set('audio_file', new Blob([file]), 'question.wav');
  return form;
};
const post = <T = Answer>(path: string, file: Uint8Array, fields: Record<string, string> = {}, token = user.token) =>
  api(server.url).post<T>(path, formOf(file, fields), { token });
const ask = (file: Uint8Array = question, fields: Record<string, string> = {}) =>
  post('/voice-agent/process', file, fields);
const aConversation = async () =>
  (await server.app.get(Conversations).start(user, { prompt: PROMPT })).session.sessionId;
const interaction = async (id: string) =>
  (await api(server.url).get<Record<string, unknown> & { audio_file_url: string }>(`/voice-interactions/${id}`, user))
    .body;

describe('a voice agent', () => {
  it('hears, answers aloud, and keeps both', async () => {
    const session = await aConversation();
    const { status, body } = await ask(question, { session_id: session });
    expect([status, body]).toMatchObject([
      200,
      { success: true, user_input: QUESTION, session_id: session, state: 'listening', speech_error: null },
    ]);
    expect(body.agent_response).toMatch(/nine/);
    const audio = Buffer.from(body.audio_response ?? '', 'base64');
    expect(audioKindOf(audio)).toBe('mp3');
    const kept = await interaction(body.interaction_id);
    expect(kept).toMatchObject({
      source: 'voice_agent',
      session_id: session,
      transcript: QUESTION,
      llm_response: body.agent_response,
      audio_format: 'wav',
    });
    const played = await fetch(kept.audio_file_url);
    expect(Buffer.from(await played.arrayBuffer())).toEqual(question);
    const { body: conversation } = await api(server.url).get<{ history: object[] }>(`/conversation/${session}`, user);
    expect(conversation.history).toHaveLength(3);
  });

  it('says again what it said', async () => {
    const { body } = await ask(question, { session_id: await aConversation(), audio_format: 'wav' });
    const heard = await post<{ text: string }>(
      '/voice/speech-to-text',
      Buffer.from(body.audio_response ?? '', 'base64'),
    );
    const bare = (text: string) =>
      text
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, ' ')
        .trim();
    expect(bare(heard.body.text)).toBe(bare(body.agent_response));
  });

  it('speaks its first sentence while the rest is still being thought of', async () => {
    let go: () => void = () => undefined;
    const spoken = new Promise<void>((resolve) => (go = resolve));
    const order: string[] = [];
    jest
      .spyOn(server.app.get(LanguageModel), 'converse')
      .mockImplementation(async function* (): AsyncGenerator<TalkPart> {
        yield { kind: 'text', delta: 'We open at nine. ' };
        yield { kind: 'text', delta: 'On Sundays ' };
        // The rest is thought of only when the first sentence is heard already.
        await spoken;
        order.push('rest');
        yield { kind: 'text', delta: 'we are closed.' };
      });
    const form = formOf(question, { session_id: await aConversation() });
    const response = await fetch(`${server.url}/voice-agent/process`, {
      method: 'POST',
      headers: { authorization: `Bearer ${user.token}`, accept: 'text/event-stream' },
      body: form,
    });
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      if (text.includes('event: audio') && order.length === 0) {
        order.push('audio');
        go();
      }
    }
    expect(order).toEqual(['audio', 'rest']);
    const events = text
      .split('\n\n')
      .filter(Boolean)
      .map((event) => event.split('\n')[0]);
    expect(events[0]).toBe('event: transcription');
    expect(events.at(-1)).toBe('event: done');
    const done = JSON.parse(text.slice(text.lastIndexOf('data: ') + 6)) as Answer;
    expect(done).toMatchObject({ agent_response: 'We open at nine. On Sundays we are closed.', audio_response: null });
    expect(done.timings['first_audio_ms']).toBeLessThanOrEqual(done.timings['answered_ms'] ?? 0);
    expect(done.timings['transcribed_ms']).toBeLessThanOrEqual(done.timings['first_text_ms'] ?? 0);
  });

  it('begins a conversation where there is none yet, by any name', async () => {
    const { body } = await ask();
    expect(body.session_id).toMatch(/^[0-9a-f-]{36}$/);
    const own = await ask(question, { session_id: 'my own', customer_id: 'c-1', scenario: 'receptionist' });
    expect([own.status, own.body.session_id]).toEqual([200, 'my own']);
    const { body: conversation } = await api(server.url).get(`/conversation/my%20own`, user);
    expect(conversation).toMatchObject({ customer_id: 'c-1', scenario: 'receptionist' });
    const other = await signUp(server.url);
    const theirs = await post('/voice-agent/process', question, { session_id: 'my own' }, other.token);
    expect(theirs.status).toBe(200);
    expect(
      (await api(server.url).get<{ history: object[] }>('/conversation/my%20own', other)).body.history,
    ).toHaveLength(3);
  });

  it('answers in writing where it cannot be spoken', async () => {
    jest.spyOn(server.app.get(SpeechOutput), 'speak').mockImplementation(async function* () {
      await Promise.reject(new SpeechError('OpenAI is busy or cannot be reached at the moment.', 'moment'));
      yield Buffer.alloc(0);
    });
    const { status, body } = await ask(question, { session_id: await aConversation() });
    expect([status, body]).toMatchObject([
      200,
      { audio_response: null, speech_error: 'OpenAI is busy or cannot be reached at the moment. Please try again.' },
    ]);
    expect(body.agent_response).toMatch(/nine/);
  });

  it('hears nothing in silence, and says so', async () => {
    const silence = wav(new Float32Array(24_000));
    const answer = await ask(silence);
    expect([answer.status, answer.body.code]).toEqual([422, 'speech.nothing_said']);
    expect((await api(server.url).get<object[]>('/voice-interactions', user)).body).toEqual([]);
  });

  it.each([
    ['no file', { session_id: 's' }, 422],
    ['an unknown scenario', { scenario: 'nothing_like_it' }, 400],
    ['another field', { colour: 'red' }, 422],
    ['a session without a name', { session_id: ' ' }, 422],
  ])('with %s is refused in words', async (what, fields, status) => {
    const form = formOf(question, fields as Record<string, string>);
    if (what === 'no file') form.delete('audio_file');
    const answer = await api(server.url).post('/voice-agent/process', form, { token: user.token });
    expect([answer.status, typeof answer.body['detail']]).toEqual([status, 'string']);
  });

  it('is nobody’s without a token', async () => {
    expect((await api(server.url).post('/voice-agent/process', formOf(question))).status).toBe(401);
  });
});

describe('a voice interaction', () => {
  it('is made of a file that is heard and answered', async () => {
    const { status, body } = await post<Record<string, unknown>>('/voice-interactions/process', question);
    expect([status, body]).toMatchObject([201, { source: 'process', transcript: QUESTION, audio_format: 'wav' }]);
    expect(String(body['llm_response']).length).toBeGreaterThan(0);
    expect(await interaction(String(body['id']))).toEqual(body);
  });

  it('is written down with a file of one’s own, of every kind', async () => {
    for (const [kind, file] of Object.entries(await audioFiles())) {
      const { status, body } = await post<Record<string, unknown>>('/voice-interactions', file, {
        transcript: 'Hello',
        llm_response: 'Good day',
      });
      expect([status, body]).toMatchObject([
        201,
        { source: 'upload', audio_format: kind, audio_size_bytes: file.length },
      ]);
      const played = await fetch(String(body['audio_file_url']));
      expect(Buffer.from(await played.arrayBuffer())).toEqual(file);
    }
  });

  it.each([
    ['no words', {}, 422],
    ['an address beside it', { transcript: 'a', llm_response: 'b', audio_file_url: 'https://example.com/a.wav' }, 422],
  ])('with a file and %s is refused', async (_, fields, status) => {
    expect((await post('/voice-interactions', question, fields as Record<string, string>)).status).toBe(status);
  });

  it('is not made of what is no audio', async () => {
    const answer = await post('/voice-interactions', Buffer.from('%PDF-1.7 this is no audio'), {
      transcript: 'a',
      llm_response: 'b',
    });
    expect([answer.status, answer.body.code]).toEqual([415, 'upload.no_audio']);
    const nothing = await api(server.url).post('/voice-interactions', { transcript: 'a', llm_response: 'b' }, user);
    expect(nothing.status).toBe(422);
  });
});
