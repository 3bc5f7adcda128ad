import { Inject, Injectable } from '@nestjs/common';
import { NotAuthenticated } from '../common/app-error';
import { isUniqueViolation } from '../common/database-errors';
import type { Owner } from '../common/owner';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { Database } from '../database/database';
import { CallLookups, CallRef } from './call-lookups';
import { isOver } from './call-status';
import { Call } from './call.entity';
import { CallNotFound, FeedbackGiven, SessionNotFound } from './calls.errors';
import { Feedback } from './feedback.entity';

const CALL_SID = /^CA[0-9a-f]{32}$/i;

/** How a demo stands, for a page that shows it. */
export interface DemoSession {
  sessionId: string;
  isValid: boolean;
  status: Call['status'];
  /** Null until a key was pressed. */
  expiresAt: Date | null;
  secondsRemaining: number;
}

/** What anybody may ask who knows a call by an id that cannot be guessed: the carrier's sid, or a demo's session. */
@Injectable()
export class DemoSessions {
  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly db: Database,
    private readonly lookups: CallLookups,
  ) {}

  /** @throws CallNotFound */
  async callBySid(callSid: string): Promise<Call> {
    const ref = CALL_SID.test(callSid) ? await this.lookups.bySid(callSid) : null;
    const call = ref === null ? null : await this.find(ref);
    if (call === null) throw new CallNotFound();
    return call;
  }

  /** @throws SessionNotFound */
  async session(sessionId: string): Promise<DemoSession> {
    const { call } = await this.demo(sessionId);
    const { streamOpenedAt, maxDurationSeconds, status } = call;
    const expiresAt = streamOpenedAt === null ? null : new Date(streamOpenedAt.getTime() + maxDurationSeconds * 1000);
    const isLive = !isOver(status) && call.endedReason === null;
    const restSeconds =
      expiresAt === null ? maxDurationSeconds : Math.max(0, Math.ceil((expiresAt.getTime() - Date.now()) / 1000));
    const isValid = isLive && restSeconds > 0;
    return { sessionId: call.id, isValid, status, expiresAt, secondsRemaining: isValid ? restSeconds : 0 };
  }

  /** Keeps what somebody says of their demo; it is mailed where somebody wants it. @throws SessionNotFound, FeedbackGiven */
  async giveFeedback(sessionId: string, rating: number, message: string): Promise<Feedback> {
    const { owner, call } = await this.demo(sessionId);
    const isMailed = this.config.mail.feedbackTo !== undefined && this.config.mail.resendApiKey !== undefined;
    return this.db
      .asOwner(owner, async (tx) => {
        const { identifiers } = await tx.insert(Feedback, {
          userId: owner.userId,
          callId: call.id,
          rating,
          message,
          ...(isMailed ? { mailDueAt: () => 'clock_timestamp()' } : {}),
        });
        return tx.findOneByOrFail(Feedback, { userId: owner.userId, id: identifiers[0]?.['id'] as number });
      })
      .catch((error: unknown) => {
        throw isUniqueViolation(error) ? new FeedbackGiven() : error;
      });
  }

  private async demo(sessionId: string): Promise<{ owner: Owner; call: Call }> {
    const ref = await this.lookups.byId(sessionId);
    const call = ref === null ? null : await this.find(ref);
    if (ref === null || call === null || !call.isDemo) throw new SessionNotFound();
    return { owner: ref.owner, call };
  }

  /** Of an owner who is switched off there is none. */
  private async find({ owner, callId }: CallRef): Promise<Call | null> {
    try {
      return await this.db.asOwner(owner, (tx) => tx.findOneBy(Call, { userId: owner.userId, id: callId }));
    } catch (error) {
      if (error instanceof NotAuthenticated) return null;
      throw error;
    }
  }
}
