import type { BridgeEnd, BridgeStats, CallBridgeEvents } from './call-events';
import type { CallPlan } from './call-plan';
import { CallerAudio } from './caller-audio';
import { CallTimers, type CancelTimer, type Clock } from './clock';
import { Conversation } from './conversation';
import { DRAIN_LIMIT_MS, Ending, GOODBYE_LIMIT_MS, timeUpReserveMs } from './ending';
import { Keypad, type KeysPressed } from './keypad';
import { ModelSession } from './model-session';
import { parseModelEvent, readAudioDelta, type AudioDelta } from './openai-events';
import { SilenceWatch } from './silence-watch';
import type { BridgeSocket } from './sockets';
import { parseCarrierFrame, readInboundMedia, type CarrierFrame, type InboundMedia } from './twilio-frames';

export type { BridgeEnd, BridgeStats, CallBridgeEvents, ToolCall, Turn } from './call-events';

/** A session that is not configured this long after the answer will not be. */
export const SETUP_LIMIT_MS = 10_000;
/** A customer who is to speak first and does not within this time is greeted after all. */
export const CUSTOMER_FIRST_WAIT_MS = 6000;
/** RFC 6455: the purpose of the connection has been fulfilled. */
const NORMAL_CLOSE = 1000;
/** The call is over this long after its maximum duration, spoken end or not. */
export const TIME_UP_GRACE_MS = 500;

/**
 * One call: joins the carrier's media stream and the model's session. Owns no socket and no timer source; whoever made
 * it hands in messages and is told what came of them. The page about it is README.md in this folder.
 */
export class CallBridge {
  private readonly plan: CallPlan;
  private readonly events: CallBridgeEvents;
  private readonly timers: CallTimers;
  private readonly session: ModelSession;
  private readonly callerAudio: CallerAudio;
  private readonly conversation: Conversation;
  private readonly silence: SilenceWatch;
  private readonly keypad: Keypad;
  private readonly ending: Ending;

  // Filled anew for every frame and every delta, so that none of them costs an object.
  private readonly media: InboundMedia = { payloadBase64: '', timestampMs: 0 };
  private readonly delta: AudioDelta = { responseId: '', itemId: '', contentIndex: 0, payloadBase64: '' };

  private answeredAtMs: number | null = null;
  private isModelUsable = true;
  private isCarrierGone = false;
  private isOver = false;
  private customerFirstWait: CancelTimer | null = null;
  private entries = 0;
  private malformedFrames = 0;
  private malformedEvents = 0;

  constructor(options: { plan: CallPlan; model: BridgeSocket; clock: Clock; events: CallBridgeEvents }) {
    const { plan, model, clock, events } = options;
    this.plan = plan;
    this.events = events;
    this.timers = new CallTimers(clock);
    this.session = new ModelSession(model, plan);
    this.callerAudio = new CallerAudio((text) => model.send(text));
    this.conversation = new Conversation({
      plan,
      clock: this.timers,
      session: this.session,
      callerAudio: this.callerAudio,
      events,
      sinceAnswer: (momentMs) => this.sinceAnswer(momentMs),
      onConfigured: () => this.configured(),
      onSpeech: () => this.signOfLife(),
      onModelLost: () => this.modelLost(),
      onMoved: () => this.settle(),
    });
    this.silence = new SilenceWatch(
      this.timers,
      plan.silence,
      () => this.conversation.request('reprompt'),
      () => this.end('silence', plan.phrases.silenceGoodbye),
    );
    this.keypad = new Keypad(this.timers, (entry) => this.keysPressed(entry));
    this.ending = new Ending(this.timers, {
      isQuiet: () => this.isQuiet(),
      cutLastWords: () => {
        if (this.isModelUsable && this.session.isConfigured) this.conversation.commitSpeech();
      },
      transcriptionsPending: () => (this.isModelUsable ? this.conversation.recorder.transcriptionsPending : 0),
      audioEndMs: () => this.conversation.agentAudio.expectedEndMs,
      isCarrierGone: () => this.isCarrierGone,
      finish: (reason) => this.finish(reason),
    });
  }

  /** A message of the model's server. */
  onModelMessage(text: string): void {
    if (this.isOver) return;
    if (readAudioDelta(text, this.delta)) {
      this.play(this.delta);
      return;
    }
    const event = parseModelEvent(text);
    if (event === null) {
      if (this.malformedEvents++ === 0) this.events.onTrouble('model_event_malformed');
      return;
    }
    if (event.type === 'output_audio.delta') {
      this.play(event.delta);
      return;
    }
    this.conversation.handle(event);
    this.settle();
  }

