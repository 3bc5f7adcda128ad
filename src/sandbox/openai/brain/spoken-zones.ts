/** Time zones as people call them, by the city or by the name of the clock. */
const ZONES: readonly [string, string][] = [
  ['new york|eastern', 'America/New_York'],
  ['chicago|central', 'America/Chicago'],
  ['denver|mountain', 'America/Denver'],
  ['los angeles|san francisco|pacific', 'America/Los_Angeles'],
  ['london|british|uk', 'Europe/London'],
  ['berlin|german', 'Europe/Berlin'],
  ['paris|french', 'Europe/Paris'],
  ['tokyo|japanese?', 'Asia/Tokyo'],
  ['sydney', 'Australia/Sydney'],
  ['utc|universal|greenwich mean', 'UTC'],
];

/** `new york time`, and where it stands. */
export function zoneIn(text: string): { timeZone: string; at: number; length: number } | undefined {
  for (const [names, timeZone] of ZONES) {
    const match = new RegExp(`\\b(?:in\\s+)?(?:${names})(?:\\s+standard)?\\s+time\\b`, 'i').exec(text);
    if (match) return { timeZone, at: match.index, length: match[0].length };
  }
  return undefined;
}
