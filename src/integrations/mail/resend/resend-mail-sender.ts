import { Inject, Injectable } from '@nestjs/common';
import type { AppConfig } from '../../../config/app-config';
import { APP_CONFIG } from '../../../config/config.module';
import { Mail, MailError, MailSender } from '../mail-sender';

const TIMEOUT_MS = 15_000;
/** https://resend.com/docs/api-reference/errors: what may be otherwise a moment later. */
const OF_THE_MOMENT = new Set([408, 409, 425, 429]);

/** Resend's API, by its own SDK, loaded when the first mail is sent. */
@Injectable()
export class ResendMailSender extends MailSender {
  readonly isConfigured: boolean;
  private readonly mail: AppConfig['mail'];
  private loaded: ReturnType<typeof newClient> | undefined;

  constructor(@Inject(APP_CONFIG) { mail }: AppConfig) {
    super();
    this.mail = mail;
    this.isConfigured = mail.resendApiKey !== undefined;
  }

  async send({ to, subject, text, idempotencyKey }: Mail): Promise<void> {
    if (!this.isConfigured) throw new MailError('This server has no account to send mails with.', false);
    const resend = await this.load();
    const { error } = await resend.emails
      .send({ from: this.mail.from, to, subject, text }, { idempotencyKey, signal: AbortSignal.timeout(TIMEOUT_MS) })
      .catch((cause: unknown) => {
        throw new MailError('The mail service did not answer.', true, { cause });
      });
    if (error === null) return;
    const { statusCode, message } = error;
    const isOfTheMoment = statusCode === null || statusCode >= 500 || OF_THE_MOMENT.has(statusCode);
    throw new MailError(`The mail service did not take the mail: ${message}`, isOfTheMoment);
  }

  private load(): ReturnType<typeof newClient> {
    this.loaded ??= newClient(this.mail);
    return this.loaded;
  }
}

async function newClient({ resendApiKey, resendBaseUrl }: AppConfig['mail']) {
  const { Resend } = await import('resend');
  return new Resend(resendApiKey, resendBaseUrl === undefined ? {} : { baseUrl: resendBaseUrl });
}
