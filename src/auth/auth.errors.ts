import { AppError } from '../common/app-error';

export class EmailTaken extends AppError {
  constructor() {
    super('invalid', 'auth.email_taken', 'Email already registered');
  }
}

export class IncorrectCredentials extends AppError {
  constructor() {
    super('unauthenticated', 'auth.incorrect_credentials', 'Incorrect email or password');
  }
}

export class TokenExpired extends AppError {
  constructor() {
    super('unauthenticated', 'auth.token_expired', 'Token has expired');
  }
}

export class RefreshTokenInvalid extends AppError {
  constructor() {
    super(
      'unauthenticated',
      'auth.refresh_token_invalid',
      'The refresh token is not valid any more. Please sign in again.',
    );
  }
}

export class SignInBusy extends AppError {
  constructor() {
    super('unavailable', 'auth.busy', 'Too many people are signing in right now. Please try again in a moment.', {
      retryAfterSeconds: 2,
    });
  }
}
