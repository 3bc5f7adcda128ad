import { z } from 'zod';

/** The platform's first number: always there, whatever TWILIO_PHONE_NUMBER says (product.md section 9). */
const PLATFORM_NUMBER = '+12025550000';

const empty = (value: unknown): unknown => (value === '' ? undefined : value);
const number = (min: number, max: number) => {
  const says = `must be a whole number from ${min} to ${max}`;
  return z.preprocess(empty, z.coerce.number(says).int(says).min(min, says).max(max, says).optional());
};
const text = (pattern: RegExp, says: string) => z.preprocess(empty, z.string().regex(pattern, says).optional());

const environment = z.object({
  SANDBOX_PORT: number(0, 65535),
  TWILIO_ACCOUNT_SID: text(/^AC[0-9a-fA-F]{32}$/, 'must be "AC" and 32 hexadecimal digits'),
  TWILIO_AUTH_TOKEN: text(/^.{1,200}$/, 'must not be longer than 200 characters'),
  TWILIO_PHONE_NUMBER: text(/^\+[1-9]\d{6,14}$/, 'must be a number in E.164 form such as +12025550000'),
  TWILIO_VOICE_INTELLIGENCE_SID: text(/^GA[0-9a-fA-F]{32}$/, 'must be "GA" and 32 hexadecimal digits'),
  OPENAI_API_KEY: text(/^\S{1,300}$/, 'must be a key without spaces'),
  GOOGLE_CLIENT_ID: text(/^\S{1,300}$/, 'must be a client id without spaces'),
  GOOGLE_CLIENT_SECRET: text(/^\S{1,300}$/, 'must be a secret without spaces'),
  RESEND_API_KEY: text(/^\S{1,300}$/, 'must be a key without spaces'),
  S3_BUCKET: text(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of a bucket'),
  S3_ACCESS_KEY_ID: text(/^\S{1,300}$/, 'must be a key id without spaces'),
  S3_SECRET_ACCESS_KEY: text(/^\S{1,300}$/, 'must be a key without spaces'),
  SANDBOX_RING_MS: number(0, 600_000),
  SANDBOX_NO_ANSWER_MS: number(0, 600_000),
  SANDBOX_TRANSCRIPT_MS: number(0, 600_000),
  SANDBOX_CALLS_PER_SECOND: number(1, 1000),
  SANDBOX_SMS_MS: number(0, 600_000),
  SANDBOX_SMS_KEYWORDS: text(/^[01]$/, 'must be 0 or 1'),
  SANDBOX_SPEECH_DIR: text(/^.{1,1000}$/, 'must be the path of a folder'),
  SANDBOX_LOG: text(/^[01]$/, 'must be 0 or 1'),
});

export interface SandboxOptions {
  /** 0 takes any free port. */
  port: number;
  accountSid: string;
  authToken: string;
  /** The platform's own numbers in E.164; the first one is what a call is placed from by default. */
  phoneNumbers: readonly string[];
  /** The Voice Intelligence service that is there from the start. */
  voiceIntelligenceSid: string;
  openAiApiKey: string;
  /** The one OAuth client that the simulated Google knows. */
  googleClientId: string;
  googleClientSecret: string;
  /** What mails are sent with. */
  resendApiKey: string;
  /** The one bucket of the simulated S3, and who may use it. */
  store: { bucket: string; accessKeyId: string; secretAccessKey: string };
  /** How long a phone rings before the person picks up. */
  ringMs: number;
  /** How long a phone that nobody answers rings; the call's own Timeout when that is shorter. */
  noAnswerMs: number;
  /** How long Voice Intelligence takes for a transcript. The real one takes about half as long as the audio. */
  transcriptMs: number;
  /** Twilio's calls per second: what is more than that waits with status `queued`. */
  callsPerSecond: number;
  /** How long a text takes to be sent, and then again to be delivered. */
  smsMs: number;
  /** Whether Twilio keeps to STOP, START and HELP by itself, as it does for long codes. */
  smsKeywords: boolean;
  /** Keeps what has been spoken; undefined: it is spoken anew after each start. */
  speechDir: string | undefined;
  log: boolean;
}

/** What is wrong with the environment, in one sentence for a person. */
export class WrongSandboxOptions extends Error {}

/** @throws WrongSandboxOptions naming every variable that is wrong */
export function readSandboxOptions(env: Record<string, string | undefined>): SandboxOptions {
  const parsed = environment.safeParse(env);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new WrongSandboxOptions(`The sandbox cannot start. ${problems.join('; ')}.`);
  }
  const read = parsed.data;
  const own = read.TWILIO_PHONE_NUMBER ?? PLATFORM_NUMBER;
  return {
    port: read.SANDBOX_PORT ?? 5051,
    accountSid: read.TWILIO_ACCOUNT_SID ?? 'AC00000000000000000000000000000000',
    authToken: read.TWILIO_AUTH_TOKEN ?? 'sandbox-auth-token',
    phoneNumbers: [...new Set([own, PLATFORM_NUMBER])],
    voiceIntelligenceSid: read.TWILIO_VOICE_INTELLIGENCE_SID ?? 'GA00000000000000000000000000000000',
    openAiApiKey: read.OPENAI_API_KEY ?? 'sk-sandbox',
    googleClientId: read.GOOGLE_CLIENT_ID ?? 'sandbox-client.apps.googleusercontent.com',
    googleClientSecret: read.GOOGLE_CLIENT_SECRET ?? 'sandbox-client-secret',
    resendApiKey: read.RESEND_API_KEY ?? 're_sandbox',
    store: {
      bucket: read.S3_BUCKET ?? 'sandbox',
      accessKeyId: read.S3_ACCESS_KEY_ID ?? 'sandbox-key',
      secretAccessKey: read.S3_SECRET_ACCESS_KEY ?? 'sandbox-secret',
    },
    ringMs: read.SANDBOX_RING_MS ?? 1200,
    noAnswerMs: read.SANDBOX_NO_ANSWER_MS ?? 8000,
    transcriptMs: read.SANDBOX_TRANSCRIPT_MS ?? 500,
    callsPerSecond: read.SANDBOX_CALLS_PER_SECOND ?? 10,
    smsMs: read.SANDBOX_SMS_MS ?? 200,
    smsKeywords: read.SANDBOX_SMS_KEYWORDS !== '0',
    speechDir: read.SANDBOX_SPEECH_DIR,
    log: read.SANDBOX_LOG === '1',
  };
}
