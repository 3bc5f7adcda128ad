import { setTimeout as sleep } from 'node:timers/promises';
import type { Reading, Stretch } from '../measured-process';
import type { Product } from '../product';
import type { Callers, CallReport, Ending } from './callers';
import type { SoakOptions } from './options';

const MIN_CALL_MS = 20_000;
const MAX_CALL_MS = 60_000;
/** So many calls warm up everything that is made once, before what is there is counted. */
const WARM_UP_CALL_MS = 3000;
/** New calls are placed one after another at first: no phone system of fifty people rings at once. */
const APART_MS = 150;
/** The event loop is watched in stretches of this length. */
const STRETCH_MS = 10_000;
/**
 * Memory is read after a collection of everything, which is the bench's own pause and spares the server its own major
 * collections: as seldom as a slope allows.
 */
const MAX_READING_EVERY_MS = 5 * 60_000;
const READINGS = 12;
const CUT_EVERY_MS = 20_000;
/** At most this share of the calls under way loses its model at once. */
const CUT_SHARE = 0.2;
const PROGRESS_EVERY_MS = 60_000;
const MB = 1024 * 1024;

/** How many calls of a hundred end in which way. */
const SHARES: readonly [Ending, number][] = [
  ['unanswered', 5],
  ['dropped', 10],
  ['owner', 20],
];

/** The calls of a soak, and everything that is counted while they go on. */
export class SoakRun {
  readonly readings: Reading[] = [];
  readonly stretches: Stretch[] = [];
  readonly reports: CallReport[] = [];
  readonly failures: string[] = [];
  cuts = 0;
  private readonly callsOfLane: number[];
  private live = 0;
  private isOver = false;

  constructor(
    private readonly options: SoakOptions,
    private readonly product: Product,
    private readonly callers: Callers,
  ) {
    this.callsOfLane = Array<number>(options.calls).fill(0);
  }

  /** How often the lane that had fewest calls had one. */
  get fewestCalls(): number {
    return Math.min(...this.callsOfLane);
  }

  async warmUp(): Promise<void> {
    const lanes = Array.from({ length: this.options.calls }, async (_, lane) => {
      await sleep(lane * APART_MS);
      for (const ending of ['customer', 'owner', 'dropped', 'unanswered'] as const) {
        await this.oneCall(lane, WARM_UP_CALL_MS, lane % 5 === 0 ? ending : 'customer');
      }
    });
    await Promise.all(lanes);
    if (this.options.faults) await this.warmUpACut();
    const failed = this.failures.length;
    if (failed > 0) throw new Error(`${failed} calls of the warm-up failed, the first so: ${this.failures[0]}`);
    this.reports.length = 0;
    this.callsOfLane.fill(0);
  }

  /** Plays calls until the time is up, and the last ones to their end. */
  async run(): Promise<void> {
    const { minutes, calls, faults } = this.options;
    const untilMs = performance.now() + minutes * 60_000;
    const lanes = Array.from({ length: calls }, (_, lane) => this.lane(lane));
    const watchers = [this.sample(), this.report(), ...(faults ? [this.cutNowAndThen()] : [])];
    while (performance.now() < untilMs && !this.hasDied) await sleep(200);
    this.isOver = true;
    await Promise.all([...lanes, ...watchers]);
    if (this.hasDied) throw new Error(`The server died:\n${this.product.errors.join('\n')}`);
  }

  private get hasDied(): boolean {
    return this.product.process.hasEnded;
  }

  /** The road of a lost session is made once, too. */
  private async warmUpACut(): Promise<void> {
    const call = this.oneCall(0, 2 * WARM_UP_CALL_MS, 'customer');
    await sleep(WARM_UP_CALL_MS);
    await this.callers.cutSome(1);
    await call;
  }

  private async lane(lane: number): Promise<void> {
    await sleep(lane * APART_MS);
    while (!this.isOver && !this.hasDied) {
      await this.oneCall(lane, MIN_CALL_MS + Math.random() * (MAX_CALL_MS - MIN_CALL_MS), anEnding());
    }
  }

  private async oneCall(lane: number, holdMs: number, ending: Ending): Promise<void> {
    this.live++;
    try {
      this.reports.push(await this.callers.live(this.product, holdMs, ending, () => this.isOver));
      this.callsOfLane[lane]!++;
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
    const everyMs = Math.min(MAX_READING_EVERY_MS, (this.options.minutes * 60_000) / READINGS);
    let nextReadingMs = performance.now() + everyMs;
    while (!this.isOver) {
      await measured.ask('begin');
      await this.pause(Math.min(STRETCH_MS, everyMs));
      this.stretches.push(await measured.ask('end'));
      if (performance.now() < nextReadingMs || this.isOver) continue;
      this.readings.push(await measured.ask('settle'));
      nextReadingMs += everyMs;
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
    const mb = (bytes: number): string => (bytes / MB).toFixed(1);
    return [
      `${this.live} calls live, ${this.reports.length} over, ${this.failures.length} failed`,
      ...(reading === undefined
        ? []
        : [`heap ${mb(reading.memory.heapUsed + reading.memory.external)} rss ${mb(reading.memory.rss)} MB`]),
      ...(stretch === undefined
        ? []
        : [`loop p99 ${stretch.delayMs.p99.toFixed(1)} max ${stretch.delayMs.max.toFixed(1)} ms`]),
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
