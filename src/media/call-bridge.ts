import { MULAW_8K } from './audio-format';
import { joinedTap, type AudioTap } from './audio-tap';
import type { BridgeEnd, BridgeStats, CallBridgeEvents } from './call-events';
import type { CallPlan, SpokenPlan } from './call-plan';
import { CallerAudio } from './caller-audio';
import { CarrierLine } from './carrier-line';
import { CarrierMessages } from './carrier-messages';
import { CallTimers, type CancelTimer, type Clock } from './clock';
import { Conversation } from './conversation';
import type { CustomerLine } from './customer-line';
import { DRAIN_LIMIT_MS, Ending, GOODBYE_LIMIT_MS, timeUpReserveMs } from './ending';
import { Keypad, type KeysPressed } from './keypad';
import { MachineAnswer } from './machine-answer';
import { ModelLine } from './model-line';
import type { ModelLink } from './model-link';
import { ModelSession } from './model-session';
import { AudioDeltaReader, parseModelEvent, type AudioDelta } from './openai-events';
import { heardAsMulaw } from './pcm';
import { SilenceWatch } from './silence-watch';
import type { BridgeSocket, ModelDialler } from './sockets';

export type { AudioTap } from './audio-tap';
export type { BridgeEnd, BridgeStats, CallBridgeEvents, ToolCall, Turn } from './call-events';

/** A customer who is to speak first and does not within this time is greeted after all. */
export const CUSTOMER_FIRST_WAIT_MS = 6000;
/** RFC 6455: the purpose of the connection has been fulfilled. */
const NORMAL_CLOSE = 1000;
/** The call is over this long after its maximum duration, spoken end or not. */
export const TIME_UP_GRACE_MS = 500;

/**
 * One call: joins the carrier's media stream and the model's sessions. Owns no timer source and opens no socket itself;
 * whoever made it hands in the carrier's messages and a dialler for the model, and is told what came of them. The page
 * about it is README.md in this folder.
 */
export class CallBridge {
  private readonly plan: CallPlan;
  private readonly events: CallBridgeEvents;
  private readonly timers: CallTimers;
  private readonly line: ModelLine;
  private readonly session = new ModelSession();
  private readonly callerAudio: CallerAudio;
  private readonly conversation: Conversation;
  private readonly silence: SilenceWatch;
  private readonly keypad: Keypad;
  private readonly ending: Ending;
  private readonly machine: MachineAnswer | null;
  private readonly carrierMessages: CarrierMessages;

  private readonly deltas = new AudioDeltaReader();

  /** True once the carrier has said that the stream is over: the call is, or something else is done with it. */
  hasStopped = false;

  private answeredAtMs: number | null = null;
  private hadSession = false;
  private isLineOpen = false;
  /** Last words that were asked for. */
  private unsaid: string | null = null;
  private sessions = 0;
  private isCarrierGone = false;
  private isOver = false;
  private customerFirstWait: CancelTimer | null = null;
  private taps: readonly AudioTap[] = [];
  private entries = 0;
  private malformedEvents = 0;
  private hasChangedLanguage = false;

