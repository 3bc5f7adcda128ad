import type { Finding } from '../common/finding';
import type { AppConfig } from '../config/app-config';
import { googleCheckup } from './calendar/google/google-checkup';
import { openAiCheckup } from './language-model/openai/openai-checkup';
import { resendCheckup } from './mail/resend/resend-checkup';
import { twilioCheckup } from './telephony/twilio/twilio-checkup';

/** A look at each provider with the credentials that are set; nothing is changed there, nothing rings, nothing costs. */
export const PROVIDER_CHECKUPS: readonly {
  /** In the words of the sandbox. */
  provider: string;
  subject: string;
  look(config: AppConfig): Promise<Finding[]>;
}[] = [
  { provider: 'twilio', subject: 'Twilio', look: twilioCheckup },
  { provider: 'openai', subject: 'OpenAI', look: (config) => openAiCheckup(config) },
  { provider: 'google', subject: 'Google', look: googleCheckup },
  { provider: 'mail', subject: 'Mail', look: resendCheckup },
];