  /** The model's socket is closed: what it has said is still heard, then the call ends. */
  onModelClosed(code: number, reason: string): void {
    if (this.isOver || !this.isModelUsable) return;
    // Close reasons are the server's words about the protocol (`invalid_request_error.invalid_api_key`), never speech.
    this.events.onTrouble('model_closed', `${code} ${reason}`.trim());
    this.modelLost();
  }

  /** The phone was picked up and the carrier's stream has begun. Time counts from here. */
  attachCarrier(socket: BridgeSocket, streamSid: string): void {
    if (this.isOver || this.answeredAtMs !== null) return;
    this.answeredAtMs = this.timers.nowMs();
    const { maxDurationMs } = this.plan;
    this.timers.after(maxDurationMs - timeUpReserveMs(maxDurationMs), () => this.timeUp());
    this.timers.after(maxDurationMs + TIME_UP_GRACE_MS, () => this.timeOver());
    this.conversation.agentAudio.attach(socket, streamSid);
    if (this.session.isConfigured) this.lineOpened();
    else this.timers.after(SETUP_LIMIT_MS, () => this.checkSetup());
    this.settle();
  }

  /** A message of the carrier after `start`: media, dtmf, mark, stop. */
  onCarrierMessage(text: string): void {
    if (this.isOver || this.isCarrierGone) return;
    if (readInboundMedia(text, this.media)) {
      if (this.isModelUsable) this.callerAudio.receive(this.media.payloadBase64, this.media.timestampMs);
      return;
    }
    const frame = parseCarrierFrame(text);
    if (frame === null) {
      if (this.malformedFrames++ === 0) this.events.onTrouble('carrier_frame_malformed');
      return;
    }
    this.handleFrame(frame);
  }

  /** The carrier's socket is closed, with or without a `stop` before. */
  onCarrierClosed(code: number): void {
    if (this.isOver || this.isCarrierGone) return;
    if (code !== NORMAL_CLOSE) this.events.onTrouble('carrier_closed', String(code));
    this.carrierGone();
  }

  /**
   * The result of a tool call. The model speaks when all results of that response are in, unless every one of them says
   * `respond: false`.
   */
  toolResult(toolCallId: string, outputJson: string, options: { respond?: boolean } = {}): void {
    if (this.isOver) return;
    const state = this.conversation.tools.answered(toolCallId, options.respond !== false);
    if (state === 'unknown') {
      this.events.onTrouble('tool_result_unknown');
      return;
    }
    if (this.isModelUsable) this.session.answerTool(toolCallId, outputJson);
    if (state === 'respond') this.conversation.request('reply');
    this.settle();
  }

  /**
   * Ends the call politely. With `say` these are the last words, protected from interruption; without, what is already
   * playing is heard to its end. The first reason counts; a later one changes nothing.
   */
  end(reason: BridgeEnd, say?: string): void {
    if (this.isOver || this.ending.hasBegun) return;
    if (this.answeredAtMs === null) {
      this.finish(reason);
      return;
    }
    this.silence.update(false);
    const canSpeak = say !== undefined && this.isModelUsable && this.session.isConfigured;
    if (canSpeak) {
      this.conversation.sayGoodbye(say);
    } else {
      this.conversation.close('closing');
      if (this.isModelUsable) this.conversation.stopGenerating();
    }
    this.ending.begin(reason, canSpeak ? GOODBYE_LIMIT_MS : DRAIN_LIMIT_MS);
    this.settle();
  }

  /** Ends the call at once; what was heard so far is still recorded. An end that was under way keeps its reason. */
  abort(reason: BridgeEnd): void {
    this.finish(this.ending.hasBegun ? this.ending.reason : reason);
  }

  stats(): BridgeStats {
    const { callerAudio, conversation } = this;
    const { agentAudio } = conversation;
    return {
      framesIn: callerAudio.framesIn,
      framesOut: agentAudio.framesOut,
      framesQueuedAtSetup: callerAudio.framesQueuedAtSetup,
      framesDropped: callerAudio.framesDropped,
      malformedFrames: this.malformedFrames,
      malformedEvents: this.malformedEvents,
      lateDeltas: conversation.lateDeltas,
      appendedBytes: callerAudio.appendedBytes,
      marksOut: agentAudio.marksOut,
      marksReturned: agentAudio.marksReturned,
      clears: agentAudio.clears,
      bargeIns: conversation.bargeIns,
    };
  }

  private play(delta: AudioDelta): void {
    if (!this.isCarrierGone) this.conversation.play(delta);
  }

