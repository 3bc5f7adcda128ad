import type { Logger } from '@nestjs/common';
import { QueryFailedError } from 'typeorm';
import type { ToolUse } from '../calls/call-actions.service';
import type { LiveCall, LiveCalls } from '../calls/live-calls.service';
import { isSameToken } from '../calls/stream-token';
import { NotAuthenticated } from '../common/app-error';
import { settledWithin } from '../common/settled-within';
import type { AppConfig } from '../config/app-config';
import type { RealtimeModel } from '../integrations/realtime-model/realtime-model';
import type { Telephony } from '../integrations/telephony/telephony';
import { MULAW_8K, PCM_24K } from '../media/audio-format';
import { AudioTap, BridgeEnd, CallBridge, CallBridgeEvents, ToolCall, Turn } from '../media/call-bridge';
import type { VoicemailResult } from '../media/call-events';
import type { CallPlan, SpokenPlan } from '../media/call-plan';
import { LanguageEar } from '../languages/language-ear';
import { primaryLanguage, sentencesOf, transcriberLanguage } from '../languages/languages';
import type { CustomerLine } from '../media/customer-line';
import type { BridgeSocket } from '../media/sockets';
import type { CalendarAgenda } from '../calendar/agenda.service';
import type { CalendarDeeds } from '../calendar/calendar-deeds.service';
import { AgentTool, interruptionOf } from '../scenarios/agent';
import { fillIn } from '../scenarios/fill-in';
import type { CallTexts, TextAnswer } from '../sms/call-texts.service';
import { ANSWER_LIMIT_MS, CalendarOfCall, CallCalendar } from './call-calendar';
import { instructionsFor } from './instructions';
import { phrasesFor } from './phrases';
import { systemClock } from './system-clock';
import { runTool, toolDefinitions, ToolOutcome, withoutCalendar } from './tools';
import { UsageMeter } from './usage';
import { voicemailPhraseIn } from './voicemail-phrases';
import { WriteBehind } from './write-behind';

/** How long a stream may outlive its call: its last words are still being recognised, and its `stop` may be under way. */
const CARRIER_CLOSE_GRACE_MS = 8000;
/**
 * The reason of the end is written before the hang-up, so that the carrier's callback finds it there. But putting the
 * phone down does not need the database: somebody is holding the other end.
 */
const END_WRITE_LIMIT_MS = 1000;
/** A carrier that takes longer than this (with the write before) to hang up is helped by the end of the stream. */
const HANG_UP_PATIENCE_MS = 2000;

const CALL_GOES_ON = { ok: false, error: 'The other person went on speaking, so the call goes on.' };

const TOOL_FAILED: ToolOutcome = { output: { ok: false, error: 'That did not work.' }, then: 'respond' };

const TEXT_TOO_LATE: TextAnswer = {
  ok: false,
  error:
    'The carrier did not answer in time, so the text may have been sent. Texting the same again sends nothing twice.',
};

/** Whoever talks from a browser. Nobody but the conversation itself can hang up on them. */
export interface BrowserEnd {
  /** Where they hear the agent. */
  readonly line: CustomerLine;
  /** A turn is over, or has become longer or shorter since: then it has the same sequence. */
  onTurn(turn: Turn): void;
  onToolCall(call: ToolCall): void;
  /** They do not read what is sent. */
  onStuck(): void;
  /** All is said and played. `unsaid`: last words that the model could not say any more. */
  hangUp(reason: BridgeEnd, unsaid: string | null): void;
  /** Everything about the call is written. */
  written(): Promise<void>;
}

/** RFC 6455 close codes that the product uses. */
export const CLOSE_NORMAL = 1000;
export const CLOSE_REFUSED = 1008;
export const CLOSE_OUR_FAULT = 1011;

/** What is told of somebody who talks from another end than a carrier's. */
export type CustomerEnd = Pick<
  CallBridge,
  'onCustomerAudio' | 'onCustomerMark' | 'onCustomerText' | 'onCustomerKey' | 'onCustomerGone'
