import { randomBytes } from 'node:crypto';
import type { WallClock } from '../../wall-clock';
import { CalendarError, invalid, isOver, notFound } from './calendar-error';
import { blocks, spanOf, type CalendarEvent } from './calendar-event';
import { bodyOf, isObject, patched, readEvent, type EventDraft } from './event-body';
import { momentMs, type EventTime } from './event-time';
import { instanceOf, instancesOf } from './instances';

/** Whoever asks with a token from before these changes has to start anew. */
const MAX_CHANGES = 5000;
/** base32hex (RFC 4648): what a client may give an event as its id. */
const CLIENT_ID = /^[a-v0-9]{5,1024}$/;

interface CalendarSettings {
  id: string;
  summary: string;
  /** IANA name: whole days are days there. */
  timeZone: string;
  ownerEmail: string;
}

/** One change of the calendar, with what was there before. */
export interface Change {
  /** Counts all changes of the calendar. */
  number: number;
  eventId: string;
  before: CalendarEvent | undefined;
}

/** How an update treats what it does not name. */
export type UpdateKind = 'patch' | 'replace';

/** The events of one calendar. Those that were cancelled stay, as they do at Google. */
export class Calendar {
  readonly id: string;
  readonly summary: string;
  readonly timeZone: string;
  readonly ownerEmail: string;
  updatedMs: number;
  private readonly events = new Map<string, CalendarEvent>();
  private changes: Change[] = [];
  private changeCount = 0;

  constructor(
    { id, summary, timeZone, ownerEmail }: CalendarSettings,
    private readonly clock: WallClock,
    private readonly changed: (calendar: Calendar) => void,
  ) {
    this.id = id;
    this.summary = summary;
    this.timeZone = timeZone;
    this.ownerEmail = ownerEmail;
    this.updatedMs = clock.nowMs();
  }

  /** Series and not their occurrences, single events, and occurrences that were changed or cancelled. */
  stored(): CalendarEvent[] {
    return [...this.events.values()];
  }

  nowMs(): number {
    return this.clock.nowMs();
  }

  /** The changed and cancelled occurrences of a series. */
  exceptionsOf(seriesId: string): CalendarEvent[] {
    return this.stored().filter(({ recurringEventId }) => recurringEventId === seriesId);
  }

  /** Also an occurrence that is nowhere written down; `undefined` when there is and was none of that id. */
  find(eventId: string): CalendarEvent | undefined {
    return this.events.get(eventId) ?? instanceOf(this, eventId);
  }

  /** How many changes there have been: what comes later is newer than a token of now. */
  get lastChange(): number {
    return this.changeCount;
  }

  /** `undefined` when so old changes are not known any more, or never were. */
  changesSince(number: number): Change[] | undefined {
    const oldest = this.changes[0]?.number ?? this.changeCount + 1;
    if (!Number.isInteger(number) || number > this.changeCount || number < oldest - 1) return undefined;
    return this.changes.filter((change) => change.number > number);
  }

  /** @throws CalendarError */
  insert(body: unknown, creatorEmail = this.ownerEmail): CalendarEvent {
    const draft = readEvent(body, this.timeZone, this.ownerEmail);
    if (draft.id !== undefined && !CLIENT_ID.test(draft.id)) throw invalid('Invalid resource id value.');
    if (draft.id !== undefined && this.events.has(draft.id)) {
      throw new CalendarError(409, 'duplicate', 'The requested identifier already exists.');
    }
    const id = draft.id ?? newEventId();
    return this.put(this.eventOf(draft, { id, iCalUID: draft.iCalUID ?? `${id}@google.com`, creatorEmail }));
  }

  /** What somebody else has asked the owner to, who has not answered yet. @throws CalendarError */
  receive(body: Record<string, unknown>, organizerEmail: string): CalendarEvent {
    const people = [
      { email: organizerEmail, responseStatus: 'accepted' },
      { email: this.ownerEmail, responseStatus: 'needsAction' },
    ];
    const draft = readEvent({ ...body, attendees: people }, this.timeZone, organizerEmail);
    const id = newEventId();
    const origin = { id, iCalUID: `${id}@google.com`, creatorEmail: organizerEmail, organizerEmail };
    return this.put(this.eventOf(draft, origin));
  }

