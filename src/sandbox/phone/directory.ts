/** What happens when a number is dialled (product.md section 9, and more for what the media path has to live with). */
export type PhoneBehaviour =
  | 'talks'
  | 'busy'
  | 'no-answer'
  | 'voicemail'
  | 'invalid'
  | 'interrupts'
  | 'silent'
  | 'hangs-up'
  | 'never-stops'
  | 'presses-keys'
  | 'backchannels'
  | 'coughs'
  | 'voicemail-without-beep'
  | 'voicemail-long-greeting'
  | 'long-greeting';

/** The machines. */
export type VoicemailBehaviour = Extract<PhoneBehaviour, `voicemail${string}`>;

/** 0110 to 0199 are promised to answer and talk, so that later peculiarities stand in the next hundred. */
const MAGIC = /^\+1202555(0[12]\d\d)$/;

const BY_LAST_DIGITS: Record<string, PhoneBehaviour> = {
  '0101': 'busy',
  '0102': 'no-answer',
  '0103': 'voicemail',
  '0104': 'invalid',
  '0105': 'interrupts',
  '0106': 'silent',
  '0107': 'hangs-up',
  '0108': 'never-stops',
  '0109': 'presses-keys',
  '0210': 'backchannels',
  '0211': 'coughs',
  '0212': 'voicemail-without-beep',
  '0213': 'voicemail-long-greeting',
  '0214': 'long-greeting',
};

/** Everybody who is not in the list answers and talks. */
export function behaviourOf(e164: string): PhoneBehaviour {
  const lastDigits = MAGIC.exec(e164)?.[1];
  return (lastDigits !== undefined && BY_LAST_DIGITS[lastDigits]) || 'talks';
}

export function isVoicemail(behaviour: PhoneBehaviour): behaviour is VoicemailBehaviour {
  return behaviour.startsWith('voicemail');
}

/** For the sandbox's own description of itself. */
export const MAGIC_NUMBERS: Record<string, string> = {
  '+12025550100': 'answers and talks',
  '+12025550101': 'is busy',
  '+12025550102': 'does not answer',
  '+12025550103': 'is a voicemail: a greeting, a beep, then it records',
  '+12025550104': 'is rejected as invalid (400, code 21211)',
  '+12025550105': 'interrupts the agent in mid-sentence, twice',
  '+12025550106': 'picks up and says nothing',
  '+12025550107': 'hangs up in the middle of its second sentence',
  '+12025550108': 'talks and talks until the other side ends the call',
  '+12025550109': 'presses 1, 2 and # after the first thing it hears, then talks',
  '+12025550110 to +12025550199': 'answer and talk',
  '+12025550210': 'says "Mhm." twice while the agent speaks its second turn, and talks otherwise',
  '+12025550211': 'coughs once in the middle of the second turn of the agent, and talks otherwise',
  '+12025550212': 'is a voicemail without a beep: a greeting, then it records',
  '+12025550213': 'is a voicemail with a greeting of about 15 seconds, a beep, then it records',
  '+12025550214': 'is a person with a greeting of about 7 seconds, taken for a machine; then talks',
};

const NAMES = ['Emily Carter', 'Daniel Moore', 'Sarah Mitchell', 'James Cooper', 'Laura Bennett', 'Peter Hughes'];

/** The same number is always the same person. */
export function nameOf(e164: string): string {
  return NAMES[Number(e164.slice(-4)) % NAMES.length] ?? 'Emily Carter';
}
