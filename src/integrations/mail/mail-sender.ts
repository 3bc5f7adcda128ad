/** A plain mail. */
export interface Mail {
  to: string;
  subject: string;
  text: string;
  /** The same for the same mail, however often it is sent: it arrives once. At most 256 characters. */
  idempotencyKey: string;
}

/** Sends mails in the platform's name. */
export abstract class MailSender {
  /** Whether this installation has an account to send with. */
  abstract readonly isConfigured: boolean;

  /** @throws MailError */
  abstract send(mail: Mail): Promise<void>;
}

/** The mail was not taken, or nobody knows; `message` is a sentence without secrets. */
export class MailError extends Error {
  constructor(
    message: string,
    /** Whether the same mail may be taken later. */
    readonly isOfTheMoment: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'MailError';
  }
}