  private handleFrame(frame: CarrierFrame): void {
    switch (frame.event) {
      case 'media':
        if (frame.track === 'inbound' && this.isModelUsable) {
          this.callerAudio.receive(frame.payloadBase64, frame.timestampMs);
        }
        return;
      case 'mark':
        this.conversation.agentAudio.returned(frame.name);
        break;
      case 'dtmf':
        this.signOfLife();
        this.keypad.press(frame.digit);
        break;
      case 'stop':
        this.carrierGone();
        break;
      case 'start':
      case 'connected':
      case 'other':
        return;
    }
    this.settle();
  }

  /** The session is ours now. The opening goes before any caller audio, so that nothing is answered before it. */
  private configured(): void {
    if (this.plan.whoSpeaksFirst === 'agent') this.conversation.request('opening');
    this.callerAudio.open();
    if (this.answeredAtMs !== null) this.lineOpened();
  }

  /** Answered and configured: from here on the customer is heard. */
  private lineOpened(): void {
    if (this.plan.whoSpeaksFirst !== 'customer') return;
    this.customerFirstWait = this.timers.after(CUSTOMER_FIRST_WAIT_MS, () => this.conversation.request('opening'));
  }

  private checkSetup(): void {
    if (this.session.isConfigured) return;
    this.events.onTrouble('model_not_configured');
    this.modelLost();
  }

  private signOfLife(): void {
    this.silence.signOfLife();
    this.customerFirstWait?.();
    this.customerFirstWait = null;
  }

  private keysPressed(entry: KeysPressed): void {
    const keys = entry.keys.join(' ');
    const itemId = `keys_${++this.entries}`;
    const { recorder } = this.conversation;
    recorder.customerDid(itemId, `[pressed ${keys}]`, this.sinceAnswer(entry.startMs), this.sinceAnswer(entry.endMs));
    if (this.isOver || this.isCarrierGone || this.ending.hasBegun || !this.isModelUsable) return;
    this.session.tell(itemId, `[The caller pressed these keys on the phone: ${keys}]`);
    this.conversation.request('reply');
    this.settle();
  }

  private timeUp(): void {
    if (this.isOver || this.ending.hasBegun) return;
    if (this.isModelUsable) this.conversation.silenceAgent();
    this.end(this.timeUpReason(), this.plan.phrases.timeUpGoodbye);
  }

  /** Without a carrier the line is closed already, and only the last words are being written down, within bounds. */
  private timeOver(): void {
    if (!this.isCarrierGone) this.abort(this.timeUpReason());
  }

  private timeUpReason(): BridgeEnd {
    return this.plan.maxDurationEnd ?? 'max_duration';
  }

  private modelLost(): void {
    if (this.isOver) return;
    this.isModelUsable = false;
    if (this.answeredAtMs === null) {
      this.finish('model_error');
      return;
    }
    this.silence.update(false);
    this.conversation.agentAudio.completeAll();
    this.conversation.close('closing');
    this.ending.begin('model_error', DRAIN_LIMIT_MS);
    this.ending.advance();
  }

  private carrierGone(): void {
    if (this.isOver || this.isCarrierGone) return;
    this.isCarrierGone = true;
    this.silence.update(false);
    this.conversation.lineClosed();
    this.keypad.flush();
    if (this.isModelUsable && this.session.isConfigured) {
      this.conversation.close('closing');
      this.conversation.stopGenerating();
    }
    this.ending.begin('customer_hung_up', DRAIN_LIMIT_MS);
    this.ending.stopDraining();
  }

  private isQuiet(): boolean {
    if (this.isCarrierGone) return true;
    return this.isModelUsable ? this.conversation.isSilent : this.conversation.agentAudio.isQuiet;
  }

  /** After everything that happened but audio: what follows from it. */
  private settle(): void {
    if (this.isOver) return;
    if (this.isModelUsable) this.conversation.settle();
    this.silence.update(this.isLineQuiet());
    this.ending.advance();
  }

  private isLineQuiet(): boolean {
    if (this.answeredAtMs === null || this.ending.hasBegun || this.keypad.isTyping) return false;
    return this.conversation.isWaitingForCustomer;
  }

  private finish(reason: BridgeEnd): void {
    if (this.isOver) return;
    this.isOver = true;
    this.timers.cancelAll();
    this.conversation.lineClosed();
    this.keypad.flush();
    this.conversation.recorder.flush();
    this.events.onFinished(reason);
  }

  private sinceAnswer(momentMs: number = this.timers.nowMs()): number {
    return this.answeredAtMs === null ? 0 : Math.max(0, momentMs - this.answeredAtMs);
  }
}
