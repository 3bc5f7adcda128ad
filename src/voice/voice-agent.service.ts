import { PassThrough } from 'node:stream';
import { Injectable, Logger } from '@nestjs/common';
import { AppError } from '../common/app-error';
import type { Owner } from '../common/owner';
import type { UploadedAudio } from '../common/uploaded-audio';
import { Conversations, NewConversation, ToldConversation } from '../conversations/conversations.service';
import { ConversationTurns, Turn } from '../conversations/conversation-turns.service';
import { closedFile, encodedSpeech, SpeechFormat } from '../integrations/speech/speech-encoding';
import { SpeechOutput } from '../integrations/speech/speech-output';
import type { InteractionSource } from '../voice-interactions/voice-interaction.entity';
import type { StoredInteraction } from '../voice-interactions/voice-interactions.repository';
import { VoiceInteractions } from '../voice-interactions/voice-interactions.service';
import { SentenceFeed } from './sentence-feed';
import { NothingSaid, speechProblem } from './voice.errors';
import { Voice } from './voice.service';

/** An answer has three sentences, mostly; nobody listens to one of half an hour. */
const MAX_SPOKEN_BYTES = 16 * 1024 * 1024;

/** Milliseconds since the work began; null for what did not come. */
export interface Timings {
  /** It was known what was said. */
  transcribed: number | null;
  /** The first word of the answer was there. */
  firstText: number | null;
  /** The first audio of the answer was there, while the rest of it was still being thought of. */
  firstAudio: number | null;
  /** The whole answer was there, as text. */
  answered: number | null;
  /** All of its audio was there. */
  spoken: number | null;
}

export interface AgentWish extends Omit<NewConversation, 'sessionId'> {
  /** A conversation that is to go on, or the id of a new one; one of our own where it is left out. */
  sessionId?: string | undefined;
  /** BCP 47: what is spoken, where that is known. */
  language?: string | undefined;
  /** Null: the answer is not spoken. */
  format: SpeechFormat | null;
  /** Nobody waits for the answer any more. */
  signal: AbortSignal;
  /** Nor for what was said to be known; the same where it is left out. */
  hearing?: AbortSignal;
}

/** Is told what comes, as it comes. */
export interface AgentListener {
  onTranscription?: (text: string) => void;
  onDelta?: (delta: string) => void;
  onAudio?: (part: Buffer) => void;
}

/** What an agent answered, and how it sounds. */
export interface AgentAnswer {
  turn: Turn;
  /** Null: it is not spoken, or could not be. */
  audio: Buffer | null;
  /** Why it could not be, in a sentence. */
  speechError: string | null;
  timings: Timings;
}

export interface HeardAnswer extends AgentAnswer {
  said: string;
  interaction: StoredInteraction;
}

/** Somebody says something and an agent answers aloud: heard, thought about and spoken, each as soon as it can begin. */
@Injectable()
export class VoiceAgent {
  private readonly log = new Logger(VoiceAgent.name);

  constructor(
    private readonly voice: Voice,
    private readonly speech: SpeechOutput,
    private readonly conversations: Conversations,
    private readonly turns: ConversationTurns,
    private readonly interactions: VoiceInteractions,
  ) {}

  /**
   * A file with something said in it. It is kept with what was answered.
   * @throws NothingSaid, what `Voice.hear`, `Conversations.open` and `ConversationTurns.turn` throw, and StorageUnavailable
   */
  async hear(
    owner: Owner,
    audio: UploadedAudio,
    source: InteractionSource,
    wish: AgentWish,
    listener: AgentListener = {},
  ): Promise<HeardAnswer> {
    const clock = new Clock();
    const { text } = await this.voice.hear(audio, { language: wish.language, signal: wish.hearing ?? wish.signal });
    const said = text.trim();
    if (said === '') throw new NothingSaid();
    clock.note('transcribed');
    listener.onTranscription?.(said);
    const answer = await this.answer(owner, said, wish, listener, clock);
    const { sessionId, customerId } = (await this.conversations.get(owner, answer.turn.sessionId, 0)).session;
    const interaction = await this.interactions.create(
      owner,
      { source, sessionId, customerId, transcript: said, llmResponse: answer.turn.text },
      audio,
    );
    return { ...answer, said, interaction };
  }

  /** The same for what is said in writing, of which nothing is kept but the conversation. */
  async answer(
    owner: Owner,
    said: string,
    wish: AgentWish,
    listener: AgentListener = {},
    clock = new Clock(),
  ): Promise<AgentAnswer> {
    const { session } = await this.conversationOf(owner, wish);
    const sentences = new PassThrough({ objectMode: true });
    const spoken = this.speak(sentences, session.agent.voice, wish, { listener, clock });
    const feed = new SentenceFeed();
    const say = (finished: string[]) => finished.forEach((sentence) => sentences.write(sentence));
    try {
      const turn = await this.turns.turn(owner, session.sessionId, said, {
        signal: wish.signal,
        onDelta: (delta) => {
          clock.note('firstText');
          listener.onDelta?.(delta);
          say(feed.add(delta));
        },
      });
      clock.note('answered');
      say(feed.end());
      sentences.end();
      return { turn, ...(await spoken), timings: clock.timings };
    } finally {
      sentences.destroy();
    }
  }

  private conversationOf(
    owner: Owner,
    { sessionId, customerId, persona, prompt, scenario }: AgentWish,
  ): Promise<ToldConversation> {
    const wanted = { customerId, persona, prompt, scenario };
    return sessionId === undefined
      ? this.conversations.start(owner, wanted)
      : this.conversations.open(owner, sessionId, wanted);
  }

  /** Never throws: an answer that cannot be spoken can still be read. */
  private async speak(
    sentences: AsyncIterable<string>,
    voice: string,
    { format, signal }: AgentWish,
    { listener, clock }: { listener: AgentListener; clock: Clock },
  ): Promise<{ audio: Buffer | null; speechError: string | null }> {
    if (format === null) return { audio: null, speechError: null };
    const parts: Buffer[] = [];
    let bytes = 0;
    try {
      for await (const part of encodedSpeech(this.samplesOf(sentences, voice, signal), format)) {
        clock.note('firstAudio');
        bytes += part.length;
        if (bytes > MAX_SPOKEN_BYTES) return { audio: null, speechError: 'The answer is too long to be spoken.' };
        parts.push(part);
        listener.onAudio?.(part);
      }
      clock.note('spoken');
      return { audio: parts.length === 0 ? null : closedFile(parts, format), speechError: null };
    } catch (error) {
      const problem = speechProblem(error, 'text');
      if (problem instanceof AppError) return { audio: null, speechError: problem.detail };
      // Nobody waits for it any more, or there is nothing to be spoken.
      if (!signal.aborted) this.log.debug({ msg: 'An answer was not spoken', err: error });
      return { audio: null, speechError: null };
    }
  }

  private async *samplesOf(
    sentences: AsyncIterable<string>,
    voice: string,
    signal: AbortSignal,
  ): AsyncGenerator<Buffer> {
    for await (const text of sentences) yield* this.speech.speak({ text, voice, signal });
  }
}

/** When something happened first. */
class Clock {
  readonly timings: Timings = { transcribed: null, firstText: null, firstAudio: null, answered: null, spoken: null };
  private readonly begunAt = performance.now();

  note(what: keyof Timings): void {
    this.timings[what] ??= Math.round(performance.now() - this.begunAt);
  }
}
