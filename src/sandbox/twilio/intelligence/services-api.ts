import type { FastifyInstance } from 'fastify';
import { formOf, pathOf, queryOf, type FormRequest, type TwilioApi } from '../api-request';
import { TwilioRefusal, resourceNotFound } from '../twilio-refusal';
import { pageOfV2 } from '../v2-paging';
import type { IntelligenceService } from './intelligence-service';
import { intelligenceUrl } from './intelligence-url';
import { readNewService, readServiceChange, type ServiceSettings } from './service-form';

const SERVICES = '/Services';
/** Also by its unique name. */
const SERVICE = '/Services/:service';

/** Services: create, list, read, change, delete (reference/twilio.md section 9). */
export function registerServices(app: FastifyInstance, { intelligence, accountSid }: TwilioApi): void {
  const show = (service: IntelligenceService) => service.resource(accountSid);

  app.post(SERVICES, (request: FormRequest, reply) => {
    const settings = readNewService(formOf(request));
    requireFreeName(settings);
    return reply.status(201).send(show(intelligence.createService(settings)));
  });

  app.get(SERVICES, (request, reply) => {
    const items = intelligence.listServices();
    const list = { key: 'services', items, positionOf: (service: IntelligenceService) => -service.number, show };
    return reply.send(pageOfV2(list, intelligenceUrl(pathOf(request)), queryOf(request)));
  });

  app.get(SERVICE, (request: FormRequest, reply) => reply.send(show(requireService(request))));

  app.post(SERVICE, (request: FormRequest, reply) => {
    const service = requireService(request);
    const settings = readServiceChange(formOf(request), service.settings);
    requireFreeName(settings, service);
    service.update(settings);
    return reply.send(show(service));
  });

  app.delete(SERVICE, (request: FormRequest, reply) => {
    intelligence.deleteService(requireService(request));
    return reply.status(204).send();
  });

  function requireService(request: FormRequest): IntelligenceService {
    const service = intelligence.findService(request.params['service'] ?? '');
    if (!service) throw resourceNotFound(pathOf(request));
    return service;
  }

  /** Which code the real API has for it is unverified. @throws TwilioRefusal */
  function requireFreeName({ uniqueName }: ServiceSettings, owner?: IntelligenceService): void {
    const named = intelligence.findService(uniqueName);
    if (named && named !== owner) throw new TwilioRefusal(20001, `UniqueName ${uniqueName} is taken by ${named.sid}.`);
  }
}
