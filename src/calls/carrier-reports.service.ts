import { Injectable, Logger } from '@nestjs/common';
import { DomainEvents } from '../common/domain-events';
import type { Owner } from '../common/owner';
import { Database } from '../database/database';
import { CarrierCall, Telephony } from '../integrations/telephony/telephony';
import { CallStatus, isCallStatus, isOver } from './call-status';
import { Call } from './call.entity';
import { CallEnded, CallRinging, CallUpdated } from './calls.events';
import { CarrierColumns, CarrierReport, changesBy } from './carrier-report';

/** Takes in what the carrier says about calls: in any order, any number of times. */
@Injectable()
export class CarrierReports {
  private readonly log = new Logger(CarrierReports.name);

  constructor(
    private readonly db: Database,
    private readonly events: DomainEvents,
    private readonly telephony: Telephony,
  ) {}

  /**
   * Applies a report and announces what it changed.
   * @returns the call as it is now; null when the report is not about it (another sid, or the call is gone)
   */
  async apply(owner: Owner, callId: string, report: CarrierReport): Promise<Call | null> {
    const outcome = await this.db.asOwner(owner, async (tx) => {
      const before = await tx.findOne(Call, {
        where: { userId: owner.userId, id: callId },
        lock: { mode: 'pessimistic_write' },
      });
      if (before === null || (before.callSid !== null && before.callSid !== report.callSid)) return null;
      const changes = changesBy(before, report);
      if (Object.keys(changes).length === 0) return { before, after: before };
      await tx.update(
        Call,
        { userId: owner.userId, id: callId },
        { ...changes, ...troubleAfter(before, changes), ...wordsAfter(before, changes) },
      );
      return { before, after: await tx.findOneByOrFail(Call, { userId: owner.userId, id: callId }) };
    });
    if (outcome === null) {
      this.log.warn({ msg: 'A carrier report does not fit its call', call_id: callId, user_id: owner.userId });
      return null;
    }
    this.announce(owner, outcome.before, outcome.after);
    if (report.status !== null && isUnwanted(outcome.before, outcome.after, report.status)) {
      await this.hangUp(outcome.after, report.callSid);
    }
    return outcome.after;
  }

  /** The same for what the carrier answered when it was asked. */
  async applyFetched(owner: Owner, callId: string, carrierCall: CarrierCall, now: Date): Promise<Call | null> {
    const { endedAt, startedAt, price } = carrierCall;
    const status = isCallStatus(carrierCall.status) ? carrierCall.status : null;
    const after = await this.apply(owner, callId, {
      callSid: carrierCall.callSid,
      status,
      sequenceNumber: null,
      at: (status !== null && isOver(status) ? endedAt : startedAt) ?? now,
      durationSeconds: carrierCall.durationSeconds,
      answeredBy: carrierCall.answeredBy,
      sipResponseCode: null,
    });
    if (after === null || price === null) return after;
    await this.db.asOwner(owner, (tx) =>
      tx.update(
        Call,
        { userId: owner.userId, id: callId },
        { carrierPrice: price.amount, carrierCurrency: price.currency },
      ),
    );
    return after;
  }

  private announce(owner: Owner, before: Call, after: Call): void {
    if (after.status !== before.status && after.status === 'ringing') {
      this.events.emit(new CallRinging(owner, after.id));
    }
    if (after.status !== before.status || after.answeredBy !== before.answeredBy) {
      this.events.emit(new CallUpdated(owner, after.id));
    }
    if (isOver(after.status) && !isOver(before.status)) {
      const { id, callSid, status, endedReason } = after;
      this.events.emit(new CallEnded(owner, id, callSid, status, endedReason ?? 'carrier_error'));
    }
  }

  private async hangUp(call: Call, callSid: string): Promise<void> {
    try {
      await this.telephony.hangUp(callSid);
    } catch (error) {
      // The voice webhook answers with a hang-up as well, and the next report tries again.
      this.log.warn({ msg: 'An unwanted call could not be hung up', call_id: call.id, err: error });
    }
  }
}

/** What is wrong with an attempt is answered by its sid: it was placed. One that was given up by then is hung up. */
function troubleAfter(
  before: Call,
  changes: Partial<CarrierColumns>,
): Partial<Pick<Call, 'errorCode' | 'errorDetail'>> {
  if (changes.dialState !== 'placed') return {};
  return isOver(before.status)
    ? {
        errorCode: 'found_late',
        errorDetail: 'Twilio had placed this call after all; it was hung up when it turned up.',
      }
    : { errorCode: null, errorDetail: null };
}

/** Nothing more is said on a call that is over, or it is known only now that there was somebody to say something. */
function wordsAfter(before: Call, { status = before.status, answeredAt }: Partial<CarrierColumns>) {
  const isNews = status !== before.status || answeredAt !== undefined;
  return isOver(status) && isNews ? { wordsVersion: () => 'words_version + 1' } : {};
}

/** A phone rings for a call that is over for us: an attempt that was given up, or one that its owner has hung up. */
function isUnwanted(before: Call, after: Call, reported: CallStatus): boolean {
  if (isOver(reported)) return false;
  return isOver(after.status) ? before.callSid === null : after.endedReason === 'owner_hung_up';
}
