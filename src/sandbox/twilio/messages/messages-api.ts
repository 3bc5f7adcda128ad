import type { FastifyInstance } from 'fastify';
import { formOf, pathOf, queryOf, type FormRequest, type TwilioApi } from '../api-request';
import { pageOf } from '../paging';
import { parsePhoneNumber } from '../phone-number';
import { resourceNotFound, TwilioRefusal } from '../twilio-refusal';
import type { Message } from './message';
import { readMessageForm } from './message-form';

const MESSAGES = '/Accounts/:accountSid/Messages.json';
const MESSAGE = '/Accounts/:accountSid/Messages/:messageSid(^SM[0-9a-fA-F]{32}).json';

/** Texts: create, list, read. */
export function registerMessages(app: FastifyInstance, { messages, carrier, accountSid }: TwilioApi): void {
  const show = (message: Message) => message.resource(accountSid);

  app.post(MESSAGES, (request: FormRequest, reply) => {
    const settings = readMessageForm(formOf(request), (e164) => carrier.numbers.byNumber(e164) !== undefined);
    return reply.status(201).send(show(messages.send(settings)));
  });

  app.get(MESSAGES, (request, reply) => {
    const query = queryOf(request);
    const found = messages.list().filter(readFilter(query));
    return reply.send(pageOf('messages', found, pathOf(request), query, show));
  });

  app.get(MESSAGE, (request: FormRequest, reply) => {
    const message = messages.find(request.params['messageSid'] ?? '');
    if (!message) throw resourceNotFound(pathOf(request));
    return reply.send(show(message));
  });
}

/** By To, From and the time of sending, which a text that still waits does not have. @throws TwilioRefusal */
function readFilter(query: Record<string, string>): (message: Message) => boolean {
  const { To: to, From: from } = query;
  const tests: ((message: Message) => boolean)[] = [];
  if (to) tests.push(({ settings }) => settings.to === (parsePhoneNumber(to) ?? to));
  if (from) tests.push(({ settings }) => settings.from === (parsePhoneNumber(from) ?? from));
  for (const comparison of ['', '<', '>'] as const) {
    const written = query[`DateSent${comparison}`];
    if (!written) continue;
    const fromMs = Date.parse(written);
    if (Number.isNaN(fromMs)) throw new TwilioRefusal(20001, `DateSent is not a date: ${written}`);
    const toMs = /^\d{4}-\d\d-\d\d$/.test(written) ? fromMs + 86_400_000 - 1 : fromMs;
    tests.push(({ sentAtMs }) => {
      if (sentAtMs === undefined) return false;
      if (comparison === '<') return sentAtMs <= toMs;
      return comparison === '>' ? sentAtMs >= fromMs : sentAtMs >= fromMs && sentAtMs <= toMs;
    });
  }
  return (message) => tests.every((test) => test(message));
}