>;

export interface ConversationDeps {
  calls: LiveCalls;
  models: RealtimeModel;
  telephony: Telephony;
  agenda: CalendarAgenda;
  deeds: CalendarDeeds;
  texts: CallTexts;
  config: AppConfig;
  log: Logger;
}

/**
 * One live call: the bridge between the carrier's socket and the model's, and what hangs on it (turns to the database,
 * tools, the end). It begins while the phone rings and is over when everything is written.
 */
export class Conversation {
  readonly callId: string;
  private readonly bridge: CallBridge;
  readonly tools: readonly AgentTool[];
  /** Of the owner, where the agent may use it. */
  private readonly calendar: CallCalendar | undefined;
  private attachedAtMs = 0;
  private readonly usage = new UsageMeter();
  private isDisowned = false;
  private readonly writes: WriteBehind;
  private callSid: string | null;
  private carrier: BridgeSocket | undefined;
  /** In the place of a carrier. */
  private browser: BrowserEnd | undefined;
  private voicemail: VoicemailResult | null = null;
  private readonly ear = new LanguageEar();
  /** By their places; one that is reported again is not heard again. */
  private readonly heard = new Set<number>();
  /** BCP 47: in which it is talked now. */
  language: string;
  /** What the model could not say any more. */
  private unsaid: string | null = null;
  /** Being hung up on by the carrier's API; tells whether that was done. */
  private farewell: Promise<boolean> | undefined;
  /** The carrier has asked what to do, and does it. */
  private isLeftToCarrier = false;
  private cancelCloseTimer: (() => void) | undefined;
  private finish: (() => void) | undefined;
  /** Resolves when the call is over and everything about it is written. */
  readonly finished = new Promise<void>((resolve) => (this.finish = resolve));

  constructor(
    private readonly call: LiveCall,
    private readonly deps: ConversationDeps,
    private readonly calendarOf?: CalendarOfCall,
  ) {
    this.callId = call.callId;
    this.language = call.agent.language;
    this.callSid = call.callSid;
    this.writes = new WriteBehind((what, error) => {
      deps.log.error({ msg: 'A write about a call was given up', call_id: this.callId, what, err: error });
    }, isPermanent);
    const { isConnected, timeZone } = calendarOf?.standing ?? { isConnected: false, timeZone: 'UTC' };
    this.tools = isConnected ? call.agent.tools : withoutCalendar(call.agent.tools);
    this.calendar = isConnected
      ? new CallCalendar(deps, call.owner, timeZone, (toolCallId) => this.useOf(toolCallId))
      : undefined;
    this.bridge = new CallBridge({
      plan: planOf(call, this.tools, calendarOf, deps.config),
      models: deps.models,
      clock: systemClock,
      events: this.bridgeEvents(),
    });
    if (call.answeredBy !== null) this.bridge.answeredBy(call.answeredBy);
  }

  get hasCarrier(): boolean {
    return this.carrier !== undefined;
  }

  /** True for the one stream that may be attached: of this call, by its token, and none was before. */
  isJoinedBy(token: string, callSid: string): boolean {
    if (this.hasCarrier || this.browser !== undefined || (this.callSid !== null && this.callSid !== callSid))
      return false;
    return isSameToken(token, this.call.streamToken);
  }

  /**
   * The answered leg's media stream. Messages that came while the call was looked up are passed on in order; false when
   * one of them is none that a carrier sends.
   */
  attach(socket: BridgeSocket, stream: { streamSid: string; callSid: string }, waiting: readonly string[]): boolean {
    this.carrier = socket;
    this.callSid = stream.callSid;
    this.attachedAtMs = systemClock.nowMs();
    this.bridge.attachCarrier(socket, stream.streamSid);
    return waiting.every((message) => this.onCarrierMessage(message));
  }

  /** Somebody talks from a browser. What they say and do is told to the bridge that is answered. */
  attachBrowser(browser: BrowserEnd): CustomerEnd {
    this.browser = browser;
    this.attachedAtMs = systemClock.nowMs();
    this.bridge.attach(browser.line);
    return this.bridge;
  }

