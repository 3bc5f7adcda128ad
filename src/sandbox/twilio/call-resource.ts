import type { CarrierCall } from './carrier-call';
import { formatPhoneNumber } from './phone-number';
import { rfc2822OrNull } from './wire-dates';

/** Dollars a begun minute, as a US carrier charges. */
const PRICE_PER_MINUTE = { 'outbound-api': 0.014, inbound: 0.0085 } as const;

/** The REST API has no `initiated`: until it rings a call is `queued`. */
export function restStatus(call: CarrierCall): string {
  return call.status === 'initiated' ? 'queued' : call.status;
}

/** A call as the REST API shows it (reference/twilio.md section 2); numbers are strings there. */
export function callResource(
  call: CarrierCall,
  accountSid: string,
  phoneNumberSid: string,
  queueMs = 0,
): Record<string, unknown> {
  const { settings } = call;
  const uri = `/2010-04-01/Accounts/${accountSid}/Calls/${call.sid}`;
  return {
    sid: call.sid,
    account_sid: accountSid,
    api_version: '2010-04-01',
    to: settings.to,
    to_formatted: formatPhoneNumber(settings.to),
    from: settings.from,
    from_formatted: formatPhoneNumber(settings.from),
    status: restStatus(call),
    direction: settings.direction,
    start_time: rfc2822OrNull(call.startedAtMs),
    end_time: rfc2822OrNull(call.endedAtMs),
    duration: call.isOver ? String(call.durationSeconds) : null,
    price: priceOf(call),
    price_unit: 'USD',
    answered_by: call.answeredBy ?? null,
    forwarded_from: null,
    caller_name: null,
    parent_call_sid: null,
    group_sid: null,
    phone_number_sid: phoneNumberSid,
    trunk_sid: '',
    queue_time: String(Math.round(queueMs)),
    date_created: rfc2822OrNull(call.createdAtMs),
    date_updated: rfc2822OrNull(call.updatedAtMs),
    annotation: null,
    uri: `${uri}.json`,
    subresource_uris: {
      recordings: `${uri}/Recordings.json`,
      streams: `${uri}/Streams.json`,
      events: `${uri}/Events.json`,
      notifications: `${uri}/Notifications.json`,
      payments: `${uri}/Payments.json`,
      siprec: `${uri}/Siprec.json`,
      transcriptions: `${uri}/Transcriptions.json`,
      user_defined_messages: `${uri}/UserDefinedMessages.json`,
      user_defined_message_subscriptions: `${uri}/UserDefinedMessageSubscriptions.json`,
    },
  };
}

function priceOf(call: CarrierCall): string | null {
  if (!call.isOver || call.answeredAtMs === undefined) return null;
  const minutes = Math.max(1, Math.ceil(call.durationSeconds / 60));
  return (-minutes * PRICE_PER_MINUTE[call.settings.direction]).toFixed(5);
}
