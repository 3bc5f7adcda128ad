import type { AgentAudio } from './agent-audio';
import type { CallerAudio } from './caller-audio';
import type { History } from './history';
import type { Interruption } from './interruption';
import type { ModelSession } from './model-session';
import type { Opening } from './opening';
import type { LostResponse, ResponseKind, ResponseSequencer } from './response-sequencer';
import type { TurnRecorder } from './turn-recorder';

/** Fewer words than these are not worth going on from: the thought is begun anew. */
const WORDS_WORTH_RESUMING = 3;

export interface RestorationParts {
  session: ModelSession;
  sequencer: ResponseSequencer;
  interruption: Interruption;
  agentAudio: AgentAudio;
  callerAudio: CallerAudio;
  recorder: TurnRecorder;
  opening: Opening;
  history: History;
}

/**
 * Carries a conversation from one session of the model to the next. What was at the carrier plays on, what the customer
 * was saying is heard again by the new session, the rest it is told in words; what was being made is taken up.
 */
export class Restoration {
  /** What the session was making when it was lost, as what is to be asked of the next. */
  private unfinished: ResponseKind | null = null;
  /** The same, when the customer is to be heard first: it is asked for if what they said turns out to be nothing. */
  private putOff: ResponseKind | null = null;
  /** Customer turns that the next session will hear. If there is none, they stay what they are: words that nobody got. */
  private heardAgain: string[] = [];
  /** What they were saying went to the present session as audio, and, if that was lost before it said so, to the next. */
  private hasReplayed = false;
  private isReplayOwed = false;

  constructor(private readonly parts: RestorationParts) {}

  /** True when the next session has something to make. */
  get isOwing(): boolean {
    return this.unfinished !== null;
  }

  /** True when the next session will hear what the customer was saying. */
  get isRehearing(): boolean {
    return this.heardAgain.length > 0 || this.isReplayOwed;
  }

  /** What was being made is not wanted any more. */
  forgetUnfinished(): void {
    this.unfinished = this.putOff = null;
  }

  /** The customer has said nothing after all: what was put off for them, if anything was. */
  takePutOff(): ResponseKind | null {
    const { putOff } = this;
    this.putOff = null;
    return putOff;
  }

  /** The session is gone: settles what became of its items. */
  begin(): void {
    const { session, sequencer, agentAudio, callerAudio, recorder } = this.parts;
    session.lost();
    const lost = sequencer.sessionLost();
    this.unfinished = lost === null ? (this.unfinished ?? this.takePutOff()) : this.abandon(lost);
    this.putOff = null;
    for (const { itemId } of recorder.openAgentTexts()) {
      if (agentAudio.holds(itemId)) recorder.agentTextEnded(itemId);
      else recorder.agentUnheard(itemId);
    }
    for (const itemId of recorder.openCustomerTurns()) {
      // What is kept of it goes to the next session as audio; otherwise its words never come.
      if (callerAudio.isKept(itemId)) this.heardAgain.push(itemId);
      else recorder.wordsLost(itemId);
    }
    this.isReplayOwed = this.hasReplayed && callerAudio.isUnclaimed;
    callerAudio.close();
  }

  /** A new session is up: tells it what was said. Answers what is to be asked of it, null when nothing is. */
  finish(owesAnswer: boolean): ResponseKind | null {
    const { unfinished, heardAgain, isRehearing } = this;
    this.unfinished = null;
    this.heardAgain = [];
    this.hasReplayed = isRehearing;
    this.isReplayOwed = false;
    for (const itemId of heardAgain) this.parts.recorder.customerForgotten(itemId);
    this.tell();
    this.parts.callerAudio.open();
    // They were speaking: their words come first, and are answered.
    if (isRehearing && unfinished !== 'goodbye') {
      this.putOff = unfinished;
      return null;
    }
    return unfinished ?? (owesAnswer ? 'reply' : null);
  }

  /** Tells the present session what has been said: turns that are over, and what is still being heard. */
  tell(): void {
    const { session, recorder, history, agentAudio } = this.parts;
    history.tellTo(session);
    for (const { itemId, text } of recorder.openAgentTexts()) {
      // Words without a voice were never said.
      if (agentAudio.holds(itemId)) session.restoreMessage(itemId, 'assistant', text);
    }
  }

  /** Nothing more comes of a response; what was made of it is heard. Answers what takes its place. */
  abandon({ kind, responseId }: LostResponse): ResponseKind | null {
    const { agentAudio, recorder, opening, interruption } = this.parts;
    let said = '';
    if (responseId !== null) {
      agentAudio.dropWaiting(responseId);
      for (const item of agentAudio.unfinished()) {
        recorder.agentAbandoned(item);
        if (item.responseId === responseId) said = recorder.textOf(item.itemId);
        agentAudio.complete(item.itemId);
      }
    }
    opening.lost(responseId);
    switch (kind) {
      case 'disclosure':
        // What it goes before still waits, and it comes with that.
        return null;
      case 'opening':
      case 'reprompt':
      case 'goodbye':
        return kind;
      case 'reply':
      case 'resume':
      case null:
        // What it was to go on from stands when it has not gone on.
        if (kind === 'resume' && said === '') return 'resume';
        if (opening.isDisclosureOwed || said.split(/\s+/).length < WORDS_WORTH_RESUMING) return 'reply';
        interruption.cutOff = { said, rest: null };
        return 'resume';
    }
  }
}
