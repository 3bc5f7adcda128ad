import { Injectable } from '@nestjs/common';
import { CallLookups } from '../calls/call-lookups';
import type { Owner } from '../common/owner';
import { CarrierSms, Telephony } from '../integrations/telephony/telephony';
import { ASKED_SETTLED_AFTER_SECONDS, MAX_TRIES, SendAttempts } from './send-attempts.service';
import { SmsLookups } from './sms-lookups';
import { SmsMessage } from './sms-message.entity';
import { FIRST_LOOK_SECONDS, SmsReports } from './sms-reports.service';
import { isFinal, statusOfCarrier } from './sms-status';

/** The carrier's list shows a text within moments. One that it does not show after this long does not exist. */
const ABSENT_AFTER_MS = 90_000;
/** Clocks differ, and the carrier writes whole seconds. */
const CLOCK_SKEW_MS = 10_000;
/** An answer that took longer tells too little of the carrier's clock: it is asked again in the next round. */
const CLOCKS_COMPARED_WITHIN_MS = 5_000;
/** A request may be read by the carrier until its time limit is over, and be written down a little later. */
const CREATED_WITHIN_MS = 30_000;
/** Whoever may have got it has got it. */
const UNKNOWN_GIVEN_UP_MS = 24 * 3_600_000;
/** A carrier that has not said for so long how a text ended will not. */
const STATUS_GIVEN_UP_MS = 3 * 24 * 3_600_000;
const MOST_LOOK_SECONDS = 6 * 3600;

/** Finds out what became of texts whose outcome is unknown, and where those stand whose callbacks were lost. It never sends. */
@Injectable()
export class SmsSettlement {
  constructor(
    private readonly callLookups: CallLookups,
    private readonly lookups: SmsLookups,
    private readonly attempts: SendAttempts,
    private readonly reports: SmsReports,
    private readonly telephony: Telephony,
  ) {}

  /** Of a text that the carrier was asked for, without a sid. */
  async settle(owner: Owner, sms: SmsMessage, now: Date): Promise<void> {
    const ageMs = now.getTime() - (sms.askedAt ?? sms.createdAt).getTime();
    if (ageMs < ASKED_SETTLED_AFTER_SECONDS * 1000) return;
    if (sms.sendState === 'asked') {
      await this.attempts.fail(owner, sms.id, {
        sendState: 'unknown',
        errorCode: 'outcome_unknown',
        errorDetail: 'The server stopped while Twilio was being asked.',
      });
    }
    if (ageMs >= UNKNOWN_GIVEN_UP_MS) {
      await this.attempts.giveUp(owner, sms.id);
      return;
    }
    const { equal: candidates, areOthers } = await this.candidatesFor(sms);
    const [only] = candidates;
    if (only === undefined) {
      // One that nobody here has sent may be ours, and read otherwise than it was written: redaction takes words away.
      if (ageMs >= ABSENT_AFTER_MS && !areOthers) await this.absent(owner, sms, now);
    } else if (candidates.length === 1 && (await this.lookups.rivals(sms.id)) === 1) {
      await this.bind(owner, sms, only);
    }
    // Several texts or several attempts: only their callbacks can tell which is whose, so it stays visibly unknown.
  }

  /** It was certainly not sent; after a call it is to be sent all the same. */
  private async absent(owner: Owner, sms: SmsMessage, now: Date): Promise<void> {
    if (sms.source === 'follow_up' && sms.tries < MAX_TRIES) {
      const detail = 'Twilio has no such text: it is sent again.';
      await this.attempts.postpone(owner, sms.id, now, { code: 'absent', detail });
      return;
    }
    await this.attempts.fail(owner, sms.id, {
      sendState: 'absent',
      errorCode: 'absent',
      errorDetail: 'Twilio has no such text: it was not sent.',
    });
  }

  /** Of a text that the carrier has and has not told the end of. */
  async look(owner: Owner, sms: SmsMessage, now: Date): Promise<void> {
    const { sid } = sms;
    const ageMs = now.getTime() - (sms.askedAt ?? sms.createdAt).getTime();
    if (ageMs >= STATUS_GIVEN_UP_MS) {
      await this.attempts.setDue(owner, sms.id, null);
      return;
    }
    const known = sid === null ? null : await this.telephony.fetchSms(sid);
    const updated = known === null ? sms : await this.bind(owner, sms, known);
    if (isFinal(updated.status)) return;
    const pauseSeconds = Math.min(FIRST_LOOK_SECONDS * 2 ** sms.tries, MOST_LOOK_SECONDS);
    await this.attempts.setDue(owner, sms.id, known === null ? null : new Date(now.getTime() + pauseSeconds * 1000));
  }

  private async bind(owner: Owner, sms: SmsMessage, { sid, status, segments, errorCode }: CarrierSms) {
    return this.reports.apply(owner, sms.id, {
      sid,
      status: statusOfCarrier(status) ?? sms.status,
      segments,
      errorCode,
    });
  }

  /**
   * The carrier's texts that this attempt may have sent and that belong to no other row: those that say the same, and whether
   * there are others.
   */
  private async candidatesFor(sms: SmsMessage): Promise<{ equal: CarrierSms[]; areOthers: boolean }> {
    const askedAt = sms.askedAt ?? sms.createdAt;
    const since = new Date(askedAt.getTime() - CLOCK_SKEW_MS);
    const until = new Date(askedAt.getTime() + CREATED_WITHIN_MS);
    const begunAtMs = Date.now();
    const found = await this.telephony.findSms({
      to: sms.phoneNumber,
      from: sms.ownNumber,
      since,
      now: await this.callLookups.databaseNow(),
    });
    if (Date.now() - begunAtMs > CLOCKS_COMPARED_WITHIN_MS) {
      throw new Error('The carrier’s list came too late to be told by.');
    }
    const unbound: CarrierSms[] = [];
    for (const candidate of found) {
      if (candidate.createdAt !== null && candidate.createdAt > until) continue;
      if ((await this.lookups.bySid(candidate.sid)) === null) unbound.push(candidate);
    }
    const equal = unbound.filter(({ body }) => body.trim() === sms.body.trim());
    return { equal, areOthers: equal.length < unbound.length };
  }
}
