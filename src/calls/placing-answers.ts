import type { ProblemAnswer } from '../common/openapi.decorators';
import { CustomScenarioNotFound, InvalidScenario } from '../scenarios/scenarios.errors';
import { SERVER_FULL } from './call-permission';
import { CallNotAllowed, CallOutcomeUnknown, CarrierUnavailable, InvalidPhoneNumber } from './calls.errors';
import { PREMIUM_SENTENCE } from './phone-number';

const REFUSED = new CallNotAllowed(
  {
    allowed: false,
    reasons: [{ code: 'quiet_hours', detail: 'It is quiet hours where this number belongs.' }],
    earliestAt: new Date('2026-11-21T13:00:00Z'),
  },
  new Date('2026-11-21T09:30:00Z'),
);
const FULL = new CallNotAllowed({ allowed: false, reasons: [SERVER_FULL], earliestAt: null }, new Date());
const EXAMPLE_CALL_ID = '6f1f5b0e-5b64-4f0c-9d38-6f6d6ac4b3a1';
export const UNREACHED = new CarrierUnavailable('Twilio cannot be reached. Nothing was dialled.', {}, undefined);

export const NO_TARGET: ProblemAnswer[] = [
  [400, 'The number or the scenario is not one', new InvalidPhoneNumber(), new InvalidScenario()],
  [404, 'The custom scenario is not there', new CustomScenarioNotFound()],
];

/** Of a number that is written down for calls to come. */
export const NEVER_CALLED = new CallNotAllowed(
  {
    allowed: false,
    reasons: [{ code: 'destination_not_allowed', detail: PREMIUM_SENTENCE }],
    earliestAt: null,
  },
  new Date('2026-11-21T09:30:00Z'),
);

/** When there is somebody to call, and something to say. */
export const DIALLING_PROBLEMS: ProblemAnswer[] = [
  [403, 'This number may not be called now: destination, do-not-call list, quiet hours', REFUSED],
  [429, 'As many calls are live, or were placed today or within a minute, as you may have'],
  [502, 'Twilio refused the call, or did not say whether it was placed', new CallOutcomeUnknown(EXAMPLE_CALL_ID, null)],
  [503, 'The server is full, or Twilio cannot be reached; nothing was dialled', FULL, UNREACHED],
];

export const PLACING_PROBLEMS: ProblemAnswer[] = [...NO_TARGET, ...DIALLING_PROBLEMS];

export const PHONE_NUMBER = {
  name: 'phone_number',
  description: 'As a person writes it, percent-encoded; the plus may be left out',
  example: '+12025550100',
};
