import { hkdfSync } from 'node:crypto';
import { z } from 'zod';
import { flag, isUrl, list, number, oneOf, optional, publicUrl, text, url, whole } from './fields';

/** What can be masked in transcripts. */
export const REDACTION_KINDS = ['card', 'phone', 'email', 'number'] as const;
export type RedactionKind = (typeof REDACTION_KINDS)[number];

function isRedactionKind(kind: string): kind is RedactionKind {
  return REDACTION_KINDS.some((known) => known === kind);
}

/**
 * The environment as one typed, frozen object. `readConfig` is pure: it reads what it is given, names every problem at
 * once, and is called by main.ts, the migration data source and the tests; nothing else looks at the environment.
 */

/** What browsers send as `Origin`, separated by commas. */
const origins = list('').refine(
  (values) => values.every((value) => isUrl(value, ['http:', 'https:']) && new URL(value).origin === value),
  { message: 'must be origins such as https://app.example.com, separated by commas' },
);

/** Whose voice is on the first channel of a recording, and on the second. */
const roles = list('customer,agent').refine((names) => ['customer,agent', 'agent,customer'].includes(names.join(',')), {
  message: 'must be customer,agent or agent,customer',
});

function isLanguageTag(tag: string): boolean {
  try {
    return tag.toLowerCase() !== 'auto' && Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}

const environment = z.object({
  NODE_ENV: oneOf(['production', 'development', 'test'], 'development'),
  HOST: optional,
  PORT: whole(5050, 0, 65535),
  SECRET_KEY: optional,
  ENCRYPTION_KEY: optional.refine((value) => value === undefined || Buffer.from(value, 'base64').length === 32, {
    message: 'must be 32 bytes in base64 (openssl rand -base64 32)',
  }),
  ENCRYPTION_KEY_PREVIOUS: list('').refine((keys) => keys.every((key) => Buffer.from(key, 'base64').length === 32), {
    message: 'must be keys of 32 bytes in base64, separated by commas',
  }),
  DATABASE_URL: url(['postgres:', 'postgresql:']),
  DATABASE_POOL_SIZE: whole(20, 2, 500),
  DATA_DIR: text.optional().transform((value) => (value === undefined || value === '' ? './data' : value)),
  PUBLIC_URL: publicUrl,
  FRONTEND_URL: publicUrl,
  CORS_ORIGINS: origins,
  TRUST_PROXY: whole(0, 0, 10),
  REDIS_URL: url(['redis:', 'rediss:']),
  LOG_LEVEL: oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'info'),
  SANDBOX: text
    .optional()
    .transform((value) => value?.toLowerCase() ?? '')
    .refine((value) => ['', 'true', 'false'].includes(value), { message: 'must be true, false or empty' }),
  SANDBOX_PORT: whole(5051, 0, 65535),

  RATE_LIMIT_AUTH: whole(5, 1, 1_000_000),
  RATE_LIMIT_CALLS: whole(2, 1, 1_000_000),
  RATE_LIMIT_TEXTS: whole(10, 1, 1_000_000),
  RATE_LIMIT_SCENARIOS: whole(10, 1, 1_000_000),
  RATE_LIMIT_SPEECH: whole(60, 1, 1_000_000),
  RATE_LIMIT_DEFAULT: whole(600, 1, 1_000_000),
  MAX_CALL_SECONDS: whole(1800, 10, 14_400),
  MAX_CONCURRENT_CALLS: whole(10, 1, 100_000),
  MAX_CALLS_PER_DAY: whole(500, 1, 10_000_000),
  MAX_TEXTS_PER_DAY: whole(500, 1, 10_000_000),
  MAX_LIVE_CALLS: whole(0, 0, 100_000),
  RESERVED_FOR_INBOUND_PERCENT: whole(20, 0, 90),
  MAX_EVENT_LOOP_DELAY_MS: whole(30, 0, 1000),
  MAX_SOCKETS_PER_USER: whole(20, 1, 100_000),
  SOCKET_IDLE_SECONDS: whole(300, 5, 86_400),
  MAX_BODY_KB: whole(1024, 16, 102_400),
  MAX_UPLOAD_MB: whole(25, 1, 25),
  ALLOWED_COUNTRIES: list('US,CA').refine((codes) => codes.every((code) => /^[A-Z]{2}$/.test(code)), {
    message: 'must be two-letter country codes separated by commas, such as US,CA',
  }),
  DEFAULT_REGION: text
    .optional()
    .transform((value) => (value === undefined || value === '' ? 'US' : value))
    .refine((code) => /^[A-Z]{2}$/.test(code), { message: 'must be a two-letter country code' }),
  AI_DISCLOSURE: flag(true),
  DEFAULT_LANGUAGE: text
    .optional()
    .transform((value) => (value === undefined || value === '' ? 'en-US' : value))
    .refine(isLanguageTag, { message: 'must be a BCP 47 language tag, such as en-US' }),
  QUIET_HOURS: optional.refine(
    (value) => value === undefined || /^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$/.test(value),
    {
      message: 'must look like 21:00-08:00',
    },
  ),
  SMS_KEYWORD_REPLIES: flag(false),
  DIAL_RATE_PER_SECOND: number(1, 0.1, 1000),
  DEMO_DURATION_SECONDS: whole(60, 10, 3600),
  DEMO_SCENARIO: text.optional().transform((value) => (value === undefined || value === '' ? 'default' : value)),
  DEMO_USER_EMAIL: text
    .optional()
    .transform((value) => (value === undefined || value === '' ? 'demo@example.com' : value)),
  DEMO_CALLS_PER_CALLER: whole(20, 1, 10_000),
  CLAIMABLE_NUMBERS: list('').refine((numbers) => numbers.every((number) => /^\+[1-9]\d{6,14}$/.test(number)), {
    message: 'must be numbers in E.164 form separated by commas, such as +12025550000',
  }),
  RING_TIMEOUT_SECONDS: whole(30, 5, 600),
  SILENCE_REPROMPT_SECONDS: number(8, 1, 600),
  SILENCE_END_SECONDS: number(8, 1, 600),
  SHUTDOWN_GRACE_SECONDS: number(30, 0, 3600),
  TRANSCRIPT_ROLES_OUTBOUND: roles,
  TRANSCRIPT_ROLES_INBOUND: roles,
  REDACT_TRANSCRIPTS: list('').refine((kinds) => kinds.every(isRedactionKind), {
    message: `must be some of ${REDACTION_KINDS.join(', ')}, separated by commas`,
  }),
  TRANSCRIPT_INSIGHTS: flag(true),
  CALL_ANALYSIS: flag(true),

  TWILIO_ACCOUNT_SID: optional.refine((value) => value === undefined || /^AC[0-9a-f]{32}$/i.test(value), {
    message: 'must be AC followed by 32 hexadecimal digits',
  }),
  TWILIO_AUTH_TOKEN: optional,
  TWILIO_PHONE_NUMBER: optional.refine((value) => value === undefined || /^\+[1-9]\d{6,14}$/.test(value), {
    message: 'must be a number in E.164 form, such as +12025550000',
  }),
  TWILIO_API_BASE_URL: url(['http:', 'https:']),
  USE_TWILIO_VOICE_INTELLIGENCE: flag(false),
  TWILIO_VOICE_INTELLIGENCE_SID: optional.refine((value) => value === undefined || /^GA[0-9a-f]{32}$/i.test(value), {
    message: 'must be GA followed by 32 hexadecimal digits',
  }),

  // Anything else cannot be sent in a header.
  OPENAI_API_KEY: optional.refine((value) => value === undefined || /^[\x21-\x7e]+$/.test(value), {
    message: 'must be the key alone, without spaces or other characters',
  }),
  OPENAI_BASE_URL: url(['http:', 'https:']),
  OPENAI_REALTIME_URL: url(['ws:', 'wss:']),
  OPENAI_REALTIME_MODEL: text.default('gpt-realtime-2.1').transform((value) => value || 'gpt-realtime-2.1'),
  OPENAI_TEXT_MODEL: text.default('gpt-6-luna').transform((value) => value || 'gpt-6-luna'),
  OPENAI_TRANSCRIPTION_MODEL: text.default('gpt-transcribe').transform((value) => value || 'gpt-transcribe'),
  OPENAI_SPEECH_MODEL: text.default('gpt-realtime-2.1-mini').transform((value) => value || 'gpt-realtime-2.1-mini'),
  SPEECH_TIMEOUT_SECONDS: whole(20, 1, 300),
  TRANSCRIPTION_TIMEOUT_SECONDS: whole(120, 1, 600),

  GOOGLE_CLIENT_ID: optional,
  GOOGLE_CLIENT_SECRET: optional,
  GOOGLE_REDIRECT_URI: url(['http:', 'https:']),
  GOOGLE_OAUTH_BASE_URL: url(['http:', 'https:']),
  GOOGLE_API_BASE_URL: url(['http:', 'https:']),
  CALENDAR_POLL_SECONDS: whole(60, 5, 3600),

  STORAGE_DRIVER: oneOf(['local', 's3'], 'local'),
  S3_ENDPOINT: url(['http:', 'https:']),
  S3_REGION: text.optional().transform((value) => (value === undefined || value === '' ? 'us-east-1' : value)),
  S3_BUCKET: optional,
  S3_ACCESS_KEY_ID: optional,
  S3_SECRET_ACCESS_KEY: optional,
  S3_FORCE_PATH_STYLE: flag(false),
  RECORD_CALLS: flag(true),
  ANNOUNCE_RECORDING: flag(true),
  DELETE_RECORDINGS_AT_TWILIO: flag(false),
  AUDIO_RETENTION_DAYS: optional.refine((value) => value === undefined || /^[1-9]\d{0,4}$/.test(value), {
    message: 'must be a whole number of days, or empty',
  }),

  CONVERSATION_IDLE_MINUTES: whole(60, 1, 10_080),

  ALLOW_PRIVATE_WEBHOOK_TARGETS: flag(false),
  WEBHOOK_LOG_DAYS: whole(30, 7, 3650),

  RESEND_API_KEY: optional,
  RESEND_BASE_URL: url(['http:', 'https:']),
  FEEDBACK_EMAIL: optional.refine((value) => value === undefined || /^[^\s@]+@[^\s@]+$/.test(value), {
    message: 'must be an e-mail address',
  }),
  MAIL_FROM: text
    .optional()
    .transform((value) => (value === undefined || value === '' ? 'Speech Assistant <onboarding@resend.dev>' : value)),
});

