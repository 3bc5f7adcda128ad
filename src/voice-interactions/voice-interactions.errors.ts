import { AppError } from '../common/app-error';

export class VoiceInteractionNotFound extends AppError {
  constructor() {
    super('not-found', 'voice_interaction.not_found', 'Voice interaction not found');
  }
}

export class NoInteractionAudio extends AppError {
  constructor(sentence = 'This voice interaction has no audio here.') {
    super('not-found', 'voice_interaction.no_audio', sentence);
  }
}
