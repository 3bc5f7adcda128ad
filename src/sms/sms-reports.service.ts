import { Injectable, Logger } from '@nestjs/common';
import type { Owner } from '../common/owner';
import { FormParams, formText, Telephony } from '../integrations/telephony/telephony';
import { SendAttempts } from './send-attempts.service';
import { canMove } from './send-ledger';
import { SmsLookups } from './sms-lookups';
import { SmsMessage } from './sms-message.entity';
import { advance, deliverySentence, isFinal, SmsStatus, statusOfCarrier } from './sms-status';

/** What the carrier says of a text, by a callback, in an answer or when asked. */
export interface SmsReport {
  sid: string;
  status: SmsStatus;
  segments: number | null;
  errorCode: string | null;
}

/** A callback that is lost is made up for by asking, from then on ever more rarely. */
export const FIRST_LOOK_SECONDS = 120;

/** Writes down where texts of ours stand. Reports may come twice, late and in any order. */
@Injectable()
export class SmsReports {
  private readonly log = new Logger(SmsReports.name);

  constructor(
    private readonly attempts: SendAttempts,
    private readonly lookups: SmsLookups,
    private readonly telephony: Telephony,
  ) {}

  /** The status callback. One that fits no text changes nothing. */
  async onCallback(attemptId: string | undefined, form: FormParams): Promise<void> {
    const sid = formText(form, 'MessageSid') || formText(form, 'SmsSid');
    const status = statusOfCarrier(formText(form, 'MessageStatus') || formText(form, 'SmsStatus'));
    if (!this.telephony.isSmsSid(sid) || status === null) return;
    const ref =
      (await this.lookups.bySid(sid)) ?? (attemptId === undefined ? null : await this.lookups.byAttempt(attemptId));
    if (ref === null) {
      this.log.warn({ msg: 'A report is about no text of ours', sid });
      return;
    }
    const errorCode = formText(form, 'ErrorCode');
    await this.apply(ref.owner, ref.smsId, { sid, status, segments: null, errorCode: errorCode || null });
  }

  async apply(owner: Owner, smsId: string, report: SmsReport): Promise<SmsMessage> {
    return this.attempts.change(owner, smsId, async (tx, sms) => {
      if (sms.direction !== 'outbound' || (sms.sid !== null && sms.sid !== report.sid)) {
        this.log.warn({ msg: 'A report is about another text', sms_id: smsId, user_id: owner.userId });
        return;
      }
      const isBound = sms.sid === null;
      if (isBound && !canMove(sms.sendState, 'placed')) return;
      // What was taken for not sent has a status that was only a guess.
      const status = isBound ? report.status : advance(sms.status, report.status);
      const isNews = status !== sms.status || isBound;
      const isTrouble = status === 'failed' || status === 'undelivered';
      const isUnderWay = status === 'sent' || status === 'delivered' || status === 'undelivered';
      await tx.update(
        SmsMessage,
        { userId: owner.userId, id: smsId },
        {
          sid: report.sid,
          sendState: 'placed',
          status,
          segments: report.segments ?? sms.segments,
          ...(isNews
            ? {
                errorCode: isTrouble ? (report.errorCode ?? 'not_delivered') : null,
                errorDetail: isTrouble ? deliverySentence(report.errorCode) : null,
              }
            : {}),
          ...(isUnderWay && sms.sentAt === null ? { sentAt: () => 'clock_timestamp()' } : {}),
          ...(status === 'delivered' && sms.deliveredAt === null ? { deliveredAt: () => 'clock_timestamp()' } : {}),
          ...(isBound ? { tries: 0 } : {}),
          ...(isFinal(status)
            ? { dueAt: null }
            : isBound
              ? { dueAt: () => `clock_timestamp() + interval '${FIRST_LOOK_SECONDS} seconds'` }
              : {}),
        },
      );
    });
  }
}
