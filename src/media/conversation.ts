import { AgentAudio } from './agent-audio';
import { AgentResponses, NO_ANSWER } from './agent-responses';
import type { Turn } from './call-events';
import type { ConversationOptions } from './conversation-options';
import { CustomerSide } from './customer-side';
import { History } from './history';
import { Interruption } from './interruption';
import { isServerDriven, protects } from './interruption-policy';
import type { ResponseShape } from './openai-commands';
import type { TurnDetection } from './turn-detection';
import type { AudioDelta, ModelEvent } from './openai-events';
import { Opening } from './opening';
import type { PlayedItem } from './playback';
import { ProgressWatch } from './progress-watch';
import { ResponseSequencer, type ResponseKind } from './response-sequencer';
import { Restoration } from './restoration';
import { ToolCalls } from './tool-calls';
import { TurnRecorder } from './turn-recorder';

/**
 * `open`: as usual · `suspended`: nothing is said or answered for now · `closing`: nothing new is answered any more ·
 * `protected`: the same, and speech does not interrupt.
 */
export type ConversationMode = 'open' | 'suspended' | 'closing' | 'protected';

/**
 * The conversation with the model: who speaks, which response is whose, what was interrupted, which turns came of it.
 * Knows the model's events; knows nothing of the carrier but that it plays audio and sends marks back. It outlives the
 * model's sessions.
 */
export class Conversation {
  bargeIns = 0;
  lateDeltas = 0;

  readonly opening: Opening;
  readonly agentAudio: AgentAudio;
  readonly recorder: TurnRecorder;
  readonly sequencer: ResponseSequencer;
  readonly tools = new ToolCalls();
  readonly history = new History();
  readonly customer: CustomerSide;

  private mode: ConversationMode = 'open';
  private goodbye = '';
  private hasMissedMarks = false;
  private isModelPaused = false;
  /** Grows with everything the model says. */
  private signs = 0;
  private readonly interruption: Interruption;
  private readonly responses: AgentResponses;
  private readonly restoration: Restoration;
  private readonly progress: ProgressWatch;
  /** Somebody has heard the opening to its end, or it is too late for it. */
  private isOpeningOver = false;

  constructor(private readonly options: ConversationOptions) {
    const { plan, clock, session, callerAudio, events, sinceAnswer } = options;
    this.opening = new Opening(plan, (what) => events.onTrouble(what));
    this.recorder = new TurnRecorder({ sinceAnswer, onTurn: (turn) => this.turnEnded(turn) });
    this.agentAudio = new AgentAudio(
      clock,
      {
        onFirstAudio: (item) => this.agentStarted(item),
        onHeard: (item) => this.settleDisclosure(item),
        onItemOver: (item) => this.itemOver(item),
        onMarksMissing: () => this.marksMissing(),
        onBackPressure: (isHigh) => this.pauseModel(isHigh),
        onCarrierStuck: () => options.onCarrierStuck(),
      },
      plan.audio,
    );
    this.sequencer = new ResponseSequencer(clock, {
      needsDisclosure: (kind) => this.opening.goesBefore(kind),
      create: (kind, requestId) => session.createResponse(requestId, this.shapeOf(kind)),
      cancel: (responseId) => session.cancelResponse(responseId),
      lost: (kind) => this.responses.failed(kind, NO_ANSWER),
      moved: () => options.onMoved(),
    });
    const { sequencer, agentAudio, recorder, opening, tools, history } = this;
    const interruption = new Interruption({ session, sequencer, agentAudio, recorder });
    const restoration = new Restoration({
      ...{ session, sequencer, interruption, agentAudio, callerAudio, recorder, opening, history },
    });
    const progress = new ProgressWatch(clock, {
      signs: () => this.signs,
      isDeaf: () => this.isModelPaused,
      onStalled: () => this.healed(() => this.responses.stalled()),
      onNoAnswer: () => this.healed(() => this.responses.answerMissing()),
    });
    this.interruption = interruption;
    this.restoration = restoration;
    this.progress = progress;
    this.responses = new AgentResponses({
      ...{
        session,
        sequencer,
        interruption,
        agentAudio,
        recorder,
        opening,
        tools,
        history,
        restoration,
        progress,
        events,
      },
      isOpen: () => this.mode === 'open',
      onProved: () => options.onProved(),
      onFailed: (failure) => options.onFailed(failure),
      onExpired: () => options.onExpired(),
    });
    this.customer = new CustomerSide({
      ...{ session, sequencer, interruption, recorder, opening, restoration, progress, callerAudio, clock, events },
      responses: this.responses,
      policy: plan.interruption,
      sinceAnswer,
      agentTalks: () => this.agentTalks,
      isProtected: () => this.isProtected,
      cut: () => this.bargedIn(),
      request: (kind) => this.request(kind),
      onSpeech: () => options.onSpeech(),
      onSpeechStopped: () => options.onSpeechStopped(),
      onMoved: () => options.onMoved(),
    });
  }

  /** True when the agent has had the floor at least once, nothing is playing and nothing is being made. */
  get isWaitingForCustomer(): boolean {
    if (this.mode === 'suspended' || !this.responses.hasBegun) return false;
    return this.isSilent && !this.customer.isSpeaking && !this.tools.isPending;
  }