/** Every name that `readConfig` understands, for the spec that keeps .env.example complete. */
export const SETTING_NAMES: readonly string[] = Object.keys(environment.shape);

export interface AppConfig {
  readonly isProduction: boolean;
  readonly isTest: boolean;
  readonly host: string;
  readonly port: number;
  /** Signs access tokens and stream tokens. */
  readonly secretKey: string;
  /**
   * 32 bytes each; keys of stored hashes and encrypted columns are derived from them. What is written is written by the first;
   * what was written by the others can still be read.
   */
  readonly encryptionKeys: readonly [Buffer, ...Buffer[]];
  /** Undefined means: start the embedded PostgreSQL. */
  readonly databaseUrl: string | undefined;
  readonly databasePoolSize: number;
  readonly dataDir: string;
  /** Origin that Twilio and browsers reach, without a trailing slash. */
  readonly publicUrl: string;
  readonly frontendUrl: string;
  readonly corsOrigins: readonly string[];
  /** How many proxies in front of the server may be believed in X-Forwarded-For. */
  readonly trustedProxies: number;
  readonly redisUrl: string | undefined;
  readonly logLevel: string;
  readonly sandbox: SandboxConfig;
  readonly limits: {
    readonly authPerMinute: number;
    readonly callsPerMinute: number;
    readonly textsPerMinute: number;
    readonly scenariosPerMinute: number;
    readonly speechPerMinute: number;
    readonly defaultPerMinute: number;
    readonly maxCallSeconds: number;
    readonly maxConcurrentCalls: number;
    readonly maxCallsPerDay: number;
    readonly maxTextsPerDay: number;
    /** Of all users together, in this process; null: no fixed limit. */
    readonly maxLiveCalls: number | null;
    /** The share of this process' places, and of the calls at once of a user who has a number, that outbound calls leave. */
    readonly reservedForInbound: number;
    /** What a frame may wait for its turn on average; null: the event loop is not watched. */
    readonly maxEventLoopDelayMs: number | null;
    readonly maxBodyBytes: number;
    /** Of one audio file. */
    readonly maxUploadBytes: number;
  };
  /** Of browsers and programs that talk to an agent. */
  readonly sockets: {
    /** At once, in this process. */
    readonly perUser: number;
    /** One over which nothing comes for this long is closed. */
    readonly idleSeconds: number;
  };
  readonly calls: {
    readonly allowedCountries: readonly string[];
    readonly defaultRegion: string;
    readonly aiDisclosure: boolean;
    /** BCP 47: in which a conversation begins whose language is to be found out. */
    readonly defaultLanguage: string;
    /** Local wall-clock times between which nobody is called, such as 21:00-08:00. */
    readonly quietHours: string | undefined;
    /** Scheduled calls, of all users and processes together. */
    readonly dialsPerSecond: number;
    readonly demo: {
      readonly durationSeconds: number;
      /** Of numbers that nobody has claimed. */
      readonly scenario: string;
      readonly userEmail: string;
      /** Within a day. */
      readonly callsPerCaller: number;
    };
    /** Which of the platform's numbers users may claim; null: none is named, and those that do not place calls in production. */
    readonly claimableNumbers: readonly string[] | null;
    /** Whether a language model reads calls that are over. */
    readonly areAnalysed: boolean;
    readonly ringTimeoutSeconds: number;
    readonly silenceRepromptMs: number;
    readonly silenceEndMs: number;
    readonly shutdownGraceMs: number;
  };
  readonly sms: {
    /** Whether START and HELP are answered from here, because Twilio does not. */
    readonly answersKeywords: boolean;
  };
  readonly twilio: {
    readonly accountSid: string;
    readonly authToken: string;
    readonly phoneNumber: string;
    readonly apiBaseUrl: string | undefined;
    /** Whether transcripts that Voice Intelligence makes are stored as they come. */
    readonly usesVoiceIntelligence: boolean;
    /** The service that recordings are sent to and whose transcripts are ours; undefined: none, and whichever sends them. */
    readonly voiceIntelligenceSid: string | undefined;
  };
  readonly transcripts: {
    /** Who speaks on the first channel of a recording, by the direction of the call. */
    readonly firstChannel: Readonly<Record<'inbound' | 'outbound', 'customer' | 'agent'>>;
    /** What is masked in everything that is written down of a call. */
    readonly redact: readonly RedactionKind[];
    /** Whether a language model is asked what they were about. */
    readonly hasInsights: boolean;
  };
  readonly openai: {
    readonly apiKey: string;
    readonly baseUrl: string | undefined;
    readonly realtimeUrl: string;
    readonly realtimeModel: string;
    readonly textModel: string;
    readonly transcriptionModel: string;
    /** Its name says how it is spoken to: over Realtime or by REST (integrations/speech/speech.module.ts). */
    readonly speechModel: string;
    /** How long it may take until speech begins to come, or goes on. */
    readonly speechTimeoutMs: number;
    readonly transcriptionTimeoutMs: number;
  };
  readonly google: {
    /** Undefined: this installation has no account with Google, and no calendars. */
    readonly client: { readonly id: string; readonly secret: string } | undefined;
    /** Where Google sends people back to who connect a calendar. */
    readonly calendarRedirectUri: string;
    /** Undefined: Google's own. Without a trailing slash. */
    readonly oauthBaseUrl: string | undefined;
    readonly apiBaseUrl: string | undefined;
  };
  readonly calendar: {
    /** How often Google is asked for changes of a calendar where it does not tell of them. */
    readonly pollSeconds: number;
  };
  readonly storage: {
    /** Undefined: files are kept in a folder below `dataDir`. */
    readonly s3:
      | {
          /** Undefined: Amazon's own. Without a trailing slash. */
          readonly endpoint: string | undefined;
          readonly region: string;
          readonly bucket: string;
          readonly accessKeyId: string;
          readonly secretAccessKey: string;
          /** Whether the bucket stands in the path instead of the host. */
          readonly forcePathStyle: boolean;
        }
      | undefined;
  };
  readonly recordings: {
    /** Whether calls are recorded that are to be. */
    readonly areMade: boolean;
    /** Whether the agent's first words say so. */
    readonly areAnnounced: boolean;
    /** Whether the carrier's copy goes once ours is there. */
    readonly areDeletedAtCarrier: boolean;
    /** Older audio is deleted; null: it is kept. */
    readonly retentionDays: number | null;
  };
  readonly conversations: {
    /** One in which nothing is said for so long has ended. */
    readonly idleMinutes: number;
  };
  readonly webhooks: {
    /** Whether events are sent into networks that are not for everybody. */
    readonly allowsPrivateTargets: boolean;
    /** For how long it is kept what was sent. */
    readonly logDays: number;
  };
  readonly mail: {
    /** Undefined: this installation sends no mails. */
    readonly resendApiKey: string | undefined;
    /** Undefined: Resend's own. Without a trailing slash. */
    readonly resendBaseUrl: string | undefined;
    readonly from: string;
    /** Who hears what people say of demos; undefined: nobody. */
    readonly feedbackTo: string | undefined;
  };
}