  /** A message of the carrier; false when it is none that a carrier sends. */
  onCarrierMessage(text: string): boolean {
    return this.bridge.onCarrierMessage(text);
  }

  onCarrierClosed(code: number): void {
    this.cancelCloseTimer?.();
    // A person who hangs up is announced by `stop`; a socket that only vanishes is trouble on the line.
    if (this.bridge.hasStopped) this.bridge.onCarrierClosed(code);
    else this.bridge.carrierLost();
  }

  /**
   * The carrier has lost the stream, or seen its end, and asks what is to be done with the call. Answers what it is to say
   * before it hangs up; null for nothing.
   */
  async streamOver(): Promise<string | null> {
    if (this.farewell === undefined) {
      this.isLeftToCarrier = true;
      this.bridge.carrierLost();
      return this.unsaid;
    }
    // It is being hung up on, or told goodbye, by the carrier's API; if that fails it is done here. A caller who was taken
    // for gone is still there.
    if (await this.farewell) return null;
    return this.unsaid ?? (this.bridge.hasStopped ? sentencesOf(this.language).trouble : null);
  }

  /** The carrier says that the call is over: its stream ends by itself, or never came. */
  dispose(): void {
    if (this.carrier === undefined) this.bridge.abort('customer_hung_up');
    else
      this.cancelCloseTimer ??= systemClock.after(CARRIER_CLOSE_GRACE_MS, () => this.bridge.abort('customer_hung_up'));
  }

  /** Lets somebody listen in, until what it answers is called. */
  listenIn(tap: AudioTap): () => void {
    return this.bridge.listenIn(tap);
  }

  /** What the carrier made of who has answered. */
  answeredBy(answeredBy: string): void {
    this.bridge.answeredBy(answeredBy);
  }

  /** It turns out that the call is not ours (any more): its stream is closed, and nothing else is done to it. */
  disown(): void {
    this.isDisowned = true;
    this.carrier?.close(CLOSE_REFUSED, 'The stream token is not valid.');
    this.bridge.abort('carrier_error');
  }

  /** Ends the call at once, without a word. */
  abort(reason: BridgeEnd): void {
    this.bridge.abort(reason);
  }

  private bridgeEvents(): CallBridgeEvents {
    return {
      onTurn: (turn) => this.writeTurn(turn),
      onUsage: (usage) => this.usage.add(usage),
      onToolCall: (toolCall) => this.runTool(toolCall),
      onTrouble: (what, detail) => {
        this.deps.log.warn({ msg: 'Trouble on a call', call_id: this.callId, what, detail });
        if (what === 'carrier_stuck') this.browser?.onStuck();
      },
      onVoicemail: (result) => this.writeVoicemail(result),
      onFinished: (reason, unsaid) => {
        this.close(reason, unsaid).catch((error: unknown) =>
          this.deps.log.error({ msg: 'A call did not close cleanly', call_id: this.callId, err: error }),
        );
      },
    };
  }

  private writeTurn(turn: Turn): void {
    if (this.isDisowned) return;
    this.writes.add('turn', () => this.deps.calls.recordTurn(this.call.owner, this.callId, turn));
    this.browser?.onTurn(turn);
    if (turn.role === 'customer') this.hear(turn);
  }

  /** Finds out which language they speak, and goes on in it where the scenario wants that. */
  private hear({ sequence, text }: Turn): void {
    if (this.heard.has(sequence)) return;
    this.heard.add(sequence);
    const spoken = this.ear.hear(text);
    if (spoken === null) return;
    this.noteLanguage(spoken);
    const { agent } = this.call;
    if (agent.detectsLanguage !== true || spoken === primaryLanguage(this.language)) return;
    this.language = spoken;
    // In words of its own: the first ones were not understood, perhaps.
    this.bridge.changeLanguage(spokenPlan(this.call, spoken, this.calendarOf, this.deps.config));
  }