  /** True when the agent has nothing left to say. */
  get isSilent(): boolean {
    if (this.restoration.isOwing || (this.mode === 'open' && this.restoration.isRehearing)) return false;
    return this.agentAudio.isQuiet && this.sequencer.isIdle;
  }

  /** True while last words are still to be made. */
  get owesGoodbye(): boolean {
    return this.mode === 'protected' && !this.responses.hasMadeGoodbye;
  }

  /** What the server is to do by itself, as of now. */
  get turnDetection(): TurnDetection {
    const isTheServers = isServerDriven(this.options.plan.interruption, this.hasProtectedWords);
    return {
      createResponse: isTheServers && this.mode === 'open' && this.opening.allowsServerResponses,
      interruptResponse: isTheServers && this.mode !== 'protected',
    };
  }

  private get agentTalks(): boolean {
    return this.sequencer.isResponding || !this.agentAudio.isQuiet;
  }

  /** Words that the scenario protects are still to be said or heard. */
  private get hasProtectedWords(): boolean {
    const { interruption } = this.options.plan;
    if (protects(interruption, 'disclosure') && this.opening.isDisclosureOwed) return true;
    return protects(interruption, 'greeting') && !this.isOpeningOver;
  }

  /** What plays now may not be cut: last words, or what the scenario protects. */
  private get isProtected(): boolean {
    if (this.mode === 'protected') return true;
    const { interruption } = this.options.plan;
    if (protects(interruption, 'disclosure') && this.opening.isDisclosureUnderway) return true;
    return protects(interruption, 'greeting') && !this.isOpeningOver && this.agentTalks;
  }

  /** True when nothing would be lost by talking to another session from now on. `isUrgent`: when as little as can be. */
  canChangeSession(isUrgent: boolean): boolean {
    if (this.recorder.openCustomerTurns().length > 0 || this.responses.owesAnswer) return false;
    if (!isUrgent) return this.isWaitingForCustomer;
    return this.sequencer.isIdle && !this.customer.isSpeaking && !this.tools.isPending;
  }

  /** The first session is up, or another one after {@link sessionLost}. */
  sessionUp(isFirst: boolean): void {
    this.takeOver();
    if (!isFirst) {
      const { isRehearing } = this.restoration;
      const unfinished = this.restoration.finish(this.responses.owesAnswer);
      if (unfinished !== null && this.takes(unfinished)) this.sequencer.requestFirst(unfinished);
      if (isRehearing) {
        // Their words come first, and are answered.
        this.sequencer.drop('reply');
        // What they said may be too little for a session that hears it for the first time.
        this.progress.expectAnswer();
      }
    }
    this.sequencer.sessionUp();
  }

  /** The model's session is gone; another one is on its way. */
  sessionLost(): void {
    this.customer.sessionLost();
    this.interruption.sessionLost();
    this.progress.stop();
    this.restoration.begin();
  }

  /** Another session has taken over at a quiet moment: it is told what was said. */
  sessionChanged(): void {
    this.takeOver();
    this.restoration.tell();
  }

  /** A session was configured when it was dialled: what has changed since comes before anything is said to it. */
  private takeOver(): void {
    this.followTurns();
    if (this.isModelPaused) this.options.session.pause();
  }

  /** Audio of the model: to the carrier, unless the response it belongs to was cut. */
  play(delta: AudioDelta): void {
    this.signs++;
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
    this.signs++;
    switch (event.type) {
      case 'session.created':
        return;
      case 'session.updated':
        session.updated(event.createsResponses);
        return;
      case 'speech_started':
        this.customer.speechStarted(event.itemId, event.audioStartMs);
        return;
      case 'speech_stopped':
        this.customer.speechStopped(event.itemId, event.audioEndMs);
        return;
      case 'committed':
        this.customer.committed(event.itemId, event.previousItemId);
        return;
      case 'item.added':
        this.recorder.place(event.itemId, event.previousItemId);
        return;
      case 'transcription.delta':
        this.recorder.transcriptDelta(event.itemId, event.delta);
        return;
      case 'transcription.completed':
        if (this.customer.transcribed(event.itemId, event.transcript) && event.usage !== null) {
          events.onUsage(event.usage, 'transcription');
        }
        return;
      case 'transcription.failed':
        if (this.customer.transcribed(event.itemId, null)) events.onTrouble('transcription_failed');
        return;
      case 'response.created':
        this.responses.created(event.responseId, event.requestId);
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
        this.responses.done(event);
        return;
      case 'error':
        this.responses.refused(event.code, event.eventId);
        return;
      case 'other':
        return;
    }
  }

  /** Asks for a response; while closing only for the last words. */
  request(kind: ResponseKind): void {
    if (this.takes(kind)) this.sequencer.request(kind);
  }

  private takes(kind: ResponseKind): boolean {
    return this.mode === 'open' || kind === 'goodbye';
  }

  /** Says this as the last words, whatever the customer does meanwhile. */
  sayGoodbye(sentence: string): void {
    this.goodbye = sentence;
    this.close('protected');
    this.sequencer.request('goodbye');
  }

