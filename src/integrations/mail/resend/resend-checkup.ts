import { Finding, findingsOn } from '../../../common/finding';
import type { AppConfig } from '../../../config/app-config';

const TIMEOUT_MS = 15_000;
const API = 'https://api.resend.com';
/** Of a key that may send mails and nothing else. */
const RESTRICTED = 'restricted_api_key';

/** Everybody's, for trying it out. */
const SHARED_DOMAIN = 'resend.dev';

const sender = findingsOn('Mail');

/** The key, and whether mails may come from MAIL_FROM (https://resend.com/docs/api-reference/domains/list-domains). */
export async function resendCheckup({ mail }: AppConfig): Promise<Finding[]> {
  if (mail.resendApiKey === undefined) return [sender.off('No RESEND_API_KEY is set: no mails are sent.')];
  const findings =
    mail.feedbackTo === undefined
      ? [sender.warning('No FEEDBACK_EMAIL is set: nobody is mailed what people say of demos.')]
      : [];
  try {
    const answer = await fetch(`${mail.resendBaseUrl ?? API}/domains`, {
      headers: { Authorization: `Bearer ${mail.resendApiKey}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const body = (await answer.json()) as { name?: string; data?: { name: string; status: string }[] };
    return [domainFinding(answer.status, body, mail.from), ...findings];
  } catch (error) {
    return [
      sender.failure(`The mail service could not be asked: ${error instanceof Error ? error.message : String(error)}`),
    ];
  }
}

function domainFinding(
  status: number,
  { name, data = [] }: { name?: string; data?: { name: string; status: string }[] },
  from: string,
): Finding {
  if (name === RESTRICTED) return sender.ok('The key sends mails; from which domains, it may not tell.');
  if (status === 401 || status === 403) return sender.failure('Resend does not take RESEND_API_KEY.');
  if (status !== 200) return sender.failure(`Resend answered with status ${status}.`);
  const domain = /@([^\s>]+)/.exec(from)?.[1]?.toLowerCase() ?? '';
  if (domain === SHARED_DOMAIN) {
    return sender.warning(
      `Mails come from ${SHARED_DOMAIN}, which reaches the owner of the account alone: set MAIL_FROM.`,
    );
  }
  const known = data.find((one) => one.name.toLowerCase() === domain);
  if (known?.status === 'verified') return sender.ok(`Mails come from ${from}.`);
  const state = known === undefined ? 'not one of the account' : `not verified (${known.status})`;
  return sender.failure(`The domain of MAIL_FROM, ${domain}, is ${state}: verify it at resend.com/domains.`);
}
