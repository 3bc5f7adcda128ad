/**
 * What can go wrong, in the product's words. A room derives its own small classes with a stable `code`; the one filter
 * (problem.filter.ts) maps the kind to an HTTP status. An error knows nothing of HTTP or of the request.
 */
export type ErrorKind =
  | 'invalid'
  | 'unprocessable'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'too-large'
  | 'unsupported-type'
  | 'behind-the-end'
  | 'rate-limited'
  | 'not-implemented'
  | 'upstream'
  | 'unavailable';

export interface FieldProblem {
  field: string;
  message: string;
}

export interface AppErrorOptions {
  /** Seconds after which trying again makes sense; becomes `Retry-After`. */
  retryAfterSeconds?: number;
  /** One entry for each field that was wrong. */
  errors?: FieldProblem[];
  /** Public members of the answer beside the standard ones, in snake_case. */
  extra?: Record<string, unknown>;
  cause?: unknown;
}

export class AppError extends Error {
  readonly retryAfterSeconds: number | undefined;
  readonly errors: FieldProblem[] | undefined;
  readonly extra: Record<string, unknown> | undefined;

  /** @param detail a sentence for the person who reads it: it is shown as it is */
  constructor(
    readonly kind: ErrorKind,
    /** Stable and public, such as `call.not_found`; listed in docs/errors.md. */
    readonly code: string,
    readonly detail: string,
    options: AppErrorOptions = {},
  ) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.errors = options.errors;
    this.extra = options.extra;
  }
}

export class NotAuthenticated extends AppError {
  constructor(detail = 'Not authenticated', code = 'auth.not_authenticated') {
    super('unauthenticated', code, detail);
  }
}
