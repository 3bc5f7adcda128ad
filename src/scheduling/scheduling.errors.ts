import { AppError } from '../common/app-error';
import type { ScheduledCallStatus } from './scheduled-call-status';

/** Clients show this sentence as it is. */
export class ScheduledInThePast extends AppError {
  constructor() {
    super('invalid', 'schedule.in_the_past', 'Cannot schedule calls in the past');
  }
}

/** Not there, or somebody else's: the answer does not tell. */
export class ScheduledCallNotFound extends AppError {
  constructor() {
    super('not-found', 'schedule.not_found', 'Scheduled call not found');
  }
}

export class NoScheduleTime extends AppError {
  constructor() {
    const message = 'must be a time such as 2026-12-24T09:00:00Z, 2026-12-24T09:00:00+01:00 or 2026-12-24T09:00:00';
    super('unprocessable', 'schedule.no_time', `scheduled_time ${message}`, {
      errors: [{ field: 'scheduled_time', message }],
    });
  }
}

export class ScheduledTooFarAhead extends AppError {
  constructor(years: number) {
    const message = `must be within ${years} years`;
    super('unprocessable', 'schedule.too_far_ahead', `scheduled_time ${message}`, {
      errors: [{ field: 'scheduled_time', message }],
    });
  }
}

export class NoRecurrence extends AppError {
  constructor(detail: string) {
    super('unprocessable', 'schedule.no_recurrence', detail, { errors: [{ field: 'recurrence', message: detail }] });
  }
}

export class TooManyScheduledCalls extends AppError {
  constructor(most: number) {
    super('invalid', 'schedule.too_many', `You have reached the maximum of ${most} scheduled calls`);
  }
}

/** It cannot be moved or canceled any more. */
export class ScheduledCallTakenUp extends AppError {
  constructor(status: ScheduledCallStatus) {
    super('conflict', 'schedule.taken_up', SENTENCES[status]);
  }
}

export class UnreadableCsv extends AppError {
  constructor(detail: string) {
    super('unprocessable', 'schedule.unreadable_csv', `The file cannot be read: ${detail}`, {
      errors: [{ field: 'file', message: detail }],
    });
  }
}

const SENTENCES: Record<ScheduledCallStatus, string> = {
  scheduled: 'This call has just changed. Please look at it again.',
  dialing: 'This call is being dialled already; POST /calls/{call_sid}/hangup ends it.',
  outcome_unknown: 'This call may have been dialled already; it is being found out.',
  completed: 'This call has taken place already.',
  failed: 'This call has been dialled already.',
  canceled: 'This call is canceled already.',
  blocked: 'This call was not allowed to start, and is over.',
};
