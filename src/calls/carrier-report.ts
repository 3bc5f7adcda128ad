import { FormParams, formText } from '../integrations/telephony/telephony';
import type { Call } from './call.entity';
import { advance, CallStatus, isCallStatus, isOver } from './call-status';
import { canMove } from './dial-ledger';
import { reasonOf } from './ended-reason';

/** What the carrier says about a call, in a webhook or when it is asked. */
export interface CarrierReport {
  callSid: string;
  /** Null where only the answerer is reported. */
  status: CallStatus | null;
  /** Position in the carrier's own order of reports, from 0; null where it does not number them. */
  sequenceNumber: number | null;
  at: Date;
  durationSeconds: number | null;
  answeredBy: string | null;
  sipResponseCode: number | null;
}

/** The columns that the carrier's reports own, and the two that a report may fill. */
export type CarrierColumns = Pick<
  Call,
  | 'callSid'
  | 'dialState'
  | 'status'
  | 'endedReason'
  | 'startedAt'
  | 'answeredAt'
  | 'endedAt'
  | 'callDuration'
  | 'answeredBy'
  | 'lastSequence'
>;

/** What is told of them may come after what came after them. */
const BEFORE_THE_END: ReadonlySet<string> = new Set(['initiated', 'ringing', 'in-progress']);

const CALL_SID = /^CA[0-9a-f]{32}$/i;

/**
 * Reads a status callback or a voice webhook (reference/twilio.md section 3).
 * @returns null when it names no call
 */
export function parseCarrierReport(form: FormParams, now: Date): CarrierReport | null {
  const callSid = formText(form, 'CallSid');
  if (!CALL_SID.test(callSid)) return null;
  const status = formText(form, 'CallStatus');
  return {
    callSid,
    status: isCallStatus(status) ? status : null,
    sequenceNumber: wholeNumber(formText(form, 'SequenceNumber')),
    at: reportedTime(formText(form, 'Timestamp'), now),
    // `CallDuration` has seconds; `Duration` has billed minutes.
    durationSeconds: wholeNumber(formText(form, 'CallDuration')),
    answeredBy: formText(form, 'AnsweredBy') === '' ? null : formText(form, 'AnsweredBy').slice(0, 50),
    sipResponseCode: wholeNumber(formText(form, 'SipResponseCode')),
  };
}

/**
 * What a report changes about a call; empty when it comes late, twice or for nothing. A status only moves forward, and
 * whoever says first why a call ended is believed.
 */
export function changesBy(call: CarrierColumns, report: CarrierReport): Partial<CarrierColumns> {
  const changes: Partial<CarrierColumns> = {};
  if (call.callSid === null) {
    changes.callSid = report.callSid;
    if (canMove(call.dialState, 'placed')) changes.dialState = 'placed';
  }
  if (report.answeredBy !== null && isNewsOfAnswerer(call.answeredBy, report.answeredBy)) {
    changes.answeredBy = report.answeredBy;
  }
  if (report.sequenceNumber !== null && report.sequenceNumber > (call.lastSequence ?? -1)) {
    changes.lastSequence = report.sequenceNumber;
  }
  if (report.status === null) return changes;

  const status = advance(call.status, report.status);
  if (status === call.status) return { ...changes, ...missedTimes(call, report) };
  changes.status = status;
  if (call.startedAt === null && status !== 'queued' && (status !== 'canceled' || call.status !== 'queued')) {
    changes.startedAt = report.at;
  }
  if (status === 'in-progress') changes.answeredAt = notBefore(report.at, call.startedAt);
  if (isOver(status)) Object.assign(changes, endOf({ ...call, ...changes }, status, report));
  return changes;
}

function endOf(call: CarrierColumns, status: CallStatus, report: CarrierReport): Partial<CarrierColumns> {
  const endedAt = notBefore(report.at, call.answeredAt ?? call.startedAt);
  const callDuration = report.durationSeconds ?? secondsBetween(call.answeredAt, endedAt);
  return {
    endedAt,
    callDuration,
    endedReason: call.endedReason ?? reasonOf(status, report.sipResponseCode),
    // The report of the answer was lost or is still on its way.
    ...(status === 'completed' && call.answeredAt === null && callDuration > 0
      ? { answeredAt: new Date(endedAt.getTime() - callDuration * 1000) }
      : {}),
  };
}

/** A report that comes too late to move the status can still tell when the dialling began and the phone was answered. */
function missedTimes(call: CarrierColumns, report: CarrierReport): Partial<CarrierColumns> {
  const isBefore = (end: Date | null) => end === null || report.at <= end;
  const isEarlier = call.startedAt !== null && report.at < call.startedAt && BEFORE_THE_END.has(report.status ?? '');
  const isAnswer = report.status === 'in-progress' && isBefore(call.endedAt);
  return {
    ...(isEarlier ? { startedAt: report.at } : {}),
    ...(isAnswer && (call.answeredAt === null || (isReckoned(call) && report.sequenceNumber !== null))
      ? { answeredAt: report.at }
      : {}),
  };
}

/** The time of the answer is what the end and the duration made it, because nobody had told it. */
function isReckoned({ answeredAt, endedAt, callDuration }: CarrierColumns): boolean {
  if (answeredAt === null || endedAt === null || callDuration === null) return false;
  return answeredAt.getTime() === endedAt.getTime() - callDuration * 1000;
}

function secondsBetween(start: Date | null, end: Date): number {
  return start === null ? 0 : Math.max(0, Math.round((end.getTime() - start.getTime()) / 1000));
}

function notBefore(instant: Date, earlier: Date | null): Date {
  return earlier !== null && earlier > instant ? earlier : instant;
}

/** Reports carry their time in whole seconds and may be late; a time from the future is a clock that is wrong. */
function reportedTime(text: string, now: Date): Date {
  const reported = new Date(text);
  return Number.isNaN(reported.getTime()) || reported > now ? now : reported;
}

function wholeNumber(text: string): number | null {
  return /^\d{1,9}$/.test(text) ? Number(text) : null;
}

/** The first report is believed; that the machine's greeting is over by now is the one thing to be added to it. */
function isNewsOfAnswerer(known: string | null, reported: string): boolean {
  return known === null || (known === 'machine_start' && reported.startsWith('machine_end_'));
}

/** Whether a machine picked up: voicemail, an announcement, a fax. */
export function isMachine(answeredBy: string | null): boolean {
  return answeredBy !== null && (answeredBy.startsWith('machine_') || answeredBy === 'fax');
}