/** Whether simulated providers run beside the server, which, and where they are steered. */
export interface SandboxConfig {
  readonly enabled: boolean;
  readonly providers: readonly string[];
  readonly controlUrl: string | undefined;
}

export const NO_SANDBOX: SandboxConfig = { enabled: false, providers: [], controlUrl: undefined };

/** The configuration cannot be used; `problems` has a sentence for each variable that is wrong or missing. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`The configuration is not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the environment. Provider credentials must be there: whoever starts the server without them starts the sandbox
 * first and passes the environment that the sandbox completed (see main.ts).
 * @throws ConfigError with every problem at once
 */
export function readConfig(env: Environment, sandbox: SandboxConfig = NO_SANDBOX): AppConfig {
  const parsed = environment.safeParse(env);
  if (!parsed.success) {
    throw new ConfigError(parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`));
  }
  const e = parsed.data;
  const problems: string[] = [];
  const isProduction = e.NODE_ENV === 'production';

  if (e.SECRET_KEY === undefined) problems.push('SECRET_KEY is missing (openssl rand -base64 48)');
  else if (isProduction && Buffer.byteLength(e.SECRET_KEY) < 32) {
    problems.push('SECRET_KEY must have at least 32 bytes in production (openssl rand -base64 48)');
  }
  if (isProduction && e.ENCRYPTION_KEY === undefined) {
    problems.push('ENCRYPTION_KEY is missing: 32 bytes in base64 (openssl rand -base64 32)');
  }
  if (isProduction && e.PUBLIC_URL === undefined && !sandbox.enabled) {
    problems.push('PUBLIC_URL is missing: the host under which Twilio reaches this server');
  }
  for (const name of ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_PHONE_NUMBER', 'OPENAI_API_KEY'] as const) {
    if (e[name] === undefined) problems.push(`${name} is missing`);
  }
  if ((e.GOOGLE_CLIENT_ID === undefined) !== (e.GOOGLE_CLIENT_SECRET === undefined)) {
    problems.push('GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET belong together: set both, or none');
  }
  if (e.STORAGE_DRIVER === 's3') {
    for (const name of ['S3_BUCKET', 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'] as const) {
      if (e[name] === undefined) problems.push(`${name} is missing: STORAGE_DRIVER=s3 needs it`);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);

  const secretKey = e.SECRET_KEY ?? '';
  const host = e.HOST ?? (isProduction ? '0.0.0.0' : '127.0.0.1');
  const publicOrigin = e.PUBLIC_URL ?? localOrigin(host, e.PORT);
  return deepFreeze<AppConfig>({
    isProduction,
    isTest: e.NODE_ENV === 'test',
    host,
    port: e.PORT,
    secretKey,
    encryptionKeys: encryptionKeysOf(e, secretKey),
    databaseUrl: e.DATABASE_URL,
    databasePoolSize: e.DATABASE_POOL_SIZE,
    dataDir: e.DATA_DIR,
    publicUrl: publicOrigin,
    frontendUrl: e.FRONTEND_URL ?? publicOrigin,
    corsOrigins: e.CORS_ORIGINS,
    trustedProxies: e.TRUST_PROXY,
    redisUrl: e.REDIS_URL,
    logLevel: e.LOG_LEVEL,
    sandbox,
    limits: {
      authPerMinute: e.RATE_LIMIT_AUTH,
      callsPerMinute: e.RATE_LIMIT_CALLS,
      textsPerMinute: e.RATE_LIMIT_TEXTS,
      scenariosPerMinute: e.RATE_LIMIT_SCENARIOS,
      speechPerMinute: e.RATE_LIMIT_SPEECH,
      defaultPerMinute: e.RATE_LIMIT_DEFAULT,
      maxCallSeconds: e.MAX_CALL_SECONDS,
      maxConcurrentCalls: e.MAX_CONCURRENT_CALLS,
      maxCallsPerDay: e.MAX_CALLS_PER_DAY,
      maxTextsPerDay: e.MAX_TEXTS_PER_DAY,
      maxLiveCalls: e.MAX_LIVE_CALLS === 0 ? null : e.MAX_LIVE_CALLS,
      reservedForInbound: e.RESERVED_FOR_INBOUND_PERCENT / 100,
      maxEventLoopDelayMs: e.MAX_EVENT_LOOP_DELAY_MS === 0 ? null : e.MAX_EVENT_LOOP_DELAY_MS,
      maxBodyBytes: e.MAX_BODY_KB * 1024,
      maxUploadBytes: e.MAX_UPLOAD_MB * 1024 * 1024,
    },
    sockets: { perUser: e.MAX_SOCKETS_PER_USER, idleSeconds: e.SOCKET_IDLE_SECONDS },
    calls: {
      allowedCountries: e.ALLOWED_COUNTRIES,
      defaultRegion: e.DEFAULT_REGION,
      aiDisclosure: e.AI_DISCLOSURE,
      defaultLanguage: e.DEFAULT_LANGUAGE,
      quietHours: e.QUIET_HOURS,
      dialsPerSecond: e.DIAL_RATE_PER_SECOND,
      demo: {
        durationSeconds: e.DEMO_DURATION_SECONDS,
        scenario: e.DEMO_SCENARIO,
        userEmail: e.DEMO_USER_EMAIL,
        callsPerCaller: e.DEMO_CALLS_PER_CALLER,
      },
      claimableNumbers: e.CLAIMABLE_NUMBERS.length === 0 ? null : e.CLAIMABLE_NUMBERS,
      areAnalysed: e.CALL_ANALYSIS,
      ringTimeoutSeconds: e.RING_TIMEOUT_SECONDS,
      silenceRepromptMs: e.SILENCE_REPROMPT_SECONDS * 1000,
      silenceEndMs: e.SILENCE_END_SECONDS * 1000,
      shutdownGraceMs: e.SHUTDOWN_GRACE_SECONDS * 1000,
    },
    sms: { answersKeywords: e.SMS_KEYWORD_REPLIES },
    twilio: {
      accountSid: e.TWILIO_ACCOUNT_SID ?? '',
      authToken: e.TWILIO_AUTH_TOKEN ?? '',
      phoneNumber: e.TWILIO_PHONE_NUMBER ?? '',
      apiBaseUrl: e.TWILIO_API_BASE_URL,
      usesVoiceIntelligence: e.USE_TWILIO_VOICE_INTELLIGENCE,
      voiceIntelligenceSid: e.TWILIO_VOICE_INTELLIGENCE_SID,
    },
    transcripts: {
      firstChannel: {
        inbound: firstOf(e.TRANSCRIPT_ROLES_INBOUND),
        outbound: firstOf(e.TRANSCRIPT_ROLES_OUTBOUND),
      },
      redact: e.REDACT_TRANSCRIPTS.filter(isRedactionKind),
      hasInsights: e.TRANSCRIPT_INSIGHTS,
    },
    openai: {
      apiKey: e.OPENAI_API_KEY ?? '',
      baseUrl: e.OPENAI_BASE_URL,
      realtimeUrl: e.OPENAI_REALTIME_URL ?? 'wss://api.openai.com/v1/realtime',
      realtimeModel: e.OPENAI_REALTIME_MODEL,
      textModel: e.OPENAI_TEXT_MODEL,
      transcriptionModel: e.OPENAI_TRANSCRIPTION_MODEL,
      speechModel: e.OPENAI_SPEECH_MODEL,
      speechTimeoutMs: e.SPEECH_TIMEOUT_SECONDS * 1000,
      transcriptionTimeoutMs: e.TRANSCRIPTION_TIMEOUT_SECONDS * 1000,
    },
    google: {
      client:
        e.GOOGLE_CLIENT_ID === undefined || e.GOOGLE_CLIENT_SECRET === undefined
          ? undefined
          : { id: e.GOOGLE_CLIENT_ID, secret: e.GOOGLE_CLIENT_SECRET },
      calendarRedirectUri: e.GOOGLE_REDIRECT_URI ?? `${publicOrigin}/google-calendar/callback`,
      oauthBaseUrl: e.GOOGLE_OAUTH_BASE_URL?.replace(/\/+$/, ''),
      apiBaseUrl: e.GOOGLE_API_BASE_URL?.replace(/\/+$/, ''),
    },
    calendar: { pollSeconds: e.CALENDAR_POLL_SECONDS },
    storage: { s3: s3Of(e) },
    recordings: {
      areMade: e.RECORD_CALLS,
      areAnnounced: e.ANNOUNCE_RECORDING,
      areDeletedAtCarrier: e.DELETE_RECORDINGS_AT_TWILIO,
      retentionDays: e.AUDIO_RETENTION_DAYS === undefined ? null : Number(e.AUDIO_RETENTION_DAYS),
    },
    conversations: { idleMinutes: e.CONVERSATION_IDLE_MINUTES },
    webhooks: { allowsPrivateTargets: e.ALLOW_PRIVATE_WEBHOOK_TARGETS, logDays: e.WEBHOOK_LOG_DAYS },
    mail: {
      resendApiKey: e.RESEND_API_KEY,
      resendBaseUrl: e.RESEND_BASE_URL?.replace(/\/+$/, ''),
      from: e.MAIL_FROM,
      feedbackTo: e.FEEDBACK_EMAIL,
    },
  });
}

function s3Of(e: z.infer<typeof environment>): AppConfig['storage']['s3'] {
  if (e.STORAGE_DRIVER !== 's3') return undefined;
  return {
    endpoint: e.S3_ENDPOINT,
    region: e.S3_REGION,
    bucket: e.S3_BUCKET ?? '',
    accessKeyId: e.S3_ACCESS_KEY_ID ?? '',
    secretAccessKey: e.S3_SECRET_ACCESS_KEY ?? '',
    forcePathStyle: e.S3_FORCE_PATH_STYLE,
  };
}

const vault = environment.pick({
  ENCRYPTION_KEY: true,
  ENCRYPTION_KEY_PREVIOUS: true,
  DATABASE_URL: true,
});

/**
 * What a command needs that writes stored secrets anew, without the providers' credentials.
 * @throws ConfigError with every problem at once
 */
export function readVaultConfig(env: Environment): Pick<AppConfig, 'encryptionKeys'> & { databaseUrl: string } {
  const parsed = vault.safeParse(env);
  if (!parsed.success) {
    throw new ConfigError(parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`));
  }
  const { DATABASE_URL } = parsed.data;
  if (DATABASE_URL === undefined) throw new ConfigError(['DATABASE_URL is missing']);
  // One that is derived would be another than the servers have.
  if (parsed.data.ENCRYPTION_KEY === undefined) {
    throw new ConfigError(['ENCRYPTION_KEY is missing: 32 bytes in base64 (openssl rand -base64 32)']);
  }
  return { databaseUrl: DATABASE_URL, encryptionKeys: encryptionKeysOf(parsed.data, '') };
}

function encryptionKeysOf(
  e: { ENCRYPTION_KEY?: string; ENCRYPTION_KEY_PREVIOUS: string[] },
  secretKey: string,
): [Buffer, ...Buffer[]] {
  return [
    e.ENCRYPTION_KEY === undefined ? deriveKey(secretKey) : Buffer.from(e.ENCRYPTION_KEY, 'base64'),
    ...e.ENCRYPTION_KEY_PREVIOUS.map((key) => Buffer.from(key, 'base64')),
  ];
}

/** Where this machine reaches a server that listens on `host`. */
export function localOrigin(host: string, port: number): string {
  const isEverywhere = host === '0.0.0.0' || host === '::';
  return `http://${isEverywhere ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host}:${port}`;
}

function firstOf(roles: readonly string[]): 'customer' | 'agent' {
  return roles[0] === 'agent' ? 'agent' : 'customer';
}

function deriveKey(secretKey: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secretKey, '', 'speech-assistant/encryption-key', 32));
}

function deepFreeze<T extends object>(value: T): T {
  for (const inner of Object.values(value)) {
    if (typeof inner === 'object' && inner !== null && !Buffer.isBuffer(inner)) deepFreeze(inner as object);
  }
  return Object.freeze(value);
}
