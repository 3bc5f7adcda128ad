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
    super('invalid', 'voice_session.unknown_mode', 'The mode of a session is realtime, or left out.');
  }
}

export class TooManySockets extends AppError {
  constructor(limit: number) {
    super('rate-limited', 'voice_session.too_many', `At most ${limit} sockets can be open at once.`, {
      retryAfterSeconds: 10,
    });
  }
}

/** Messages of audio and text outside of a realtime session. */
export class MessagesNotThere extends AppError {
  constructor() {
    super(
      'not-implemented',
      'voice_session.mode_not_there',
      'Only realtime sessions can be opened here so far. Add mode=realtime to the address.',
    );
  }
}
