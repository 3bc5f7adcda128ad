import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CallPermissionService } from '../calls/call-permission.service';
import { CarrierUnavailable, InvalidPhoneNumber } from '../calls/calls.errors';
import { DoNotCallService } from '../calls/do-not-call.service';
import type { PhoneNumber } from '../calls/phone-number';
import { AppError } from '../common/app-error';
import { Drain } from '../common/drain';
import { IdempotencyKeyReused } from '../common/idempotency.guard';
import type { Owner } from '../common/owner';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import {
  CarrierBusy,
  CarrierError,
  CarrierSms,
  CarrierUnreachable,
  SmsRefused,
  Telephony,
} from '../integrations/telephony/telephony';
import { SendAttempts, SendIntent } from './send-attempts.service';
import { SmsMessage } from './sms-message.entity';
import { SmsReports } from './sms-reports.service';
import { SmsSenders } from './sms-senders.service';
import { statusOfCarrier } from './sms-status';
import {
  CANNOT_RECEIVE,
  CarrierRefusedSms,
  NumberCannotReceive,
  OPTED_OUT,
  OptedOut,
  SmsOutcomeUnknown,
} from './sms.errors';

/** A text as somebody asks for it. */
export interface SmsRequest {
  to: string;
  body: string;
  from?: string | undefined;
  idempotencyKey?: string | undefined;
}

/** What became of asking the carrier. */
export interface Sent {
  sms: SmsMessage;
  /** Why it is not on its way for certain; null: it is. */
  trouble: AppError | null;
}

/**
 * A process that was stopped for a while between writing down that it asks and asking must not ask any more: the settlement
 * may have found meanwhile that there is no such text.
 */
const STALE_AFTER_MS = 20_000;

/** A callback often tells within a moment what Twilio's lost answer would have told. */
const CALLBACK_PATIENCE_MS = 2000;
const CALLBACK_POLL_MS = 200;

