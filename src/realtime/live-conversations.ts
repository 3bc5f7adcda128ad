import { BeforeApplicationShutdown, Inject, Injectable, Logger } from '@nestjs/common';
import { OnEvent } from '@nestjs/event-emitter';
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
import { Conversation } from './conversation';
import { systemClock } from './system-clock';

/** A conversation that nobody joined this long after the phone must have stopped ringing is given up. */
const UNJOINED_GRACE_MS = 60_000;

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
    return this.byCall.get(callId) ?? this.begin(call);
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
    const conversation = this.begin(call);
    const cancel = systemClock.after(this.config.calls.ringTimeoutSeconds * 1000 + UNJOINED_GRACE_MS, () => {
      if (!conversation.hasCarrier) conversation.abort('carrier_error');
    });
    conversation.finished.then(cancel, cancel);
  }

  private begin(call: LiveCall): Conversation {
    const { calls, models, telephony, config, log } = this;
    const conversation = new Conversation(call, { calls, models, telephony, config, log });
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
