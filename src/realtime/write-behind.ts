/**
 * Writes in the order they were asked for, beside the call and never in its way: audio does not wait for the database.
 * A write that fails is tried again a few times, since a database that restarts is gone for seconds; then it is given up,
 * reported, and the next one goes on.
 */
export class WriteBehind {
  private readonly queue: Write[] = [];
  private running: Promise<void> | undefined;

  constructor(
    private readonly onGivenUp: (what: string, error: unknown) => void,
    /** Whether trying again is pointless: the row's user is gone, or the data can never be stored. */
    private readonly isPermanent: (error: unknown) => boolean = () => false,
    private readonly pause: (ms: number) => Promise<void> = (ms) => new Promise((done) => setTimeout(done, ms)),
  ) {}

  /** @param what a few words for the log, free of anything that was said */
  add(what: string, run: () => Promise<void>): void {
    if (this.queue.length >= MAX_WAITING) {
      this.onGivenUp(what, new Error(`More than ${MAX_WAITING} writes are waiting`));
      return;
    }
    this.queue.push({ what, run });
    this.running ??= this.work().finally(() => (this.running = undefined));
  }

  /** Resolves when everything added so far is written or given up. Never rejects. */
  async drain(): Promise<void> {
    while (this.running !== undefined) await this.running;
  }

  private async work(): Promise<void> {
    for (let write = this.queue.shift(); write !== undefined; write = this.queue.shift()) await this.attempt(write);
  }

  private async attempt(write: Write): Promise<void> {
    for (const delayMs of [...RETRY_DELAYS_MS, undefined]) {
      try {
        await write.run();
        return;
      } catch (error) {
        if (delayMs === undefined || this.isPermanent(error)) {
          this.onGivenUp(write.what, error);
          return;
        }
        await this.pause(delayMs);
      }
    }
  }
}

interface Write {
  what: string;
  run: () => Promise<void>;
}

/** A long call has a few hundred turns; more than this waiting means the database has been gone for the whole of it. */
const MAX_WAITING = 2000;
const RETRY_DELAYS_MS = [100, 500, 2000, 5000, 10_000];
