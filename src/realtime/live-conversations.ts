import { BeforeApplicationShutdown, Inject, Injectable, Logger } from '@nestjs/common';
import { OnEvent } from '@nestjs/event-emitter';
import { CalendarAgenda } from '../calendar/agenda.service';
import { CalendarDeeds } from '../calendar/calendar-deeds.service';
import { CalendarNotConnected, CalendarReconnectRequired } from '../calendar/calendar.errors';
import { CallAnsweredBy, CallEnded, CallRinging, CallStreamOver } from '../calls/calls.events';
import { LiveCall, LiveCalls } from '../calls/live-calls.service';
import { Capacity } from '../common/capacity';
import { Drain } from '../common/drain';
import type { Owner } from '../common/owner';
import { settledWithin } from '../common/settled-within';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { RealtimeModel } from '../integrations/realtime-model/realtime-model';
import { Telephony } from '../integrations/telephony/telephony';
import { isCalendarTool } from '../scenarios/agent';
import type { CalendarOfCall } from './call-calendar';
import { CallTexts } from '../sms/call-texts.service';
import { BrowserEnd, Conversation, CustomerEnd } from './conversation';
import { systemClock } from './system-clock';

/** A conversation that nobody joined this long after the phone must have stopped ringing is given up. */
const UNJOINED_GRACE_MS = 60_000;

/** The phone rings meanwhile; when nobody lets it ring, this is how long they wait for a word. */
const BRIEFING_LIMIT_MS = 2000;

/** Writing the reason and telling the carrier takes a round trip each; more than this and something is down. */
const SHUTDOWN_LIMIT_MS = 5000;