  /** Nothing is said and nothing answered until {@link resume} or last words. */
  suspend(): void {
    if (this.mode !== 'open') return;
    this.mode = 'suspended';
    this.sequencer.dropWaiting();
    this.silenceAgent();
    this.followTurns();
  }

  /** What was said last is answered after all. */
  resume(): void {
    if (this.mode !== 'suspended') return;
    this.mode = 'open';
    this.followTurns();
    this.request('reply');
  }

  /** Answers nothing new any more. */
  close(mode: 'closing' | 'protected'): void {
    this.mode = mode;
    this.responses.answerSettled();
    this.sequencer.dropWaiting();
    this.restoration.forgetUnfinished();
    this.followTurns();
  }

  /** Stops the agent in mid-sentence, on our own account. What it has said up to here is a turn. */
  silenceAgent(): void {
    this.sequencer.cancel();
    this.cutAgent();
  }

  /** The customer interrupts without a voice, which nobody has to recognise first. What is protected is said to its end. */
  interrupt(): void {
    if (this.isProtected || !this.agentTalks) return;
    this.bargeIns++;
    this.silenceAgent();
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
    this.customer.lineClosed();
    this.progress.stop();
    this.interruption.lineClosed();
  }

  /** Brings what follows from an event up to date: owed words, and who answers the customer. */
  settle(): void {
    if (!this.options.session.isUp) return;
    if (this.isSilent) this.opening.lineQuiet();
    this.customer.review();
    this.followTurns();
  }

  private followTurns(): void {
    // New settings begin the detection anew and could lose the end of what is being said.
    if ((this.mode === 'open' || this.mode === 'suspended') && this.customer.isSpeaking) return;
    this.options.session.detectTurns(this.turnDetection);
  }

  private shapeOf(kind: ResponseKind): ResponseShape {
    switch (kind) {
      case 'disclosure':
        return this.opening.disclosure();
      case 'opening':
        return this.opening.firstWords();
      case 'reply':
        return this.opening.answer();
      case 'resume':
        return this.opening.resumption(this.interruption.cutOff);
      case 'reprompt':
        return this.opening.sentence(this.options.plan.phrases.stillThere);
      case 'goodbye':
        return this.opening.lastWords(this.goodbye);
    }
  }

  /** The customer has interrupted the agent. */
  private bargedIn(): void {
    if (this.mode === 'protected') return;
    const { interruptsResponses } = this.options.session;
    this.bargeIns++;
    this.cutAgent();
    // A server that has interrupt_response on cancels what it is making without being told.
    if (interruptsResponses) this.sequencer.cancelledByServer();
    else this.sequencer.cancel();
  }

  private cutAgent(): void {
    this.interruption.cutAgent();
    this.opening.notUnderway();
    if (!protects(this.options.plan.interruption, 'greeting')) this.isOpeningOver = true;
  }

  private agentStarted(item: PlayedItem): void {
    const aside = this.responses.asideOf(item.responseId);
    if (aside !== 'opening' && aside !== 'disclosure') this.isOpeningOver = true;
    this.recorder.agentStarted(item.itemId, this.takeLatency(item));
    if (aside !== undefined) return;
    // Answered: a session that is lost from now on does not have to hear it again.
    for (const itemId of this.recorder.committedCustomerTurns()) this.options.callerAudio.written(itemId);
  }

  private turnEnded(turn: Turn): void {
    if (turn.role === 'agent') this.opening.heard(turn.text);
    this.history.turn(turn);
    this.options.events.onTurn(turn);
    this.options.onTurn(turn);
  }

  /** The disclosure need not wait for the end of the item that holds it, once all of that item's text is known. */
  private settleDisclosure(item: PlayedItem): void {
    if (!this.opening.isDisclosureOwed || !item.isComplete) return;
    this.opening.heard(this.recorder.heardTextOf(item, item.heardMs));
  }

  private itemOver(item: PlayedItem): void {
    this.recorder.agentHeard(item);
    if (this.responses.asideOf(item.responseId) === 'opening') this.isOpeningOver = true;
    if (!this.agentAudio.isPlaying(item.responseId)) this.opening.heardOut(item.responseId);
  }

  private marksMissing(): void {
    if (!this.hasMissedMarks) this.options.events.onTrouble('marks_missing');
    this.hasMissedMarks = true;
    this.options.onMoved();
  }

  private pauseModel(isHigh: boolean): void {
    this.isModelPaused = isHigh;
    if (isHigh) this.options.session.pause();
    else this.options.session.resume();
  }

  /** A watch has done something about what it saw; what follows from that is due. */
  private healed(heal: () => void): void {
    heal();
    this.options.onMoved();
  }

  /** Only an answer has one; before an answer the disclosure may go, and anything else is said instead of one. */
  private takeLatency(item: PlayedItem): number | null {
    const aside = this.responses.asideOf(item.responseId);
    if (aside === undefined) return this.customer.takeLatencyMs();
    if (aside !== 'disclosure') this.customer.forgetLatency();
    return null;
  }
}
