/**
 * The real server for an hour: calls that come and go, with model sockets cut if asked for. Shows whether memory grows,
 * whether the event loop stays free, and whether anything of a call outlives it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { api } from '../support/api';
import { leaveTheRelaysCore } from './cores';
import { inParallel } from './driver/driver';
import { median } from './driver/latency-histogram';
import type { Reading, Stretch } from './measured-process';
import { type Product, startBenchDatabase, startProduct } from './product';
import { type Callers, type CallReport, type Ending } from './soak/callers';
import { DriverCallers } from './soak/driver-callers';
import { type Counts, countsAfter, countsAtRest, leaksBetween } from './soak/leaks';
import { trendsOf } from './soak/memory-trend';
import { SandboxCallers } from './soak/sandbox-callers';

const MIN_CALL_MS = 20_000;
const MAX_CALL_MS = 60_000;
/** So many calls warm up everything that is made once, before what is there is counted. */
const WARM_UP_CALL_MS = 3000;
/** New calls are placed one after another at first: no phone system of fifty people rings at once. */
const APART_MS = 150;
const SAMPLE_EVERY_MS = 10_000;
const CUT_EVERY_MS = 20_000;
/** At most this share of the calls under way loses its model at once. */
const CUT_SHARE = 0.2;
const PROGRESS_EVERY_MS = 60_000;
const LAST_WRITES_MS = 8000;
/** Longer than any pause of the conversations: the agent was silent although it was its turn. */
const SILENT_LIMIT_MS = 10_000;
const SHOWN_LINES = 20;
const MB = 1024 * 1024;

/** How many calls of a hundred end in which way. */
const SHARES: readonly [Ending, number][] = [
  ['unanswered', 5],
  ['dropped', 10],
  ['owner', 20],
];

interface Options {
  minutes: number;
  calls: number;
  faults: boolean;
  phones: 'driver' | 'sandbox';
  dist: string;
  log: string | undefined;
}

function optionsOf(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '60' },
      calls: { type: 'string', default: '50' },
      faults: { type: 'boolean', default: false },
      phones: { type: 'string', default: 'driver' },
      dist: { type: 'string', default: 'dist' },
      log: { type: 'string' },
    },
  });
  const { phones } = values;
  if (phones !== 'driver' && phones !== 'sandbox') throw new Error('--phones is driver or sandbox.');
  return { ...values, log: values.log, phones, minutes: Number(values.minutes), calls: Number(values.calls) };
}

/** Everything that is counted while the calls go on. */
class Soak {
  readonly readings: Reading[] = [];
  readonly stretches: Stretch[] = [];
  readonly reports: CallReport[] = [];
  readonly failures: string[] = [];
  live = 0;
  cuts = 0;
  private isOver = false;

  constructor(
    private readonly options: Options,
    private readonly product: Product,
    private readonly callers: Callers,
  ) {}

  /** Plays calls until the time is up, and the last ones to their end. */
  async run(): Promise<void> {
    const { minutes, calls, faults } = this.options;
    const untilMs = performance.now() + minutes * 60_000;
    const lanes = Array.from({ length: calls }, (_, lane) => this.lane(lane));
    const watchers = [this.sample(), this.report(), ...(faults ? [this.cutNowAndThen()] : [])];
    while (performance.now() < untilMs && !this.product.process.hasEnded) await sleep(200);
    this.isOver = true;
    await Promise.all([...lanes, ...watchers]);
  }

  async warmUp(): Promise<void> {
    const lanes = Array.from({ length: this.options.calls }, async (_, lane) => {
      await sleep(lane * APART_MS);
      for (const ending of ['customer', 'owner', 'dropped', 'unanswered'] as const) {
        await this.oneCall(WARM_UP_CALL_MS, lane % 5 === 0 ? ending : 'customer');
      }
    });
    await Promise.all(lanes);
    if (this.options.faults) await this.warmUpACut();
    if (this.failures.length > 0) throw new Error(`The warm-up failed: ${this.failures.join('\n')}`);
    this.reports.length = 0;
  }

