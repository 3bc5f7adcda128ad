import { AgentAudio } from './agent-audio';
import type { Turn } from './call-events';
import type { ConversationOptions } from './conversation-options';
import { CustomerSpeech } from './customer-speech';
import { Interruption } from './interruption';
import type { ResponseShape } from './openai-commands';
import type { AudioDelta, ModelEvent } from './openai-events';
import { Opening } from './opening';
import type { PlayedItem } from './playback';
import { RecentIds } from './recent-ids';
import { ResponseSequencer, type ResponseKind } from './response-sequencer';
import { ToolCalls } from './tool-calls';
import { TurnRecorder } from './turn-recorder';

/** One failed response is tried again; this many in a row mean that the model cannot go on. */
const FAILURES_IN_A_ROW = 2;
/** The account is empty: trying again is no use. */
const QUOTA_EXCEEDED = 'insufficient_quota';
/** Responses remembered after they ended, against repeated events. */
const REMEMBERED_RESPONSES = 32;

const ALREADY_ACTIVE = 'conversation_already_has_active_response';

/** `open`: as usual · `closing`: nothing new is answered · `protected`: the same, and speech does not interrupt. */
export type ConversationMode = 'open' | 'closing' | 'protected';

/**
 * The conversation with the model: who speaks, which response is whose, what was interrupted, which turns came of it.
 * Knows the model's events; knows nothing of the carrier but that it plays audio and sends marks back.
 */
export class Conversation {
  bargeIns = 0;
  lateDeltas = 0;

  readonly opening: Opening;
  readonly agentAudio: AgentAudio;
  readonly recorder: TurnRecorder;
  readonly sequencer: ResponseSequencer;
  readonly tools = new ToolCalls();

  private mode: ConversationMode = 'open';
  private goodbye = '';
  /** Our responses that are no answer to the customer. */
  private readonly asides = new Map<string, ResponseKind>();
  private failures = 0;
  private hasEndedAResponse = false;
  private hasMissedMarks = false;
  private readonly speech: CustomerSpeech;
  private readonly interruption: Interruption;
  private readonly ended = new RecentIds(REMEMBERED_RESPONSES);

  constructor(private readonly options: ConversationOptions) {
    const { plan, clock, session, callerAudio, events, sinceAnswer } = options;
    this.opening = new Opening(plan, (what) => events.onTrouble(what));
    this.recorder = new TurnRecorder({ sinceAnswer, onTurn: (turn) => this.turnEnded(turn) });
    this.agentAudio = new AgentAudio(clock, {
      onFirstAudio: (item) => this.recorder.agentStarted(item.itemId, this.takeLatency(item)),
      onHeard: (item) => this.settleDisclosure(item),
      onItemOver: (item) => this.itemOver(item),
      onMarksMissing: () => this.marksMissing(),
    });
    this.sequencer = new ResponseSequencer(clock, {
      needsDisclosure: (kind) => this.opening.goesBefore(kind),
      create: (kind, requestId) => session.createResponse(requestId, this.shapeOf(kind)),
      cancel: (responseId) => session.cancelResponse(responseId),
      lost: (kind) => this.responseFailed(kind, 'no_answer'),
    });
    const { sequencer, agentAudio, recorder } = this;
    this.interruption = new Interruption({ session, sequencer, agentAudio, recorder });
    const onSettled = (): void => sequencer.release();
    const onStuck = (): void => {
      events.onTrouble('speech_stuck');
      options.onMoved();
    };
    this.speech = new CustomerSpeech({ clock, callerAudio, recorder, sinceAnswer, onSettled, onStuck });
    // Nothing is asked of a session that is not configured.
    this.sequencer.hold();
  }

  /** True when the agent has had its say at least once, nothing is playing and nothing is being made. */
  get isWaitingForCustomer(): boolean {
    return this.hasEndedAResponse && this.isSilent && !this.speech.isSpeaking && !this.tools.isPending;
  }

  /** True when the agent has nothing left to say. */
  get isSilent(): boolean {
    return this.agentAudio.isQuiet && this.sequencer.isIdle;
  }

  /** Audio of the model: to the carrier, unless the response it belongs to was cut. */
  play(delta: AudioDelta): void {
    if (this.interruption.isCut(delta.responseId)) {
      this.lateDeltas++;
      return;
    }
    if (this.agentAudio.play(delta)) return;
    this.options.events.onTrouble('opening_too_long');
    this.interruption.refuse(delta.responseId);
    this.sequencer.cancel();
    this.agentAudio.complete(delta.itemId);
  }

