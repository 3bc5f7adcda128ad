import { AppError, ErrorKind } from '../common/app-error';
import type { CallPermission, RefusalCode, RefusalReason } from './call-permission';

/** Clients show this sentence as it is; also what Twilio's 21211, 21214 and 21217 mean. */
export class InvalidPhoneNumber extends AppError {
  constructor() {
    super('invalid', 'call.invalid_phone_number', 'Invalid phone number');
  }
}

/** Not there, or somebody else's: the answer does not tell. */
export class CallNotFound extends AppError {
  constructor() {
    super('not-found', 'call.not_found', 'Call not found');
  }
}

/** Not there, or somebody else's. */
export class PhoneNumberNotFound extends AppError {
  constructor() {
    super('not-found', 'phone_number.not_found', 'Phone number not found');
  }
}

/** Only a number of the platform can be answered by it. */
export class NotOurNumber extends AppError {
  constructor() {
    super(
      'invalid',
      'phone_number.not_in_account',
      'This number is not one of this platform’s Twilio account. Buy it there first, or choose another.',
    );
  }
}

export class NumberNotClaimable extends AppError {
  constructor() {
    super('forbidden', 'phone_number.not_claimable', 'This number belongs to the platform, and nobody can claim it.');
  }
}

export class PhoneNumberTaken extends AppError {
  constructor() {
    super('conflict', 'phone_number.taken', 'This number belongs to somebody already.');
  }
}

/** No demo has this id. */
export class SessionNotFound extends AppError {
  constructor() {
    super('not-found', 'session.not_found', 'Session not found');
  }
}

export class FeedbackGiven extends AppError {
  constructor() {
    super('conflict', 'feedback.given', 'You have told us what you think of this call. Thank you.');
  }
}

export class DoNotCallEntryNotFound extends AppError {
  constructor() {
    super('not-found', 'do_not_call.not_found', 'Do-not-call entry not found');
  }
}

export class CallTooLong extends AppError {
  constructor(maxSeconds: number) {
    super('invalid', 'call.too_long', `Calls may last at most ${maxSeconds} seconds.`);
  }
}

/** A variable may stand in a text many times: what comes out is more than a session or a carrier takes. */
export class CallTextTooLong extends AppError {
  constructor() {
    const message = 'make the texts of the scenario too long to be spoken on a call';
    super('unprocessable', 'call.text_too_long', `The variables ${message}.`, {
      errors: [{ field: 'variables', message }],
    });
  }
}

const RETRY_AFTER_FULL_HOUSE_SECONDS = 10;
/** As its sentence says. */
const RETRY_AFTER_FULL_SERVER_SECONDS = 60;

/** The call may not start, or the text not be sent, now; the first reason is the answer, all of them stand in `reasons`. */
export class CallNotAllowed extends AppError {
  constructor(
    readonly permission: CallPermission,
    at: Date,
  ) {
    const [reason] = permission.reasons;
    if (reason === undefined) throw new Error('A call that is allowed was refused');
    super(kindOf(reason.code), reason.code, reason.detail, {
      retryAfterSeconds: retryAfterSeconds(reason.code, permission.earliestAt, at),
      extra: {
        reasons: permission.reasons.map(({ code, detail }: RefusalReason) => ({ code, detail })),
        earliest_at: permission.earliestAt?.toISOString() ?? null,
      },
    });
  }
}

/** Twilio said no to the call as such. */
export class CarrierRefusedCall extends AppError {
  constructor(callId: string, said: string, cause: unknown) {
    super('upstream', 'carrier.refused', `Twilio refused the call: ${said}`, { extra: { call_id: callId }, cause });
  }
}

/** Certainly not dialled: the same request can be sent again. */
export class CarrierUnavailable extends AppError {
  constructor(detail: string, extra: Record<string, unknown>, cause: unknown) {
    super('unavailable', 'carrier.unavailable', detail, { retryAfterSeconds: 5, extra, cause });
  }
}

/** Twilio was asked and did not answer: the call may be ringing. It is settled later and never dialled a second time. */
export class CallOutcomeUnknown extends AppError {
  constructor(callId: string, cause: unknown) {
    super(
      'upstream',
      'carrier.outcome_unknown',
      `Twilio did not say whether the call was placed. Look at call ${callId} in a moment; it will not be dialled twice.`,
      { extra: { call_id: callId }, cause },
    );
  }
}

/** Twilio was asked for something else than a new call and did not do it. */
export class CarrierTrouble extends AppError {
  constructor(detail: string, cause: unknown) {
    super('upstream', 'carrier.trouble', detail, { cause });
  }
}

function kindOf(code: RefusalCode): ErrorKind {
  switch (code) {
    case 'destination_not_allowed':
    case 'do_not_call':
    case 'quiet_hours':
      return 'forbidden';
    case 'calls_per_minute':
    case 'calls_per_day':
    case 'calls_at_once':
    case 'texts_per_day':
      return 'rate-limited';
    case 'capacity_full':
      return 'unavailable';
  }
}

/** Undefined where the sentence says when, or waiting does not help. */
function retryAfterSeconds(code: RefusalCode, earliestAt: Date | null, at: Date): number | undefined {
  switch (kindOf(code)) {
    case 'unavailable':
      return RETRY_AFTER_FULL_SERVER_SECONDS;
    case 'rate-limited':
      return secondsUntil(earliestAt, at);
    default:
      return undefined;
  }
}

function secondsUntil(instant: Date | null, from: Date): number {
  if (instant === null) return RETRY_AFTER_FULL_HOUSE_SECONDS;
  return Math.max(1, Math.ceil((instant.getTime() - from.getTime()) / 1000));
}
