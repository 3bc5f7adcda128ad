import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { DestinationStream } from 'pino';
import { createApp } from '../../src/bootstrap';
import { AppConfig, Environment, readConfig, SandboxConfig } from '../../src/config/app-config';
import { Database } from '../../src/database/database';
import { freePort } from './free-port';
import { freshDatabase, TestDatabase } from './test-database';

export interface StartedApp {
  url: string;
  app: NestFastifyApplication;
  config: AppConfig;
  database: TestDatabase;
  /** SQL on the rows of one user, for what no route shows or does. */
  sql<Row extends object = object>(userId: number, sql: string, parameters?: unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

export interface StartOptions {
  /** Settings beside the defaults of a test. */
  env?: Environment;
  sandbox?: SandboxConfig;
  /** Another instance over the same database. */
  database?: TestDatabase;
  logDestination?: DestinationStream;
  /** Beside the rooms of the app. */
  moreRooms?: Type[];
}

/** Limits that no test meets unless it asks for them. */
const GENEROUS = '100000';

/** Providers nobody listens for: a test that needs them names the sandbox's settings. */
const NO_PROVIDERS = {
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'test-auth-token',
  TWILIO_PHONE_NUMBER: '+12025550000',
  TWILIO_API_BASE_URL: 'http://127.0.0.1:1',
  OPENAI_API_KEY: 'sk-test',
  OPENAI_BASE_URL: 'http://127.0.0.1:1/v1',
  OPENAI_REALTIME_URL: 'ws://127.0.0.1:1/v1/realtime',
};

/** The real app in this process, on a port of its own, over a database of its own. */
export async function startApp(options: StartOptions = {}): Promise<StartedApp> {
  const database = options.database ?? (await freshDatabase());
  // PUBLIC_URL, and with it every signature, needs it before the app is made.
  const port = await freePort();
  const dataDir = await mkdtemp(join(tmpdir(), 'speech-assistant-test-'));
  const config = readConfig(
    {
      NODE_ENV: 'test',
      LOG_LEVEL: options.logDestination === undefined ? 'silent' : 'debug',
      PORT: String(port),
      SECRET_KEY: randomBytes(32).toString('base64url'),
      DATABASE_URL: database.url,
      DATA_DIR: dataDir,
      DATABASE_POOL_SIZE: '10',
      RATE_LIMIT_AUTH: GENEROUS,
      RATE_LIMIT_CALLS: GENEROUS,
      RATE_LIMIT_TEXTS: GENEROUS,
      RATE_LIMIT_SCENARIOS: GENEROUS,
      RATE_LIMIT_SPEECH: GENEROUS,
      RATE_LIMIT_DEFAULT: GENEROUS,
      // Many apps, sandboxes and tests share one event loop here.
      MAX_EVENT_LOOP_DELAY_MS: '0',
      TRANSCRIPT_INSIGHTS: 'false',
      CALL_ANALYSIS: 'false',
      ...NO_PROVIDERS,
      ...options.env,
    },
    options.sandbox,
  );
  const app = await createApp(config, { logDestination: options.logDestination, moreRooms: options.moreRooms });
  await app.listen(port, '127.0.0.1');
  return {
    url: `http://127.0.0.1:${port}`,
    app,
    config,
    database,
    sql: (userId, sql, parameters = []) => app.get(Database).asOwner({ userId }, (tx) => tx.query(sql, parameters)),
    close: async () => {
      await app.close();
      await rm(dataDir, { recursive: true, force: true });
      if (options.database === undefined) await database.drop();
    },
  };
}