  /** Any other event of the model. */
  handle(event: ModelEvent): void {
    const { session, events } = this.options;
    switch (event.type) {
      case 'session.created':
        session.configure({ createResponse: this.opening.allowsServerResponses, interruptResponse: true });
        return;
      case 'session.updated':
        if (session.updated(event.createsResponses)) {
          this.sequencer.release();
          this.options.onConfigured();
        }
        return;
      case 'speech_started':
        this.speechStarted(event.itemId, event.audioStartMs);
        return;
      case 'speech_stopped':
        this.speech.stopped(event.itemId, event.audioEndMs);
        return;
      case 'committed':
        this.committed(event.itemId, event.previousItemId);
        return;
      case 'item.added':
        this.recorder.place(event.itemId, event.previousItemId);
        return;
      case 'transcription.delta':
        this.recorder.transcriptDelta(event.itemId, event.delta);
        return;
      case 'transcription.completed':
        if (this.recorder.transcribed(event.itemId, event.transcript) && event.usage !== null) {
          events.onUsage(event.usage, 'transcription');
        }
        return;
      case 'transcription.failed':
        if (this.recorder.transcribed(event.itemId, null)) events.onTrouble('transcription_failed');
        return;
      case 'response.created':
        this.responseCreated(event.responseId, event.requestId);
        return;
      case 'output_audio.done':
        this.agentAudio.complete(event.itemId);
        return;
      case 'output_transcript.delta':
        this.recorder.agentDelta(event.itemId, event.contentIndex, event.delta);
        return;
      case 'output_transcript.done':
        this.recorder.agentText(event.itemId, event.contentIndex, event.transcript);
        return;
      case 'output_item.done':
        if (event.item.transcript !== null) this.recorder.agentText(event.item.itemId, null, event.item.transcript);
        return;
      case 'response.done':
        this.responseDone(event);
        return;
      case 'error':
        this.refused(event.code, event.eventId);
        return;
      case 'other':
        return;
    }
  }

  /** Asks for a response; while closing only for the last words. */
  request(kind: ResponseKind): void {
    if (this.mode === 'open' || kind === 'goodbye') this.sequencer.request(kind);
  }

  /** Says this as the last words, whatever the customer does meanwhile. */
  sayGoodbye(sentence: string): void {
    this.goodbye = sentence;
    this.close('protected');
    this.sequencer.request('goodbye');
  }

  /** Answers nothing new any more. */
  close(mode: 'closing' | 'protected'): void {
    this.mode = mode;
    this.sequencer.dropWaiting();
    this.followTurns();
  }

  /** Stops the agent in mid-sentence, on our own account. What it has said up to here is a turn. */
  silenceAgent(): void {
    this.sequencer.cancel();
    this.cutAgent();
  }

  /** Makes nothing more of the response under way; what of it is at the carrier plays on. */
  stopGenerating(): void {
    const responseId = this.sequencer.activeResponseId;
    if (responseId !== null) {
      this.interruption.refuse(responseId);
      this.agentAudio.completeResponse(responseId);
    }
    this.sequencer.cancel();
  }

  /** The carrier is gone (or the call is): what was playing counts as far as it was heard. */
  lineClosed(): void {
    this.mode = 'closing';
    this.speech.lineClosed();
    this.interruption.lineClosed();
  }

  /** Speech that is still going on becomes an item, so that its words are still written down. */
  commitSpeech(): void {
    if (this.speech.cutShort()) this.options.session.commitSpeech();
  }

  /** Brings what follows from an event up to date: owed words, and who answers the customer. */
  settle(): void {
    if (this.isSilent) this.opening.lineQuiet();
    this.followTurns();
  }

  private followTurns(): void {
    const isOpen = this.mode === 'open';
    // New settings begin the detection anew and could lose the end of what is being said.
    if (isOpen && this.speech.isSpeaking) return;
    this.options.session.detectTurns({
      createResponse: isOpen && this.opening.allowsServerResponses,
      interruptResponse: this.mode !== 'protected',
    });
  }

  private shapeOf(kind: ResponseKind): ResponseShape {
    switch (kind) {
      case 'disclosure':
        return this.opening.disclosure();
      case 'opening':
        return this.opening.firstWords();
      case 'reply':
        return this.opening.answer();
      case 'reprompt':
        return this.opening.sentence(this.options.plan.phrases.stillThere);
      case 'goodbye':
        return this.opening.lastWords(this.goodbye);
    }
  }

  private speechStarted(itemId: string, audioStartMs: number): void {
    if (!this.speech.started(itemId, audioStartMs)) return;
    this.sequencer.hold();
    const isAgentSpeaking = this.sequencer.isResponding || !this.agentAudio.isQuiet;
    if (this.mode !== 'protected' && isAgentSpeaking) {
      this.bargeIns++;
      this.cutAgent();
      // The session has interrupt_response on, so the server cancels what it is making without being told.
      this.sequencer.cancelledByServer();
    }
    this.options.onSpeech();
  }