  private noteLanguage(language: string): void {
    this.writes.add('language', () => this.deps.calls.recordLanguage(this.call.owner, this.callId, language));
  }

  private writeVoicemail(result: VoicemailResult): void {
    this.voicemail = result;
    this.writes.add('voicemail', () => this.deps.calls.recordVoicemail(this.call.owner, this.callId, result));
  }

  private runTool(call: ToolCall): void {
    this.browser?.onToolCall(call);
    const { toolCallId, name, argumentsJson, wasInterrupted } = call;
    // Whoever speaks into the goodbye has something to say: what is to be recorded is, but nobody is hung up on.
    if (wasInterrupted === true && name === 'end_call') {
      this.bridge.toolResult(toolCallId, JSON.stringify(CALL_GOES_ON), { respond: false });
      return;
    }
    const { owner } = this.call;
    const outcome = runTool(
      this,
      { name, argumentsJson, toolCallId },
      {
        recordOrder: (order) => this.writes.add('order', () => this.deps.calls.recordOrder(owner, this.callId, order)),
        sendText: (id, body) => this.sendText(id, body),
        ...(this.calendar === undefined ? {} : { calendar: this.calendar }),
      },
    );
    if (!(outcome instanceof Promise)) this.answerTool(toolCallId, outcome);
    else {
      outcome
        .then((later) => this.answerTool(toolCallId, later))
        .catch((error: unknown) => {
          this.deps.log.error({ msg: 'A tool failed on a call', call_id: this.callId, tool: name, err: error });
          this.answerTool(toolCallId, TOOL_FAILED);
        });
    }
  }

  /** Of a call that is over nobody wants it any more: the bridge drops it. */
  private answerTool(toolCallId: string, { output, then }: ToolOutcome): void {
    this.bridge.toolResult(toolCallId, JSON.stringify(output), { respond: then === 'respond' });
    if (then === 'end-call') this.bridge.end('agent_ended');
  }

  /** Somebody is waiting on the phone; a text that takes longer is sent all the same. */
  private async sendText(toolCallId: string, body: string): Promise<TextAnswer> {
    const sending = this.deps.texts.send(this.call.owner, this.useOf(toolCallId), body);
    return (await settledWithin(sending, ANSWER_LIMIT_MS)) ? sending : TEXT_TOO_LATE;
  }

  private useOf(toolCallId: string): ToolUse {
    return { callId: this.callId, toolCallId, atMs: Math.max(0, systemClock.nowMs() - this.attachedAtMs) };
  }

  private async close(reason: BridgeEnd, unsaid: string | null): Promise<void> {
    const { owner } = this.call;
    this.unsaid = unsaid;
    this.cancelCloseTimer?.();
    this.cancelCloseTimer = () => undefined;
    if (this.isDisowned) {
      this.finish?.();
      return;
    }
    // They have said something, and nothing speaks against the language that was meant.
    if (this.ear.language === null && this.ear.hasHeard) this.noteLanguage(primaryLanguage(this.language));
    const usage = this.usage.isEmpty ? null : { ...this.usage.total };
    this.writes.add('end', () => this.deps.calls.recordEnd(owner, this.callId, reason, usage));
    this.farewell = settledWithin(this.writes.drain(), END_WRITE_LIMIT_MS).then(() => this.hangUp(unsaid));
    // Closing the media socket ends the call as well: the carrier asks what comes next, and is told to hang up. But a
    // sentence that it is to say needs the call.
    if (unsaid === null) await settledWithin(this.farewell, HANG_UP_PATIENCE_MS);
    else await this.farewell;
    this.carrier?.close(CLOSE_NORMAL, 'call over');
    this.browser?.hangUp(reason, unsaid);
    await this.farewell;
    await this.writes.drain();
    await this.browser?.written();
    await this.calendar?.settled();
    this.deps.log.log({
      msg: 'Call over',
      call_id: this.callId,
      user_id: owner.userId,
      reason,
      ...this.bridge.stats(),
    });
    this.finish?.();
  }

