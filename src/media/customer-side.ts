import type { AgentResponses } from './agent-responses';
import { BargeIn } from './barge-in';
import type { CallBridgeEvents } from './call-events';
import type { CallerAudio } from './caller-audio';
import type { Clock } from './clock';
import { CustomerSpeech } from './customer-speech';
import type { Interruption } from './interruption';
import type { InterruptionPolicy } from './interruption-policy';
import type { ModelSession } from './model-session';
import type { Opening } from './opening';
import type { ProgressWatch } from './progress-watch';
import type { ResponseKind, ResponseSequencer } from './response-sequencer';
import type { Restoration } from './restoration';
import type { TurnRecorder } from './turn-recorder';

/** Words that were not written down this long after they were spoken will not be. */
const WORDS_GIVEN_UP_MS = 30_000;
/** A turn that we have ended ourselves becomes an item at once, or not at all. */
const COMMIT_LIMIT_MS = 3000;

export interface CustomerSideParts {
  session: ModelSession;
  sequencer: ResponseSequencer;
  interruption: Interruption;
  recorder: TurnRecorder;
  opening: Opening;
  restoration: Restoration;
  progress: ProgressWatch;
  responses: AgentResponses;
  callerAudio: CallerAudio;
  clock: Clock;
  events: CallBridgeEvents;
  policy: InterruptionPolicy;
  sinceAnswer(): number;
  /** Audio of the agent is unplayed, or a response is asked for or being made. */
  agentTalks(): boolean;
  /** What plays now may not be cut. */
  isProtected(): boolean;
  /** Stops the agent: the customer has interrupted it. */
  cut(): void;
  /** Asks for a response. */
  request(kind: ResponseKind): void;
  onSpeech(): void;
  onSpeechStopped(): void;
  /** Something moved on without an event: what follows from it is due. */
  onMoved(): void;
}

/** The customer's half of the conversation: when they speak, what they said, and who answers it. */
export class CustomerSide {
  private readonly speech: CustomerSpeech;
  private readonly bargeIn: BargeIn;

  constructor(private readonly parts: CustomerSideParts) {
    const { clock, callerAudio, recorder, policy } = parts;
    this.bargeIn = new BargeIn({
      policy,
      clock,
      agentTalks: () => parts.agentTalks(),
      isProtected: () => parts.isProtected(),
      cut: () => parts.cut(),
      answer: () => this.answer(),
      goOn: () => this.goOn(),
      resume: () => this.resumeAfterFalseAlarm(),
    });
    this.speech = new CustomerSpeech({
      ...{ clock, callerAudio, recorder },
      sinceAnswer: () => parts.sinceAnswer(),
      onSettled: () => parts.sequencer.release(),
      onStuck: (itemId) => this.stuck(itemId),
    });
  }

  get isSpeaking(): boolean {
    return this.speech.isSpeaking;
  }

  speechStarted(itemId: string, audioStartMs: number): void {
    const { callerAudio, progress, sequencer, recorder, onSpeech } = this.parts;
    if (!this.speech.started(itemId, audioStartMs)) return;
    callerAudio.keep(itemId);
    progress.answerCame();
    sequencer.hold();
    this.bargeIn.started(itemId, recorder.customerSpeechMs(itemId));
    onSpeech();
  }

  speechStopped(itemId: string, audioEndMs: number): void {
    this.speech.stopped(itemId, audioEndMs);
    this.parts.onSpeechStopped();
  }

  /** What they said is an item of the conversation. */
  committed(itemId: string, previousItemId: string | null): void {
    const { recorder, clock } = this.parts;
    if (!this.speech.committed(itemId, previousItemId)) return;
    this.bargeIn.finished(itemId, recorder.customerSpeechMs(itemId));
    this.speech.settle();
    clock.after(WORDS_GIVEN_UP_MS, () => this.wordsMissing(itemId));
  }

  /** The words of a turn; null when they could not be read. False when that was known before. */
  transcribed(itemId: string, transcript: string | null): boolean {
    this.parts.callerAudio.written(itemId);
    const isNews = this.parts.recorder.transcribed(itemId, transcript);
    this.bargeIn.words(itemId, transcript);
    return isNews;
  }

  /** Speech that is still going on becomes an item, so that its words are still written down. */
  commitSpeech(): void {
    if (!this.speech.cutShort()) return;
    this.parts.callerAudio.flush();
    this.parts.session.commitSpeech();
  }

  /** Time has passed, or the agent has moved: who has the floor may have changed. */
  review(): void {
    this.bargeIn.review();
  }

  /** Time since they finished speaking; the first to ask gets it, because one turn answers. */
  takeLatencyMs(): number | null {
    return this.speech.takeLatencyMs();
  }

  /** What the agent says now is no answer. */
  forgetLatency(): void {
    this.speech.forgetLatency();
  }

  sessionLost(): void {
    this.speech.sessionLost();
    this.bargeIn.forget();
  }

  lineClosed(): void {
    this.speech.lineClosed();
    this.bargeIn.forget();
  }

  private answer(): void {
    const { session, sequencer, restoration, responses, request } = this.parts;
    const { createsResponses } = session;
    restoration.forgetUnfinished();
    responses.customerFinished(createsResponses);
    // The server's own answer covers what waited to be answered; without one it is asked for here.
    if (createsResponses) {
      sequencer.dropWaiting();
      return;
    }
    sequencer.drop('opening');
    sequencer.drop('resume');
    request('reply');
  }

  /** There is nothing to answer: the agent talks on, or takes up what a lost session was making. */
  private goOn(): void {
    this.parts.responses.answerSettled();
    const rest = this.parts.restoration.takePutOff();
    if (rest !== null) this.parts.request(rest);
  }

  private resumeAfterFalseAlarm(): void {
    const { restoration, responses, opening, interruption, request } = this.parts;
    restoration.forgetUnfinished();
    responses.answerSettled();
    if (opening.isOwing) request('opening');
    else request(interruption.cutOff.said === '' ? 'reply' : 'resume');
  }

  /** It may be a voice that never ends, such as a television: what was said up to here is a turn, and is answered. */
  private stuck(itemId: string): void {
    const { events, callerAudio, session, clock, onMoved } = this.parts;
    events.onTrouble('speech_stuck');
    callerAudio.flush();
    session.commitSpeech();
    clock.after(COMMIT_LIMIT_MS, () => this.notCommitted(itemId));
    onMoved();
  }

  /** The server knows nothing of what it said was being spoken. */
  private notCommitted(itemId: string): void {
    if (this.parts.recorder.committedCustomerTurns().includes(itemId)) return;
    this.bargeIn.drop(itemId);
    this.giveUpWords(itemId);
  }

  /** An open turn would keep this session in its place until it expires. */
  private wordsMissing(itemId: string): void {
    if (!this.parts.recorder.openCustomerTurns().includes(itemId)) return;
    this.parts.events.onTrouble('transcription_missing');
    this.giveUpWords(itemId);
  }

  private giveUpWords(itemId: string): void {
    const { recorder, callerAudio, onMoved } = this.parts;
    callerAudio.written(itemId);
    recorder.wordsLost(itemId);
    onMoved();
  }
}
