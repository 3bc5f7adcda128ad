import { AppError } from '../common/app-error';

/** Not there, or somebody else's. */
export class SmsNotFound extends AppError {
  constructor() {
    super('not-found', 'sms.not_found', 'Text not found');
  }
}

/** There is no number that this user's texts could come from. */
export class NoSmsSender extends AppError {
  constructor() {
    super(
      'forbidden',
      'sms.no_sender',
      'None of your numbers can send texts, and the platform’s number belongs to somebody else. Claim a number that can.',
    );
  }
}

/** One's own number, but not for texts. */
export class SenderCannotText extends AppError {
  constructor() {
    super('invalid', 'sms.sender_cannot_text', 'Twilio gives this number no texts: send from another one.');
  }
}

/** Who was to get it has told the number to stop. */
export class OptedOut extends AppError {
  constructor(smsId: string, cause: unknown) {
    super('forbidden', 'sms.opted_out', OPTED_OUT, { extra: { sms_id: smsId }, cause });
  }
}

export const OPTED_OUT = 'This person has answered STOP and gets no more texts from this number until they text START.';

export class NumberCannotReceive extends AppError {
  constructor(smsId: string, cause: unknown) {
    super('invalid', 'sms.cannot_receive', CANNOT_RECEIVE, { extra: { sms_id: smsId }, cause });
  }
}

export const CANNOT_RECEIVE = 'This number cannot receive texts, or none from here: it may be a landline.';

/** Twilio said no to the text as such. */
export class CarrierRefusedSms extends AppError {
  constructor(smsId: string, said: string, cause: unknown) {
    super('upstream', 'carrier.refused', `Twilio refused the text: ${said}`, { extra: { sms_id: smsId }, cause });
  }
}

/** Twilio was asked and did not answer: the text may be on its way. It is settled later and never sent a second time. */
export class SmsOutcomeUnknown extends AppError {
  constructor(smsId: string, cause: unknown) {
    super(
      'upstream',
      'carrier.outcome_unknown',
      `Twilio did not say whether the text was sent. Look at text ${smsId} in a moment; it will not be sent twice.`,
      { extra: { sms_id: smsId }, cause },
    );
  }
}
