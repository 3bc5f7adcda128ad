import { createHash } from 'node:crypto';
import type { Owner } from './owner';

/** What a route answered, kept to be said again. */
export interface StoredAnswer {
  statusCode: number;
  /** The JSON body as the handler returned it; undefined for an answer without a body. */
  body: unknown;
}

export interface IdempotencyClaim {
  key: string;
  /** Method and route pattern, such as `POST /calls`: a key belongs to the route it was first used on. */
  route: string;
  /** SHA-256 of path parameters, query and body; see `requestHash`. */
  bodyHash: string;
}

export interface IdempotencyRecord extends IdempotencyClaim {
  /** Undefined while the first request is still being worked on. */
  answer: StoredAnswer | undefined;
}

/** A claim without an answer that is older than this belongs to a server that died: the next request takes it over. */
export const ABANDONED_AFTER_MS = 5 * 60_000;

/** How long a stored answer is repeated. */
export const ANSWER_KEPT_MS = 24 * 60 * 60_000;

/** Remembers what was answered to an `Idempotency-Key`, by user. */
export abstract class IdempotencyStore {
  /** The record of the key, unless it is older than ANSWER_KEPT_MS or an abandoned claim. */
  abstract find(owner: Owner, key: string): Promise<IdempotencyRecord | undefined>;

  /**
   * Takes the key for a request that is about to be worked on. A record that `find` does not show any more is replaced.
   * @returns false when somebody else holds it (one of two simultaneous requests gets true)
   */
  abstract claim(owner: Owner, claim: IdempotencyClaim): Promise<boolean>;

  /** Keeps the answer to a claimed key. */
  abstract complete(owner: Owner, key: string, answer: StoredAnswer): Promise<void>;

  /** Gives a claimed key back: nothing was done, the same request may be sent again. An answered key stays. */
  abstract release(owner: Owner, key: string): Promise<void>;
}

/** Equal for requests that ask for the same: the order of members does not matter. */
export function requestHash(request: { params: unknown; query: unknown; body: unknown }): string {
  const { params, query, body } = request;
  return createHash('sha256').update(canonicalJson({ params, query, body })).digest('hex');
}

/** Bodies are at most MAX_JSON_DEPTH deep (request-text.ts), so recursion is safe. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}
