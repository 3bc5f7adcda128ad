import type { CancelTimer, Clock } from './clock';

/**
 * What a response is for. `disclosure`: what must be said before anything else · `opening`: the agent's first words · `reply`: an answer to what is in the conversation ·
 * `resume`: the rest of what was cut off · `reprompt`: are you still there · `goodbye`: the last words; nothing else is created after it was asked for.
 */
export type ResponseKind = 'disclosure' | 'opening' | 'reply' | 'resume' | 'reprompt' | 'goodbye';

/** What a session was making, or had been asked for, when it was lost. */
export interface LostResponse {
  /** Null for one that the server began by itself. */
  kind: ResponseKind | null;
  /** Null when it had not begun. */
  responseId: string | null;
}

export interface SequencerSend {
  /** True when a `disclosure` has to be made before a response of this kind. */
  needsDisclosure(kind: ResponseKind): boolean;
  /** Writes a `response.create`; the id comes back in `response.created` metadata or in an `error`. */
  create(kind: ResponseKind, requestId: string): void;
  cancel(responseId: string): void;
  /** A create that the server never answered. */
  lost(kind: ResponseKind): void;
  /** What was awaited is not any more, and no event of the server says so. */
  moved(): void;
}

/** A refused create without a known running response is tried again after this: its `response.done` is on its way. */
const RETRY_MS = 300;
/** As long as that may take. A server that goes on about an active response that nobody knows has lost count. */
const REFUSED_LIMIT_MS = 2000;
/** A response that failed is tried again after this: what failed at this moment would fail again in the same. */
const FAILED_RETRY_MS = 1000;
/** A create that is neither begun nor refused by then is lost. */
const CREATED_LIMIT_MS = 5000;
/** A cancelled response that does not end by itself is taken as over after this. */
const CANCEL_LIMIT_MS = 1500;

/**
 * Lets one response at a time be active, ours or the server's own. A second one is refused by the server with
 * `conversation_already_has_active_response`, so what is asked for meanwhile waits for `response.done`.
 */
