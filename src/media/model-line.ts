import type { CallPlan } from './call-plan';
import type { CancelTimer, Clock } from './clock';
import { ModelLink, type LinkFailure, type ModelLinkEvents } from './model-link';
import type { TurnDetection } from './turn-detection';
import type { ModelDialler } from './sockets';

/** So many failures in a row, of sessions or of what was asked of them, and the model is given up. */
const FAILURES_IN_A_ROW = 3;
/** Pauses before a session is tried anew: the first at once, because a line is open. */
const RETRY_DELAYS_MS = [0, 500, 1500];
/** A session that lived this long was a good one, whatever ended it. */
const GOOD_AFTER_MS = 10_000;
/** A session is renewed this long before its end; half of its life when that is less. */
const RENEWAL_LEAD_MS = 300_000;
const RENEWAL_LEAD_SHARE = 0.5;
/** A session that says it ends sooner or later than this is misunderstood (a clock that is wrong), and is not renewed. */
const MIN_LIFE_MS = 1000;
const MAX_LIFE_MS = 86_400_000;
/** The last part of the lead, in which less quiet moments will do. */
const URGENT_SHARE = 0.3;
/** The pause after a session for the renewal could not be had, as a share of the lead. */
const RENEWAL_RETRY_SHARE = 0.2;
/** RFC 6455: the purpose of the connection has been fulfilled. */
const NORMAL_CLOSE = 1000;

export interface ModelFailure {
  /** It would fail again, in whatever session. */
  isFinal?: boolean;
  /** The session does not do what it is asked, and does not say so. */
  isDeaf?: boolean;
}

export interface ModelLineEvents {
  /** What the server is to do by itself, as of now. */
  turnDetection(): TurnDetection;
  /** A session is configured and is the one to talk to from now on: the first, or one after {@link onLost}. */
  onUp(link: ModelLink): void;
  onMessage(text: string): void;
  /** The session is gone, and a new one is on its way. */
  onLost(): void;
  /** No session is to be had. */
  onGivenUp(): void;
  /** A successor stands ready; {@link ModelLine.takeOver} puts it in place at a moment that suits the conversation. */
  onSuccessor(): void;
  onTrouble(what: string, detail?: string): void;
}

/**
 * The call's line to the model, which outlives its sessions: a session that drops, fails or cannot be had is replaced
 * while the phone line stays open, and one that nears its end is succeeded before.
 */
export class ModelLine implements ModelLinkEvents {
  private live: ModelLink | null = null;
  /** On its way to become the live one. */
  private coming: ModelLink | null = null;
  private successor: ModelLink | null = null;
  private isSuccessorReady = false;
  private upSinceMs = 0;
  private isProved = false;
  private failures = 0;
  private hasEnded = false;
  private isGivenUp = false;
  private retry: CancelTimer | null = null;
  private renewal: CancelTimer | null = null;
  private renewalRetryMs = 0;
  private urgency: CancelTimer | null = null;
  private isUrgentNow = false;

  constructor(
    private readonly dialler: ModelDialler,
    private readonly clock: Clock,
    private readonly plan: CallPlan,
    private readonly events: ModelLineEvents,
  ) {}

  /** False when no session is to be had any more. */
  get isOver(): boolean {
    return this.hasEnded;
  }

  /** True when it is over because no session was to be had. */
  get wasGivenUp(): boolean {
    return this.isGivenUp;
  }

  /** True when a successor waits and the present session has not long to live. */
  get isUrgent(): boolean {
    return this.isUrgentNow;
  }

  get hasSuccessor(): boolean {
    return this.isSuccessorReady;
  }

  open(): void {
    this.dial();
  }

  /** A response was made: the model is well. */
  proved(): void {
    this.isProved = true;
    this.failures = 0;
  }

  /**
   * Something asked of the session failed. `again`: the same session may be asked once more, unless it does not answer at
   * all (`isDeaf`) · `renewed`: a new session is on its way (`onLost` was called) · `given-up`: that was one too many
   * (`onGivenUp` was called).
   */
  failed({ isFinal = false, isDeaf = false }: ModelFailure): 'again' | 'renewed' | 'given-up' {
    if (!this.countFailure(isFinal)) return 'given-up';
    if (this.failures === 1 && !isDeaf) return 'again';
    if (this.giveUpLive()) this.replace();
    return 'renewed';
  }

  /** The live session is of no use any more; another one takes its place. */
  renew(): void {
    const { wasGood } = this;
    if (!this.giveUpLive() || (!wasGood && !this.countFailure(false))) return;
    this.replace();
  }

  /** Puts the successor in the place of the live session. Answers it; null when none is ready. */
  takeOver(): ModelLink | null {
    const { successor } = this;
    if (successor === null || !this.isSuccessorReady) return null;
    this.live?.close(NORMAL_CLOSE, 'session renewed');
    this.forgetSuccessor();
    this.up(successor);
    return successor;
  }

