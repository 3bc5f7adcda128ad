import { createHash } from 'node:crypto';

/** Where a page begins: after the event that stands there in the order of the list. */
export interface PageToken {
  kind: 'page';
  /** Of the query: a token is good for no other. */
  of: string;
  after: Rank;
  /** The calendar's last change when the first page was told: what the sync token of the last page begins from. */
  since: number;
}

/** What a client has seen already. */
export interface SyncToken {
  kind: 'sync';
  calendar: string;
  since: number;
  issuedMs: number;
  singleEvents: boolean;
  /** The bounds of the first list, which go for what is expanded later. */
  timeMinMs: number | null;
  timeMaxMs: number | null;
}

/** Two numbers, then the id: no two events of a list have the same. */
export type Rank = readonly [number, number, string];

export function compareRanks(a: Rank, b: Rank): number {
  return a[0] - b[0] || a[1] - b[1] || (a[2] < b[2] ? -1 : a[2] > b[2] ? 1 : 0);
}

/** Opaque to clients; what is not from here is recognised. */
export function writeToken(token: PageToken | SyncToken): string {
  const text = JSON.stringify(token);
  return Buffer.from(`${checksum(text)}${text}`).toString('base64url');
}

/** `undefined` when it is none of this kind. */
export function readToken<K extends 'page' | 'sync'>(
  written: string,
  kind: K,
): Extract<PageToken | SyncToken, { kind: K }> | undefined {
  const plain = Buffer.from(written, 'base64url').toString();
  const [sum, text] = [plain.slice(0, 8), plain.slice(8)];
  if (text === '' || checksum(text) !== sum) return undefined;
  // Characters that mean nothing are none of ours either.
  if (Buffer.from(plain).toString('base64url') !== written) return undefined;
  const token = JSON.parse(text) as PageToken | SyncToken;
  return token.kind === kind ? (token as Extract<PageToken | SyncToken, { kind: K }>) : undefined;
}

export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function checksum(text: string): string {
  return digest(`sandbox ${text}`).slice(0, 8);
}
