interface ErrorPlace {
  domain?: 'global' | 'calendar' | 'usageLimits';
  location?: string;
  locationType?: 'parameter' | 'header';
  /** Of the newer error model; beside the old one in some answers. */
  status?: string;
  details?: readonly object[];
  /** When the whole has another sentence than the one error in it. */
  summary?: string;
}

/**
 * An error of the Calendar API (https://developers.google.com/workspace/calendar/api/guides/errors). The reasons that the
 * page does not name are from experience of the field (reference/google.md section 4).
 */
export class CalendarError extends Error {
  constructor(
    readonly code: 400 | 401 | 403 | 404 | 409 | 410 | 412 | 429 | 500 | 503,
    readonly reason: string,
    message: string,
    readonly place: ErrorPlace = {},
  ) {
    super(message);
  }

  body(): object {
    const { domain = 'global', location, locationType = 'parameter', status, details, summary } = this.place;
    return {
      error: {
        code: this.code,
        message: summary ?? this.message,
        errors: [
          {
            domain,
            reason: this.reason,
            message: this.message,
            ...(location === undefined ? {} : { locationType, location }),
          },
        ],
        ...(status === undefined ? {} : { status }),
        ...(details === undefined ? {} : { details }),
      },
    };
  }
}

export function notFound(): CalendarError {
  return new CalendarError(404, 'notFound', 'Not Found');
}

/** Of an address whose domain nobody has verified, as the field reports it: not a word about the token. */
export function channelRefused(): CalendarError {
  return new CalendarError(401, 'push.webhookUrlUnauthorized', 'Unauthorized WebHook callback channel');
}

export function isOver(): CalendarError {
  return new CalendarError(410, 'deleted', 'Resource has been deleted');
}

export function invalid(message: string, location?: string): CalendarError {
  return new CalendarError(400, 'invalid', message, { location });
}

export function required(message: string, location?: string): CalendarError {
  return new CalendarError(400, 'required', message, { location });
}

export function rangeIsEmpty(location?: string): CalendarError {
  return new CalendarError(400, 'timeRangeEmpty', 'The specified time range is empty.', {
    domain: 'calendar',
    location,
  });
}

export function needsFullSync(): CalendarError {
  const message = 'Sync token is no longer valid, a full sync is required.';
  return new CalendarError(410, 'fullSyncRequired', message, { domain: 'calendar', location: 'syncToken' });
}
