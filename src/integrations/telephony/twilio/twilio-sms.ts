import type twilio from 'twilio';
import { CarrierRefused, CarrierSms, ReceivedSms, SmsRefusal, SmsRefused } from '../telephony';
import { dateOrNull } from './twilio-dates';

/** https://www.twilio.com/docs/api/errors */
const REASONS: Readonly<Record<number, SmsRefusal>> = {
  21610: 'opted_out',
  21211: 'invalid_number',
  21612: 'cannot_receive',
  21614: 'cannot_receive',
  21606: 'sender_cannot_send',
  21659: 'sender_cannot_send',
  21608: 'not_permitted',
  21408: 'not_permitted',
};

/** What Twilio puts before the texts of trial accounts. */
const TRIAL = /^Sent from your Twilio trial account - /;

type TwilioMessage = Awaited<ReturnType<twilio.Twilio['messages']['list']>>[number];

export function toCarrierSms(message: TwilioMessage): CarrierSms {
  const segments = Number.parseInt(message.numSegments, 10);
  return {
    sid: message.sid,
    status: message.status,
    body: message.body.replace(TRIAL, ''),
    segments: Number.isInteger(segments) && segments > 0 ? segments : null,
    createdAt: dateOrNull(message.dateCreated),
    sentAt: dateOrNull(message.dateSent),
    errorCode: message.errorCode ? String(message.errorCode) : null,
  };
}

/** Null where it is not one that came in. */
export function toReceivedSms(message: TwilioMessage): ReceivedSms | null {
  const receivedAt = dateOrNull(message.dateSent) ?? dateOrNull(message.dateCreated);
  if (message.direction !== 'inbound' || receivedAt === null) return null;
  const { sid, from, to, body } = message;
  return {
    sid,
    from,
    to,
    body,
    segments: toCarrierSms(message).segments,
    mediaCount: Number(message.numMedia) || 0,
    receivedAt,
  };
}

/** A definite no tells why. */
export function toSmsError(error: unknown): unknown {
  if (!(error instanceof CarrierRefused)) return error;
  return new SmsRefused(error, REASONS[error.carrierCode ?? 0] ?? 'other');
}

export function isMessageSid(sid: unknown): sid is string {
  return typeof sid === 'string' && /^(SM|MM)[0-9a-f]{32}$/i.test(sid);
}
