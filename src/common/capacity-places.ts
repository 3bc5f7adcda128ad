/**
 * The places for calls of one process, and who has one: a call that is carried, a phone that was dialled and may be picked
 * up, a request that is about to dial one. Pure: the time is given, in milliseconds of a monotonic clock.
 */
export class CallPlaces {
  private readonly carried = new Map<string, symbol>();
  /** Until when each may still turn up. Whoever ends it may be another process, so nobody is waited for without end. */
  private readonly expected = new Map<string, number>();
  /** Of both, the calls that came in. */
  private readonly inbound = new Set<string>();
  private claimed = 0;

  /**
   * @param limit null: as many as come
   * @param reserved of these, what calls that we place leave to those that come in
   */
  constructor(
    readonly limit: number | null,
    private readonly reserved = 0,
  ) {}

  get carriedCount(): number {
    return this.carried.size;
  }

  /** For a call that we place. */
  hasRoom(nowMs: number): boolean {
    if (this.limit === null) return true;
    const taken = this.taken(nowMs);
    return taken < this.limit && taken - this.inbound.size < this.limit - this.reserved;
  }

  /** For a call that comes in. */
  hasRoomForInbound(nowMs: number): boolean {
    return this.limit === null || this.taken(nowMs) < this.limit;
  }

  /**
   * Keeps a place for a call that has no id yet, so that of several at once no more get through than there is room for.
   * @returns gives it back; null when there is none
   */
  claim(nowMs: number): (() => void) | null {
    if (!this.hasRoom(nowMs)) return null;
    this.claimed += 1;
    return once(() => void (this.claimed -= 1));
  }

  /** Keeps a place for a call that may turn up until then, beyond the limit if need be: its phone rings. */
  expect(callId: string, untilMs: number, isInbound = false): void {
    if (this.carried.has(callId)) return;
    if (isInbound) this.inbound.add(callId);
    this.expected.set(callId, Math.max(untilMs, this.expected.get(callId) ?? 0));
  }

  isExpected(callId: string, nowMs: number): boolean {
    this.forgetThoseWhoDidNotCome(nowMs);
    return this.expected.has(callId);
  }

  isCarried(callId: string): boolean {
    return this.carried.has(callId);
  }

  /** It will not turn up. */
  forget(callId: string): void {
    this.expected.delete(callId);
    this.settle(callId);
  }

  /** @returns gives the place back; harmless when called again, or after the same call was carried anew */
  carry(callId: string): () => void {
    const carrier = Symbol(callId);
    this.expected.delete(callId);
    this.carried.set(callId, carrier);
    return () => {
      if (this.carried.get(callId) === carrier) this.carried.delete(callId);
      this.settle(callId);
    };
  }

  private taken(nowMs: number): number {
    this.forgetThoseWhoDidNotCome(nowMs);
    return this.carried.size + this.expected.size + this.claimed;
  }

  private forgetThoseWhoDidNotCome(nowMs: number): void {
    for (const [callId, untilMs] of this.expected) if (untilMs <= nowMs) this.forget(callId);
  }

  private settle(callId: string): void {
    if (!this.carried.has(callId) && !this.expected.has(callId)) this.inbound.delete(callId);
  }
}

function once(run: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    run();
  };
}
