import { Injectable, Logger } from '@nestjs/common';
import { AppError } from './app-error';
import { settledWithin } from './settled-within';

/** What a room has to bring to an end before the process may go, such as its live calls. */
export type DrainHook = () => Promise<void>;

/** Whether the server is on its way out: no new calls, live ones finish. Set once, by the shutdown in main.ts. */
@Injectable()
export class Drain {
  private readonly logger = new Logger(Drain.name);
  private readonly hooks = new Set<DrainHook>();
  private draining = false;

  get isDraining(): boolean {
    return this.draining;
  }

  begin(): void {
    this.draining = true;
  }

  /**
   * Registers what shutdown waits for. The hook is called when draining begins and resolves when its room has nothing live
   * left, which may take as long as the grace period allows. It is called once more when every room is done.
   * @returns takes the hook back
   */
  onDrain(hook: DrainHook): () => void {
    this.hooks.add(hook);
    return () => this.hooks.delete(hook);
  }

  /**
   * Waits for every room, at most `graceMs`.
   * @returns false when the time ran out with something still live
   */
  async finish(graceMs: number): Promise<boolean> {
    return settledWithin(this.everyRoom(), graceMs);
  }

  /** Twice: what one room has waited for may have become another's, as a ringing phone becomes a conversation. */
  private async everyRoom(): Promise<void> {
    for (let round = 1; round <= 2; round += 1) await Promise.all([...this.hooks].map((hook) => this.run(hook)));
  }

  /** @throws AppError 503 with a sentence, for whatever would start something new */
  refuseNewWork(): void {
    if (this.draining) {
      throw new AppError('unavailable', 'server.draining', 'The server is restarting. Please try again in a moment.', {
        retryAfterSeconds: 10,
      });
    }
  }

  private async run(hook: DrainHook): Promise<void> {
    try {
      await hook();
    } catch (error) {
      this.logger.error({ err: error }, 'A room could not be drained');
    }
  }
}
