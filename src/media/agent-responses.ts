import type { AgentAudio } from './agent-audio';
import type { CallBridgeEvents } from './call-events';
import type { History } from './history';
import type { Interruption } from './interruption';
import type { ModelFailure } from './model-line';
import type { ModelSession } from './model-session';
import type { ModelEvent } from './openai-events';
import type { Opening } from './opening';
import type { ProgressWatch } from './progress-watch';
import { RecentIds } from './recent-ids';
import type { ResponseKind, ResponseSequencer } from './response-sequencer';
import type { Restoration } from './restoration';
import type { ToolCalls } from './tool-calls';
import type { TurnRecorder } from './turn-recorder';

/** The account is empty: trying again is no use. */
const QUOTA_EXCEEDED = 'insufficient_quota';
const SESSION_EXPIRED = 'session_expired';
/** Our word for a create that was neither begun nor refused. */
export const NO_ANSWER = 'no_answer';
const ALREADY_ACTIVE = 'conversation_already_has_active_response';
/** Responses remembered after they ended, against repeated events. */
const REMEMBERED_RESPONSES = 32;
/** Too many tokens a minute, on an account that all calls share: that passes, and another session would be told the same. */
const RATE_LIMITED = 'rate_limit_exceeded';
const RATE_LIMIT_RETRY_MS = 2000;
/** So often in a row it is waited for; from then on it counts as a failure. */
const RATE_LIMIT_RETRIES = 4;

export interface AgentResponsesParts {
  session: ModelSession;
  sequencer: ResponseSequencer;
  interruption: Interruption;
  agentAudio: AgentAudio;
  recorder: TurnRecorder;
  opening: Opening;
  tools: ToolCalls;
  history: History;
  restoration: Restoration;
  progress: ProgressWatch;
  events: CallBridgeEvents;
  /** True while answers are wanted. */
  isOpen(): boolean;
  /** A response was made to its end. */
  onProved(): void;
  /** Something asked of the session failed; see ModelLine.failed. */
  onFailed(failure: ModelFailure): 'again' | 'renewed' | 'given-up';
  /** The session has come to its end. */
  onExpired(): void;
}

/** The life of the model's responses: begun, made, failed, stalled; and what follows from each. */
export class AgentResponses {
  /** Our responses that are no answer to the customer. */
  private readonly asides = new Map<string, ResponseKind>();
  private readonly ended = new RecentIds(REMEMBERED_RESPONSES);
  private hasBegunOne = false;
  private isAnswerOwed = false;
  private isGoodbyeMade = false;
  private timesLimited = 0;

  constructor(private readonly parts: AgentResponsesParts) {}

  /** True when the agent has been given the floor at least once. */
  get hasBegun(): boolean {
    return this.hasBegunOne;
  }

  /** True when the last words were made to their end. */
  get hasMadeGoodbye(): boolean {
    return this.isGoodbyeMade;
  }

  /** True when the customer has finished and no answer has begun. */
  get owesAnswer(): boolean {
    return this.isAnswerOwed;
  }

  /** A customer turn is an item of the conversation: by whom it is answered. */
  customerFinished(isServerAnswering: boolean): void {
    this.isAnswerOwed = true;
    if (isServerAnswering && this.parts.isOpen()) this.parts.progress.expectAnswer();
  }

  /** The customer's last turn is answered, or is not to be. */
  answerSettled(): void {
    this.isAnswerOwed = false;
    this.parts.progress.answerCame();
  }

  /** What a response was for when it is no answer; absent for answers. */
  asideOf(responseId: string): ResponseKind | undefined {
    return this.asides.get(responseId);
  }

  created(responseId: string, requestId: string | null): void {
    const { sequencer, opening, interruption, progress } = this.parts;
    if (this.ended.has(responseId)) return;
    this.hasBegunOne = true;
    const { kind, isUnwanted } = sequencer.created(responseId, requestId);
    // One that was given up while it was on its way answers nobody.
    if (!isUnwanted) {
      this.parts.restoration.forgetUnfinished();
      this.isAnswerOwed = false;
      progress.responseBegan();
    }
    if (kind !== null && kind !== 'reply') this.asides.set(responseId, kind);
    if (kind !== null) opening.carriedBy(responseId);
    if (isUnwanted) {
      interruption.refuse(responseId);
    } else if (!this.parts.isOpen() && kind !== 'goodbye') {
      interruption.refuse(responseId);
      sequencer.cancel();
    }
  }

