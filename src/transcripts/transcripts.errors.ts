import { AppError } from '../common/app-error';

/** Not there, or somebody else's: the answer does not tell. */
export class TranscriptNotFound extends AppError {
  constructor() {
    super('not-found', 'transcript.not_found', 'Transcript not found');
  }
}

export class TranscriptUnknownToTwilio extends AppError {
  constructor() {
    super('not-found', 'transcript.unknown_to_twilio', 'Twilio has no transcript with this sid.');
  }
}

export class TranscriptInProgress extends AppError {
  constructor() {
    super(
      'conflict',
      'transcript.in_progress',
      'Twilio is still making this transcript. It will be stored by itself as soon as it is done.',
      { retryAfterSeconds: 10 },
    );
  }
}

export class TranscriptFailed extends AppError {
  constructor(status: string) {
    super('conflict', 'transcript.failed', `Twilio could not make this transcript: its status is ${status}.`);
  }
}

export class TwilioUnavailable extends AppError {
  constructor(cause?: unknown) {
    super(
      'unavailable',
      'transcript.twilio_unavailable',
      'Twilio cannot be asked for this transcript at the moment. Please try again.',
      { retryAfterSeconds: 5, cause },
    );
  }
}

/** Credentials that are wrong, for one. */
export class TwilioRefused extends AppError {
  constructor(said: string, cause?: unknown) {
    super('upstream', 'transcript.twilio_refused', `Twilio refused to give this transcript: ${said}`, { cause });
  }
}

export class PageTokenNotOurs extends AppError {
  constructor() {
    super('invalid', 'request.page_token', 'This page token is not one of ours. Begin with the first page.');
  }
}
