/** Twilio's error codes that this sandbox answers with, and the HTTP status each rides on (reference/twilio.md section 1). */
const STATUS_OF_CODE = {
  20001: 400,
  20003: 401,
  20403: 403,
  20404: 404,
  20429: 429,
  20500: 500,
  21201: 400,
  21205: 400,
  21210: 400,
  21211: 400,
  21212: 400,
  21213: 400,
  21220: 400,
  21266: 400,
  21602: 400,
  21603: 400,
  21604: 400,
  21606: 400,
  21609: 400,
  21610: 400,
  21617: 400,
  95006: 400,
  95120: 400,
} as const;

export type TwilioErrorCode = keyof typeof STATUS_OF_CODE;

/** An answer of the REST API that is an error; the SDK turns its body into a RestException. */
export class TwilioRefusal extends Error {
  readonly status: number;

  constructor(
    readonly code: TwilioErrorCode,
    message: string,
  ) {
    super(message);
    this.status = STATUS_OF_CODE[code];
  }

  body(): { code: number; message: string; more_info: string; status: number } {
    return {
      code: this.code,
      message: this.message,
      more_info: `https://www.twilio.com/docs/errors/${this.code}`,
      status: this.status,
    };
  }
}

export function resourceNotFound(path: string): TwilioRefusal {
  return new TwilioRefusal(20404, `The requested resource ${path} was not found`);
}
