import { earliestLoudInstant, QuietHours } from './quiet-hours';

export type RefusalCode =
  | 'destination_not_allowed'
  | 'do_not_call'
  | 'quiet_hours'
  | 'calls_per_minute'
  | 'calls_per_day'
  | 'calls_at_once'
  | 'capacity_full';

export interface RefusalReason {
  code: RefusalCode;
  /** A sentence for the person who wants to call. */
  detail: string;
  /** When this reason ends; left out where waiting does not help, or nobody can tell how long. */
  until?: Date;
}

/** May this call start now, and if not, why, and when at the earliest. */
export interface CallPermission {
  allowed: boolean;
  reasons: RefusalReason[];
  /** The asked instant itself where it is allowed; null where waiting does not help, or nobody can tell how long. */
  earliestAt: Date | null;
}

/** Everything that the decision rests on. */
export interface CallFacts {
  at: Date;
  /** Why the number is never dialled; null when it may be. */
  destinationRefusal: string | null;
  isOnDoNotCallList: boolean;
  /** Undefined: no quiet hours are set. */
  quietHours: QuietHours | undefined;
  calleeTimeZones: readonly string[];
  /** When the calls within the minute before `at` were placed, oldest first. */
  callsInLastMinute: readonly Date[];
  /** Calls since midnight UTC of the day of `at`. A day of the user's own zone could be stretched by moving the zone. */
  callsToday: number;
  liveCalls: number;
  /** The process carries as many calls as it can, of whomever. */
  isServerFull: boolean;
  limits: { perMinute: number; perDay: number; atOnce: number };
}

/** Of one process, whoever asks. */
export const SERVER_FULL: RefusalReason = {
  code: 'capacity_full',
  detail: 'The server is carrying as many calls as it can. Please try again in a minute.',
};

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** The one decision, asked when a call is placed or scheduled and again when it is dialled. Pure: the facts are given. */
export function decideCall(facts: CallFacts): CallPermission {
  const { at, limits } = facts;
  const reasons: RefusalReason[] = [];
  /** The earliest instant by what was seen so far; null as soon as waiting does not help. */
  let earliest: Date | null = at;
  const refuse = (code: RefusalCode, detail: string, until: Date | null) => {
    reasons.push({ code, detail, ...(until === null ? {} : { until }) });
    earliest = earliest === null || until === null ? null : new Date(Math.max(earliest.getTime(), until.getTime()));
  };

  if (facts.destinationRefusal !== null) refuse('destination_not_allowed', facts.destinationRefusal, null);
  if (facts.isOnDoNotCallList) refuse('do_not_call', 'This number is on your do-not-call list.', null);
  if (facts.callsInLastMinute.length >= limits.perMinute) {
    const oldestThatCounts = facts.callsInLastMinute[facts.callsInLastMinute.length - limits.perMinute] ?? at;
    refuse(
      'calls_per_minute',
      `Rate limit exceeded: at most ${limits.perMinute} calls can be started in a minute.`,
      new Date(oldestThatCounts.getTime() + MINUTE_MS),
    );
  }
  if (facts.callsToday >= limits.perDay) {
    refuse(
      'calls_per_day',
      `Rate limit exceeded: at most ${limits.perDay} calls can be placed in a day (UTC).`,
      new Date((Math.floor(at.getTime() / DAY_MS) + 1) * DAY_MS),
    );
  }
  if (facts.liveCalls >= limits.atOnce) {
    refuse('calls_at_once', `Rate limit exceeded: at most ${limits.atOnce} calls can be live at once.`, null);
  }
  if (facts.quietHours !== undefined) {
    const loud = earliestLoudInstant(at, facts.calleeTimeZones, facts.quietHours);
    if (loud === null || loud > at) {
      refuse('quiet_hours', 'It is quiet hours where this number belongs.', loud);
      // What else has to be waited for may end within the next quiet hours.
      if (earliest !== null) earliest = earliestLoudInstant(earliest, facts.calleeTimeZones, facts.quietHours);
    } else if (earliest !== null) {
      earliest = earliestLoudInstant(earliest, facts.calleeTimeZones, facts.quietHours);
    }
  }
  if (facts.isServerFull) refuse(SERVER_FULL.code, SERVER_FULL.detail, null);
  return { allowed: reasons.length === 0, reasons, earliestAt: earliest };
}
