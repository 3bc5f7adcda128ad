import { earliestLoudInstant, QuietHours } from './quiet-hours';

export type RefusalCode =
  | 'destination_not_allowed'
  | 'do_not_call'
  | 'quiet_hours'
  | 'calls_per_minute'
  | 'calls_per_day'
  | 'calls_at_once'
  | 'capacity_full'
  | 'texts_per_day';

export interface RefusalReason {
  code: RefusalCode;
  /** A sentence for the person who wants to call, or to text. */
  detail: string;
  /** When this reason ends; left out where waiting does not help, or nobody can tell how long. */
  until?: Date;
}

/** May this call start, or this text be sent, now, and if not, why, and when at the earliest. */
export interface CallPermission {
  allowed: boolean;
  reasons: RefusalReason[];
  /** The asked instant itself where it is allowed; null where waiting does not help, or nobody can tell how long. */
  earliestAt: Date | null;
}

/** What the decision rests on, whether somebody is to be called or texted. */
export interface ContactFacts {
  at: Date;
  /** Why the number is never dialled or texted; null when it may be. */
  destinationRefusal: string | null;
  isOnDoNotCallList: boolean;
  /** Undefined: no quiet hours are set. */
  quietHours: QuietHours | undefined;
  calleeTimeZones: readonly string[];
}

export interface CallFacts extends ContactFacts {
  /** When the calls within the minute before `at` were placed, oldest first. */
  callsInLastMinute: readonly Date[];
  /** Calls since midnight UTC of the day of `at`. A day of the user's own zone could be stretched by moving the zone. */
  callsToday: number;
  liveCalls: number;
  /** The process carries as many calls as it can, of whomever. */
  isServerFull: boolean;
  limits: { perMinute: number; perDay: number; atOnce: number };
}

export interface TextFacts extends ContactFacts {
  /** Texts since midnight UTC of the day of `at`. */
  textsToday: number;
  limits: { perDay: number };
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
  const decision = new Decision(facts);
  if (facts.callsInLastMinute.length >= limits.perMinute) {
    const oldestThatCounts = facts.callsInLastMinute[facts.callsInLastMinute.length - limits.perMinute] ?? at;
    decision.refuse(
      'calls_per_minute',
      `Rate limit exceeded: at most ${limits.perMinute} calls can be started in a minute.`,
      new Date(oldestThatCounts.getTime() + MINUTE_MS),
    );
  }
  if (facts.callsToday >= limits.perDay) {
    decision.refuse(
      'calls_per_day',
      `Rate limit exceeded: at most ${limits.perDay} calls can be placed in a day (UTC).`,
      dayAfter(at),
    );
  }
  if (facts.liveCalls >= limits.atOnce) {
    decision.refuse('calls_at_once', `Rate limit exceeded: at most ${limits.atOnce} calls can be live at once.`, null);
  }
  decision.keepQuietHours();
  if (facts.isServerFull) decision.refuse(SERVER_FULL.code, SERVER_FULL.detail, null);
  return decision.made;
}

/** The same decision about a text. */
export function decideText(facts: TextFacts): CallPermission {
  const decision = new Decision(facts);
  const { perDay } = facts.limits;
  if (facts.textsToday >= perDay) {
    const detail = `Rate limit exceeded: at most ${perDay} texts can be sent in a day (UTC).`;
    decision.refuse('texts_per_day', detail, dayAfter(facts.at));
  }
  decision.keepQuietHours();
  return decision.made;
}

class Decision {
  private readonly reasons: RefusalReason[] = [];
  /** By what was seen so far; null as soon as waiting does not help. */
  private earliest: Date | null;

  constructor(private readonly facts: ContactFacts) {
    this.earliest = facts.at;
    if (facts.destinationRefusal !== null) this.refuse('destination_not_allowed', facts.destinationRefusal, null);
    if (facts.isOnDoNotCallList) this.refuse('do_not_call', 'This number is on your do-not-call list.', null);
  }

  get made(): CallPermission {
    return { allowed: this.reasons.length === 0, reasons: this.reasons, earliestAt: this.earliest };
  }

  refuse(code: RefusalCode, detail: string, until: Date | null): void {
    this.reasons.push({ code, detail, ...(until === null ? {} : { until }) });
    this.earliest =
      this.earliest === null || until === null ? null : new Date(Math.max(this.earliest.getTime(), until.getTime()));
  }

  keepQuietHours(): void {
    const { at, calleeTimeZones, quietHours } = this.facts;
    if (quietHours === undefined) return;
    const loud = earliestLoudInstant(at, calleeTimeZones, quietHours);
    if (loud === null || loud > at) this.refuse('quiet_hours', 'It is quiet hours where this number belongs.', loud);
    // What else has to be waited for may end within the next quiet hours.
    if (this.earliest !== null) this.earliest = earliestLoudInstant(this.earliest, calleeTimeZones, quietHours);
  }
}

function dayAfter(at: Date): Date {
  return new Date((Math.floor(at.getTime() / DAY_MS) + 1) * DAY_MS);
}