  /** The road of a lost session is made once, too. */
  private async warmUpACut(): Promise<void> {
    const call = this.oneCall(2 * WARM_UP_CALL_MS, 'customer');
    await sleep(WARM_UP_CALL_MS);
    await this.callers.cutSome(1);
    await call;
  }

  private async lane(lane: number): Promise<void> {
    await sleep(lane * APART_MS);
    while (!this.isOver && !this.product.process.hasEnded) {
      await this.oneCall(MIN_CALL_MS + Math.random() * (MAX_CALL_MS - MIN_CALL_MS), anEnding());
    }
  }

  private async oneCall(holdMs: number, ending: Ending): Promise<void> {
    this.live++;
    try {
      this.reports.push(await this.callers.live(this.product, holdMs, ending, () => this.isOver));
    } catch (error) {
      this.failures.push(String(error));
      // A server that refuses everything is not to be asked a thousand times a second.
      await sleep(1000);
    } finally {
      this.live--;
    }
  }

  private async sample(): Promise<void> {
    const { process: measured } = this.product;
    while (!this.isOver) {
      await measured.ask('begin');
      await this.pause(SAMPLE_EVERY_MS);
      // The stretch ends before the collection, which is the bench's own pause.
      this.stretches.push(await measured.ask('end'));
      this.readings.push(await measured.ask('settle'));
    }
  }

  private async report(): Promise<void> {
    for (let minute = 1; !this.isOver; minute++) {
      await this.pause(PROGRESS_EVERY_MS);
      console.error(`${String(minute).padStart(4)} min  ${this.progress()}`);
    }
  }

  private async cutNowAndThen(): Promise<void> {
    while (!this.isOver) {
      await this.pause(CUT_EVERY_MS * (0.5 + Math.random()));
      if (this.isOver) return;
      this.cuts += await this.callers.cutSome(1 + Math.floor(Math.random() * this.options.calls * CUT_SHARE));
    }
  }

  private async pause(ms: number): Promise<void> {
    for (const untilMs = performance.now() + ms; performance.now() < untilMs && !this.isOver;) await sleep(200);
  }

  private progress(): string {
    const [reading, stretch] = [this.readings.at(-1), this.stretches.at(-1)];
    return [
      `${this.live} calls live, ${this.reports.length} over, ${this.failures.length} failed`,
      reading === undefined
        ? ''
        : `heap ${mb(reading.memory.heapUsed + reading.memory.external)} rss ${mb(reading.memory.rss)} MB`,
      stretch === undefined ? '' : `loop p99 ${ms(stretch.delayMs.p99)} max ${ms(stretch.delayMs.max)} ms`,
      `${this.cuts} cuts, ${this.product.errors.length} error lines`,
    ].join('  ');
  }
}

function anEnding(): Ending {
  let at = Math.random() * 100;
  for (const [ending, share] of SHARES) {
    if (at < share) return ending;
    at -= share;
  }
  return 'customer';
}

/** What the product says of the calls, when all are over. */
async function endedReasons(product: Product, reports: readonly CallReport[]): Promise<Counts> {
  const counts: Counts = {};
  const ids = reports.flatMap(({ id }) => (id === null ? [] : [id]));
  await inParallel(ids, 4, async (id) => {
    const { token } = product;
    const { body } = await api(product.url).get<{ ended_reason: string | null }>(`/calls/${id}`, { token });
    const reason = body.ended_reason ?? 'not over';
    counts[reason] = (counts[reason] ?? 0) + 1;
  });
  return counts;
}

