import { AppError } from '../common/app-error';

export class RangeBehindEnd extends AppError {
  constructor() {
    super('behind-the-end', 'audio.range_behind_end', 'What was asked for lies behind the end of the audio.');
  }
}

export class AudioLinkInvalid extends AppError {
  constructor() {
    super(
      'forbidden',
      'audio.link_invalid',
      'This link to audio is wrong or over. Ask for a new one where it came from.',
    );
  }
}

export class StorageUnavailable extends AppError {
  constructor(cause?: unknown) {
    super(
      'unavailable',
      'audio.storage_unavailable',
      'The storage of audio does not answer at the moment. Please try again.',
      {
        retryAfterSeconds: 5,
        cause,
      },
    );
  }
}
