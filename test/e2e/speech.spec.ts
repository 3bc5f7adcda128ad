import { audioDurationMs } from '../../src/common/audio-duration';
import { audioKindOf } from '../../src/common/audio-kind';
import { api, SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { startTestSandbox, TestSandbox } from '../support/sandbox';

/** Speech-to-text and text-to-speech over REST, with the simulated OpenAI. */

interface Spoken {
  success: boolean;
  audio_base64: string;
  text: string;
  voice: string;
  format: string;
}

interface Heard {
  success: boolean;
  text: string;
  transcription: string;
  language: string | null;
  duration: number | null;
}

jest.setTimeout(60_000);

let sandbox: TestSandbox;
/** Speaks over Realtime, as it does where nothing is set. */
let server: StartedApp;
/** Speaks by REST. */
let restServer: StartedApp;
let user: SignedUp;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  server = await startApp({ env: sandbox.env });
  restServer = await startApp({
    env: { ...sandbox.env, SECRET_KEY: server.config.secretKey, OPENAI_SPEECH_MODEL: 'gpt-4o-mini-tts' },
    database: server.database,
  });
  user = await signUp(server.url);
});
afterEach(() => sandbox.noFaults());
afterAll(async () => {
  await restServer.close();
  await server.close();
  await sandbox.close();
});

const speak = (body: Record<string, unknown>, url = server.url, headers: Record<string, string> = {}) =>
  api(url).post<Spoken>('/voice/text-to-speech', body, { token: user.token, headers });
const hear = (file: Uint8Array, fields: Record<string, string> = {}, name = 'audio_file') => {
  const form = new FormData();
  for (const [field, value] of Object.entries(fields)) form.set(field, value);
  form.set(name, new Blob([file]), 'whatever.bin');
  return api(server.url).post<Heard>('/voice/speech-to-text', form, { token: user.token });
};

const adapters = () => [
  ['over Realtime', server.url],
  ['by REST', restServer.url],
];

describe('text-to-speech', () => {
  it('is heard by speech-to-text as what was said, whichever way OpenAI speaks', async () => {
    for (const [, url] of adapters()) {
      const text = 'Good morning, and welcome to the shop.';
      const spoken = await speak({ text, voice: 'warm_engaging', audio_format: 'wav' }, url);
      expect([spoken.status, spoken.body]).toMatchObject([
        200,
        { success: true, text, voice: 'warm_engaging', format: 'wav' },
      ]);
      const wav = Buffer.from(spoken.body.audio_base64, 'base64');
      const heard = await hear(wav);
      expect([heard.status, heard.body]).toEqual([
        200,
        {
          success: true,
          text,
          transcription: text,
          language: 'en',
          duration: (audioDurationMs(wav, 'wav') ?? 0) / 1000,
        },
      ]);
    }
  });

  it('is mp3 where nothing else is asked for', async () => {
    const { body } = await speak({ text: 'Good evening.' });
    const file = Buffer.from(body.audio_base64, 'base64');
    expect([body.format, audioKindOf(file)]).toEqual(['mp3', 'mp3']);
  });
});
