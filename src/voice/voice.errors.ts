import { AppError } from '../common/app-error';
import { SpeechError } from '../integrations/speech/speech-error';

/** OpenAI is busy, down, out of reach or too slow: the same may be asked for again. */
export class SpeechUnavailable extends AppError {
  constructor({ message, retryAfterSeconds = 5 }: SpeechError) {
    super('unavailable', 'speech.unavailable', `${message} Please try again.`, { retryAfterSeconds });
  }
}

/** OpenAI refuses this server, whatever it asks for. */
export class SpeechRefused extends AppError {
  constructor(cause: SpeechError) {
    super('upstream', 'speech.refused', cause.message, { cause });
  }
}

export class AudioNotUnderstood extends AppError {
  constructor(cause: SpeechError) {
    super('unprocessable', 'speech.audio_not_understood', cause.message, {
      errors: [{ field: 'audio_file', message: cause.message }],
      cause,
    });
  }
}

/** Silence, or something that is no speech. */
export class NothingSaid extends AppError {
  constructor() {
    const message = 'Nothing was said in the file.';
    super('unprocessable', 'speech.nothing_said', message, { errors: [{ field: 'audio_file', message }] });
  }
}

export class TextNotSpoken extends AppError {
  constructor(cause: SpeechError) {
    super('unprocessable', 'speech.text_not_spoken', cause.message, {
      errors: [{ field: 'text', message: cause.message }],
      cause,
    });
  }
}

export class SpeechTooLong extends AppError {
  constructor() {
    const message = 'The audio is too long for a JSON answer. Ask for it with "Accept: audio/*", or as mp3.';
    super('unprocessable', 'speech.too_long', message, { errors: [{ field: 'text', message }] });
  }
}

/** What a failure of the speech port means to whoever sent audio, or text. Anything else is returned as it is. */
export function speechProblem(error: unknown, sent: 'audio' | 'text'): unknown {
  if (!(error instanceof SpeechError)) return error;
  if (error.trouble === 'moment') return new SpeechUnavailable(error);
  if (error.trouble === 'account') return new SpeechRefused(error);
  return sent === 'audio' ? new AudioNotUnderstood(error) : new TextNotSpoken(error);
}
