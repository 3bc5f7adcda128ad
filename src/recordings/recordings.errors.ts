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
