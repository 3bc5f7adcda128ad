import { AppError } from '../common/app-error';

export class RecordingNotFound extends AppError {
  constructor(sentence = 'This call has no recording.') {
    super('not-found', 'recording.not_found', sentence);
  }
}

export class RecordingNotReady extends AppError {
  constructor() {
    super('not-found', 'recording.not_ready', 'The recording of this call is still on its way. Ask again in a moment.');
  }
}

export class RangeBehindEnd extends AppError {
  constructor() {
    super('behind-the-end', 'recording.range_behind_end', 'What was asked for lies behind the end of the recording.');
  }
}

export class AudioLinkInvalid extends AppError {
  constructor() {
    super('forbidden', 'recording.link_invalid', 'This link to a recording is wrong or over. Ask for the call again.');
  }
}

export class StorageUnavailable extends AppError {
  constructor(cause?: unknown) {
    super(
      'unavailable',
      'recording.storage_unavailable',
      'The recording cannot be read at the moment. Please try again.',
      {
        retryAfterSeconds: 5,
        cause,
      },
    );
  }
}
