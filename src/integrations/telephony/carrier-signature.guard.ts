import { CanActivate, ExecutionContext, Inject, Injectable, RawBodyRequest } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AppError } from '../../common/app-error';
import type { AppConfig } from '../../config/app-config';
import { APP_CONFIG } from '../../config/config.module';
import { FormParams, Telephony } from './telephony';

/** Nobody but the carrier may post this. */
export class BadWebhookSignature extends AppError {
  constructor() {
    super('forbidden', 'webhook.bad_signature', 'The signature of this request is missing or wrong.');
  }
}

/**
 * Lets through what the carrier has signed. The address is built from the configured public one and never from the
 * request's Host, which anybody can write.
 */
@Injectable()
export class CarrierSignatureGuard implements CanActivate {
  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly telephony: Telephony,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const signature = request.headers['x-twilio-signature'];
    const params = formParams(request.body);
    if (typeof signature !== 'string' || params === null) throw new BadWebhookSignature();
    const url = this.config.publicUrl + request.originalUrl;
    if (!this.telephony.verifySignature({ url, params, signature })) throw new BadWebhookSignature();
    return true;
  }
}

/** The same for a webhook whose body is JSON, or a form as well: JSON is covered by a hash in the address. */
@Injectable()
export class CarrierBodySignatureGuard implements CanActivate {
  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly telephony: Telephony,
    private readonly ofForms: CarrierSignatureGuard,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<RawBodyRequest<FastifyRequest>>();
    const isJson = request.headers['content-type']?.startsWith('application/json') === true;
    if (!isJson) return this.ofForms.canActivate(context);
    const signature = request.headers['x-twilio-signature'];
    const url = this.config.publicUrl + request.originalUrl;
    const rawBody = request.rawBody?.toString('utf8') ?? '';
    if (typeof signature !== 'string' || !this.telephony.verifyBodySignature({ url, rawBody, signature })) {
      throw new BadWebhookSignature();
    }
    return true;
  }
}

/** A form is flat; anything else was not sent by the carrier. */
function formParams(body: unknown): FormParams | null {
  if (body === undefined || body === null) return {};
  if (typeof body !== 'object') return null;
  const entries: [string, unknown][] = Object.entries(body);
  const isForm = entries.every(
    ([, value]) => typeof value === 'string' || (Array.isArray(value) && value.every((v) => typeof v === 'string')),
  );
  return isForm ? Object.fromEntries(entries as [string, string | string[]][]) : null;
}
