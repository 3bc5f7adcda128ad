/**
 * The real server for an hour: calls that come and go, with model sockets cut if asked for. Shows whether memory grows,
 * whether the event loop stays free, and whether anything of a call outlives it.
 */
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { leaveTheRelaysCore } from './cores';
import { type Product, startBenchDatabase, startProduct } from './product';
import type { Callers } from './soak/callers';
import { checksOf } from './soak/checks';
import { DriverCallers } from './soak/driver-callers';
import { endedReasonsOf } from './soak/ended-reasons';
import { type AtRest, figuresOf, type Latencies } from './soak/figures';
import { countsAfter, countsAtRest } from './soak/leaks';
import { optionsOf, type SoakOptions, WrongOption } from './soak/options';
import { SandboxCallers } from './soak/sandbox-callers';
import { SoakRun } from './soak/soak-run';
import { summaryOf } from './soak/summary';

const LAST_WRITES_MS = 8000;
/** The event loop is watched as in earnest; only an hour of this machine's other work must not turn calls away. */
const MAX_EVENT_LOOP_DELAY_MS = '1000';
/** Walking the heap fills the loop for seconds, and the server refuses calls until it has seen a calm time. */
const CALM_AGAIN_MS = 8000;
const MISSED = 1;
const WRONG_OPTION = 2;

/** Answers whether every check is met. */
async function soak(options: SoakOptions, product: Product, callers: Callers): Promise<boolean> {
  const run = new SoakRun(options, product, callers);
  const { process: measured } = product;
  console.error(`Warming up with ${options.calls} calls at once.`);
  await run.warmUp();
  console.error('Counting what is there while nobody talks.');
  const before: AtRest = { counts: await countsAtRest(measured), reading: await measured.ask('settle') };
  await sleep(CALM_AGAIN_MS);
  product.warnings.clear();
  if (callers instanceof DriverCallers) callers.driver.measure({ isWakeful: false });
  console.error(`Soaking for ${options.minutes} minutes with ${options.calls} calls (${options.phones}).`);
  await run.run();
  const latencyMs = callers instanceof DriverCallers ? latenciesOf(callers) : null;
  await sleep(LAST_WRITES_MS);
  const logWarnings = new Map(product.warnings);
  console.error('All calls are over: counting what is left of them.');
  const after: AtRest = {
    counts: await countsAfter(measured, before.counts),
    reading: await measured.ask('settle'),
  };
  const { warnings: processWarnings } = await measured.ask('resources');
  const reasons = await endedReasonsOf(product, run.reports);
  const figures = figuresOf({
    options,
    run,
    before,
    after,
    reasons,
    latencyMs,
    errorLines: product.errors,
    logWarnings,
    processWarnings,
  });
  const checks = checksOf(figures);
  if (options.json !== undefined) writeFileSync(options.json, JSON.stringify({ ...figures, checks }, null, 2));
  console.log(summaryOf(figures, checks));
  return checks.every(({ isMet }) => isMet);
}

function latenciesOf({ driver: { latency } }: DriverCallers): Latencies {
  return {
    p50: latency.quantile(0.5),
    p99: latency.quantile(0.99),
    p999: latency.quantile(0.999),
    max: latency.maxMs,
  };
}

async function main(): Promise<void> {
  const options = optionsOf(process.argv.slice(2));
  if (options === null) return;
  leaveTheRelaysCore();
  const open: (() => Promise<void>)[] = [];
  const closeAll = async (): Promise<void> => {
    for (const close of open.splice(0).reverse()) await close();
  };
  const onSignal = (): void => {
    // The second one does not wait; what was started goes down with this process.
    process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143));
    closeAll().then(
      () => process.exit(130),
      () => process.exit(130),
    );
  };
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    const callers = await (options.phones === 'driver' ? DriverCallers.start() : SandboxCallers.start(options.dist));
    open.push(() => callers.close());
    const database = await startBenchDatabase();
    open.push(() => database.remove());
    const product = await startProduct(database.url, {
      dist: options.dist,
      providers: callers.providers,
      env: { ...callers.env, MAX_EVENT_LOOP_DELAY_MS },
      logFile: options.log,
    });
    open.push(() => product.stop());
    if (!(await soak(options, product, callers))) process.exitCode = MISSED;
  } finally {
    await closeAll();
  }
}

main().then(
  () => process.exit(),
  (error: unknown) => {
    if (error instanceof WrongOption) {
      console.error(`${error.message} What there is: npm run soak -- --help`);
      process.exit(WRONG_OPTION);
    }
    console.error(error);
    process.exit(MISSED);
  },
);
