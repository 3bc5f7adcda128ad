import { LanguageModel, TalkPart } from '../../src/integrations/language-model/language-model';
import { audioKindOf } from '../../src/common/audio-kind';
import { api, SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { socketUrl, TestBrowser } from '../support/browser';
import { startTestSandbox, TestSandbox } from '../support/sandbox';
import { until } from '../support/until';

/** Talking to an agent over a socket, one thing after the other: by voice and in writing. */

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

const aConversation = async () =>
  (await api(server.url).post<{ session_id: string }>('/conversation/start', { prompt: PROMPT }, user)).body.session_id;
const open = (sessionId: string, query: Record<string, string> = {}, who = user) =>
  TestBrowser.open(server, who, { sessionId, query: { mode: 'messages', ...query } });
const chunk = (bytes: Buffer, more: object = {}) => ({
  type: 'audio_chunk',
  audio_data: bytes.toString('base64'),
  format: 'wav',
  ...more,
});
const arrives = (browser: TestBrowser, type: string, count = 1) =>
  until(
    () => Promise.resolve(browser.of(type)),
    (all) => all.length >= count,
    { what: `${count} of ${type}, among ${JSON.stringify(browser.messages.map((one) => one.type))}`, withinMs: 30_000 },
  );
const history = async (sessionId: string) =>
  (
    await api(server.url).get<{ history: { role: string; text: string; was_interrupted: boolean }[] }>(
      `/conversation/${sessionId}`,
      user,
    )
  ).body.history;
const words = (delta: string): TalkPart => ({ kind: 'text', delta });

/** The model answers so, and waits where it is to. */
function answers(...rounds: (TalkPart | 'wait')[][]) {
  jest.spyOn(server.app.get(LanguageModel), 'converse').mockImplementation(async function* ({ signal }) {
    signal.throwIfAborted();
    for (const part of rounds.shift() ?? [words('Yes.')]) {
      if (part !== 'wait') yield part;
      else await new Promise((_, over) => signal.addEventListener('abort', () => over(signal.reason as Error)));
    }
  });
}

describe('a session of messages', () => {
  it('hears, answers in writing and aloud, as the seed’s clients do', async () => {
    const id = await aConversation();
    const browser = await open(id);
    expect(await browser.message('connection_established')).toMatchObject({
      session_id: id,
      mode: 'messages',
      state: 'greeting',
    });
    browser.send(chunk(question));
    await arrives(browser, 'audio_response');
    const types = browser.messages.map(({ type }) => type).filter((type) => type !== 'conversation_delta');
    expect(types).toEqual([
      'connection_established',
      'processing',
      'transcription',
      'processing',
      'conversation_response',
      'audio_response',
    ]);
    expect(browser.of('transcription')).toMatchObject([{ text: QUESTION }]);
    const [response] = browser.of('conversation_response');
    expect(response).toMatchObject({
      text: expect.stringMatching(/nine/) as string,
      state: 'listening',
      was_interrupted: false,
    });
    expect(
      browser
        .of('conversation_delta')
        .map(({ text }) => text)
        .join('')
        .trim(),
    ).toBe(response?.['text']);
    const [audio] = browser.of('audio_response');
    expect([audio?.['format'], audioKindOf(Buffer.from(String(audio?.['audio_base64']), 'base64'))]).toEqual([
      'mp3',
      'mp3',
    ]);
    const kept = await api(server.url).get(`/voice-interactions/${String(response?.['interaction_id'])}`, user);
    expect(kept.body).toMatchObject({ source: 'socket', session_id: id, transcript: QUESTION });

    browser.send({ type: 'text_input', text: 'And where is it?' });
    await arrives(browser, 'audio_response', 2);
    expect(browser.of('conversation_response')[1]).toMatchObject({ interaction_id: null });
    expect(await history(id)).toHaveLength(5);
    browser.send({ type: 'ping' });
    await arrives(browser, 'pong');
    browser.close();
  });

  it('takes what is said in several messages for one file', async () => {
    const browser = await open(await aConversation());
    const third = Math.ceil(question.length / 3);
    browser.send(chunk(question.subarray(0, third), { is_final: false }));
    browser.send(chunk(question.subarray(third, 2 * third), { is_final: false }));
    browser.send(chunk(question.subarray(2 * third)));
    await arrives(browser, 'conversation_response');
    expect(browser.of('transcription')).toMatchObject([{ text: QUESTION }]);
    browser.close();
  });

  it('is interrupted by what is said next, in its order', async () => {
    const id = await aConversation();
    const browser = await open(id);
    answers([words('One, two,'), 'wait'], [words('At nine.')]);
    browser.send({ type: 'text_input', text: 'Count to a thousand.' });
    await arrives(browser, 'conversation_delta');
    browser.send({ type: 'text_input', text: 'When do you open?' });
    await arrives(browser, 'conversation_response', 2);
    expect(browser.of('interrupted')).toHaveLength(1);
    expect(browser.of('conversation_response')).toMatchObject([
      { text: 'One, two,', was_interrupted: true },
      { text: 'At nine.', was_interrupted: false },
    ]);
    expect((await history(id)).map(({ text, was_interrupted: cut }) => [text, cut]).slice(1)).toEqual([
      ['Count to a thousand.', false],
      ['One, two,', true],
      ['When do you open?', false],
      ['At nine.', false],
    ]);
    // Only that it is enough.
    answers([words('Three,'), 'wait']);
    browser.send({ type: 'text_input', text: 'Go on.' });
    await arrives(browser, 'conversation_delta', 3);
    browser.send({ type: 'interrupt' });
    await arrives(browser, 'conversation_response', 3);
    browser.close();
  });

  it('loses nothing that is said while it is answering, also by voice', async () => {
    const id = await aConversation();
    const browser = await open(id);
    browser.send(chunk(question));
    browser.send({ type: 'text_input', text: 'And where is it?' });
    await until(
      () => history(id),
      (said) => said.filter(({ role }) => role === 'user').length === 2 && said.at(-1)?.role === 'assistant',
      { what: 'both', withinMs: 30_000 },
    );
    expect((await history(id)).filter(({ role }) => role === 'user').map(({ text }) => text)).toEqual([
      QUESTION,
      'And where is it?',
    ]);
    browser.close();
  });

  it('goes on where it was when the socket comes back, and ends what nobody hears', async () => {
    const browser = await open('kitchen', { scenario: 'receptionist' });
    answers([words('One, two,'), 'wait'], [words('Welcome back.')]);
    browser.send({ type: 'text_input', text: 'Count to a thousand.' });
    await arrives(browser, 'conversation_delta');
    browser.socket.terminate();
    await until(
      () => history('kitchen'),
      (said) => said.at(-1)?.was_interrupted === true,
      { what: 'the end of the answer' },
    );
    const again = await open('kitchen');
    expect(await again.message('connection_established')).toMatchObject({
      message: 'One, two,',
      scenario: 'receptionist',
    });
    again.send({ type: 'text_input', text: 'Hello?' });
    await arrives(again, 'conversation_response');
    expect(await history('kitchen')).toHaveLength(5);
    // Somebody else's is another one, whatever it is called.
    const other = await signUp(server.url);
    const theirs = await open('kitchen', {}, other);
    expect(await theirs.message('connection_established')).toMatchObject({ state: 'greeting', scenario: 'default' });
    theirs.close();
    again.close();
  });

  it.each<[string, object | string, string]>([
    ['no JSON', 'hello', 'malformed'],
    ['no type', { text: 'x' }, 'malformed'],
    ['an unknown type', { type: 'sing' }, 'unknown_type'],
    ['no text', { type: 'text_input' }, 'invalid'],
    ['white space', { type: 'text_input', text: ' ' }, 'invalid'],
    ['no base64', { type: 'audio_chunk', audio_data: '%%%' }, 'invalid'],
    ['no audio', { type: 'audio_chunk', audio_data: Buffer.from('%PDF-1.7').toString('base64') }, 'upload.no_audio'],
    ['something else', { type: 'text_input', text: 'x', colour: 'red' }, 'invalid'],
  ])('lives on after %s', async (_, message, code) => {
    const browser = await open(await aConversation());
    if (typeof message === 'string') browser.socket.send(message);
    else browser.send(message);
    expect(await browser.message('error')).toMatchObject({ code });
    browser.send({ type: 'text_input', text: 'When does the shop open?' });
    await arrives(browser, 'conversation_response');
    browser.close();
  });

  it('takes no more than an utterance, and no more of them than are answered', async () => {
    const browser = await open(await aConversation());
    const part = Buffer.alloc(700_000);
    for (let sent = 0; sent < 8; sent += 1) browser.send(chunk(part, { is_final: false }));
    expect(await browser.message('error')).toMatchObject({ code: 'too_large' });
    browser.close();
    const chatty = await open(await aConversation());
    answers(...Array.from({ length: 20 }, (): (TalkPart | 'wait')[] => [words('Yes?'), 'wait']));
    for (let said = 0; said < 12; said += 1) chatty.send({ type: 'text_input', text: `Number ${said}` });
    await until(
      () => Promise.resolve(chatty.of('error')),
      (errors) => errors.some(({ code }) => code === 'too_fast'),
    );
    chatty.close();
  });

  it('says what was wrong with an answer, in words', async () => {
    const browser = await open(await aConversation());
    await sandbox.fault('openai', 'http_403', { count: 2 });
    browser.send({ type: 'text_input', text: 'Hello' });
    expect(await browser.message('error')).toMatchObject({ code: 'conversation.no_answer' });
    browser.close();
  });

  it.each<[string, Record<string, string>, number, string]>([
    ['an unknown scenario', { scenario: 'nothing_like_it' }, 400, 'scenario.invalid'],
    ['another format', { audio_format: 'opus' }, 400, 'voice_session.invalid_setting'],
    ['an unknown mode', { mode: 'dream' }, 400, 'voice_session.unknown_mode'],
  ])('is refused with %s before the handshake', async (_, query, status, code) => {
    const url = socketUrl(server, `refused-${code.length}`, { mode: 'messages', ...query });
    expect(await TestBrowser.refused(url, { authorization: `Bearer ${user.token}` })).toMatchObject({ status, code });
  });

  it('is not opened where its conversation has ended', async () => {
    const id = await aConversation();
    await api(server.url).post(`/conversation/${id}/end`, {}, user);
    const url = socketUrl(server, id, {});
    expect(await TestBrowser.refused(url, { authorization: `Bearer ${user.token}` })).toMatchObject({
      status: 409,
      code: 'conversation.ended',
    });
    expect((await TestBrowser.refused(url)).status).toBe(401);
  });

  it('is closed by its owner, wherever it is', async () => {
    const id = await aConversation();
    const browser = await open(id);
    const status = await api(server.url).get<{ active_connections: number; sessions: { session_id: string }[] }>(
      '/ws/status',
      user,
    );
    expect(status.body).toMatchObject({ active_connections: 1 });
    const other = await signUp(server.url);
    expect((await api(server.url).post(`/ws/disconnect/${id}`, {}, other)).status).toBe(404);
    expect((await api(server.url).post(`/ws/disconnect/${id}`, {}, user)).status).toBe(200);
    await until(
      () => Promise.resolve(browser.closed),
      (closed) => closed !== undefined,
    );
  });
});
