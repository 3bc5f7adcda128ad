import type { CarrierNumber, NumberWebhooks, Telephony } from './telephony';

/** Something that keeps a number from being answered, in words. */
export interface NumberProblem {
  code: string;
  detail: string;
}

/** A server that is there answers at once. */
const REACH_LIMIT_MS = 5000;

/** Where the carrier is to ask about every number of a server. */
export function webhooksAt(publicUrl: string): NumberWebhooks {
  return {
    voiceUrl: `${publicUrl}/incoming-call`,
    statusCallbackUrl: `${publicUrl}/call-status`,
    smsUrl: `${publicUrl}/incoming-sms`,
  };
}

/** What keeps the number as the carrier has it from being answered by a server at these addresses. */
export function numberProblems(number: CarrierNumber, webhooks: NumberWebhooks): NumberProblem[] {
  const { voiceUrl, statusCallbackUrl, smsUrl } = webhooks;
  const told = (set: string) => (set === '' ? 'none' : set);
  const problems: (NumberProblem | null)[] = [
    number.canTalk ? null : { code: 'no_voice', detail: 'This number cannot take calls: Twilio gives it no voice.' },
    number.answeredElsewhere === null ? null : { code: 'answered_elsewhere', detail: number.answeredElsewhere },
    number.voiceUrl === voiceUrl
      ? null
      : {
          code: 'wrong_voice_url',
          detail: `When a call comes in Twilio asks ${told(number.voiceUrl)}; it should ask ${voiceUrl}.`,
        },
    number.statusCallbackUrl === statusCallbackUrl
      ? null
      : {
          code: 'wrong_status_callback',
          detail: `Twilio tells ${told(number.statusCallbackUrl)} how calls end; it should tell ${statusCallbackUrl}.`,
        },
    !number.canText || number.smsUrl === smsUrl
      ? null
      : {
          code: 'wrong_sms_url',
          detail: `When a text comes in Twilio asks ${told(number.smsUrl)}; it should ask ${smsUrl}.`,
        },
  ];
  return problems.filter((problem) => problem !== null);
}

/** Why the carrier cannot reach a server at its public address, in a sentence; null where it can. */
export async function reachProblem(publicUrl: string, telephony: Telephony): Promise<string | null> {
  const wrong = telephony.originProblem(publicUrl);
  if (wrong !== null) return wrong;
  try {
    const answer = await fetch(`${publicUrl}/health/live`, { signal: AbortSignal.timeout(REACH_LIMIT_MS) });
    await answer.body?.cancel();
    if (answer.ok) return null;
    return `${publicUrl} answers with status ${answer.status}, so it is not this server that is reached.`;
  } catch {
    return `Nothing answers at ${publicUrl}: set PUBLIC_URL to the address by which Twilio reaches this server.`;
  }
}
