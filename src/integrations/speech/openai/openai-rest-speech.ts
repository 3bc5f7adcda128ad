import { Inject, Injectable } from '@nestjs/common';
import OpenAI from 'openai';
import type { AppConfig } from '../../../config/app-config';
import { APP_CONFIG } from '../../../config/config.module';
import { sentencePieces } from '../sentence-pieces';
import { SpeechError } from '../speech-error';
import { SpeechOrder, SpeechOutput } from '../speech-output';
import { asked, speechClient } from './openai-speech-client';
import { TOO_SLOW, unreachable } from './openai-speech-errors';

/** The provider takes 4,096 characters, and 2,000 tokens: as many as there are characters in some scripts. */
const MAX_CHARACTERS = 1_500;

/** https://platform.openai.com/docs/api-reference/audio/createSpeech, for as long as there are models for it. */
@Injectable()
export class OpenAiRestSpeech extends SpeechOutput {
  private readonly client: OpenAI;
  private readonly model: string;
  private readonly timeoutMs: number;

  constructor(@Inject(APP_CONFIG) config: AppConfig) {
    super();
    this.model = config.openai.speechModel;
    this.timeoutMs = config.openai.speechTimeoutMs;
    this.client = speechClient(config);
  }

  async *speak({ text, voice, signal }: SpeechOrder): AsyncGenerator<Buffer> {
    for (const input of sentencePieces(text, MAX_CHARACTERS)) yield* this.piece(input, voice, signal);
  }

  private async *piece(input: string, voice: string, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
    const enough = new AbortController();
    const until = signal === undefined ? enough.signal : AbortSignal.any([signal, enough.signal]);
    const request = { model: this.model, input, voice, response_format: 'pcm' } as const;
    try {
      const answer = await asked((given) => this.client.audio.speech.create(request, { signal: given }), {
        signal: until,
        timeoutMs: this.timeoutMs,
      });
      const reader = (answer.body as ReadableStream<Uint8Array> | null)?.getReader();
      if (reader === undefined) throw unreachable('an answer without a body');
      for (;;) {
        const read = await this.inTime(reader.read());
        if (read.done) return;
        yield Buffer.from(read.value.buffer, read.value.byteOffset, read.value.byteLength);
      }
    } finally {
      // Also where whoever listens has stopped: what is left of it is not wanted.
      enough.abort();
    }
  }

  /** The SDK's time limit ends with the headers, and so do its errors. @throws SpeechError */
  private async inTime<T>(read: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new SpeechError(TOO_SLOW, 'moment')), this.timeoutMs);
    });
    try {
      return await Promise.race([read, late]);
    } catch (error) {
      throw error instanceof SpeechError ? error : unreachable(error);
    } finally {
      clearTimeout(timer);
    }
  }
}
