import { BeforeApplicationShutdown, Inject, Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { Rounds } from '../common/rounds';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { CarrierCall, Telephony } from '../integrations/telephony/telephony';
import { CallLookups, CallRef, OpenAttempt } from './call-lookups';
import { isCallStatus, isOver } from './call-status';
import { Call } from './call.entity';
import { CarrierReports } from './carrier-reports.service';
import { DialAttempts } from './dial-attempts.service';

const INTERVAL_MS = 15_000;

/** An intent that nobody has acted upon for so long belongs to a process that died between commit and dialling. */
const INTENT_ABANDONED_MS = 60_000;
/** Requests to the carrier time out long before; whoever asked has given up or died. */
const ASKED_SETTLED_AFTER_MS = 30_000;
/** The carrier's list shows a call within moments. One that it does not show after this long does not exist. */
const ABSENT_AFTER_MS = 90_000;
/** Clocks differ, and the carrier writes whole seconds. */
const CLOCK_SKEW_MS = 10_000;
/** An answer that took longer tells too little of the carrier's clock: it is asked again in the next round. */
const CLOCKS_COMPARED_WITHIN_MS = 5_000;
/** A request may be read by the carrier until its time limit is over, and be written down a little later. */
const CREATED_WITHIN_MS = 30_000;
/** A call without an end this long after its maximum duration has lost its last callback. */
const OVERDUE_GRACE_SECONDS = 120;
/** Nobody answers a phone that has stopped ringing; the carrier would have said so. */
const UNANSWERED_GRACE_SECONDS = 60;
/** Whoever ends a call tells the carrier in the same breath. */
const ENDED_GRACE_SECONDS = 60;
/** Nothing that the attempt may have started can still be live; the row is closed with its outcome unknown. */
const UNKNOWN_GIVEN_UP_MS = 3_600_000;

/**
 * Finds out what became of attempts whose outcome is unknown, and of calls whose last callback was lost. It never dials.
 * Several processes may run it at once: each step is a move of the ledger under the row's lock.
 */
@Injectable()
export class DialSettlement implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(DialSettlement.name);
  private readonly rounds = new Rounds(
    INTERVAL_MS,
    () => this.settle(),
    (error) => this.log.error({ msg: 'Open dial attempts could not be looked at', err: error }),
  );

  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly lookups: CallLookups,
    private readonly attempts: DialAttempts,
    private readonly reports: CarrierReports,
    private readonly telephony: Telephony,
  ) {}

  onApplicationBootstrap(): void {
    this.rounds.callForOne();
    this.rounds.begin();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
  }

  /** One round. @param at moves the clock in tests */
  async settle(at?: Date): Promise<void> {
    const now = at ?? (await this.lookups.databaseNow());
    const open = await this.lookups.openAttempts();
    for (const attempt of open) {
      const rivals = open.filter(({ routeHash }) => routeHash === attempt.routeHash).length;
      await this.attended(attempt, () => this.settleAttempt(attempt, rivals, now));
    }
    const overdue = await this.lookups.overdue(now, {
      unanswered: this.config.calls.ringTimeoutSeconds + UNANSWERED_GRACE_SECONDS,
      ended: ENDED_GRACE_SECONDS,
      grace: OVERDUE_GRACE_SECONDS,
    });
    for (const call of overdue) {
      await this.attended(call, () => this.settleOverdue(call, now));
    }
  }

  private async settleAttempt({ owner, callId }: OpenAttempt, rivals: number, now: Date): Promise<void> {
    const call = await this.attempts.get(owner, callId);
    const ageMs = now.getTime() - (call.askedAt ?? call.createdAt).getTime();
    if (call.dialState === 'intended') {
      if (ageMs >= INTENT_ABANDONED_MS) await this.attempts.abandon(owner, callId);
      return;
    }
    if (call.callSid !== null || ageMs < ASKED_SETTLED_AFTER_MS) return;
    await this.attempts.markUnknown(owner, callId, 'The server stopped while Twilio was being asked.');
    if (ageMs >= UNKNOWN_GIVEN_UP_MS + call.maxDurationSeconds * 1000) {
      await this.attempts.fail(owner, callId, {
        from: 'unknown',
        dialState: 'unknown',
        endedReason: 'carrier_error',
        errorCode: 'outcome_unknown',
        errorDetail: 'It could not be found out whether this call was placed. It was not dialled again.',
      });
      return;
    }
    const candidates = await this.candidatesFor(call);
    const [only] = candidates;
    if (only === undefined) {
      if (ageMs >= ABSENT_AFTER_MS) await this.attempts.fail(owner, callId, ABSENT);
    } else if (candidates.length === 1 && rivals === 1) {
      await this.reports.applyFetched(owner, callId, only, now);
    }
    // Several calls or several attempts: only their callbacks can tell which is whose, so it stays visibly unknown.
  }

  /** The carrier's calls that this attempt may have started and that belong to no other row. */
  private async candidatesFor(call: Call): Promise<CarrierCall[]> {
    const askedAt = call.askedAt ?? call.createdAt;
    const since = new Date(askedAt.getTime() - CLOCK_SKEW_MS);
    const until = new Date(askedAt.getTime() + CREATED_WITHIN_MS);
    const begunAtMs = Date.now();
    const found = await this.telephony.findCalls({
      to: call.phoneNumber,
      from: call.fromNumber,
      since,
      now: await this.lookups.databaseNow(),
    });
    if (Date.now() - begunAtMs > CLOCKS_COMPARED_WITHIN_MS)
      throw new Error('The carrier’s list came too late to be told by.');
    const candidates: CarrierCall[] = [];
    for (const candidate of found) {
      if (candidate.createdAt !== null && candidate.createdAt > until) continue;
      if ((await this.lookups.bySid(candidate.callSid)) === null) candidates.push(candidate);
    }
    return candidates;
  }

  private async settleOverdue({ owner, callId }: CallRef, now: Date): Promise<void> {
    const { callSid, endedReason } = await this.attempts.get(owner, callId);
    if (callSid === null) return;
    const carrierCall = await this.telephony.fetchCall(callSid);
    if (carrierCall === null) {
      await this.reports.apply(owner, callId, {
        callSid,
        status: 'failed',
        sequenceNumber: null,
        at: now,
        durationSeconds: null,
        answeredBy: null,
        sipResponseCode: null,
      });
      return;
    }
    await this.reports.applyFetched(owner, callId, carrierCall, now);
    // It has ended for us, so a line that is still open carries nobody: the hang-up of then went wrong.
    const isLive = isCallStatus(carrierCall.status) && !isOver(carrierCall.status);
    if (endedReason !== null && isLive) await this.telephony.hangUp(callSid);
  }

  /** One attempt's trouble, such as a carrier that cannot be asked now, is no other's. */
  private async attended({ owner, callId }: CallRef, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.log.warn({ msg: 'A call could not be settled yet', call_id: callId, user_id: owner.userId, err: error });
    }
  }
}

const ABSENT = {
  from: 'unknown',
  dialState: 'absent',
  endedReason: 'carrier_error',
  errorCode: 'absent',
  errorDetail: 'Twilio has no such call: it was not dialled.',
} as const;
