import { AppError } from '../common/app-error';

/** Not there, or somebody else's. */
export class VoiceSessionNotFound extends AppError {
  constructor() {
    super('not-found', 'voice_session.not_found', 'Session not found');
  }
}

export class InvalidVoiceSessionId extends AppError {
  constructor() {
    super(
      'invalid',
      'voice_session.invalid_id',
      'A session id has 1 to 128 letters, digits, dots, colons, underscores or hyphens.',
    );
  }
}

export class UnknownVoiceMode extends AppError {
  constructor() {
    super(
      'invalid',
      'voice_session.unknown_mode',
      'The mode of a session is realtime or messages, which is the one where it is left out.',
    );
  }
}

export class TooManySockets extends AppError {
  constructor(limit: number) {
    super('rate-limited', 'voice_session.too_many', `At most ${limit} sockets can be open at once.`, {
      retryAfterSeconds: 10,
    });
  }
}

export class InvalidSessionSetting extends AppError {
  constructor(detail: string) {
    super('invalid', 'voice_session.invalid_setting', `What stands in the address is not valid: ${detail}`);
  }
}