async function soak(options: Options, product: Product, callers: Callers): Promise<boolean> {
  const run = new Soak(options, product, callers);
  console.error(`Warming up with ${options.calls} calls at once.`);
  await run.warmUp();
  const { process: measured } = product;
  console.error('Counting what is there while nobody talks.');
  const before = await countsAtRest(measured);
  const atRestBefore = await measured.ask('settle');
  if (callers instanceof DriverCallers) callers.driver.measure();
  console.error(`Soaking for ${options.minutes} minutes with ${options.calls} calls (${options.phones}).`);
  await run.run();
  await sleep(LAST_WRITES_MS);
  console.error('All calls are over: counting what is left of them.');
  const after = await countsAfter(measured, before);
  const atRestAfter = await measured.ask('settle');
  const { warnings } = await measured.ask('resources');
  const leaks = leaksBetween(before, after);
  const { stretches, reports } = run;
  const reasons = await endedReasons(product, reports);
  const silent = reports.filter(({ silentMs }) => silentMs !== null && silentMs > SILENT_LIMIT_MS).length;
  const damage = (of: (one: NonNullable<CallReport['damage']>) => number) =>
    reports.reduce((sum, { damage: one }) => sum + (one === null ? 0 : of(one)), 0);
  const result = {
    options,
    calls: { over: reports.length, failed: run.failures.length, endedReasons: reasons },
    modelSocketsCut: run.cuts,
    memory: {
      ...trendsOf(run.readings),
      atRestKb: {
        heapBefore: kb(atRestBefore.memory.heapUsed + atRestBefore.memory.external),
        heapAfter: kb(atRestAfter.memory.heapUsed + atRestAfter.memory.external),
        rssBefore: kb(atRestBefore.memory.rss),
        rssAfter: kb(atRestAfter.memory.rss),
      },
    },
    loopDelayMs: {
      p50: median(stretches.map(({ delayMs }) => delayMs.p50)),
      p99: median(stretches.map(({ delayMs }) => delayMs.p99)),
      worstP99: Math.max(...stretches.map(({ delayMs }) => delayMs.p99)),
      max: Math.max(...stretches.map(({ delayMs }) => delayMs.max)),
    },
    frames: {
      carried: reports.reduce((sum, { frames }) => sum + frames, 0),
      callsJudged: reports.filter((report) => report.damage !== null).length,
      lost: damage(({ lost }) => lost),
      duplicated: damage(({ duplicated }) => duplicated),
      reordered: damage(({ reordered }) => reordered),
      longestSilenceMs: Math.round(Math.max(0, ...reports.map(({ silentMs }) => silentMs ?? 0))),
      silentCalls: silent,
      ...(callers instanceof DriverCallers ? { latencyMs: latencyOf(callers) } : {}),
    },
    modelErrors: reports.flatMap(({ errors }) => errors).length,
    errorLines: product.errors.length,
    leaks,
    atRest: { before, after },
    failures: run.failures.slice(0, SHOWN_LINES),
    errors: product.errors.slice(0, SHOWN_LINES),
    modelErrorCodes: [...new Set(reports.flatMap(({ errors }) => errors))],
    warnings,
  };
  console.log(JSON.stringify(result, null, 2));
  return Object.keys(leaks).length === 0 && run.failures.length === 0 && product.errors.length === 0 && silent === 0;
}

function latencyOf({ driver: { latency } }: DriverCallers): Record<string, number> {
  return {
    p50: latency.quantile(0.5),
    p99: latency.quantile(0.99),
    p999: latency.quantile(0.999),
    max: latency.maxMs,
  };
}

const kb = (bytes: number): number => Math.round(bytes / 1024);
const mb = (bytes: number): string => (bytes / MB).toFixed(1);
const ms = (value: number): string => value.toFixed(1);

async function main(): Promise<void> {
  const options = optionsOf(process.argv.slice(2));
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
      env: { ...callers.env, MAX_EVENT_LOOP_DELAY_MS: '0' },
      logFile: options.log,
    });
    open.push(() => product.stop());
    process.exitCode = (await soak(options, product, callers)) ? 0 : 1;
  } finally {
    await closeAll();
  }
}

main().then(
  () => process.exit(),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
