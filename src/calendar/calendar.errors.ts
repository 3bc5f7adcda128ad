import { AppError } from '../common/app-error';

/** This installation has no account with Google. */
export class CalendarNotConfigured extends AppError {
  constructor() {
    super(
      'not-implemented',
      'calendar.not_configured',
      'This server has no Google client: set GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET to use calendars.',
    );
  }
}

export class CalendarNotConnected extends AppError {
  constructor() {
    super('conflict', 'calendar.not_connected', 'No Google Calendar is connected. Connect one and try again.');
  }
}

/** As a client of the first version knows it, where a call was asked for. */
export class NoCalendarForCall extends AppError {
  constructor(detail = 'No Google Calendar is connected. Connect one before you place a calendar call.') {
    super('invalid', 'calendar.not_connected_for_call', detail);
  }
}

export class CalendarReconnectRequired extends AppError {
  constructor() {
    super(
      'conflict',
      'calendar.reconnect_required',
      'Google no longer accepts the connection to this calendar. Please connect it again.',
    );
  }
}

/** Google cannot be asked at the moment. */
export class CalendarUnavailable extends AppError {
  constructor(detail = 'Google Calendar cannot be reached at the moment. Please try again.', cause?: unknown) {
    super('unavailable', 'calendar.unavailable', detail, { retryAfterSeconds: 5, cause });
  }
}

/** Google has answered, and its answer is no. */
export class CalendarRefused extends AppError {
  constructor(detail: string, cause?: unknown) {
    super('upstream', 'calendar.refused', detail, { cause });
  }
}

/** Google does not take what was asked for: a page token that is none of its own, a guest's address. */
export class CalendarQuestionRefused extends AppError {
  constructor(detail: string, cause?: unknown) {
    super('invalid', 'calendar.question_refused', detail, { cause });
  }
}

/** The id was chosen for another event, or for one that was deleted. */
export class CalendarEventExists extends AppError {
  constructor() {
    super('conflict', 'calendar.event_exists', 'There is another event with this id already, or there was one.');
  }
}

/** The time of an event cannot be read, or is none. */
export class NoEventTime extends AppError {
  constructor(sentence: string) {
    super('invalid', 'calendar.invalid_time', sentence);
  }
}

/** A call is wanted, and nobody knows whom to call. */
export class NobodyToCall extends AppError {
  constructor() {
    super(
      'invalid',
      'calendar.nobody_to_call',
      'Whom to call is not said: give a phone_number, or set yours with PUT /google-calendar/call-settings.',
    );
  }
}

/** An event is to have a call, and its owner wants none. */
export class EventCallsOff extends AppError {
  constructor() {
    super(
      'conflict',
      'calendar.event_calls_off',
      'Calls before events are switched off: switch them on with PUT /google-calendar/call-settings.',
    );
  }
}

/** A notification of a channel that is not open, or with another token. */
export class CalendarChannelNotFound extends AppError {
  constructor() {
    super('not-found', 'calendar.channel_not_found', 'Not found');
  }
}
