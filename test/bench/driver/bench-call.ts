import { randomBytes } from 'node:crypto';
import { FrameLedger } from './frame-ledger';
import type { LatencyHistogram } from './latency-histogram';
import type { ModelSession, ModelSideOfCall } from './model-session';
import { PhoneLine } from './phone-line';
import type { FrameTag } from './tagged-audio';

/** One call as the driver knows it: the phone on one side, the model's sessions on the other, and what went between. */
export class BenchCall implements ModelSideOfCall {
  readonly callSid = `CA${randomBytes(16).toString('hex')}`;
  readonly streamSid = `MZ${randomBytes(16).toString('hex')}`;
  readonly toModel = new FrameLedger();
  readonly toPhone = new FrameLedger();
  readonly sessions: ModelSession[] = [];
  phone: PhoneLine | null = null;
  /** What Twilio was told when the call was created. */
  form: URLSearchParams | null = null;
  /** The call as the product knows it. */
  id: string | null = null;
  status = 'queued';
  joinedFrames = 0;
  earlyAppends = 0;
  silentFrames = 0;
  readonly errors: string[] = [];
  /** Instructions that the carrier was given instead of a stream. */
  refusal: string | null = null;
  onAgentFrame: ((tag: FrameTag, nowMs: number) => void) | null = null;
  onClear: ((nowMs: number) => void) | null = null;
  onSession: ((session: ModelSession) => void) | null = null;

  constructor(
    readonly index: number,
    readonly latency: () => LatencyHistogram | null,
  ) {}

  /** The session that is in use: the newest one that is open. */
  get session(): ModelSession | null {
    return this.sessions.findLast((session) => session.isOpen) ?? null;
  }

  join(session: ModelSession): void {
    this.sessions.push(session);
    session.adopt(this.index, this, this.sessions.length === 1);
    this.onSession?.(session);
  }

  aLine(accountSid: string, parameters: Record<string, string>): PhoneLine {
    this.phone = new PhoneLine(
      this.index,
      { accountSid, callSid: this.callSid, streamSid: this.streamSid, parameters },
      this.toModel,
      this.toPhone,
      this.latency,
      {
        onAgentFrame: (tag, nowMs) => this.onAgentFrame?.(tag, nowMs),
        onClear: (nowMs) => this.onClear?.(nowMs),
      },
    );
    return this.phone;
  }
}