export class ResponseSequencer {
  private readonly waiting: ResponseKind[] = [];
  private requested: { kind: ResponseKind; requestId: string; isUnwanted: boolean } | null = null;
  private active: { responseId: string; kind: ResponseKind | null; requestId: string | null } | null = null;
  /** The latest create that a response was taken for without proof. */
  private unproved: { kind: ResponseKind; requestId: string } | null = null;
  /** Since when creates are refused for an active response that we know nothing of. */
  private refusedSinceMs: number | null = null;
  /** A create that was given up and never answered, which may still begin. */
  private givenUpId: string | null = null;
  private isHeld = false;
  private hasSession = false;
  /** True once the server has repeated a request id: from then on a response without one is its own idea. */
  private seesRequestIds = false;
  private requestCount = 0;
  private cancelGuard: CancelTimer | null = null;
  private requestGuard: CancelTimer | null = null;
  private retry: CancelTimer | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly send: SequencerSend,
  ) {}

  get activeResponseId(): string | null {
    return this.active?.responseId ?? null;
  }

  /** What the active response is for; null for one that the server began by itself, or none. */
  get activeKind(): ResponseKind | null {
    return this.active?.kind ?? null;
  }

  /** What the response that is being made or asked for is for; null for one of the server's own, or none. */
  get respondingKind(): ResponseKind | null {
    return this.active === null ? (this.requested?.kind ?? null) : this.active.kind;
  }

  /** True when the server is answering by itself, and is not to be stopped. */
  get isServerAnswering(): boolean {
    return this.active !== null && this.active.kind === null && this.cancelGuard === null;
  }

  /** True while a response is being made or has been asked of the server. */
  get isResponding(): boolean {
    return this.active !== null || this.requested !== null;
  }

  /** True when nothing is being made and nothing waits. */
  get isIdle(): boolean {
    return !this.isResponding && this.waiting.length === 0;
  }

  /** Asks for a response; one of the same kind that still waits is enough. */
  request(kind: ResponseKind): void {
    if (!this.waiting.includes(kind)) this.waiting.push(kind);
    this.advance();
  }

  /** Asks for what goes before anything that waits: the rest of what was begun. */
  requestFirst(kind: ResponseKind): void {
    if (!this.waiting.includes(kind)) this.waiting.unshift(kind);
    this.advance();
  }

  /** Asks again for a response that failed, after a while in which nothing else is asked for either. */
  requestAgain(kind: ResponseKind, afterMs = FAILED_RETRY_MS): void {
    this.putBack(kind);
    this.retryIn(afterMs);
  }

  /** While the customer speaks nothing new is begun, except the last words. */
  hold(): void {
    this.isHeld = true;
  }

  release(): void {
    this.isHeld = false;
    this.advance();
  }

  /** A session is configured: what waits may be asked of it. */
  sessionUp(): void {
    this.hasSession = true;
    this.release();
  }

  /** The session is gone, and with it what it was making. What waits goes on waiting; what was cancelled is not missed. */
  sessionLost(): LostResponse | null {
    const { active, requested } = this;
    const isCancelled = this.cancelGuard !== null;
    this.hasSession = false;
    this.isHeld = false;
    this.active = this.requested = this.unproved = null;
    this.refusedSinceMs = this.givenUpId = null;
    this.stopCancelGuard();
    this.stopRequestGuard();
    this.retry?.();
    this.retry = null;
    if (active !== null) return isCancelled ? null : { kind: active.kind, responseId: active.responseId };
    return requested === null || requested.isUnwanted ? null : { kind: requested.kind, responseId: null };
  }

  /** Forgets a request that waits. */
  drop(kind: ResponseKind): void {
    const at = this.waiting.indexOf(kind);
    if (at >= 0) this.waiting.splice(at, 1);
  }

  /** Forgets what waits, because another response will cover it; the last words stay. */
  dropWaiting(): void {
    const keepsGoodbye = this.waiting.includes('goodbye');
    this.waiting.length = 0;
    if (keepsGoodbye) this.waiting.push('goodbye');
  }

  /**
   * The server began a response. Answers what it is for (null: its own idea), and whether it was given up while it was
   * on its way, in which case it has just been cancelled.
   */
  created(responseId: string, requestId: string | null): { kind: ResponseKind | null; isUnwanted: boolean } {
    if (this.active?.responseId === responseId) return { kind: this.active.kind, isUnwanted: false };
    const request = this.requested;
    // From a server that does not repeat metadata any response may be ours; if it was not, the refusal of our create
    // says so (see refused).
    const isOurs =
      request !== null && (requestId === request.requestId || (requestId === null && !this.seesRequestIds));
    if (requestId !== null) this.seesRequestIds = true;
    this.stopCancelGuard();
    this.refusedSinceMs = null;
    this.active = { responseId, kind: isOurs ? request.kind : null, requestId: isOurs ? request.requestId : null };
    if (!isOurs && requestId !== null && requestId === this.givenUpId) {
      this.givenUpId = null;
      // What has been asked for since stays wanted.
      this.cancelActive(responseId);
      return { kind: null, isUnwanted: true };
    }
    if (!isOurs) return { kind: null, isUnwanted: false };
    this.unproved = requestId === null ? request : null;
    this.requested = null;
    this.stopRequestGuard();
    if (request.isUnwanted) this.cancel();
    return { kind: request.kind, isUnwanted: request.isUnwanted };
  }

  /** The server ended a response. False for one that is not the active one (known before, or never begun). */
  done(responseId: string): boolean {
    if (this.active?.responseId !== responseId) return false;
    this.active = null;
    this.stopCancelGuard();
    this.advance();
    return true;
  }

  /**
   * The server answered a create of ours with an error (null: it did not say which). Answers the kind of the create that
   * has failed (ask again by {@link requestAgain}); null when it was no create of ours, or when it only has to wait for the
   * active response to end. One that waits for a response that nobody knows of has failed when that does not end soon.
   */
  refused(requestId: string | null, isAlreadyActive: boolean): ResponseKind | null {
    let kind: ResponseKind | null = null;
    if (this.requested !== null && (requestId === null || this.requested.requestId === requestId)) {
      kind = this.requested.kind;
      const { isUnwanted } = this.requested;
      this.requested = null;
      this.stopRequestGuard();
      if (isUnwanted) kind = null;
    } else if (requestId !== null && this.unproved?.requestId === requestId) {
      kind = this.unproved.kind;
      this.unproved = null;
      if (this.active?.requestId === requestId) this.active = { ...this.active, kind: null, requestId: null };
    }
    if (kind === null) this.advance();
    // Nothing is begun before the caller knows that it failed: what follows may depend on it.
    if (kind === null || !isAlreadyActive) return kind;
    if (this.active === null) {
      this.refusedSinceMs ??= this.clock.nowMs();
      if (this.clock.nowMs() - this.refusedSinceMs >= REFUSED_LIMIT_MS) {
        this.refusedSinceMs = null;
        return kind;
      }
      this.retryIn(RETRY_MS);
    }
    this.putBack(kind);
    return null;
  }

  /** Cancels what is being made, also when the server has not begun it yet. Waiting requests stay. */
  cancel(): void {
    this.giveUpRequested();
    if (this.active === null || this.cancelGuard !== null) return;
    this.cancelActive(this.active.responseId);
  }

  /** The server cancels the active response by itself; only a create on its way has to be cancelled by us. */
  cancelledByServer(): void {
    this.giveUpRequested();
    if (this.active !== null && this.cancelGuard === null) this.guardCancelled(this.active.responseId);
  }

  /** The server said `response_cancel_not_active`: what we wanted to cancel is over. */
  nothingToCancel(): void {
    if (this.active !== null && this.cancelGuard !== null) this.done(this.active.responseId);
  }

  /** A disclosure is not asked for by itself: it comes with what it goes before. */
  private putBack(kind: ResponseKind): void {
    if (kind !== 'disclosure' && !this.waiting.includes(kind)) this.waiting.unshift(kind);
  }

  private retryIn(ms: number): void {
    this.retry?.();
    this.retry = this.clock.after(ms, () => {
      this.retry = null;
      this.advance();
    });
  }

  private cancelActive(responseId: string): void {
    this.send.cancel(responseId);
    this.guardCancelled(responseId);
  }

  private giveUpRequested(): void {
    if (this.requested !== null) this.requested.isUnwanted = true;
  }

  private guardCancelled(responseId: string): void {
    this.cancelGuard = this.clock.after(CANCEL_LIMIT_MS, () => {
      this.cancelGuard = null;
      this.done(responseId);
      this.send.moved();
    });
  }

  private advance(): void {
    if (!this.hasSession || this.isResponding || this.retry !== null) return;
    const at = this.isHeld || this.waiting.includes('goodbye') ? this.waiting.indexOf('goodbye') : 0;
    const wanted = at < 0 ? undefined : this.waiting[at];
    if (wanted === undefined) return;
    const kind = this.send.needsDisclosure(wanted) ? 'disclosure' : wanted;
    if (kind === wanted) this.waiting.splice(at, 1);
    const requestId = `response_${++this.requestCount}`;
    this.requested = { kind, requestId, isUnwanted: false };
    this.requestGuard = this.clock.after(CREATED_LIMIT_MS, () => {
      const isUnwanted = this.requested?.isUnwanted === true;
      if (isUnwanted) this.givenUpId = requestId;
      this.requested = null;
      this.requestGuard = null;
      if (!isUnwanted) this.send.lost(kind);
      this.advance();
      this.send.moved();
    });
    this.send.create(kind, requestId);
  }

  private stopCancelGuard(): void {
    this.cancelGuard?.();
    this.cancelGuard = null;
  }

  private stopRequestGuard(): void {
    this.requestGuard?.();
    this.requestGuard = null;
  }
}
