/** A turn of the event loop that takes longer than this has had something to do. */
const IDLE_TURN_MS = 0.05;

/**
 * Keeps the event loop of this process awake. A process that sleeps has to be woken by whoever sends it something, which on
 * a virtual machine costs the sender some microseconds, and more the longer its pauses: it would be the relay that pays
 * for the sleep of phones and models, which in life are on other machines.
 */
export class WakefulLoop {
  private isAwake = false;
  private turnAtMs = 0;
  private busyMs = 0;
  private readonly turn = (): void => {
    if (!this.isAwake) return;
    const nowMs = performance.now();
    const turnMs = nowMs - this.turnAtMs;
    if (turnMs > IDLE_TURN_MS) this.busyMs += turnMs;
    this.turnAtMs = nowMs;
    setImmediate(this.turn);
  };

  begin(): void {
    this.busyMs = 0;
    this.turnAtMs = performance.now();
    if (this.isAwake) return;
    this.isAwake = true;
    setImmediate(this.turn);
  }

  /** Lets it sleep again; answers the milliseconds in which it had something to do. */
  end(): number {
    this.isAwake = false;
    return this.busyMs;
  }
}
