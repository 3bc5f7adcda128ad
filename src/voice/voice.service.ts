import { Injectable } from '@nestjs/common';
import type { Owner } from '../common/owner';
import type { UploadedAudio } from '../common/uploaded-audio';
import { AudioRoom } from '../common/audio-room';
import { closedFile, encodedSpeech, SpeechFormat } from '../integrations/speech/speech-encoding';
import { SpeechOutput } from '../integrations/speech/speech-output';
import { Transcriber, Transcription, TranscriptionOptions } from '../integrations/speech/transcriber';
import { InvalidVoiceType } from '../scenarios/scenarios.errors';
import { voiceOf } from '../scenarios/voices';
import { SpeechTooLong, speechProblem } from './voice.errors';

const MIB = 1024 * 1024;
/** An answer that is no stream is put together in memory: 25 minutes as mp3, five and a half as wav. */
const MAX_WHOLE_BYTES = 16 * MIB;
/** So many of those at once, and so many of one user. */
const WHOLE_AT_ONCE = 4;
const WHOLE_OF_USER = 2;

/** Each has a connection to OpenAI for as long as somebody listens; so many at once, and so many of one user. */
const SPOKEN_AT_ONCE = 200;
const SPOKEN_OF_USER = 10;

export interface SpeechWish {
  text: string;
  /** One of GET /voices. */
  voice: string;
  format: SpeechFormat;
  signal: AbortSignal;
}

/** Hears and speaks. */
@Injectable()
export class Voice {
  private readonly lines = new AudioRoom(SPOKEN_AT_ONCE, SPOKEN_OF_USER);
  private readonly room = new AudioRoom(WHOLE_AT_ONCE * MAX_WHOLE_BYTES, WHOLE_OF_USER * MAX_WHOLE_BYTES);

  constructor(
    private readonly transcriber: Transcriber,
    private readonly speech: SpeechOutput,
  ) {}

  /**
   * What is said in a file; its length is the file's own word where it has one.
   * @throws SpeechUnavailable, SpeechRefused, AudioNotUnderstood
   */
  async hear(audio: UploadedAudio, options: TranscriptionOptions): Promise<Transcription> {
    try {
      const heard = await this.transcriber.transcribe(audio, options);
      return { ...heard, durationMs: audio.durationMs ?? heard.durationMs };
    } catch (error) {
      throw speechProblem(error, 'audio');
    }
  }

  /**
   * A text read aloud, as it is made. What goes wrong before the first byte is thrown at the first `next`.
   * @throws InvalidVoiceType, NoRoomForAudio, SpeechUnavailable, SpeechRefused, TextNotSpoken
   */
  async *speak(owner: Owner, { text, voice, format, signal }: SpeechWish): AsyncGenerator<Buffer> {
    const name = voiceOf(voice);
    if (name === undefined) throw new InvalidVoiceType();
    const place = this.lines.enter(owner.userId);
    try {
      place.take(1);
      yield* encodedSpeech(this.speech.speak({ text, voice: name, signal }), format);
    } catch (error) {
      throw speechProblem(error, 'text');
    } finally {
      place.leave();
    }
  }

  /** The same, whole. @throws SpeechTooLong and what `speak` throws */
  async speakWhole(owner: Owner, wish: SpeechWish): Promise<Buffer> {
    const parts: Buffer[] = [];
    const place = this.room.enter(owner.userId);
    let bytes = 0;
    try {
      for await (const part of this.speak(owner, wish)) {
        bytes += part.length;
        if (bytes > MAX_WHOLE_BYTES) throw new SpeechTooLong();
        place.take(part.length);
        parts.push(part);
      }
      return closedFile(parts, wish.format);
    } finally {
      place.leave();
    }
  }
}
