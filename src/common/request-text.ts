import { AppError } from './app-error';

/** Deeper than any body of this product; a thousand nested brackets are an attack on recursion. */
export const MAX_JSON_DEPTH = 32;

/** With the `u` flag a surrogate matches only where it stands alone. */
const UNSTORABLE = /\0|\p{Surrogate}/u;

/** NUL cannot be stored by PostgreSQL, a lone surrogate cannot be written as UTF-8. */
export function isStorableText(text: string): boolean {
  return !UNSTORABLE.test(text);
}

/**
 * Looks through everything that a request brought (body, query, path parameters) before a handler sees it.
 * @throws AppError 400 when it is nested too deeply, 422 when a text in it cannot be stored
 */
export function checkRequestText(part: unknown): void {
  if (typeof part !== 'object' || part === null) {
    if (typeof part === 'string' && !isStorableText(part)) throw unstorable('');
    return;
  }
  const pending: { value: object; path: string; depth: number }[] = [{ value: part, path: '', depth: 1 }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const [name, value] of Object.entries(next.value) as [string, unknown][]) {
      const path = next.path === '' ? name : `${next.path}.${name}`;
      if (!isStorableText(name)) throw unstorable(next.path);
      if (typeof value === 'string') {
        if (!isStorableText(value)) throw unstorable(path);
      } else if (typeof value === 'object' && value !== null) {
        if (next.depth >= MAX_JSON_DEPTH) {
          throw new AppError(
            'invalid',
            'request.too_deep',
            `JSON may be nested at most ${MAX_JSON_DEPTH} levels deep.`,
          );
        }
        pending.push({ value, path, depth: next.depth + 1 });
      }
    }
  }
}

function unstorable(field: string): AppError {
  const message = 'must not contain NUL characters or incomplete Unicode';
  return new AppError(
    'unprocessable',
    'request.invalid',
    `The request is not valid: ${field === '' ? 'text' : field} ${message}`,
    {
      errors: [{ field, message }],
    },
  );
}