  constructor(options: { plan: CallPlan; models: ModelDialler; clock: Clock; events: CallBridgeEvents }) {
    const { models, clock, events } = options;
    // A copy, which everybody here reads when they need it.
    const plan = { ...options.plan };
    this.plan = plan;
    this.events = events;
    this.timers = new CallTimers(clock);
    this.callerAudio = new CallerAudio(
      this.timers,
      this.session,
      {
        onStuck: () => {
          this.events.onTrouble('model_stuck');
          this.line.renew();
        },
      },
      plan.audio,
    );
    this.conversation = new Conversation({
      plan,
      clock: this.timers,
      session: this.session,
      callerAudio: this.callerAudio,
      events,
      sinceAnswer: (momentMs) => this.sinceAnswer(momentMs),
      onSpeech: () => {
        this.signOfLife();
        this.machine?.speechStarted();
      },
      onSpeechStopped: () => this.machine?.speechStopped(),
      onTurn: (turn) => this.machine?.turnEnded(turn),
      onProved: () => this.line.proved(),
      onFailed: (failure) => this.line.failed(failure),
      onExpired: () => this.line.renew(),
      onCarrierStuck: () => this.carrierStuck(),
      onMoved: () => this.settle(),
    });
    this.line = new ModelLine(models, this.timers, plan, {
      turnDetection: () => this.conversation.turnDetection,
      onUp: (link) => this.modelUp(link),
      onMessage: (text) => this.onModelMessage(text),
      onLost: () => this.modelLost(),
      onGivenUp: () => this.modelGivenUp(),
      onSuccessor: () => this.settle(),
      onTrouble: (what, detail) => events.onTrouble(what, detail),
    });
    this.machine =
      plan.voicemail === undefined
        ? null
        : new MachineAnswer(this.timers, plan.voicemail, {
            suspend: () => this.machineSuspected(),
            resume: () => this.machineCleared(),
            end: (message) => this.leaveMessage(message),
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
        if (this.session.isUp) this.conversation.customer.commitSpeech();
      },
      transcriptionsPending: () => (this.session.isUp ? this.conversation.recorder.transcriptionsPending : 0),
      audioEndMs: () => this.conversation.agentAudio.expectedEndMs,
      isCarrierGone: () => this.isCarrierGone,
      finish: (reason) => this.finish(reason, this.conversation.owesGoodbye),
    });
    this.carrierMessages = new CarrierMessages({
      onMedia: (payloadBase64, timestampMs) => {
        if (!this.line.isOver) this.callerAudio.receive(payloadBase64, timestampMs);
      },
      onMark: (name) => this.markReturned(name),
      onDigit: (digit) => this.digitPressed(digit),
      onStop: () => this.carrierStopped(),
      onMalformed: () => events.onTrouble('carrier_frame_malformed'),
    });
    this.line.open();
  }

  /**
   * Lets a recorder or a listener in on the voices of this call, beside those who are there already, until what is answered
   * is called. While nobody listens it costs nothing.
   */
  listenIn(tap: AudioTap): () => void {
    if (this.isOver) return () => undefined;
    this.taps = [...this.taps, tap];
    this.tapVoices();
    return () => {
      this.taps = this.taps.filter((other) => other !== tap);
      if (!this.isOver) this.tapVoices();
    };
  }

  private tapVoices(): void {
    const joined = joinedTap(this.taps);
    const tap = joined === null || this.plan.audio === MULAW_8K ? joined : heardAsMulaw(joined);
    this.callerAudio.tap = tap;
    this.conversation.agentAudio.tap = tap;
  }

  private onModelMessage(text: string): void {
    if (this.deltas.read(text)) {
      this.play(this.deltas.delta);
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

  /** The phone was picked up and the carrier's stream has begun. */
  attachCarrier(socket: BridgeSocket, streamSid: string): void {
    this.attach(new CarrierLine(socket, streamSid));
  }

  /** Somebody is there. Time counts from here. */
  attach(line: CustomerLine): void {
    if (this.isOver || this.answeredAtMs !== null) return;
    this.answeredAtMs = this.timers.nowMs();
    this.machine?.answered();
    const { maxDurationMs } = this.plan;
    this.timers.after(maxDurationMs - timeUpReserveMs(maxDurationMs), () => this.timeUp());
    this.timers.after(maxDurationMs + TIME_UP_GRACE_MS, () => this.timeOver());
    this.conversation.agentAudio.attach(line);
    if (this.session.isUp) this.lineOpened();
    this.settle();
  }

  /** What the carrier's detection made of who has answered, in the carrier's word (`AnsweredBy`). */
  answeredBy(answeredBy: string): void {
    this.machine?.carrierSays(answeredBy);
  }

  /**
   * The conversation goes on in another language: what is said from here on, and what the transcriber listens for. A disclosure is
   * owed anew, and said as soon as what is being said is over.
   */
  changeLanguage(spoken: SpokenPlan): void {
    if (this.isOver) return;
    Object.assign(this.plan, { language: undefined, disclosure: undefined }, spoken);
    this.hasChangedLanguage = true;
    this.session.speakAs(this.plan);
    if (!this.ending.hasBegun && this.conversation.opening.oweAgain()) this.conversation.request('disclosure');
    this.settle();
  }

  /** A message of the carrier after `start`: media, dtmf, mark, stop. False when it is none that a carrier sends. */
  onCarrierMessage(text: string): boolean {
    return this.isOver || this.isCarrierGone || this.carrierMessages.take(text);
  }

  /** Audio of a customer at another end than the carrier's; `timestampMs` is its place in the call. */
  onCustomerAudio(payloadBase64: string, timestampMs: number): void {
    if (!this.isOver && !this.isCarrierGone && !this.line.isOver) {
      this.callerAudio.receive(payloadBase64, timestampMs);
    }
  }

  /** What was played there up to a mark has been heard. */
  onCustomerMark(name: string): void {
    if (!this.isOver && !this.isCarrierGone) this.markReturned(name);
  }

  /** The customer writes instead of speaking: it interrupts, and is answered. */
  onCustomerText(text: string): void {
    if (this.isOver || this.isCarrierGone || this.answeredAtMs === null) return;
    this.signOfLife();
    this.conversation.interrupt();
    this.customerDid(`text_${++this.entries}`, { text, told: text, startMs: this.timers.nowMs() });
  }

  /** The customer presses a key there. */
  onCustomerKey(digit: string): void {
    if (!this.isOver && !this.isCarrierGone) this.digitPressed(digit);
  }

  /** The customer has gone from there. */
  onCustomerGone(): void {
    if (!this.isOver && !this.isCarrierGone) this.carrierStopped();
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
    this.conversation.history.toolResult(toolCallId, outputJson);
    this.session.answerTool(toolCallId, outputJson);
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
    this.machine?.stop();
    this.silence.update(false);
    this.unsaid = say ?? null;
    const canSpeak = say !== undefined && !this.line.isOver;
    if (canSpeak) {
      this.conversation.sayGoodbye(say);
    } else {
      this.conversation.close('closing');
      this.conversation.stopGenerating();
    }
    this.ending.begin(reason, canSpeak ? GOODBYE_LIMIT_MS : DRAIN_LIMIT_MS);
    this.settle();
  }

  /** Ends the call at once; what was heard so far is still recorded. An end that was under way keeps its reason. */
  abort(reason: BridgeEnd): void {
    this.finish(this.ending.hasBegun ? this.ending.reason : reason);
  }

  /**
   * The carrier's stream is of no use any more, but the call is still there: it ends at once, with a sentence for whoever
   * can say it.
   */
  carrierLost(): void {
    if (this.isOver) return;
    if (this.ending.hasBegun) {
      this.finish(this.ending.reason, this.conversation.owesGoodbye);
      return;
    }
    this.unsaid = this.answeredAtMs === null ? null : this.plan.phrases.troubleGoodbye;
    this.finish('carrier_error', true);
  }

  stats(): BridgeStats {
    const { callerAudio, conversation } = this;
    const { agentAudio } = conversation;
    return {
      framesIn: callerAudio.framesIn,
      framesOut: agentAudio.framesOut,
      framesQueuedAtSetup: callerAudio.framesQueuedAtSetup ?? 0,
      framesJoined: callerAudio.framesJoined,
      framesDropped: callerAudio.framesDropped,
      malformedFrames: this.carrierMessages.malformed,
      malformedEvents: this.malformedEvents,
      lateDeltas: conversation.lateDeltas,
      appendedBytes: callerAudio.appendedBytes,
      marksOut: agentAudio.marksOut,
      marksReturned: agentAudio.marksReturned,
      clears: agentAudio.clears,
      bargeIns: conversation.bargeIns,
      modelSessions: this.sessions,
    };
  }

  private play(delta: AudioDelta): void {
    if (!this.isCarrierGone) this.conversation.play(delta);
  }

  private digitPressed(digit: string): void {
    this.signOfLife();
    this.keypad.press(digit);
    this.settle();
  }

  private carrierStopped(): void {
    this.hasStopped = true;
    this.carrierGone();
    this.settle();
  }

  /** Most marks only move the account of what was heard; what follows from that is due when an item is over. */
  private markReturned(name: string): void {
    const { agentAudio, opening } = this.conversation;
    const wasOwed = opening.isDisclosureOwed;
    const isItemOver = agentAudio.returned(name);
    if (isItemOver || wasOwed) this.settle();
  }

  private adopt(link: ModelLink): void {
    this.session.adopt(link);
    // It may have been configured before that.
    if (this.hasChangedLanguage) this.session.speakAs(this.plan);
  }

  /** A session is ours now: the first, or one that goes on where another was lost. */
  private modelUp(link: ModelLink): void {
    this.sessions++;
    this.adopt(link);
    const isFirst = !this.hadSession;
    this.hadSession = true;
    // The opening goes before any caller audio, so that nothing is answered before it.
    this.conversation.sessionUp(isFirst);
    if (isFirst) {
      if (this.plan.whoSpeaksFirst === 'agent') this.conversation.request('opening');
      this.callerAudio.open();
    }
    if (this.answeredAtMs !== null) this.lineOpened();
    this.settle();
  }

  /** The session is gone; the line stays open while another is fetched, unless nothing more was to be said. */
  private modelLost(): void {
    if (this.isOver || !this.hadSession) return;
    this.conversation.sessionLost();
    if (!this.ending.hasBegun || this.conversation.owesGoodbye) return;
    this.line.close(NORMAL_CLOSE, 'call over');
    this.ending.advance();
  }

  private modelGivenUp(): void {
    if (this.isOver) return;
    if (this.session.isUp) this.conversation.sessionLost();
    if (this.answeredAtMs === null) {
      this.finish('model_error');
      return;
    }
    this.silence.update(false);
    if (!this.ending.hasBegun) this.unsaid = this.plan.phrases.troubleGoodbye;
    else if (!this.conversation.owesGoodbye) this.unsaid = null;
    this.conversation.close('closing');
    this.ending.begin('model_error', DRAIN_LIMIT_MS);
    this.ending.advance();
  }

  /** A successor that stands ready takes over when nothing is lost by it. */
  private changeSession(): void {
    if (!this.line.hasSuccessor || !this.conversation.canChangeSession(this.line.isUrgent)) return;
    this.callerAudio.close();
    const link = this.line.takeOver();
    if (link !== null) {
      this.sessions++;
      this.adopt(link);
      this.conversation.sessionChanged();
    }
    this.callerAudio.open();
  }

  /** Answered and configured: from here on the customer is heard. */
  private lineOpened(): void {
    if (this.plan.whoSpeaksFirst !== 'customer' || this.isLineOpen) return;
    this.isLineOpen = true;
    this.customerFirstWait = this.timers.after(CUSTOMER_FIRST_WAIT_MS, () => this.conversation.request('opening'));
  }

  private signOfLife(): void {
    this.silence.signOfLife();
    this.customerFirstWait?.();
    this.customerFirstWait = null;
  }

  private keysPressed(entry: KeysPressed): void {
    const keys = entry.keys.join(' ');
    this.customerDid(`keys_${++this.entries}`, {
      text: `[pressed ${keys}]`,
      told: `[The caller pressed these keys on the phone: ${keys}]`,
      startMs: entry.startMs,
      endMs: entry.endMs,
    });
  }

  /** A turn of the customer that is not spoken. `told`: what the model is to know of it. */
  private customerDid(itemId: string, did: { text: string; told: string; startMs: number; endMs?: number }): void {
    const { text, told, startMs, endMs = startMs } = did;
    this.conversation.recorder.customerDid(itemId, text, this.sinceAnswer(startMs), this.sinceAnswer(endMs));
    if (this.isOver || this.isCarrierGone || this.ending.hasBegun || this.line.isOver) return;
    this.session.tell(itemId, told);
    this.conversation.request('reply');
    this.settle();
  }

  private timeUp(): void {
    if (this.isOver || this.ending.hasBegun) return;
    this.conversation.silenceAgent();
    this.end(this.timeUpReason(), this.plan.phrases.timeUpGoodbye);
  }

  /** Without a carrier the line is closed already, and only the last words are being written down, within bounds. */
  private timeOver(): void {
    if (this.isCarrierGone) return;
    this.finish(this.ending.hasBegun ? this.ending.reason : this.timeUpReason(), this.conversation.owesGoodbye);
  }

  private timeUpReason(): BridgeEnd {
    return this.plan.maxDurationEnd ?? 'max_duration';
  }

  private machineSuspected(): void {
    if (this.isOver || this.ending.hasBegun) return;
    this.silence.update(false);
    this.conversation.suspend();
    this.settle();
  }

  private machineCleared(): void {
    if (this.isOver || this.ending.hasBegun) return;
    this.conversation.resume();
    this.settle();
  }

  private leaveMessage(message: string | undefined): void {
    if (this.isOver || this.ending.hasBegun) return;
    this.conversation.silenceAgent();
    this.end('voicemail', message);
  }

  private carrierStuck(): void {
    if (this.isOver || this.isCarrierGone) return;
    this.events.onTrouble('carrier_stuck');
    this.carrierLost();
  }

  private carrierGone(): void {
    if (this.isOver || this.isCarrierGone) return;
    this.isCarrierGone = true;
    this.silence.update(false);
    this.conversation.lineClosed();
    this.keypad.flush();
    this.conversation.close('closing');
    this.conversation.stopGenerating();
    this.ending.begin('customer_hung_up', DRAIN_LIMIT_MS);
    this.ending.stopDraining();
  }

  private isQuiet(): boolean {
    if (this.isCarrierGone) return true;
    return this.line.isOver ? this.conversation.agentAudio.isQuiet : this.conversation.isSilent;
  }

  /** After everything that happened but audio: what follows from it. */
  private settle(): void {
    if (this.isOver) return;
    this.changeSession();
    this.conversation.settle();
    this.silence.update(this.isLineQuiet());
    this.ending.advance();
  }

  private isLineQuiet(): boolean {
    if (this.answeredAtMs === null || this.ending.hasBegun || this.keypad.isTyping || !this.session.isUp) return false;
    return this.conversation.isWaitingForCustomer;
  }

  /** `isUnsaid`: last words were waited for, and have not been made. */
  private finish(reason: BridgeEnd, isUnsaid = false): void {
    if (this.isOver) return;
    this.isOver = true;
    this.timers.cancelAll();
    this.conversation.lineClosed();
    this.keypad.flush();
    this.conversation.recorder.flush();
    this.line.close(NORMAL_CLOSE, 'call over');
    this.callerAudio.stop();
    this.machine?.stop();
    const machine = this.machine?.result ?? null;
    if (machine !== null && reason === 'voicemail') this.events.onVoicemail(machine);
    const isSomebodyToSayThem = !this.isCarrierGone && (isUnsaid || this.line.wasGivenUp);
    this.events.onFinished(reason, isSomebodyToSayThem ? this.unsaid : null);
  }

  private sinceAnswer(momentMs: number = this.timers.nowMs()): number {
    return this.answeredAtMs === null ? 0 : Math.max(0, momentMs - this.answeredAtMs);
  }
}
