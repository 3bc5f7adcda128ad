import { AppError } from '../common/app-error';

/** Not there, or somebody else's: the answer does not tell. */
export class ConversationNotFound extends AppError {
  constructor() {
    super('not-found', 'conversation.not_found', 'Conversation not found');
  }
}

export class ConversationEnded extends AppError {
  constructor() {
    super('conflict', 'conversation.ended', 'This conversation has ended. Start another one.');
  }
}

export class ConversationBusy extends AppError {
  constructor() {
    super('conflict', 'conversation.busy', 'This conversation is being answered at the moment. Wait for the answer.', {
      retryAfterSeconds: 2,
    });
  }
}

/** Whoever asked has gone before anything was answered: what was said stays. */
export class AnswerGivenUp extends AppError {
  constructor(cause: unknown) {
    super('conflict', 'conversation.given_up', 'Nobody waited for the answer.', { cause });
  }
}

/** It was not kept either: what was said may be said again. */
export class NoAnswer extends AppError {
  constructor(cause: unknown) {
    super('upstream', 'conversation.no_answer', 'The language model gave no answer.', { cause });
  }
}

/** The same, for now. */
export class ModelBusy extends AppError {
  constructor(cause: unknown) {
    super(
      'unavailable',
      'conversation.model_busy',
      'The language model is busy or cannot be reached at the moment. Please say it again.',
      { retryAfterSeconds: 5, cause },
    );
  }
}
