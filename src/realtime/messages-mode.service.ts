import { Inject, Injectable, Logger } from '@nestjs/common';
import { z } from 'zod';
import { AppError } from '../common/app-error';
import { AudioPlace, AudioRoom } from '../common/audio-room';
import { UploadedAudio } from '../common/uploaded-audio';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { AnswerGivenUp, ConversationEnded } from '../conversations/conversations.errors';
import { Conversations } from '../conversations/conversations.service';
import { SPEECH_FORMATS, SpeechFormat } from '../integrations/speech/speech-encoding';
import { AgentAnswer, VoiceAgent } from '../voice/voice-agent.service';
import { CONVERSATION_TYPES, conversationMessage } from './voice-agent-messages';
import {
  AdmittedSession,
  VoiceAgentMode,
  VoiceMessage,
  VoiceSession,
  VoiceSocket,
  VoiceTalk,
} from './voice-agent-mode';
import { InvalidSessionSetting } from './voice-agent.errors';

const MIB = 1024 * 1024;
/** Five minutes of what a browser records; of one utterance, in as many messages as it takes. */
const MAX_UTTERANCE_BYTES = 5 * MIB;
/** Of all utterances that are being spoken, and of one user's. */
const ROOM_BYTES = 64 * MIB;
const ROOM_OF_USER_BYTES = 16 * MIB;
/** What is said while another thing is being answered interrupts it; nobody says so many things in one breath. */
const MOST_WAITING = 5;

const settings = z.object({
  scenario: z.string().max(100).optional(),
  customer_id: z.string().trim().min(1).max(200).optional(),
  audio_format: z.enum(SPEECH_FORMATS).default('mp3'),
});

/**
 * Somebody says one thing after the other, by voice or in writing, and is answered; docs/voice-agent.md. What is said is a
 * conversation, which goes on where it was when the socket comes back.
 */
@Injectable()
export class MessagesMode implements VoiceAgentMode {
  private readonly log = new Logger(MessagesMode.name);
  private readonly room = new AudioRoom(ROOM_BYTES, ROOM_OF_USER_BYTES);
  private readonly maxBytes: number;

  constructor(
    @Inject(APP_CONFIG) { limits }: AppConfig,
    private readonly conversations: Conversations,
    private readonly agent: VoiceAgent,
  ) {
    this.maxBytes = Math.min(MAX_UTTERANCE_BYTES, limits.maxUploadBytes);
  }

  /** @throws InvalidSessionSetting, InvalidScenario, CustomScenarioNotFound, ConversationEnded */
  async admit(session: VoiceSession): Promise<AdmittedSession> {
    const { owner, sessionId, query } = session;
    const read = settings.safeParse(Object.fromEntries(query));
    if (!read.success) throw new InvalidSessionSetting(z.prettifyError(read.error));
    const { scenario, customer_id: customerId, audio_format: format } = read.data;
    const { session: conversation, messages } = await this.conversations.open(owner, sessionId, {
      scenario,
      customerId,
    });
    if (conversation.endedAt !== null) throw new ConversationEnded();
    return {
      callId: null,
      facts: {
        conversation_id: conversation.id,
        scenario: conversation.agent.scenarioName,
        state: conversation.state,
        // What was said last, or the greeting.
        message: messages.findLast(({ role }) => role === 'assistant')?.text ?? '',
        audio_format: format,
      },
      open: (socket) => new MessagesTalk(session, socket, format, this),
      abandon: () => undefined,
    };
  }

  enter(session: VoiceSession): AudioPlace {
    return this.room.enter(session.owner.userId);
  }

  get maxUtteranceBytes(): number {
    return this.maxBytes;
  }

  /** Answers one thing, and tells the socket of each step. */
  async answer(
    { owner, sessionId }: VoiceSession,
    socket: VoiceSocket,
    said: UploadedAudio | string,
    { format, signal, closed }: { format: SpeechFormat; signal: AbortSignal; closed: AbortSignal },
  ): Promise<void> {
    // What was said is written down also where something else was said meanwhile.
    const wish = { sessionId, format, signal, hearing: closed };
    const onDelta = (text: string) => socket.send({ type: 'conversation_delta', text });
    socket.send({ type: 'processing', step: typeof said === 'string' ? 'answering' : 'transcribing' });
    const onTranscription = (text: string) => {
      socket.send({ type: 'transcription', text });
      socket.send({ type: 'processing', step: 'answering' });
    };
    const answer =
      typeof said === 'string'
        ? await this.agent.answer(owner, said, wish, { onDelta })
        : await this.agent.hear(owner, said, 'socket', wish, { onDelta, onTranscription });
    this.tell(socket, answer, format);
  }

