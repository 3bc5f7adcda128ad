import { CalendarError, invalid, rangeIsEmpty } from './calendar-error';
import { isTimeZone, readMoment } from './event-time';

/** What `events.list` and `events.instances` are asked (https://developers.google.com/workspace/calendar/api/v3/reference/events/list). */
export interface ListQuery {
  /** Exclusive, of what ends; `undefined`: from the beginning. */
  timeMinMs: number | undefined;
  /** Exclusive, of what begins. */
  timeMaxMs: number | undefined;
  singleEvents: boolean;
  orderBy: 'startTime' | 'updated' | undefined;
  maxResults: number;
  pageToken: string | undefined;
  syncToken: string | undefined;
  showDeleted: boolean;
  updatedMinMs: number | undefined;
  /** Words that all have to be there. */
  words: readonly string[];
  timeZone: string | undefined;
  iCalUID: string | undefined;
  eventTypes: readonly string[];
  privateProperties: readonly (readonly [string, string])[];
  sharedProperties: readonly (readonly [string, string])[];
  maxAttendees: number | undefined;
}

const DEFAULT_RESULTS = 250;
const MOST_RESULTS = 2500;
const LARGEST = 2_147_483_647;
/** These would make the list that is kept in step another one. */
const NOT_WITH_SYNC_TOKEN = [
  'iCalUID',
  'orderBy',
  'privateExtendedProperty',
  'q',
  'sharedExtendedProperty',
  'timeMin',
  'timeMax',
  'updatedMin',
];
const EVENT_TYPES = ['default', 'birthday', 'focusTime', 'fromGmail', 'outOfOffice', 'workingLocation'];

/** @throws CalendarError */
export function readListQuery(params: URLSearchParams): ListQuery {
  const syncToken = params.get('syncToken') || undefined;
  const refused = syncToken === undefined ? undefined : NOT_WITH_SYNC_TOKEN.find((name) => params.get(name));
  if (refused !== undefined) throw badRequest(`Sync token cannot be used with ${refused}.`, refused);
  if (syncToken !== undefined && params.get('showDeleted') === 'false') {
    throw badRequest('Sync token cannot be used with showDeleted=false.', 'showDeleted');
  }
  const singleEvents = flag(params, 'singleEvents');
  const orderBy = oneOf(params, 'orderBy', ['startTime', 'updated'] as const);
  if (orderBy === 'startTime' && !singleEvents) {
    throw badRequest('The requested ordering is not available for the particular query.', 'orderBy');
  }
  const [timeMinMs, timeMaxMs] = [moment(params, 'timeMin'), moment(params, 'timeMax')];
  if (timeMinMs !== undefined && timeMaxMs !== undefined && timeMaxMs <= timeMinMs) throw rangeIsEmpty('timeMax');
  const timeZone = params.get('timeZone') || undefined;
  if (timeZone !== undefined && !isTimeZone(timeZone)) throw invalid(`Invalid time zone: ${timeZone}`, 'timeZone');
  const eventTypes = params.getAll('eventTypes');
  const unknownType = eventTypes.find((type) => !EVENT_TYPES.includes(type));
  if (unknownType !== undefined) throw invalid(`Invalid string value: '${unknownType}'.`, 'eventTypes');
  return {
    timeMinMs,
    timeMaxMs,
    singleEvents,
    orderBy,
    maxResults: Math.min(MOST_RESULTS, count(params, 'maxResults') ?? DEFAULT_RESULTS),
    pageToken: params.get('pageToken') || undefined,
    syncToken,
    showDeleted: flag(params, 'showDeleted'),
    updatedMinMs: moment(params, 'updatedMin'),
    words: (params.get('q') ?? '').toLowerCase().split(/\s+/).filter(Boolean),
    timeZone,
    iCalUID: params.get('iCalUID') || undefined,
    eventTypes,
    privateProperties: properties(params, 'privateExtendedProperty'),
    sharedProperties: properties(params, 'sharedExtendedProperty'),
    maxAttendees: count(params, 'maxAttendees'),
  };
}

/** What has to be the same from page to page, as a text. */
export function fingerprint(params: URLSearchParams): string {
  const asked = [...params].filter(([name]) => name !== 'pageToken');
  return JSON.stringify(asked.sort(([a, x], [b, y]) => `${a}=${x}`.localeCompare(`${b}=${y}`)));
}

/** A token is only good for a list that may be kept in step with it. */
export function canBeSynced(query: ListQuery): boolean {
  const { orderBy, updatedMinMs, words, iCalUID, privateProperties, sharedProperties } = query;
  const filters = words.length + privateProperties.length + sharedProperties.length;
  return orderBy === undefined && updatedMinMs === undefined && iCalUID === undefined && filters === 0;
}

function badRequest(message: string, location: string): CalendarError {
  return new CalendarError(400, 'badRequest', message, { location });
}

/** @throws CalendarError */
export function flag(params: URLSearchParams, name: string): boolean {
  return oneOf(params, name, ['true', 'false'] as const) === 'true';
}

/** @throws CalendarError */
export function oneOf<T extends string>(params: URLSearchParams, name: string, values: readonly T[]): T | undefined {
  const written = params.get(name);
  if (written === null || written === '') return undefined;
  const found = values.find((value) => value === written);
  if (found === undefined) {
    throw new CalendarError(
      400,
      'invalidParameter',
      `Invalid string value: '${written}'. Allowed values: [${values.join(', ')}]`,
      { location: name },
    );
  }
  return found;
}

/** @throws CalendarError */
export function count(params: URLSearchParams, name: string): number | undefined {
  const written = params.get(name);
  if (written === null || written === '') return undefined;
  const value = Number(written);
  if (!/^-?\d+$/.test(written) || value < 1 || value > LARGEST) {
    const message = `Invalid value '${written}'. Values must be within the range: [1, ${LARGEST}]`;
    throw new CalendarError(400, 'invalidParameter', message, { location: name });
  }
  return value;
}

function moment(params: URLSearchParams, name: string): number | undefined {
  const written = params.get(name);
  if (written === null || written === '') return undefined;
  const atMs = readMoment(written);
  if (atMs === undefined) throw badRequest('Bad Request', name);
  return atMs;
}

function properties(params: URLSearchParams, name: string): (readonly [string, string])[] {
  return params.getAll(name).map((written) => {
    const at = written.indexOf('=');
    if (at < 1) throw invalid(`Invalid value '${written}': propertyName=value is expected.`, name);
    return [written.slice(0, at), written.slice(at + 1)] as const;
  });
}
