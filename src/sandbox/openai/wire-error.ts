/** An error as the provider words it, over HTTP (`{"error":{…}}`) and in Realtime `error` events alike. */
export interface WireErrorBody {
  type: string;
  code: string | null;
  message: string;
  param: string | null;
}

export class WireError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly param: string | null = null,
    readonly type = 'invalid_request_error',
  ) {
    super(message);
  }

  body(): WireErrorBody {
    return { type: this.type, code: this.code, message: this.message, param: this.param };
  }
}