/** Sends texts: the row first, then the carrier once, then its sid. */
@Injectable()
export class SmsSending {
  private readonly log = new Logger(SmsSending.name);

  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly drain: Drain,
    private readonly permission: CallPermissionService,
    private readonly doNotCall: DoNotCallService,
    private readonly senders: SmsSenders,
    private readonly attempts: SendAttempts,
    private readonly reports: SmsReports,
    private readonly telephony: Telephony,
  ) {}

  /**
   * Sends a text. The same idempotency key never sends it twice.
   * @throws InvalidPhoneNumber, PhoneNumberNotFound, SenderCannotText, NoSmsSender, CallNotAllowed, OptedOut,
   * NumberCannotReceive, CarrierRefusedSms, CarrierUnavailable: not sent; SmsOutcomeUnknown: perhaps sent
   */
  async send(owner: Owner, request: SmsRequest): Promise<SmsMessage> {
    this.drain.refuseNewWork();
    const { body, idempotencyKey } = request;
    const number = this.permission.read(request.to);
    if (idempotencyKey !== undefined) {
      const earlier = await this.attempts.findByKey(owner, idempotencyKey);
      if (earlier !== null) return requireSame(earlier, number, body);
    }
    const from =
      request.from === undefined ? await this.senders.choose(owner) : await this.senders.require(owner, request.from);
    const { sms, trouble, isNew } = await this.sendOnce(owner, {
      number,
      from,
      body,
      source: 'request',
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    });
    if (!isNew) return requireSame(sms, number, body);
    if (trouble !== null) throw trouble;
    return sms;
  }

  /**
   * Sends what is meant, unless it was under its id or key before.
   * @param alongside as of SendAttempts.intend
   * @throws CallNotAllowed
   */
  async sendOnce(
    owner: Owner,
    intent: SendIntent,
    alongside?: (tx: EntityManager, sms: SmsMessage) => Promise<void>,
  ): Promise<Sent & { isNew: boolean }> {
    const begunAtMs = Date.now();
    const { sms, isNew } = await this.attempts.intend(owner, intent, alongside);
    return isNew ? { ...(await this.ask(owner, sms, begunAtMs)), isNew } : { sms, trouble: null, isNew };
  }

  /**
   * Asks the carrier for a text that is written down as asked for: once, whatever happens.
   * @param begunAtMs when that was about to be written down
   * @param options.laterAt when it is to be sent instead, where the carrier takes nothing at the moment
   */
  async ask(
    owner: Owner,
    sms: SmsMessage,
    begunAtMs: number,
    options: { laterAt?: Date | undefined } = {},
  ): Promise<Sent> {
    let sent: CarrierSms;
    try {
      if (Date.now() - begunAtMs > STALE_AFTER_MS) throw new CarrierUnreachable('This server stood still.');
      sent = await this.telephony.sendSms({
        to: sms.phoneNumber,
        from: sms.ownNumber,
        body: sms.body,
        statusCallbackUrl: `${this.config.publicUrl}/sms-status?attempt=${sms.attemptId}`,
      });
    } catch (error) {
      return this.notSent(owner, sms, error, options.laterAt);
    }
    const { sid, segments, errorCode } = sent;
    const status = statusOfCarrier(sent.status) ?? 'queued';
    try {
      return { sms: await this.reports.apply(owner, sms.id, { sid, status, segments, errorCode }), trouble: null };
    } catch (error) {
      // It is on its way; a callback or the settlement will bind the sid.
      this.log.error({ msg: 'The sid of a text could not be stored', sms_id: sms.id, err: error });
      return { sms, trouble: new SmsOutcomeUnknown(sms.id, error) };
    }
  }

  private async notSent(owner: Owner, sms: SmsMessage, error: unknown, laterAt: Date | undefined): Promise<Sent> {
    if (error instanceof SmsRefused) return this.refused(owner, sms, error);
    if (error instanceof CarrierBusy || error instanceof CarrierUnreachable) {
      const isBusy = error instanceof CarrierBusy;
      const code = isBusy ? 'carrier_busy' : 'carrier_unreachable';
      const failed =
        laterAt === undefined
          ? await this.attempts.fail(owner, sms.id, {
              sendState: 'absent',
              errorCode: code,
              errorDetail: error.message,
            })
          : await this.attempts.postpone(owner, sms.id, laterAt, { code, detail: error.message });
      const detail = `Twilio ${isBusy ? 'is busy' : 'cannot be reached'} at the moment. The text was not sent; please try again.`;
      return { sms: failed, trouble: new CarrierUnavailable(detail, { sms_id: sms.id }, error) };
    }
    const said = error instanceof CarrierError ? error.message : 'Twilio did not answer.';
    await this.attempts.fail(owner, sms.id, {
      sendState: 'unknown',
      errorCode: 'outcome_unknown',
      errorDetail: said,
    });
    this.log.warn({ msg: 'The outcome of a text is unknown', sms_id: sms.id, user_id: owner.userId, err: error });
    const after = await this.awaitCallback(owner, sms.id);
    return { sms: after, trouble: after.sid === null ? new SmsOutcomeUnknown(sms.id, error) : null };
  }

  private async refused(owner: Owner, sms: SmsMessage, error: SmsRefused): Promise<Sent> {
    const { trouble, detail } = refusalOf(sms.id, error);
    // Who texts STOP wants no calls either, from nobody who shares the number.
    if (error.reason === 'opted_out')
      await this.doNotCall.stop(owner, sms.phoneNumber, { ownNumber: sms.ownNumber, at: new Date() });
    const errorCode = error.carrierCode === null ? 'carrier_refused' : String(error.carrierCode);
    const failed = await this.attempts.fail(owner, sms.id, { sendState: 'refused', errorCode, errorDetail: detail });
    return { sms: failed, trouble };
  }

  private async awaitCallback(owner: Owner, smsId: string): Promise<SmsMessage> {
    for (let waitedMs = 0; ; waitedMs += CALLBACK_POLL_MS) {
      const sms = await this.attempts.get(owner, smsId);
      if (sms.sid !== null || waitedMs >= CALLBACK_PATIENCE_MS) return sms;
      await sleep(CALLBACK_POLL_MS);
    }
  }
}

function refusalOf(smsId: string, error: SmsRefused): { trouble: AppError; detail: string } {
  switch (error.reason) {
    case 'opted_out':
      return { trouble: new OptedOut(smsId, error), detail: OPTED_OUT };
    case 'invalid_number':
      return { trouble: new InvalidPhoneNumber(), detail: 'Twilio says that this is no phone number.' };
    case 'cannot_receive':
      return { trouble: new NumberCannotReceive(smsId, error), detail: CANNOT_RECEIVE };
    case 'sender_cannot_send':
    case 'not_permitted':
    case 'other':
      return { trouble: new CarrierRefusedSms(smsId, error.message, error), detail: error.message };
  }
}

/** The row of an earlier request with the same key, which must have asked for the same. */
function requireSame(sms: SmsMessage, number: PhoneNumber, body: string): SmsMessage {
  if (number.kind !== 'subscriber' || sms.phoneNumber !== number.e164 || sms.body !== body) {
    throw new IdempotencyKeyReused();
  }
  return sms;
}
