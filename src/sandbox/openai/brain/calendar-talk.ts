import { eventOf, eventsIn, nowIn, slotsOf, type AgendaEvent } from './agenda';
import type { BrainTurn } from './brain.port';
import { CALENDAR_TOOLS, keyOf, minutesOf, plan, type CalendarState, type MadeCall } from './calendar-calls';
import { changeIn, request, requestIn, titleIn, type CalendarRequest, type RequestKind } from './calendar-request';
import { candidatesFor } from './calendar-target';
import * as words from './calendar-words';
import { readWhen, type When } from './spoken-time';
import { isRecord } from './tool-calls';

/** What the last words of the person were: for the calendar, to leave it or to wait with it, or something else. */
export type Heard = 'request' | 'answer' | 'dropped' | 'held' | 'other';

const MOST_OFFERS = 2;
const YES =
  /\b(?:yes|yeah|yep|sure|okay|ok|please do|perfect|great|fine|go ahead|do (?:that|it)|(?:take|book|have) (?:it|that)|works|sounds good|of course|exactly)\b/i;
const NO = /^\W*(?:no|nope|neither|none|not|sorry,? no)\b/i;
const DROPS =
  /\bnever ?mind\b|\bforget (?:it|that|about it)\b|\bleave it\b|^\W*no,? (?:thank you|thanks)\b|\bdo(?: not|n't) (?:book|move|cancel) (?:it|that|anything)\b/i;
const HOLDS =
  /\b(?:wait|hold on|one moment|just a (?:moment|second|minute)|stop|have a question|excuse me|can i just say)\b/i;
const FIRST = /\b(?:first|former|earlier)\b/i;
const SECOND = /\b(?:second|latter|later|other one|last)\b/i;
const AGAIN = /\b(?:try (?:it |that )?again|once more|one more time)\b/i;
const NO_TITLE = /^\W*(?:thank|thanks|hello|hi|sorry|pardon|what|who|how|why|are you|can you|i do not know)\b/i;
const TITLE_LEAD =
  /^\W*(?:(?:please|just|well|yes|okay|ok),?\s+)*(?:(?:it(?:'s| is)|that(?:'s| is|'ll be)|call it|let's call it|put|make it)\s+)?(?:for\s+)?/i;

/** A conversation as far as it is about the calendar, gone through from its beginning. */
export class CalendarTalk implements CalendarState {
  readonly now;
  readonly events: Map<string, AgendaEvent>;
  readonly calls: MadeCall[] = [];
  request: CalendarRequest | undefined;
  requestNo = 0;
  offers: CalendarState['offers'] = [];
  heard: Heard = 'other';
  /** What there is to say about the last result, and what the person has heard since then. */
  report = { text: '', heard: '', requestNo: 0 };
  private lastKind: RequestKind | undefined;
  private lastEventId = '';

  constructor(instructions: string, turns: readonly BrainTurn[]) {
    this.now = nowIn(instructions);
    this.events = new Map(eventsIn(instructions).map((event) => [event.id, event]));
    for (const turn of turns) this.follow(turn);
  }

  private follow(turn: BrainTurn): void {
    switch (turn.role) {
      case 'user':
        if (/\p{L}|\d/u.test(turn.text)) this.heard = this.hear(turn.text.replace(/[’‘]/g, "'"));
        return;
      case 'assistant':
        this.report.heard += ` ${turn.text}`;
        return;
      case 'call': {
        const { name, callId } = turn;
        // Arguments that broke off are no call.
        const args = CALENDAR_TOOLS.has(name) ? parsed(turn.arguments) : undefined;
        if (args) this.calls.push({ callId, name, args, key: keyOf(name, args), requestNo: this.requestNo });
        return;
      }
      case 'result': {
        const made = this.calls.find(({ callId }) => callId === turn.callId);
        if (made) this.take(made, parsed(turn.output) ?? {});
        return;
      }
      case 'system':
        return;
    }
  }

  private hear(text: string): Heard {
    const fresh = requestIn(text, this.now, this.lastKind);
    if (fresh) {
      const isSaidAgain = JSON.stringify(fresh) === JSON.stringify(this.request) && this.isPending();
      if (!isSaidAgain) this.begin(fresh);
      return 'request';
    }
    const change = changeIn(text, this.now);
    const isUnsettled = this.request !== undefined && this.request.kind !== 'free';
    if (change && !isUnsettled && this.lastEventId !== '') {
      this.begin({ ...change, eventId: this.lastEventId });
      return 'request';
    }
    if (this.request && (DROPS.test(text) || change?.kind === 'cancel')) {
      this.request = undefined;
      this.offers = [];
      return 'dropped';
    }
    if (this.request && this.answers(this.request, text)) return 'answer';
    return HOLDS.test(text) ? 'held' : 'other';
  }

  private begin(fresh: CalendarRequest): void {
    this.request = fresh;
    this.requestNo++;
    this.offers = [];
    this.lastKind = fresh.kind;
  }

  private isPending(): boolean {
    return this.calls.some(({ requestNo, output }) => requestNo === this.requestNo && output === undefined);
  }

  /** Takes in what an utterance adds to a request; false when it has nothing to do with it. */
  private answers(open: CalendarRequest, text: string): boolean {
    const { when } = readWhen(text, this.now, { bareHour: open.kind !== 'look' && !HOLDS.test(text) });
    if (AGAIN.test(text)) {
      this.requestNo++;
      return true;
    }
    if (this.offers.length > 0) return this.chooses(open, text, when);
    if (open.kind === 'free') {
      if (when.date === undefined) return false;
      this.request = { ...open, when: { ...open.when, toDate: undefined, ...when } };
      return true;
    }
    const isTimeless = Object.keys(when).length === 0;
    if (open.kind === 'book') {
      const title =
        open.summary === '' && !NO_TITLE.test(text) && !HOLDS.test(text)
          ? titleIn(text.replace(TITLE_LEAD, ''), this.now)
          : '';
      if (isTimeless && title === '') return false;
      this.request = { ...open, summary: open.summary || title, when: { ...open.when, ...when } };
      return true;
    }
    return this.specifies(open, text, when, isTimeless);
  }

  /** Which event is meant, or where it is to go. */
  private specifies(open: CalendarRequest, text: string, when: When, isTimeless: boolean): boolean {
    const meant = candidatesFor(open, this.events.values()).filter(({ isCancelled }) => !isCancelled);
    if (meant.length === 1) {
      if (isTimeless || open.kind === 'cancel') return false;
      this.request = { ...open, when: { ...open.when, ...when } };
      return true;
    }
    if (!isTimeless) {
      this.request = { ...open, targetWhen: { ...open.targetWhen, ...when } };
      return true;
    }
    const chosen = meant[FIRST.test(text) ? 0 : SECOND.test(text) ? 1 : -1];
    const renamed = { ...open, target: `${meant.length > 0 ? open.target : ''} ${text.replace(TITLE_LEAD, '')}` };
    if (!chosen && candidatesFor(renamed, this.events.values()).length === 0) return false;
    this.request = chosen ? { ...open, eventId: chosen.id } : renamed;
    return true;
  }

  private chooses(open: CalendarRequest, text: string, when: When): boolean {
    const { time, date } = when;
    const byTime = this.offers.find((slot) => slot.time === time && (date === undefined || slot.date === date));
    const isOther = !byTime && (time !== undefined || date !== undefined);
    const byPlace = SECOND.test(text) ? this.offers[1] : FIRST.test(text) ? this.offers[0] : undefined;
    const slot =
      byTime ?? (isOther ? undefined : (byPlace ?? (YES.test(text) && !NO.test(text) ? this.offers[0] : undefined)));
    const purpose = /\b(?:as|for)\s+(?!me\b|it\b)(.+)$/i.exec(text)?.[1] ?? '';
    const summary = open.summary || titleIn(purpose, this.now);
    const kind = open.kind === 'free' ? 'book' : open.kind;
    const base = { ...open.when, toDate: undefined, timeZone: undefined };
    if (slot) this.request = { ...open, kind, summary, when: { ...base, date: slot.date, time: slot.time } };
    else if (isOther && open.kind === 'free' && time === undefined)
      this.request = { ...open, when: { ...base, ...when } };
    else if (isOther) {
      const day = date ?? this.offers[0]?.date;
      this.request = { ...open, kind, summary, when: { ...base, ...when, date: day } };
    } else if (NO.test(text)) this.request = { ...open, kind, when: { ...base, time: undefined } };
    else return SECOND.test(text) || FIRST.test(text);
    this.offers = [];
    return true;
  }

  private take(made: MadeCall, output: Record<string, unknown>): void {
    made.output = output;
    const isCurrent = made.requestNo === this.requestNo && this.request !== undefined;
    const isFailed = output['ok'] === false || (output['ok'] !== true && output['error'] !== undefined);
    const text = isFailed ? this.fail(made, output, isCurrent) : this.succeed(made, output, isCurrent);
    this.report = { text, heard: '', requestNo: made.requestNo };
  }

  private fail({ name }: MadeCall, output: Record<string, unknown>, isCurrent: boolean): string {
    const failure = words.failureSentence(name, reasonIn(output));
    if (!isCurrent) return failure;
    const isOfTime = name === 'book_event' || name === 'move_event';
    if (!isOfTime) this.request = undefined;
    this.offers = slotsOf(output['free_slots']).slice(0, MOST_OFFERS);
    if (!isOfTime) return failure;
    return `${failure} ${this.offers.length > 0 ? words.offer(this.offers, this.now) : words.WHICH_OTHER_TIME}`;
  }

  private succeed(made: MadeCall, output: Record<string, unknown>, isCurrent: boolean): string {
    switch (made.name) {
      case 'look_up_day':
        return this.lookedUp(made, output, isCurrent);
      case 'find_free_slots': {
        const wanted = this.request?.when.period;
        const slots = slotsOf(output['slots']);
        const inPeriod = slots.filter(({ time }) => wanted === undefined || periodOf(time) === wanted);
        if (!isCurrent) return words.offer(inPeriod.slice(0, MOST_OFFERS), this.now);
        this.offers = inPeriod.slice(0, MOST_OFFERS);
        return words.offer(this.offers, this.now) || words.noSlots(minutesOf(this.request?.when ?? {}));
      }
      case 'cancel_event': {
        const id = String(made.args['event_id']);
        const event = { ...this.eventWith(id, output), isCancelled: true };
        this.events.set(id, event);
        if (isCurrent) this.request = undefined;
        return words.cancelledSentence(event, this.now);
      }
      default: {
        const told = eventOf(output) ?? eventOf({ ...output, ...made.args });
        if (!told) return 'That is done.';
        const event = { ...told, summary: told.summary || this.eventWith(told.id, output).summary };
        const isChangedMeanwhile = isCurrent && !this.isPlanned(made);
        this.events.set(event.id, event);
        this.lastEventId = event.id;
        if (isCurrent) this.request = isChangedMeanwhile ? this.changed(event) : undefined;
        return made.name === 'book_event'
          ? words.bookedSentence(event, this.now)
          : words.movedSentence(event, this.now);
      }
    }
  }

  private lookedUp(made: MadeCall, output: Record<string, unknown>, isCurrent: boolean): string {
    const list: unknown[] = Array.isArray(output['events']) ? output['events'] : [];
    const found = list.flatMap((value) => eventOf(value) ?? []);
    for (const event of found) this.events.set(event.id, event);
    if (isCurrent && this.request?.kind !== 'look') return '';
    if (isCurrent) this.request = undefined;
    const [only, ...others] = found;
    if (only && others.length === 0) this.lastEventId = only.id;
    return words.daySentence(String(made.args['date']), found, this.now);
  }

  /** Whether the request still comes to the call that was made for it. */
  private isPlanned({ key }: MadeCall): boolean {
    const step = plan(this);
    return step?.kind === 'call' && keyOf(step.name, step.arguments) === key;
  }

  /** `No, make it four` came while the event was being booked: what is left to do is to move it. */
  private changed(event: AgendaEvent): CalendarRequest | undefined {
    if (!this.request) return undefined;
    const { date, time, minutes } = this.request.when;
    const isThere = (date ?? event.date) === event.date && (time ?? event.time) === event.time;
    if (isThere && (minutes ?? event.minutes) === event.minutes) return undefined;
    return { ...request('move', { date, time, minutes }), eventId: event.id };
  }

  private eventWith(id: string, output: Record<string, unknown>): AgendaEvent {
    const summary = typeof output['summary'] === 'string' ? output['summary'] : '';
    return this.events.get(id) ?? { id, summary, date: '', time: '', minutes: 0, isCancelled: false };
  }
}

function reasonIn({ error, message, detail }: Record<string, unknown>): string {
  const reasons = [message, detail, isRecord(error) ? error['message'] : error];
  return reasons.find((reason): reason is string => typeof reason === 'string') ?? '';
}

function periodOf(time: string): string {
  return time < '12:00' ? 'morning' : time < '18:00' ? 'afternoon' : 'evening';
}

function parsed(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
