/**
 * Whose trouble it is: the moment's (busy, down, out of reach, too slow), the account's (its key, its money, a model that it may
 * not use), or the request's, to which asking again brings nothing.
 */
export type SpeechTrouble = 'moment' | 'account' | 'request';

/** Nothing was heard, or not all was spoken; `message` is a sentence that may be shown to anybody. */
export class SpeechError extends Error {
  /** When the provider says to come again. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    message: string,
    readonly trouble: SpeechTrouble,
    { retryAfterSeconds, ...options }: ErrorOptions & { retryAfterSeconds?: number | undefined } = {},
  ) {
    super(message, options);
    this.name = 'SpeechError';
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
