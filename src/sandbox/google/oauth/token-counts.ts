/** What the token endpoint and its neighbour were asked. */
export const TOKEN_REQUESTS = ['authorization_code', 'refresh_token', 'revoke', 'other'] as const;
type TokenRequest = (typeof TOKEN_REQUESTS)[number];

/** How often the client asked for tokens, by kind: a test that proves "one refresh" reads it here. */
export class TokenCounts {
  private counts = freshCounts();

  note(kind: string | null, outcome: 'granted' | 'refused'): void {
    const known = TOKEN_REQUESTS.find((each) => each === kind) ?? 'other';
    this.counts[known][outcome] += 1;
  }

  view(): Record<TokenRequest, { granted: number; refused: number }> {
    return structuredClone(this.counts);
  }

  clear(): void {
    this.counts = freshCounts();
  }
}

function freshCounts(): Record<TokenRequest, { granted: number; refused: number }> {
  const none = () => ({ granted: 0, refused: 0 });
  return { authorization_code: none(), refresh_token: none(), revoke: none(), other: none() };
}
