import { AppError } from '../common/app-error';

/** Not there, or somebody else's: the answer does not tell. */
export class WebhookNotFound extends AppError {
  constructor() {
    super('not-found', 'webhook.not_found', 'Webhook not found');
  }
}

/** Not there, somebody else's, or of another webhook. */
export class DeliveryNotFound extends AppError {
  constructor() {
    super('not-found', 'webhook.delivery_not_found', 'Delivery not found');
  }
}

export class TooManyWebhooks extends AppError {
  constructor(most: number) {
    super('invalid', 'webhook.too_many', `You have reached the maximum limit of ${most} webhooks`);
  }
}

export class InsecureTarget extends AppError {
  constructor() {
    super(
      'invalid',
      'webhook.insecure_target',
      'Events are sent over https only. Give an address that begins with https://.',
    );
  }
}

export class PrivateTarget extends AppError {
  constructor() {
    super('invalid', 'webhook.private_target', PRIVATE_TARGET);
  }
}

export class WebhookInactive extends AppError {
  constructor() {
    super('conflict', 'webhook.inactive', 'This webhook is switched off. Switch it on first, and then send again.');
  }
}

export class RotatedLately extends AppError {
  constructor(until: Date) {
    super(
      'conflict',
      'webhook.rotated_lately',
      `The secret of before the last rotation signs until ${until.toISOString()}; rotate again after that. To have only the new one sign at once, send {"revoke_previous": true}.`,
    );
  }
}

/** What it told was deleted since. */
export class DeliveryErased extends AppError {
  constructor() {
    super(
      'conflict',
      'webhook.delivery_erased',
      'What this delivery told was deleted since, so it cannot be sent again.',
    );
  }
}

export class WebhookBusy extends AppError {
  constructor() {
    super(
      'conflict',
      'webhook.busy',
      'Too much is being sent to your webhooks at the moment. Try again in a few seconds.',
    );
  }
}

/** Also what stands in the log of a delivery. */
export const PRIVATE_TARGET = 'This address belongs to a private network, where no events are sent.';