  done(event: Extract<ModelEvent, { type: 'response.done' }>): void {
    const { sequencer, recorder, agentAudio, interruption, opening, events, history, tools } = this.parts;
    const { responseId, status, output, usage } = event;
    if (this.ended.has(responseId)) return;
    this.ended.add(responseId);
    if (usage !== null) events.onUsage(usage, 'response');
    const isActive = sequencer.activeResponseId === responseId;
    if (isActive) this.parts.progress.responseEnded();
    if (status === 'failed') {
      const code = event.errorCode ?? 'unknown';
      if (isActive) this.activeFailed(responseId, code);
      else this.failed('reply', code, responseId);
    }
    for (const item of output) {
      if (item.transcript !== null) recorder.agentText(item.itemId, null, item.transcript);
      recorder.agentTextEnded(item.itemId);
    }
    agentAudio.completeResponse(responseId);
    if (status === 'completed') {
      this.parts.onProved();
      this.timesLimited = 0;
      opening.made(responseId);
      this.isGoodbyeMade ||= this.asides.get(responseId) === 'goodbye';
    }
    sequencer.done(responseId);
    interruption.responseEnded(responseId, output);
    // A completed call stands even when the words beside it were cut: what it changes must not get lost.
    if (status !== 'completed') return;
    for (const { itemId, toolCall } of output) {
      if (toolCall !== null) history.toolCall(recorder.place(itemId), toolCall);
    }
    for (const call of tools.take(output, interruption.isCut(responseId))) {
      // A handler may end the call, and then nobody wants the others.
      if (this.parts.isOpen()) events.onToolCall(call);
      else tools.answered(call.toolCallId, false);
    }
  }

  /** A response that was refused, or was asked for and never begun (null), or is not the active one. */
  failed(kind: ResponseKind, code: string, responseId: string | null = null): void {
    const { events, opening, sequencer } = this.parts;
    events.onTrouble('response_failed', code);
    opening.lost(responseId);
    if (!this.parts.isOpen() && kind !== 'goodbye') return;
    switch (this.whatNow(kind, code)) {
      case 'later':
        sequencer.requestAgain(kind, RATE_LIMIT_RETRY_MS);
        return;
      case 'again':
        sequencer.requestAgain(kind);
        return;
      case 'renewed':
        // Waits for the new session; a disclosure comes with what it goes before.
        if (kind !== 'disclosure') sequencer.requestFirst(kind);
        return;
      case 'given-up':
        return;
    }
  }

  /** The server answered with an error. */
  refused(code: string, eventId: string | null): void {
    const { session, sequencer, opening, events } = this.parts;
    if (code === SESSION_EXPIRED) {
      this.parts.onExpired();
      return;
    }
    if (code === ALREADY_ACTIVE || eventId?.startsWith('response_')) {
      const { isServerAnswering } = sequencer;
      const failed = sequencer.refused(eventId, code === ALREADY_ACTIVE);
      if (failed !== null) this.failed(failed, code);
      else {
        opening.notUnderway();
        if (code === ALREADY_ACTIVE && isServerAnswering) sequencer.drop('reply');
      }
      return;
    }
    if (code === 'response_cancel_not_active') sequencer.nothingToCancel();
    if (!session.isHarmless(code, eventId)) events.onTrouble('model_error_event', code);
    if (code === QUOTA_EXCEEDED) this.parts.onFailed({ isFinal: true });
  }

  /** The response that was being made has failed: what was made of it is heard, the rest is asked for again. */
  private activeFailed(responseId: string, code: string): void {
    const { sequencer, restoration, opening, events } = this.parts;
    const { activeKind: kind } = sequencer;
    events.onTrouble('response_failed', code);
    if (!this.parts.isOpen() && kind !== 'goodbye') {
      opening.lost(responseId);
      return;
    }
    const what = this.whatNow(kind, code);
    // With another session, or none, it is settled what becomes of what the old one was making.
    if (what !== 'again' && what !== 'later') return;
    const rest = restoration.abandon({ kind, responseId });
    sequencer.requestAgain(rest ?? 'disclosure', what === 'later' ? RATE_LIMIT_RETRY_MS : undefined);
  }

  /** What a failure means for the line to the model. `later`: nothing, it will pass; last words cannot wait for that. */
  private whatNow(kind: ResponseKind | null, code: string): 'later' | 'again' | 'renewed' | 'given-up' {
    if (code === RATE_LIMITED && kind !== 'goodbye' && ++this.timesLimited <= RATE_LIMIT_RETRIES) return 'later';
    const isDeaf = code === NO_ANSWER || code === ALREADY_ACTIVE;
    return this.parts.onFailed({ isFinal: code === QUOTA_EXCEEDED, isDeaf });
  }

  /** A response was begun and does not go on: what was made of it is heard, the rest is asked for again. */
  stalled(): void {
    const { sequencer, interruption, restoration, events } = this.parts;
    const responseId = sequencer.activeResponseId;
    if (responseId === null) return;
    events.onTrouble('response_stalled');
    const { activeKind: kind } = sequencer;
    const isWanted = this.parts.isOpen() || kind === 'goodbye';
    // With another session, or none, it is settled what becomes of what the old one was making.
    if (isWanted && this.parts.onFailed({}) !== 'again') return;
    const rest = restoration.abandon({ kind, responseId });
    interruption.refuse(responseId);
    this.ended.add(responseId);
    sequencer.cancel();
    if (isWanted) sequencer.requestAgain(rest ?? 'disclosure');
    sequencer.done(responseId);
  }

  /** The server was to answer the customer and has not begun to. */
  answerMissing(): void {
    this.parts.events.onTrouble('answer_missing');
    if (this.parts.isOpen()) this.parts.sequencer.request(this.parts.restoration.takePutOff() ?? 'reply');
  }
}