/** The conversations that this process carries, by call. */
@Injectable()
export class LiveConversations implements BeforeApplicationShutdown {
  private readonly log = new Logger(LiveConversations.name);
  private readonly byCall = new Map<string, Conversation>();
  private readonly underPreparation = new Map<string, Promise<void>>();

  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly calls: LiveCalls,
    private readonly models: RealtimeModel,
    private readonly telephony: Telephony,
    private readonly capacity: Capacity,
    private readonly agenda: CalendarAgenda,
    private readonly deeds: CalendarDeeds,
    private readonly texts: CallTexts,
    drain: Drain,
  ) {
    drain.onDrain(() => this.untilIdle());
  }

  get count(): number {
    return this.byCall.size;
  }

  /** While the phone rings the model is called, so that the greeting is there when it is picked up. */
  @OnEvent(CallRinging.type)
  async onRinging({ owner, callId }: CallRinging): Promise<void> {
    if (this.byCall.has(callId)) return;
    const underWay = this.underPreparation.get(callId) ?? this.prepare(owner, callId);
    this.underPreparation.set(callId, underWay);
    await underWay.finally(() => this.underPreparation.delete(callId));
  }

  @OnEvent(CallAnsweredBy.type)
  async onAnsweredBy(event: CallAnsweredBy): Promise<void> {
    await this.underPreparation.get(event.callId);
    const conversation = this.byCall.get(event.callId);
    if (conversation === undefined) return;
    event.isHandled = true;
    conversation.answeredBy(event.answeredBy);
  }

  @OnEvent(CallStreamOver.type)
  async onStreamOver(event: CallStreamOver): Promise<void> {
    const conversation = this.byCall.get(event.callId);
    if (conversation === undefined || !conversation.hasCarrier) return;
    event.say = await conversation.streamOver();
    event.language = conversation.language;
    event.isHandled = true;
  }

  @OnEvent(CallEnded.type)
  async onEnded({ callId }: CallEnded): Promise<void> {
    await this.underPreparation.get(callId);
    this.byCall.get(callId)?.dispose();
  }

  /**
   * The conversation for a media stream that has just started, if the token proves that the stream is that call's. The one
   * that was prepared while the phone rang is there at once, and speaks before the database has been asked: it knows its
   * token, and is joined once. Otherwise (a lost callback, another instance) it is a new one.
   */
  async join(callId: string, token: string, callSid: string): Promise<Conversation | null> {
    const prepared = this.byCall.get(callId);
    if (prepared?.isJoinedBy(token, callSid) === true) {
      this.confirm(prepared, token, callSid);
      return prepared;
    }
    const [call] = await Promise.all([
      this.calls.openStream(callId, token, callSid),
      this.underPreparation.get(callId),
    ]);
    if (call === null) return null;
    const present = this.byCall.get(callId);
    if (present !== undefined) return present;
    const calendar = await this.calendarOf(call);
    return this.byCall.get(callId) ?? this.begin(call, calendar);
  }

  /** Somebody talks to an agent from a browser. What they say and do is told to what is answered. */
  async beginInBrowser(call: LiveCall, browser: BrowserEnd): Promise<CustomerEnd> {
    const calendar = await this.calendarOf(call);
    return this.begin(call, calendar).attachBrowser(browser);
  }

  /** Its owner hangs up, wherever they ask for it. Harmless when it is not carried here. @returns whether it is */
  hangUp(callId: string): boolean {
    const conversation = this.byCall.get(callId);
    conversation?.abort('owner_hung_up');
    return conversation !== undefined;
  }

  /** The grace of the shutdown is over: whoever still talks is hung up on, and the row says why. */
  async beforeApplicationShutdown(): Promise<void> {
    const live = [...this.byCall.values()];
    for (const conversation of live) conversation.abort('server_error');
    await settledWithin(Promise.all(live.map(({ finished }) => finished)), SHUTDOWN_LIMIT_MS);
  }

  /** The row has the last word on whether the token was used before, on another instance, or the call is over. */
  private confirm(conversation: Conversation, token: string, callSid: string): void {
    this.calls.openStream(conversation.callId, token, callSid).then(
      (call) => {
        if (call !== null) return;
        this.log.warn({ msg: 'A media stream was refused after it had begun', call_id: conversation.callId });
        conversation.disown();
      },
      // Somebody is on the phone, and a database that is away for a moment is no reason to hang up on them.
      (error: unknown) =>
        this.log.error({ msg: 'The start of a stream could not be stored', call_id: conversation.callId, err: error }),
    );
  }

  private async prepare(owner: Owner, callId: string): Promise<void> {
    const call = await this.calls.find(owner, callId);
    if (call === null || call.isOver || this.byCall.has(callId) || !this.capacity.admits(callId)) return;
    const calendar = await this.calendarOf(call);
    if (this.byCall.has(callId) || !this.capacity.admits(callId)) return;
    const conversation = this.begin(call, calendar);
    const cancel = systemClock.after(this.config.calls.ringTimeoutSeconds * 1000 + UNJOINED_GRACE_MS, () => {
      if (!conversation.hasCarrier) conversation.abort('carrier_error');
    });
    conversation.finished.then(cancel, cancel);
  }

  /** Undefined for an agent that has nothing to do with calendars. */
  private async calendarOf({ owner, callId, agent }: LiveCall): Promise<CalendarOfCall | undefined> {
    if (!agent.tools.some(isCalendarTool)) return undefined;
    const standing = await this.agenda.standing(owner).catch((error: unknown) => {
      this.log.warn({ msg: 'Whether there is a calendar for a call is not known', call_id: callId, err: error });
      return { isConnected: false, timeZone: 'UTC', now: new Date() };
    });
    if (!standing.isConnected) return { standing, briefing: null };
    const calendar: CalendarOfCall = { standing, briefing: null };
    const briefed = this.agenda.brief(owner, standing).then((briefing) => (calendar.briefing = briefing));
    try {
      if (await settledWithin(briefed, BRIEFING_LIMIT_MS)) return { ...calendar };
      this.log.warn({ msg: 'A calendar was not read in time for a call', call_id: callId });
    } catch (error) {
      if (isNotConnected(error)) return { standing: { ...standing, isConnected: false }, briefing: null };
      this.log.warn({ msg: 'A calendar could not be read for a call', call_id: callId, err: error });
    }
    return { standing, briefing: null };
  }

  private begin(call: LiveCall, calendar: CalendarOfCall | undefined): Conversation {
    const { calls, models, telephony, agenda, deeds, texts, config, log } = this;
    const conversation = new Conversation(
      call,
      { calls, models, telephony, agenda, deeds, texts, config, log },
      calendar,
    );
    this.byCall.set(call.callId, conversation);
    const giveBack = this.capacity.carries(call.callId);
    const forget = () => {
      this.byCall.delete(call.callId);
      giveBack();
    };
    conversation.finished.then(forget, forget);
    return conversation;
  }

  private async untilIdle(): Promise<void> {
    while (this.byCall.size > 0) await Promise.all([...this.byCall.values()].map(({ finished }) => finished));
  }
}

function isNotConnected(error: unknown): boolean {
  return error instanceof CalendarNotConnected || error instanceof CalendarReconnectRequired;
}