  private committed(itemId: string, previousItemId: string | null): void {
    if (!this.speech.committed(itemId, previousItemId)) return;
    // The server's own answer covers what waited to be answered; without one it is asked for here.
    if (this.options.session.createsResponses) this.sequencer.dropWaiting();
    else {
      this.sequencer.drop('opening');
      this.request('reply');
    }
    this.speech.settle();
  }

  private responseCreated(responseId: string, requestId: string | null): void {
    if (this.ended.has(responseId)) return;
    const { kind, isUnwanted } = this.sequencer.created(responseId, requestId);
    if (kind !== null && kind !== 'reply') this.asides.set(responseId, kind);
    if (kind !== null) this.opening.carriedBy(responseId);
    if (isUnwanted) {
      this.interruption.refuse(responseId);
    } else if (this.mode !== 'open' && kind !== 'goodbye') {
      this.interruption.refuse(responseId);
      this.sequencer.cancel();
    }
  }

  private responseDone(event: Extract<ModelEvent, { type: 'response.done' }>): void {
    const { responseId, status, output, usage } = event;
    if (this.ended.has(responseId)) return;
    this.ended.add(responseId);
    this.hasEndedAResponse = true;
    if (usage !== null) this.options.events.onUsage(usage, 'response');
    for (const item of output) {
      if (item.transcript !== null) this.recorder.agentText(item.itemId, null, item.transcript);
      this.recorder.agentTextEnded(item.itemId);
    }
    this.agentAudio.completeResponse(responseId);
    const kind = this.sequencer.activeResponseId === responseId ? this.sequencer.activeKind : null;
    if (status === 'completed') {
      this.failures = 0;
      this.opening.made(responseId);
    }
    if (status === 'failed') this.responseFailed(kind ?? 'reply', event.errorCode ?? 'unknown');
    this.sequencer.done(responseId);
    this.interruption.responseEnded(responseId, output);
    // A completed call stands even when the words beside it were cut: what it changes must not get lost.
    if (status !== 'completed') return;
    for (const call of this.tools.take(output, this.interruption.isCut(responseId))) {
      // A handler may end the call, and then nobody wants the others.
      if (this.mode === 'open') this.options.events.onToolCall(call);
    }
  }

  private responseFailed(kind: ResponseKind, code: string): void {
    this.options.events.onTrouble('response_failed', code);
    this.failures++;
    if (this.failures >= FAILURES_IN_A_ROW || code === QUOTA_EXCEEDED) {
      this.options.onModelLost();
      return;
    }
    this.opening.failed();
    if (this.mode === 'open' || kind === 'goodbye') this.sequencer.requestAgain(kind);
  }

  private refused(code: string, eventId: string | null): void {
    const { session, events } = this.options;
    if (session.isConfigurationRefused(eventId) || code === 'session_expired') {
      events.onTrouble(code === 'session_expired' ? code : 'session_refused', code);
      this.options.onModelLost();
      return;
    }
    if (code === ALREADY_ACTIVE || eventId?.startsWith('response_')) {
      const failed = this.sequencer.refused(eventId, code === ALREADY_ACTIVE);
      if (failed !== null) this.responseFailed(failed, code);
      else this.opening.notUnderway();
      return;
    }
    if (code === 'response_cancel_not_active') this.sequencer.nothingToCancel();
    if (!session.isHarmless(code, eventId)) events.onTrouble('model_error_event', code);
    if (code === QUOTA_EXCEEDED) this.options.onModelLost();
  }

  private cutAgent(): void {
    this.interruption.cutAgent();
    this.opening.notUnderway();
  }

  private turnEnded(turn: Turn): void {
    if (turn.role === 'agent') this.opening.heard(turn.text);
    this.options.events.onTurn(turn);
  }

  /** The disclosure need not wait for the end of the item that holds it, once all of that item's text is known. */
  private settleDisclosure(item: PlayedItem): void {
    if (!this.opening.isDisclosureOwed || !item.isComplete) return;
    this.opening.heard(this.recorder.heardTextOf(item, item.heardMs));
  }

  private itemOver(item: PlayedItem): void {
    this.recorder.agentHeard(item);
    if (!this.agentAudio.isPlaying(item.responseId)) this.opening.heardOut(item.responseId);
  }

  private marksMissing(): void {
    if (!this.hasMissedMarks) this.options.events.onTrouble('marks_missing');
    this.hasMissedMarks = true;
    this.options.onMoved();
  }

  /** Only an answer has one; before an answer the disclosure may go, and anything else is said instead of one. */
  private takeLatency(item: PlayedItem): number | null {
    const aside = this.asides.get(item.responseId);
    if (aside === undefined) return this.speech.takeLatencyMs();
    if (aside !== 'disclosure') this.speech.forgetLatency();
    return null;
  }
}
