import type { FastifyInstance } from 'fastify';
import { formOf, pathOf, queryOf, type FormRequest, type TwilioApi } from './api-request';
import type { IncomingNumber } from './incoming-numbers';
import { pageOf } from './paging';
import { parsePhoneNumber } from './phone-number';
import { resourceNotFound } from './twilio-refusal';

const NUMBERS = '/Accounts/:accountSid/IncomingPhoneNumbers.json';
const NUMBER = '/Accounts/:accountSid/IncomingPhoneNumbers/:numberSid(^PN[0-9a-fA-F]{32}).json';

/** The platform's own numbers: list, read, and set what happens when they are rung. */
export function registerNumbers(app: FastifyInstance, { carrier }: TwilioApi): void {
  const { numbers } = carrier;
  const show = (number: IncomingNumber) => numbers.resource(number);

  app.get(NUMBERS, (request, reply) => {
    const query = queryOf(request);
    const { PhoneNumber: wanted, FriendlyName: name } = query;
    const found = numbers
      .all()
      .filter((number) => !wanted || number.phoneNumber.includes(parsePhoneNumber(wanted) ?? wanted.replace('*', '')))
      .filter((number) => !name || show(number)['friendly_name'] === name);
    return reply.send(pageOf('incoming_phone_numbers', found, pathOf(request), query, show));
  });

  app.get(NUMBER, (request: FormRequest, reply) => reply.send(show(requireNumber(request))));

  app.post(NUMBER, (request: FormRequest, reply) => {
    const number = requireNumber(request);
    number.update(formOf(request));
    return reply.send(show(number));
  });

  function requireNumber(request: FormRequest): IncomingNumber {
    const number = numbers.bySid(request.params['numberSid'] ?? '');
    if (!number) throw resourceNotFound(pathOf(request));
    return number;
  }
}
