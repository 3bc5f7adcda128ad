import type { FastifyInstance } from 'fastify';
import { formOf, pathOf, queryOf, type FormRequest, type TwilioApi } from './api-request';
import { readCallFilter } from './call-filter';
import { readCallForm, readStatusCallback, readTwimlSource } from './call-form';
import { callResource } from './call-resource';
import type { CarrierCall } from './carrier-call';
import { integer } from './form-fields';
import { pageOf } from './paging';
import { TwilioRefusal, resourceNotFound } from './twilio-refusal';

const CALLS = '/Accounts/:accountSid/Calls.json';
const CALL = '/Accounts/:accountSid/Calls/:callSid(^CA[0-9a-fA-F]{32}).json';

/** Calls: create, list, read, change. */
export function registerCalls(app: FastifyInstance, { carrier, accountSid }: TwilioApi): void {
  const show = (call: CarrierCall, queueMs = 0) => {
    const { direction, from, to } = call.settings;
    const own = carrier.numbers.byNumber(direction === 'inbound' ? to : from);
    return callResource(call, accountSid, own?.sid ?? '', queueMs);
  };

  app.post(CALLS, (request: FormRequest, reply) => {
    const settings = readCallForm(formOf(request), (e164) => carrier.numbers.byNumber(e164) !== undefined);
    const { call, queueMs } = carrier.placeCall(settings);
    return reply.status(201).send(show(call, queueMs));
  });

  app.get(CALLS, (request, reply) => {
    const query = queryOf(request);
    const matches = readCallFilter(query);
    const found = carrier.list().filter(matches);
    return reply.send(pageOf('calls', found, pathOf(request), query, (call) => show(call)));
  });

  app.get(CALL, (request: FormRequest, reply) => reply.send(show(requireCall(request))));

  app.post(CALL, (request: FormRequest, reply) => {
    const call = requireCall(request);
    change(call, formOf(request));
    return reply.send(show(call));
  });

  app.delete(CALL, () => {
    throw new TwilioRefusal(20001, 'Deleting a call is not simulated.');
  });

  function requireCall(request: FormRequest): CarrierCall {
    const call = carrier.find(request.params['callSid'] ?? '');
    if (!call) throw resourceNotFound(pathOf(request));
    return call;
  }
}

/** @throws TwilioRefusal 21220 when the call is in no state for it */
function change(call: CarrierCall, form: URLSearchParams): void {
  const status = form.get('Status');
  const source = readTwimlSource(form);
  if (status !== null && status !== 'completed' && status !== 'canceled') {
    throw new TwilioRefusal(20001, `Status can be completed or canceled, not ${status}.`);
  }
  if (call.isOver) throw new TwilioRefusal(21220, 'Call is not in-progress. Cannot redirect.');
  const statusCallback = readStatusCallback(form);
  if (statusCallback) call.settings.statusCallback = statusCallback;
  if (form.has('TimeLimit')) call.setTimeLimit(integer(form, 'TimeLimit', 0, 1, 86_400) * 1000);
  if (status === 'completed') {
    call.hangUp();
  } else if (status === 'canceled') {
    // Cancelling is for calls that nobody has answered; on others it has no effect (reference/twilio.md section 2).
    if (!call.isAnswered()) call.hangUp();
  } else if (source) {
    if (!call.isAnswered()) throw new TwilioRefusal(21220, 'Call is not in-progress. Cannot redirect.');
    call.redirect(source);
  }
}
