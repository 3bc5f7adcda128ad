/** Where a text stands. */
export const SMS_STATUSES = ['queued', 'sent', 'delivered', 'undelivered', 'failed', 'received'] as const;
export type SmsStatus = (typeof SMS_STATUSES)[number];

const RANK: Record<SmsStatus, number> = { queued: 0, sent: 1, delivered: 2, undelivered: 2, failed: 2, received: 2 };

/** The carrier's words (reference/twilio.md section 8). */
const OF_CARRIER: Readonly<Record<string, SmsStatus>> = {
  accepted: 'queued',
  scheduled: 'queued',
  queued: 'queued',
  sending: 'queued',
  sent: 'sent',
  delivered: 'delivered',
  read: 'delivered',
  partially_delivered: 'delivered',
  undelivered: 'undelivered',
  failed: 'failed',
  canceled: 'failed',
};

/** Null for a word that says nothing about a text of ours. */
export function statusOfCarrier(word: string): SmsStatus | null {
  return Object.hasOwn(OF_CARRIER, word) ? (OF_CARRIER[word] ?? null) : null;
}

/** A text only moves forward; a late or repeated report leaves it where it is. */
export function advance(now: SmsStatus, reported: SmsStatus): SmsStatus {
  return RANK[reported] > RANK[now] ? reported : now;
}

/** Nothing more is to be told of it. */
export function isFinal(status: SmsStatus): boolean {
  return RANK[status] === 2;
}

const SENTENCES: Readonly<Record<string, string>> = {
  '30003': 'The phone is switched off, out of reach, or does not take texts.',
  '30004': 'The person or their carrier blocks texts of this number.',
  '30005': 'The number is not in service any more.',
  '30006': 'The number is a landline, or its carrier cannot be reached.',
  '30007': 'The carrier has filtered this text out.',
  '30034': 'The number that it came from is not registered for texts to the United States (A2P 10DLC).',
};

/** Why a text did not arrive, in a sentence. */
export function deliverySentence(code: string | null): string {
  return SENTENCES[code ?? ''] ?? 'The carrier could not deliver this text.';
}