  /** What the model could not say any more is said by the carrier's own voice. False when nothing could be done. */
  private async hangUp(unsaid: string | null): Promise<boolean> {
    const { telephony, log } = this.deps;
    if (this.isLeftToCarrier) return true;
    if (this.bridge.hasStopped || this.callSid === null) return false;
    try {
      if (unsaid === null) {
        await telephony.hangUp(this.callSid);
        return true;
      }
      const isSaid = await telephony.farewell(this.callSid, unsaid, this.language);
      // The last words to a machine are its message.
      if (isSaid && this.voicemail !== null) {
        this.writeVoicemail({ ...this.voicemail, messageLeft: true, message: unsaid });
      }
      return true;
    } catch (error) {
      log.warn({ msg: 'The carrier could not be told to hang up', call_id: this.callId, err: error });
      return false;
    }
  }
}

function planOf(
  call: LiveCall,
  tools: readonly AgentTool[],
  calendar: CalendarOfCall | undefined,
  config: AppConfig,
): CallPlan {
  const { agent } = call;
  const spoken = spokenPlan(call, agent.language, calendar, config);
  return {
    ...spoken,
    // Whoever has to be found out about is listened to without a guess.
    ...(agent.detectsLanguage === true ? { language: undefined } : {}),
    audio: call.direction === 'browser' ? PCM_24K : MULAW_8K,
    voice: agent.voice,
    transcriptionModel: config.openai.transcriptionModel,
    tools: toolDefinitions({ tools }),
    ...(agent.greeting === null ? {} : { greeting: fillIn(agent.greeting, call.variables) }),
    ...(call.direction === 'outbound' ? { voicemail: voicemailPlan(call, config.calls.aiDisclosure) } : {}),
    whoSpeaksFirst: agent.whoSpeaksFirst,
    maxDurationMs: call.maxDurationSeconds * 1000,
    ...(call.isDemo ? { maxDurationEnd: 'demo_limit' as const } : {}),
    silence: { repromptAfterMs: config.calls.silenceRepromptMs, endAfterMs: config.calls.silenceEndMs },
    interruption: interruptionOf(agent),
  };
}

/** What is said in a language, by its BCP 47 tag. */
function spokenPlan(
  call: LiveCall,
  tag: string,
  calendar: CalendarOfCall | undefined,
  { calls, recordings }: AppConfig,
): SpokenPlan {
  const { disclosure, isRecorded, ...phrases } = phrasesFor(tag, call.ownerName);
  const isAnnounced = call.isRecorded && recordings.areAnnounced;
  const firstWords = [calls.aiDisclosure ? disclosure : '', isAnnounced ? isRecorded : ''].filter(Boolean).join(' ');
  const language = transcriberLanguage(tag);
  return {
    instructions: instructionsFor({ ...call.agent, language: tag }, call, calendar),
    ...(language === undefined ? {} : { language }),
    ...(firstWords === '' ? {} : { disclosure: firstWords }),
    phrases,
  };
}

/** A machine is told as well that a machine speaks. */
function voicemailPlan(
  { agent, variables, ownerName }: LiveCall,
  isDisclosed: boolean,
): NonNullable<CallPlan['voicemail']> {
  const disclosure = isDisclosed ? phrasesFor(agent.language, ownerName).disclosure : '';
  const phraseIn = voicemailPhraseIn(agent.language);
  if (agent.voicemailMessage === null) return { phraseIn };
  return { phraseIn, message: `${disclosure} ${fillIn(agent.voicemailMessage, variables)}`.trim() };
}

/** A user who is gone stays gone, and data that PostgreSQL refuses (classes 22 and 23) it refuses again. */
function isPermanent(error: unknown): boolean {
  if (error instanceof NotAuthenticated) return true;
  const cause: unknown = error instanceof QueryFailedError ? error.driverError : error;
  const { code } = cause as { code?: unknown };
  return typeof code === 'string' && /^2[23]/.test(code);
}