  close(code: number, reason: string): void {
    this.hasEnded = true;
    this.retry?.();
    this.stopRenewal();
    for (const link of [this.live, this.coming, this.successor]) link?.close(code, reason);
    this.live = this.coming = null;
    this.forgetSuccessor();
  }

  onReady(link: ModelLink): void {
    if (link === this.successor) {
      this.isSuccessorReady = true;
      this.events.onSuccessor();
    } else if (link === this.coming) {
      this.coming = null;
      this.up(link);
      this.events.onUp(link);
    }
  }

  onFailed(link: ModelLink, { detail, isFinal }: LinkFailure): void {
    if (link === this.successor) {
      this.events.onTrouble('model_renewal_failed', detail);
      this.dialSuccessorLater();
    } else if (link === this.coming) {
      this.coming = null;
      this.events.onTrouble('model_unavailable', detail);
      if (this.countFailure(isFinal)) this.dial();
    }
  }

  onMessage(link: ModelLink, text: string): void {
    if (link === this.live) this.events.onMessage(text);
  }

  onClosed(link: ModelLink, { detail, isFinal }: LinkFailure): void {
    if (link === this.successor) {
      this.events.onTrouble('model_renewal_failed', detail);
      this.dialSuccessorLater();
      return;
    }
    if (link !== this.live) return;
    this.events.onTrouble('model_closed', detail);
    const { wasGood } = this;
    this.lost();
    if ((isFinal || !wasGood) && !this.countFailure(isFinal)) return;
    this.replace();
  }

  private up(link: ModelLink): void {
    this.live = link;
    this.upSinceMs = this.clock.nowMs();
    this.isProved = false;
    this.scheduleRenewal(link.endsAtMs);
  }

  /** Sessions that were not are failures: they could come and go for ever. */
  private get wasGood(): boolean {
    return this.isProved || this.clock.nowMs() - this.upSinceMs >= GOOD_AFTER_MS;
  }

  /** False when there is none. */
  private giveUpLive(): boolean {
    const link = this.live;
    if (link === null) return false;
    link.close(NORMAL_CLOSE, 'session given up');
    this.lost();
    return true;
  }

  private lost(): void {
    this.live = null;
    this.stopRenewal();
    this.events.onLost();
  }

  /** A new session in the place of the lost one: the successor that stands ready or is on its way, else another. */
  private replace(): void {
    const { successor } = this;
    if (successor === null) {
      this.dial();
      return;
    }
    const isReady = this.isSuccessorReady;
    this.forgetSuccessor();
    this.coming = successor;
    if (isReady) this.onReady(successor);
  }

  private dial(): void {
    if (this.hasEnded || this.coming !== null || this.retry !== null) return;
    const delayMs = RETRY_DELAYS_MS[Math.min(this.failures, RETRY_DELAYS_MS.length - 1)] ?? 0;
    const open = (): void => {
      this.retry = null;
      this.coming = this.link();
      this.coming.open(this.dialler);
    };
    if (delayMs === 0) open();
    else this.retry = this.clock.after(delayMs, open);
  }

  private link(): ModelLink {
    return new ModelLink(this.clock, this.plan, this.events.turnDetection(), this);
  }

  /** False when that was one too many. */
  private countFailure(isFinal: boolean): boolean {
    // Whoever was told of the loss may have ended the line, and an end is not a failure.
    if (this.hasEnded) return false;
    this.failures++;
    if (!isFinal && this.failures < FAILURES_IN_A_ROW) return true;
    this.isGivenUp = true;
    this.close(NORMAL_CLOSE, 'given up');
    this.events.onGivenUp();
    return false;
  }

  private scheduleRenewal(endsAtMs: number | null): void {
    this.stopRenewal();
    if (endsAtMs === null) return;
    const lifeMs = endsAtMs - this.clock.nowMs();
    if (lifeMs < MIN_LIFE_MS || lifeMs > MAX_LIFE_MS) return;
    const leadMs = Math.min(RENEWAL_LEAD_MS, lifeMs * RENEWAL_LEAD_SHARE);
    this.renewal = this.clock.after(lifeMs - leadMs, () => this.dialSuccessor());
    this.urgency = this.clock.after(lifeMs - leadMs * URGENT_SHARE, () => {
      this.isUrgentNow = true;
      if (this.isSuccessorReady) this.events.onSuccessor();
    });
    this.renewalRetryMs = leadMs * RENEWAL_RETRY_SHARE;
  }

  private dialSuccessor(): void {
    this.renewal = null;
    this.isSuccessorReady = false;
    this.successor = this.link();
    this.successor.open(this.dialler);
  }

  private dialSuccessorLater(): void {
    this.forgetSuccessor();
    this.renewal = this.clock.after(this.renewalRetryMs, () => this.dialSuccessor());
  }

  private forgetSuccessor(): void {
    this.successor = null;
    this.isSuccessorReady = false;
  }

  private stopRenewal(): void {
    this.renewal?.();
    this.urgency?.();
    this.renewal = this.urgency = null;
    this.isUrgentNow = false;
  }
}
