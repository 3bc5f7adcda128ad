/**
 * Work that comes round: every so often, and at once when it is called for. One round at a time; one that is called for
 * while another is under way comes after it.
 */
export class Rounds {
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> | undefined;
  private isCalledFor = false;
  private isOver = false;

  /** `onFailed` is told what a round has thrown; the next one comes all the same. */
  constructor(
    private readonly everyMs: number,
    private readonly work: () => Promise<void>,
    private readonly onFailed: (error: unknown) => void,
  ) {}

  begin(): void {
    this.timer = setInterval(() => {
      if (this.round === undefined) this.next();
    }, this.everyMs).unref();
  }

  /** Does not wait for it. */
  callForOne(): void {
    if (this.round === undefined) this.next();
    else this.isCalledFor = true;
  }

  /** No more rounds; waits for the one that is under way. */
  async stop(): Promise<void> {
    this.isOver = true;
    clearInterval(this.timer);
    await this.round;
  }

  private next(): void {
    if (this.isOver) return;
    this.isCalledFor = false;
    this.round = this.work()
      .catch(this.onFailed)
      .finally(() => {
        this.round = undefined;
        if (this.isCalledFor) this.next();
      });
  }
}
