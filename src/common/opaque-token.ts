import { createHash, randomBytes } from 'node:crypto';

/** 256 random bits as text: too many to guess, so a plain hash of it is safe to store. */
export function newOpaqueToken(): string {
  return randomBytes(32).toString('base64url');
}

export function hashOfToken(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