  /**
   * @param etag what the event must still be, where the client says so
   * @throws CalendarError
   */
  update(eventId: string, kind: UpdateKind, body: unknown, etag?: string): CalendarEvent {
    const before = this.require(eventId, etag);
    const given = isObject(body) ? body : {};
    const draft = readEvent(kind === 'patch' ? patched(bodyOf(before), given) : given, this.timeZone, this.ownerEmail);
    // An occurrence is none that recurs.
    const event = this.eventOf(
      before.recurringEventId === undefined ? draft : { ...draft, recurrence: undefined },
      before,
    );
    if (event.status === 'cancelled') this.dropExceptions(before);
    return this.put(event);
  }

  /** @throws CalendarError 410 when it is gone already */
  cancel(eventId: string, etag?: string): CalendarEvent {
    const before = this.require(eventId, etag);
    if (before.status === 'cancelled') throw isOver();
    this.dropExceptions(before);
    return this.put({ ...before, ...this.stamp(), status: 'cancelled', sequence: before.sequence + 1 });
  }

  /** Everything with a moment of its own from `fromMs` to `toMs`: single events and the occurrences of series. */
  expanded(fromMs: number, toMs: number): CalendarEvent[] {
    return this.stored().flatMap((event) => {
      if (event.recurrence !== undefined) {
        return event.status === 'cancelled' ? [] : instancesOf(this, event, fromMs, toMs);
      }
      if (event.recurringEventId !== undefined) return [];
      return this.overlaps(event, fromMs, toMs) ? [event] : [];
    });
  }

  /** When the owner is busy, by event, unsorted. */
  busy(fromMs: number, toMs: number): { startMs: number; endMs: number }[] {
    return this.expanded(fromMs, toMs)
      .filter((event) => blocks(event, this.ownerEmail))
      .map((event) => spanOf(event, this.timeZone));
  }

  /** Ends after the one and begins before the other: both bounds are exclusive. */
  overlaps(event: { start: EventTime; end: EventTime }, fromMs: number, toMs: number): boolean {
    return momentMs(event.end, this.timeZone) > fromMs && momentMs(event.start, this.timeZone) < toMs;
  }

  private require(eventId: string, etag: string | undefined): CalendarEvent {
    const event = this.find(eventId);
    if (!event) throw notFound();
    if (etag !== undefined && etag !== '*' && etag !== event.etag) {
      throw new CalendarError(412, 'conditionNotMet', 'Precondition Failed', {
        location: 'If-Match',
        locationType: 'header',
      });
    }
    return event;
  }

  private eventOf(
    draft: EventDraft,
    before: Pick<CalendarEvent, 'id' | 'iCalUID' | 'creatorEmail'> & Partial<CalendarEvent>,
  ): CalendarEvent {
    const { status, start, end, recurrence, content } = draft;
    const stamp = this.stamp();
    const isMoved =
      before.start !== undefined &&
      JSON.stringify([before.start, before.end, before.recurrence?.lines]) !==
        JSON.stringify([start, end, recurrence?.lines]);
    return {
      organizerEmail: this.ownerEmail,
      createdMs: stamp.updatedMs,
      position: this.changeCount + 1,
      ...before,
      ...stamp,
      status,
      start,
      end,
      recurrence,
      content,
      sequence: (before.sequence ?? 0) + (isMoved || before.status === 'cancelled' ? 1 : 0),
    };
  }

  /** Each change has an etag and a moment of its own. */
  private stamp(): { updatedMs: number; etag: string } {
    const updatedMs = this.clock.nowMs();
    return { updatedMs, etag: `"${updatedMs * 2}${String(this.changeCount + 1).padStart(6, '0')}"` };
  }

  private put(event: CalendarEvent): CalendarEvent {
    this.changeCount += 1;
    this.changes.push({ number: this.changeCount, eventId: event.id, before: this.find(event.id) });
    if (this.changes.length > MAX_CHANGES) this.changes = this.changes.slice(-MAX_CHANGES);
    this.events.set(event.id, event);
    this.updatedMs = event.updatedMs;
    this.changed(this);
    return event;
  }

  /** With a series its occurrences are gone, also those that were changed. */
  private dropExceptions(series: CalendarEvent): void {
    if (series.recurrence === undefined) return;
    for (const { id } of this.exceptionsOf(series.id)) this.events.delete(id);
  }
}

/** 26 characters of base32hex, as Google's own are. */
function newEventId(): string {
  return BigInt(`0x${randomBytes(16).toString('hex')}`)
    .toString(32)
    .padStart(26, '0');
}
