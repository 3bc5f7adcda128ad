/** Addresses in v2 answers are absolute and name the provider's host; an SDK that is pointed here rewrites them. */
export function intelligenceUrl(path: string): string {
  return `https://intelligence.twilio.com${path}`;
}
