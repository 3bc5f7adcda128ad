import { once } from 'node:events';
import { WebSocket } from 'ws';
import { api, SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { aTicket } from '../support/browser';
import { startTestSandbox, TestSandbox } from '../support/sandbox';

/** What clients of the voice agent were written to do, in their order and with their names, with a token added. */

jest.setTimeout(60_000);

let sandbox: TestSandbox;
let server: StartedApp;
let user: SignedUp;
let audio: Buffer;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  server = await startApp({ env: sandbox.env });
  user = await signUp(server.url);
  const spoken = await api(server.url).post<{ audio_base64: string }>(
    '/voice/text-to-speech',
    { text: 'I want to order a pizza.', audio_format: 'wav' },
    user,
  );
  audio = Buffer.from(spoken.body.audio_base64, 'base64');
});
afterAll(async () => {
  await server.close();
  await sandbox.close();
});

it('a script that starts a conversation and sends a file', async () => {
  const started = await api(server.url).post<{ session_id: string }>(
    '/conversation/start',
    { customer_id: 'customer123' },
    user,
  );
  const form = new FormData();
  form.set('audio_file', new Blob([audio]), 'audio.wav');
  form.set('session_id', started.body.session_id);
  const answer = await fetch(`${server.url}/voice-agent/process`, {
    method: 'POST',
    headers: { authorization: `Bearer ${user.token}` },
    body: form,
  });
  const result = (await answer.json()) as { user_input: string; agent_response: string };
  expect(answer.status).toBe(200);
  expect(result.user_input).toBe('I want to order a pizza.');
  expect(result.agent_response).not.toBe('');
});

it('a page that sends chunks of audio and text, and plays what comes back', async () => {
  const ticket = await aTicket(server, user);
  const ws = new WebSocket(`${server.url.replace('http', 'ws')}/ws/voice-agent/session123?ticket=${ticket}`);
  const shown: string[] = [];
  const played: string[] = [];
  const answered = new Promise<void>((resolve, reject) => {
    ws.on('message', (text: Buffer) => {
      const data = JSON.parse(text.toString('utf8')) as {
        type: string;
        text?: string;
        audio_base64?: string;
        message?: string;
      };
      switch (data.type) {
        case 'transcription':
          shown.push(`You said: ${data.text ?? ''}`);
          break;
        case 'conversation_response':
          shown.push(`Agent: ${data.text ?? ''}`);
          break;
        case 'audio_response':
          played.push(data.audio_base64 ?? '');
          if (played.length === 1) ws.send(JSON.stringify({ type: 'text_input', text: 'I want to order a pizza' }));
          else resolve();
          break;
        case 'error':
          reject(new Error(data.message));
      }
    });
  });
  await once(ws, 'open');
  ws.send(JSON.stringify({ type: 'audio_chunk', audio_data: audio.toString('base64'), format: 'wav' }));
  await answered;
  expect(shown).toEqual([
    'You said: I want to order a pizza.',
    expect.stringMatching(/^Agent: ./),
    expect.stringMatching(/^Agent: ./),
  ]);
  expect(played.every((each) => Buffer.from(each, 'base64').length > 1000)).toBe(true);
  ws.close();
  await once(ws, 'close');
});

it('a script that writes voice interactions down, reads, changes, counts and deletes them', async () => {
  const client = api(server.url);
  const made = await client.post<{ id: string }>(
    '/voice-interactions',
    {
      audio_file_url: 'https://storage.example.com/audio/recording.wav',
      transcript: 'Hello, how can you help me today?',
      llm_response: 'I can help with many things. What would you like to know?',
    },
    user,
  );
  const { id } = made.body;
  expect((await client.get(`/voice-interactions/${id}`, user)).body).toMatchObject({
    id,
    audio_file_url: 'https://storage.example.com/audio/recording.wav',
  });
  expect((await client.get<object[]>('/voice-interactions?limit=20&offset=0', user)).body.length).toBeGreaterThan(0);
  const changed = await client.put(
    `/voice-interactions/${id}`,
    { transcript: 'Updated transcript', llm_response: 'Updated response' },
    user,
  );
  expect(changed.body).toMatchObject({ transcript: 'Updated transcript', llm_response: 'Updated response' });
  const figures = await client.get<Record<string, number>>('/voice-interactions/analytics', user);
  expect(figures.body['total_interactions']).toBeGreaterThan(0);
  expect(figures.body['avg_transcript_length']).toBeGreaterThan(0);
  expect(figures.body['avg_response_length']).toBeGreaterThan(0);
  expect((await client.delete(`/voice-interactions/${id}`, user)).status).toBe(204);
  expect((await client.get(`/voice-interactions/${id}`, user)).status).toBe(404);
});
