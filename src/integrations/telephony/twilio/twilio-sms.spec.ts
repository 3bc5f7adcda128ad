import twilio from 'twilio';
import { CarrierOutcomeUnknown, SmsRefused } from '../telephony';
import { toCarrierError } from './twilio-errors';
import { isMessageSid, toCarrierSms, toReceivedSms, toSmsError } from './twilio-sms';

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

const MESSAGE = {
  sid: `SM${'0'.repeat(32)}`,
  direction: 'outbound-api',
  body: 'Sent from your Twilio trial account - Your table is booked.',
  numSegments: '1',
  numMedia: '0',
  dateCreated: new Date('2026-12-01T10:00:00Z'),
} as Parameters<typeof toCarrierSms>[0];

it('reads the texts of trial accounts as they were written', () => {
  expect(toCarrierSms(MESSAGE).body).toBe('Your table is booked.');
});

it('tells what came in from what went out', () => {
  expect(toReceivedSms(MESSAGE)).toBeNull();
  const came = {
    ...MESSAGE,
    direction: 'inbound',
    body: 'STOP',
    from: '+12025550100',
    to: '+12025550000',
    numMedia: '2',
  };
  expect(toReceivedSms(came as typeof MESSAGE)).toMatchObject({
    body: 'STOP',
    from: '+12025550100',
    mediaCount: 2,
    segments: 1,
  });
});
