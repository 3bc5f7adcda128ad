import type { FastifyInstance } from 'fastify';
import { pathOf, type FormRequest, type TwilioApi } from './api-request';
import { resourceNotFound } from './twilio-refusal';
import { rfc2822 } from './wire-dates';

/** Where this account may call; a new one of Twilio's may call its own country and a few of low risk. */
const DIALLED = new Set([
  'US',
  'CA',
  'MX',
  'GB',
  'IE',
  'FR',
  'DE',
  'AT',
  'CH',
  'ES',
  'IT',
  'NL',
  'BE',
  'SE',
  'AU',
  'NZ',
]);

/** The account itself: GET /2010-04-01/Accounts/{AC}.json */
export function registerAccount(app: FastifyInstance, { accountSid, clock }: TwilioApi): void {
  const createdAtMs = clock.nowMs();
  app.get('/Accounts/:accountSid(^AC[0-9a-fA-F]{32}).json', (_request, reply) =>
    reply.send({
      sid: accountSid,
      owner_account_sid: accountSid,
      friendly_name: 'Sandbox',
      status: 'active',
      type: 'Full',
      date_created: rfc2822(createdAtMs),
      date_updated: rfc2822(createdAtMs),
      uri: `/2010-04-01/Accounts/${accountSid}.json`,
      subresource_uris: {},
    }),
  );
}

/**
 * Which countries may be dialled, below https://voice.twilio.com/v1/DialingPermissions
 * (https://www.twilio.com/docs/voice/api/dialingpermissions-country-resource).
 */
export function registerDialingPermissions(app: FastifyInstance): void {
  app.get('/Countries/:country', (request: FormRequest, reply) => {
    const country = (request.params['country'] ?? '').toUpperCase();
    const name = countryName(country);
    if (name === undefined) throw resourceNotFound(pathOf(request));
    return reply.send({
      iso_code: country,
      name,
      continent: null,
      country_codes: [],
      low_risk_numbers_enabled: DIALLED.has(country),
      high_risk_special_numbers_enabled: false,
      high_risk_tollfraud_numbers_enabled: false,
      url: `https://voice.twilio.com/v1/DialingPermissions/Countries/${country}`,
      links: {},
    });
  });
}

function countryName(country: string): string | undefined {
  if (!/^[A-Z]{2}$/.test(country)) return undefined;
  return new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' }).of(country);
}
