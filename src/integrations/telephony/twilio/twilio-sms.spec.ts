import twilio from 'twilio';
import { CarrierOutcomeUnknown, SmsRefused } from '../telephony';
import { toCarrierError } from './twilio-errors';
import { isMessageSid, toSmsError } from './twilio-sms';

const refusal = (code: number, status = 400) => {
  const body = JSON.stringify({ code, message: `No ${code}`, status });
  return toSmsError(toCarrierError(new twilio.RestException({ statusCode: status, body })));
};

it.each([
  [21610, 'opted_out'],
  [21211, 'invalid_number'],
  [21614, 'cannot_receive'],
  [21612, 'cannot_receive'],
  [21606, 'sender_cannot_send'],
  [21608, 'not_permitted'],
  [21408, 'not_permitted'],
  [21617, 'other'],
])('%i is %s', (code, reason) => {
  const error = refusal(code);
  expect(error).toBeInstanceOf(SmsRefused);
  expect(error).toMatchObject({ reason, carrierCode: code, message: `No ${code}` });
});

it('leaves alone what is no answer', () => {
  expect(refusal(20500, 500)).toBeInstanceOf(CarrierOutcomeUnknown);
  expect(refusal(20429, 429)).not.toBeInstanceOf(SmsRefused);
});

it('knows the id of a text', () => {
  expect([`SM${'0'.repeat(32)}`, `MM${'f'.repeat(32)}`, `CA${'0'.repeat(32)}`, '', null].map(isMessageSid)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});