  /** What went wrong, in words; of what nobody waits for any more nothing is told. */
  refused(socket: VoiceSocket, error: unknown, signal: AbortSignal): void {
    if (error instanceof AnswerGivenUp) return;
    if (error instanceof AppError) socket.refuse(error.code, error.detail);
    else if (!signal.aborted) {
      this.log.error({ msg: 'Something that was said could not be answered', err: error });
      socket.refuse('server.error', 'Something went wrong here. Please say it again.');
    }
  }

  private tell(
    socket: VoiceSocket,
    { turn, audio, speechError, timings, ...more }: AgentAnswer,
    format: SpeechFormat,
  ): void {
    socket.send({
      type: 'conversation_response',
      ...{ text: turn.text, state: turn.nextState, actions: turn.actions, was_interrupted: turn.wasInterrupted },
      interaction_id: 'interaction' in more ? (more.interaction as { id: string }).id : null,
      timings,
    });
    if (turn.wasInterrupted) return;
    if (audio !== null) socket.send({ type: 'audio_response', audio_base64: audio.toString('base64'), format });
    else if (speechError !== null) socket.refuse('speech.unavailable', speechError);
  }
}

/** One socket's session. What is said is answered in its order; something new interrupts what is being answered. */
class MessagesTalk implements VoiceTalk {
  private readonly parts: Buffer[] = [];
  private partBytes = 0;
  private place: AudioPlace | undefined;
  private answering: AbortController | undefined;
  private waiting = 0;
  private last: Promise<void> = Promise.resolve();
  private readonly closed = new AbortController();

  constructor(
    private readonly session: VoiceSession,
    private readonly socket: VoiceSocket,
    private readonly format: SpeechFormat,
    private readonly mode: MessagesMode,
  ) {}

  onMessage(message: VoiceMessage): boolean {
    if (!CONVERSATION_TYPES.includes(message.type)) return false;
    const read = conversationMessage.safeParse(message);
    if (!read.success) {
      this.socket.refuse('invalid', z.prettifyError(read.error));
      return true;
    }
    switch (read.data.type) {
      case 'text_input':
        this.say(read.data.text);
        break;
      case 'audio_chunk':
        this.hear(Buffer.from(read.data.audio_data, 'base64'), read.data.is_final);
        break;
      case 'interrupt':
        this.interrupt();
        break;
    }
    return true;
  }

  onBinary(): void {
    this.socket.refuse(
      'invalid',
      'Audio comes in messages of the type audio_chunk here. Open the socket with mode=realtime for binary audio.',
    );
  }

  onClosed(): void {
    this.closed.abort();
    this.answering?.abort();
    this.drop();
  }

  private hear(bytes: Buffer, isFinal: boolean): void {
    try {
      this.place ??= this.mode.enter(this.session);
      this.place.take(bytes.length);
    } catch (error) {
      this.drop();
      this.mode.refused(this.socket, error, new AbortController().signal);
      return;
    }
    this.partBytes += bytes.length;
    if (this.partBytes > this.mode.maxUtteranceBytes) {
      this.drop();
      this.socket.refuse(
        'too_large',
        `At most ${this.mode.maxUtteranceBytes} bytes are taken of what is said at once.`,
      );
      return;
    }
    this.parts.push(bytes);
    if (!isFinal) return;
    const { place } = this;
    const whole = Buffer.concat(this.parts.splice(0), this.partBytes);
    [this.partBytes, this.place] = [0, undefined];
    try {
      this.say(new UploadedAudio(whole), place);
    } catch (error) {
      place.leave();
      this.mode.refused(this.socket, error, new AbortController().signal);
    }
  }

  /** After whatever is being answered, which ends here. */
  private say(said: UploadedAudio | string, place?: AudioPlace): void {
    if (this.waiting >= MOST_WAITING) {
      place?.leave();
      this.socket.refuse('too_fast', 'Too much is said at once. Wait for an answer.');
      return;
    }
    this.interrupt();
    const answering = new AbortController();
    this.answering = answering;
    this.waiting += 1;
    this.last = this.last.then(async () => {
      try {
        if (!this.closed.signal.aborted) {
          await this.mode.answer(this.session, this.socket, said, {
            format: this.format,
            signal: answering.signal,
            closed: this.closed.signal,
          });
        }
      } catch (error) {
        this.mode.refused(this.socket, error, answering.signal);
      } finally {
        this.waiting -= 1;
        place?.leave();
        if (this.answering === answering) this.answering = undefined;
      }
    });
  }

  private interrupt(): void {
    if (this.answering === undefined) return;
    this.answering.abort();
    this.answering = undefined;
    this.socket.send({ type: 'interrupted' });
  }

  private drop(): void {
    this.parts.splice(0);
    this.partBytes = 0;
    this.place?.leave();
    this.place = undefined;
  }
}
