export const KEYWORDS = ['stop', 'start', 'help'] as const;
export type Keyword = (typeof KEYWORDS)[number];

/**
 * The words of the carriers, and those by which the law of the United States lets people say no (47 CFR 64.1200(a)(10)):
 * revoke, opt out.
 */
const WORDS: ReadonlyMap<string, Keyword> = new Map([
  ...['stop', 'stopall', 'unsubscribe', 'cancel', 'end', 'quit', 'revoke', 'optout'].map((w) => [w, 'stop'] as const),
  ...['start', 'yes', 'unstop'].map((word) => [word, 'start'] as const),
  ...['help', 'info'].map((word) => [word, 'help'] as const),
]);

/** Longer than any of them with all that people put around them. */
const MAX_LENGTH = 60;

/** What a text asks for that is one of these words and nothing else, whatever stands around and between its letters. */
export function keywordIn(body: string): Keyword | null {
  if (body.length > MAX_LENGTH) return null;
  const letters = body.normalize('NFKC').replace(/[^\p{L}\p{N}]/gu, '');
  return WORDS.get(letters.toLowerCase()) ?? null;
}
