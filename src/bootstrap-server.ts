import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import pino, { Logger } from 'pino';
import { AccountsService } from './auth/accounts.service';
import { createApp } from './bootstrap';
import { twilioTrouble } from './bootstrap-banner';
import { completeEnvironment, providersToSimulate } from './bootstrap-environment';
import { PhoneNumbers } from './calls/phone-numbers.service';
import { Drain } from './common/drain';
import { settledWithin } from './common/settled-within';
import { AppConfig, Environment, NO_SANDBOX, readConfig, SandboxConfig } from './config/app-config';
import { startEmbeddedPostgres } from './database/embedded-postgres';
import { migrate } from './database/migrate';
import { DEMO_USER } from './demo-user';
import { SandboxStatus } from './general/sandbox-status';
import { describeError } from './logging/describe-error';
import { placeholderEnvironment, SANDBOX_PROVIDERS, SandboxProvider, startSandboxProcess } from './sandbox-process';

/** Requests under way get this long once the calls are over; sockets are closed with 1001 meanwhile. */
const CLOSE_LIMIT_MS = 10_000;

export interface RunningServer {
  readonly app: NestFastifyApplication;
  readonly config: AppConfig;
  readonly log: Logger;
  /** Whether DEMO_USER can sign in. */
  readonly hasDemoUser: boolean;
  /** No new calls, live ones finish (bounded), then everything that was started is stopped, the last first. */
  stop(): Promise<void>;
}

/**
 * Starts whatever the environment asks for: simulated providers, a PostgreSQL of our own, the app.
 * @throws ConfigError and other errors whose message is a sentence for whoever started it; nothing is left running
 */
export async function startServer(given: Environment): Promise<RunningServer> {
  const env = await completeEnvironment(given);
  const simulate = providersToSimulate(env);
  // Nothing is started, and nothing is waited for, under a configuration that cannot be used.
  const { logLevel } = readConfig(
    { ...env, ...placeholderEnvironment(simulate, env) },
    { ...NO_SANDBOX, enabled: simulate.length > 0 },
  );
  const log = pino({ level: logLevel, name: 'start', serializers: { err: describeError } });
  const undo: (() => Promise<void>)[] = [];
  try {
    const { environment, sandbox, isUp } = await startSandbox(simulate, env, log, undo);
    const config = readConfig({ ...env, ...environment }, sandbox);
    const databaseUrl = config.databaseUrl ?? (await startPostgres(config, log, undo));
    await migrate(databaseUrl, (message) => log.info(message));

    const complete: AppConfig = Object.freeze({ ...config, databaseUrl });
    const app = await createApp(complete);
    undo.push(async () => {
      if (!(await settledWithin(app.close(), CLOSE_LIMIT_MS))) log.warn('Some requests were still under way');
    });
    // Providers of a Nest app are made by init; listening comes last, when everything is in place.
    await app.init();
    app.get(SandboxStatus).watch(isUp);
    const hasDemoUser = await settleDemoUser(app, config, log);
    await listen(app, config);
    // The simulated platform's number is there for this server; whom a real one asks its owner says.
    if (sandbox.providers.includes('twilio')) await app.get(PhoneNumbers).setUpPlatformNumber();
    const trouble = twilioTrouble(config);
    if (trouble !== undefined) log.warn(trouble);

    return { app, config: complete, log, hasDemoUser, stop: () => stop(app, config, log, undo) };
  } catch (error) {
    await unwind(undo, log);
    throw error;
  }
}

async function startSandbox(
  simulate: SandboxProvider[],
  env: Environment,
  log: Logger,
  undo: (() => Promise<void>)[],
): Promise<{ environment: Environment; sandbox: SandboxConfig; isUp: () => boolean }> {
  if (simulate.length === 0) return { environment: {}, sandbox: NO_SANDBOX, isUp: () => true };
  const port = Number(env['SANDBOX_PORT']?.trim() || 5051);
  const child = await startSandboxProcess({
    port,
    simulate,
    env,
    onTrouble: (sentence) => log.warn(sentence),
    onExit: (reason) => log.error({ reason }, 'The sandbox has ended: simulated providers do not answer any more'),
  });
  undo.push(() => child.stop());
  return {
    environment: child.environment,
    sandbox: { enabled: true, providers: simulate, controlUrl: child.controlUrl },
    isUp: () => child.isUp,
  };
}

async function startPostgres(config: AppConfig, log: Logger, undo: (() => Promise<void>)[]): Promise<string> {
  const postgres = await startEmbeddedPostgres({
    dataDir: config.dataDir,
    log: (level, message) => log[level](message),
    onExit: (reason) => log.fatal({ reason }, 'The embedded PostgreSQL has ended'),
  });
  undo.push(() => postgres.stop());
  return postgres.url;
}

/**
 * The demo password is known to everybody, so it opens nothing where a real provider costs money: not in this start, and not
 * when the user is left over from an earlier one.
 * @returns whether the demo user can sign in
 */
async function settleDemoUser(app: NestFastifyApplication, { sandbox }: AppConfig, log: Logger): Promise<boolean> {
  const accounts = app.get(AccountsService);
  if (SANDBOX_PROVIDERS.every((provider) => sandbox.providers.includes(provider))) {
    await accounts.ensureDemoUser(DEMO_USER);
    return true;
  }
  if (await accounts.retireDemoUser(DEMO_USER)) {
    log.warn(`${DEMO_USER.email} cannot sign in any more: providers are real now, and everybody knows the password`);
  }
  return false;
}

async function listen(app: NestFastifyApplication, config: AppConfig): Promise<void> {
  try {
    await app.listen(config.port, config.host);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EADDRINUSE') {
      throw new Error(`Port ${config.port} is already in use. Stop the other program or set PORT to another port.`, {
        cause: error,
      });
    }
    if (code === 'EACCES') {
      throw new Error(`Port ${config.port} may not be used by this user. Set PORT to a port above 1023.`, {
        cause: error,
      });
    }
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
      throw new Error(`HOST ${config.host} is no address of this machine.`, { cause: error });
    }
    throw error;
  }
}

async function stop(
  app: NestFastifyApplication,
  config: AppConfig,
  log: Logger,
  undo: (() => Promise<void>)[],
): Promise<void> {
  const drain = app.get(Drain);
  drain.begin();
  log.info('Stopping: no new calls, live ones may finish');
  if (!(await drain.finish(config.calls.shutdownGraceMs))) log.warn('Some calls were still live and are cut off');
  await unwind(undo, log);
  log.info('Stopped');
}

/** Undoes what was started, the last first; one part that fails does not keep the others alive. */
async function unwind(undo: (() => Promise<void>)[], log: Logger): Promise<void> {
  for (const step of undo.splice(0).reverse()) {
    try {
      await step();
    } catch (error) {
      log.error({ err: error }, 'A part of the server could not be stopped cleanly');
    }
  }
}
