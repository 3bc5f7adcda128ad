/** The clock that the simulated Twilio tells dates by. How long something takes is not measured by it: it may be moved. */
export class WallClock {
  /** How far it is ahead of the machine's; negative when it is behind. */
  aheadMs = 0;

  nowMs(): number {
    return Date.now() + this.aheadMs;
  }
}
