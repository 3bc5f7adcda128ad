import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Driver, patiently, type Target } from './driver/driver';
import { MeasuredProcess } from './measured-process';
import { type BenchDatabase, startProduct } from './product';

const REGISTER = join(__dirname, '..', 'support', 'swc-register.cjs');
const START_LIMIT_MS = 20_000;
/** A call is written and forgotten within this after its end. */
const CALLS_GONE_MS = 7000;
/** Every conversation comes to its first answer. */
const WARM_UP_TALK_MS = 7000;

/** One of the two that are compared: the relay, or the bare floor. */
export interface Side<To extends Target = Target> {
  name: To['kind'];
  target: To;
  process: MeasuredProcess;
  /** Lines of its log that report an error. */
  errors: string[];
  stop(): Promise<void>;
}

export type Floor = Side<Target & { kind: 'floor' }>;
export type Relay = Side<Target & { kind: 'product' }>;

export async function startFloor(driver: Driver): Promise<Floor> {
  let port = 0;
  const errors: string[] = [];
  const measured = new MeasuredProcess({
    script: join(__dirname, 'floor.ts'),
    nodeArgs: ['--require', REGISTER],
    env: { PATH: process.env['PATH'], FLOOR_MODEL_URL: `ws://127.0.0.1:${driver.model.port}/` },
    onLine: (line) => {
      if (port === 0 && line.startsWith('{')) port = (JSON.parse(line) as { port: number }).port;
      else errors.push(line);
    },
  });
  await patiently(() => port !== 0, 'the floor', START_LIMIT_MS);
  return { name: 'floor', target: { kind: 'floor', port }, process: measured, errors, stop: () => measured.stop() };
}

export async function startRelay(
  driver: Driver,
  database: BenchDatabase,
  options: { dist: string; env: Record<string, string>; logFile?: string },
): Promise<Relay> {
  const { twilio, model } = driver;
  const product = await startProduct(database.url, {
    ...options,
    providers: {
      accountSid: twilio.accountSid,
      authToken: twilio.authToken,
      twilioPort: twilio.port,
      modelPort: model.port,
    },
  });
  return {
    name: 'product',
    target: { kind: 'product', url: product.url, token: product.token },
    process: product.process,
    errors: product.errors,
    stop: () => product.stop(),
  };
}

/** Everything that is made once and not for each call: code is compiled, modules and pools are there. */
export async function warmUp(driver: Driver, { target }: Side, calls: number): Promise<void> {
  const wave = await driver.begin(target, calls);
  await sleep(WARM_UP_TALK_MS);
  await driver.end(wave);
  await untilCallsAreGone(driver);
}

/** Until the relay has written and forgotten the calls that are over. */
export async function untilCallsAreGone(driver: Driver): Promise<void> {
  await sleep(Math.max(0, driver.endedAtMs + CALLS_GONE_MS - performance.now()));
}
