import { behaviourOf } from '../../phone/directory';
import { readTarget } from '../form-fields';
import { parsePhoneNumber } from '../phone-number';
import { TwilioRefusal } from '../twilio-refusal';
import type { MessageSettings } from './message';

const MAX_BODY_CHARACTERS = 1600;
/** What would change what is sent, and is not simulated. */
const NOT_SIMULATED = ['MediaUrl', 'MessagingServiceSid', 'ContentSid', 'ScheduleType', 'SendAt', 'ApplicationSid'];

/**
 * The form of `POST Messages.json`, checked as Twilio checks it (reference/twilio.md section 8).
 * @throws TwilioRefusal
 */
export function readMessageForm(form: URLSearchParams, isOwnNumber: (e164: string) => boolean): MessageSettings {
  const foreign = NOT_SIMULATED.find((field) => form.has(field));
  if (foreign !== undefined) throw new TwilioRefusal(20001, `${foreign} is not simulated.`);
  const to = readTo(form);
  const from = readFrom(form, isOwnNumber);
  if (to === from) throw new TwilioRefusal(21266, "'To' and 'From' number cannot be the same.");
  const body = form.get('Body') ?? '';
  if (body.trim() === '') throw new TwilioRefusal(21602, 'Message body is required.');
  if (body.length > MAX_BODY_CHARACTERS) {
    throw new TwilioRefusal(21617, `The concatenated message body exceeds the ${MAX_BODY_CHARACTERS} character limit.`);
  }
  return {
    to,
    from,
    body,
    direction: 'outbound-api',
    ...(form.get('StatusCallback') ? { statusCallback: readCallback(form) } : {}),
  };
}

function readCallback(form: URLSearchParams) {
  // Twilio tells of texts by POST alone.
  return { ...readTarget(form, 'StatusCallback', 'StatusCallbackMethod', 21609), method: 'POST' as const };
}

function readTo(form: URLSearchParams): string {
  const written = form.get('To');
  if (!written) throw new TwilioRefusal(21604, "A 'To' phone number is required.");
  const to = parsePhoneNumber(written);
  if (to === undefined || behaviourOf(to) === 'invalid') {
    throw new TwilioRefusal(21211, `Invalid 'To' Phone Number: ${written}`);
  }
  return to;
}

function readFrom(form: URLSearchParams, isOwnNumber: (e164: string) => boolean): string {
  const written = form.get('From');
  if (!written) throw new TwilioRefusal(21603, "A 'From' phone number is required.");
  const from = parsePhoneNumber(written);
  if (from === undefined || !isOwnNumber(from)) {
    throw new TwilioRefusal(
      21606,
      `The 'From' phone number ${written} is not a valid, SMS-capable inbound phone number for your account.`,
    );
  }
  return from;
}
