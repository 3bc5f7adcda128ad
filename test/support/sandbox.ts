import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Environment } from '../../src/config/app-config';
import type { AnsweredBy } from '../../src/sandbox/faults';
import { readSandboxOptions } from '../../src/sandbox/options';
import { startSandbox } from '../../src/sandbox/sandbox';
import { api } from './api';

/** What a simulated phone heard or said. */
export interface Line {
  text: string;
  start_ms: number;
  end_ms: number;
}

/** The sandbox's own record of a call: the judge of what really happened on the line. */
export interface PhoneCall {
  call_sid: string;
  status: string;
  to: string;
  frames_in: number;
  frames_out: number;
  marks: number;
  clears: number;
  heard: Line[];
  said: (Line & { interrupted: boolean })[];
  /** What a voicemail took down after its beep; null for a person. */
  recorded: Line[] | null;
  answered_by: string | null;
  stream: { url: string; handshake_status: number | null; close_code: number | null } | null;
  notices: { code: number; message: string }[];
  /** The documents that were run. */
  twiml: string[];
}

export interface ModelSession {
  id: string;
  isOpen: boolean;
  /** ISO 8601. */
  expiresAt: string;
  instructions: string;
  voice: string;
  items: { type: string; role: string | null; transcript: string; truncatedAtMs: number | null }[];
  counts: { appends: number; audioBytesIn: number; audioBytesOut: number; responses: number };
  errorsSent: { code: string | null; message: string }[];
}

/** A request to OpenAI's audio routes. */
export interface AudioRequest {
  path: string;
  state: 'running' | 'answered' | 'abandoned';
  asked: Record<string, unknown>;
  audioMs: number;
}

export interface FaultOptions {
  /** How many times it strikes; once when absent. */
  count?: number;
  /** Of all it could strike, how many it does, from 0 to 1. */
  share?: number;
  after_ms?: number;
  /** Twilio: the call, or the phone of the other party, that is meant. */
  call_sid?: string;
  number?: string;
  /** OpenAI: the session that is meant, by its id or by words of its instructions. */
  session?: string;
  match?: string;
  /** Google: the person that is meant. */
  email?: string;
  /** For `wrong_amd`. */
  result?: AnsweredBy;
}

/** A text as the simulated carrier knows it. */
export interface SandboxText {
  sid: string;
  direction: 'inbound' | 'outbound-api' | 'outbound-reply';
  to: string;
  from: string;
  body: string;
  status: string;
  webhooks: { event: string; status: number | null; attempts: number }[];
}

export interface TestSandbox {
  /** Points the server's real SDKs at it. */
  env: Environment;
  calls(): Promise<PhoneCall[]>;
  call(callSid: string): Promise<PhoneCall>;
  sessions(): Promise<ModelSession[]>;
  /** What was asked of OpenAI's audio routes, oldest first. */
  audioRequests(): Promise<AudioRequest[]>;
  /** Cuts every open model session at once, without a close frame; says how many. */
  cutSessions(): Promise<number>;
  fault(provider: string, fault: string, options?: FaultOptions): Promise<void>;
  /** A person texts one of the platform's numbers. Answers the sid of the text. */
  text(order: { from: string; to: string; body: string }): Promise<string>;
  /** What was sent and received, newest first. */
  texts(): Promise<SandboxText[]>;
  /** A person rings one of the platform's numbers. Answers the sid of the call. */
  ring(order: { from: string; to: string; says?: string[]; digits?: string }): Promise<string>;
  noFaults(): Promise<void>;
  /** How far the clock that Twilio tells dates by is ahead of the machine's from now on. */
  setClock(aheadSeconds: number): Promise<void>;
  /** A Voice Intelligence transcript exists. Answers its sid. */
  putTranscript(transcript: PutTranscript): Promise<string>;
  /** Moves a transcript on; its webhook is told when it is completed. */
  moveTranscript(transcriptSid: string, status: string): Promise<void>;
  /** Has the service's webhook told of transcripts. */
  setTranscriptWebhook(url: string): Promise<void>;
  /** How many requests the providers had below a path. */
  requestsTo(path: string): Promise<number>;
  url: string;
  close(): Promise<void>;
}

export interface PutTranscript {
  call_sid?: string;
  recording_sid?: string;
  status?: string;
  language_code?: string;
  customer_key?: string;
  sentences: {
    text: string;
    media_channel: number;
    start_time: number | null;
    end_time: number | null;
    confidence: number | null;
  }[];
}

/** What was spoken in one test is there for the next, and for the next run: speaking is most of what whole calls cost. */
export const SPEECH_DIR = join(__dirname, '..', '..', 'node_modules', '.cache', 'speech-assistant', 'speech');

/** The simulated providers on a port of their own, with phones that are picked up quickly. */
export async function startTestSandbox(env: Environment = {}): Promise<TestSandbox> {
  const credentials = {
    TWILIO_ACCOUNT_SID: `AC${randomBytes(16).toString('hex')}`,
    TWILIO_AUTH_TOKEN: randomBytes(16).toString('hex'),
    TWILIO_PHONE_NUMBER: '+12025550000',
    OPENAI_API_KEY: `sk-test-${randomBytes(8).toString('hex')}`,
    TWILIO_VOICE_INTELLIGENCE_SID: `GA${randomBytes(16).toString('hex')}`,
    GOOGLE_CLIENT_ID: `${randomBytes(8).toString('hex')}.apps.googleusercontent.com`,
    GOOGLE_CLIENT_SECRET: randomBytes(16).toString('hex'),
    RESEND_API_KEY: `re_${randomBytes(8).toString('hex')}`,
  };
  const sandbox = await startSandbox(
    readSandboxOptions({
      SANDBOX_PORT: '0',
      SANDBOX_RING_MS: '1200',
      SANDBOX_NO_ANSWER_MS: '1500',
      SANDBOX_CALLS_PER_SECOND: '100',
      SANDBOX_SPEECH_DIR: SPEECH_DIR,
      ...credentials,
      ...env,
    }),
  );
  const client = api(sandbox.baseUrl);
  return {
    env: {
      ...credentials,
      TWILIO_API_BASE_URL: sandbox.baseUrl,
      OPENAI_BASE_URL: `${sandbox.baseUrl}/v1`,
      OPENAI_REALTIME_URL: `ws://127.0.0.1:${sandbox.port}/v1/realtime`,
      GOOGLE_OAUTH_BASE_URL: sandbox.baseUrl,
      GOOGLE_API_BASE_URL: sandbox.baseUrl,
      RESEND_BASE_URL: sandbox.baseUrl,
      FEEDBACK_EMAIL: 'feedback@example.com',
    },
    url: sandbox.baseUrl,
    calls: async () => (await client.get<PhoneCall[]>('/sandbox/calls')).body,
    call: async (callSid) => (await client.get<PhoneCall>(`/sandbox/calls/${callSid}`)).body,
    sessions: async () => (await client.get<ModelSession[]>('/sandbox/openai/sessions')).body,
    audioRequests: async () => (await client.get<AudioRequest[]>('/sandbox/openai/audio')).body,
    cutSessions: async () => (await client.delete<{ cut: number }>('/sandbox/openai/sessions')).body.cut,
    fault: async (provider, fault, options = {}) => {
      const answer = await client.post('/sandbox/faults', { provider, fault, ...options });
      if (answer.status >= 300) throw new Error(answer.text);
    },
    text: async (order) => {
      const answer = await client.post<{ message_sid: string }>('/sandbox/sms', order);
      if (answer.status !== 201) throw new Error(answer.text);
      return answer.body.message_sid;
    },
    texts: async () => (await client.get<SandboxText[]>('/sandbox/sms')).body,
    ring: async (order) => {
      const answer = await client.post<{ call_sid: string }>('/sandbox/inbound-calls', order);
      if (answer.status !== 201) throw new Error(answer.text);
      return answer.body.call_sid;
    },
    noFaults: async () => void (await client.delete('/sandbox/faults')),
    setClock: async (aheadSeconds) => {
      const answer = await client.post('/sandbox/clock', { ahead_seconds: aheadSeconds });
      if (answer.status >= 300) throw new Error(answer.text);
    },
    putTranscript: async (transcript) => {
      const answer = await client.post<{ transcript_sid: string }>('/sandbox/transcripts', transcript);
      if (answer.status >= 300) throw new Error(answer.text);
      return answer.body.transcript_sid;
    },
    moveTranscript: async (transcriptSid, status) => {
      const answer = await client.post(`/sandbox/transcripts/${transcriptSid}`, { status });
      if (answer.status >= 300) throw new Error(answer.text);
    },
    setTranscriptWebhook: async (url) => {
      const account = `${credentials.TWILIO_ACCOUNT_SID}:${credentials.TWILIO_AUTH_TOKEN}`;
      const answer = await client.post(
        `/v2/Services/${credentials.TWILIO_VOICE_INTELLIGENCE_SID}`,
        new URLSearchParams({ WebhookUrl: url, WebhookHttpMethod: 'POST' }),
        { headers: { authorization: `Basic ${Buffer.from(account).toString('base64')}` } },
      );
      if (answer.status >= 300) throw new Error(answer.text);
    },
    requestsTo: async (path) =>
      (await client.get<{ count: number }>(`/sandbox/requests?path=${encodeURIComponent(path)}`)).body.count,
    close: () => sandbox.close(),
  };
}
