import { Readable } from 'node:stream';
import { Body, Controller, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import {
  ApiBearerAuth,
  ApiBody,
  ApiConsumes,
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { goneSignal } from '../common/client-gone';
import { Idempotent } from '../common/idempotent.decorator';
import { ApiIdempotencyKey, ApiProblems, ProblemAnswer } from '../common/openapi.decorators';
import { CurrentOwner, Owner } from '../common/owner';
import { RateLimit } from '../common/rate-limit.decorator';
import { NoRoomForAudio } from '../common/audio-room';
import { AUDIO_FILE, NoAudio } from '../common/uploaded-audio';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { SpeechError } from '../integrations/speech/speech-error';
import { SPEECH_TYPES } from '../integrations/speech/speech-encoding';
import { InvalidVoiceType } from '../scenarios/scenarios.errors';
import { acceptedSpeech } from './accepted-speech';
import { SpeechDto, SpeechToTextDto, TextToSpeechDto, toTranscriptionDto, TranscriptionDto } from './dto/voice.dto';
import { AudioNotUnderstood, SpeechRefused, SpeechTooLong, SpeechUnavailable, TextNotSpoken } from './voice.errors';
import { Voice } from './voice.service';

const BUSY = new SpeechError('OpenAI is busy or cannot be reached at the moment.', 'moment');
const REFUSED = new SpeechError(
  "OpenAI refused: this server's key, its account or its model does not allow it.",
  'account',
);
const NOT_TAKEN = new SpeechError('OpenAI did not take the request: Audio file might be corrupted.', 'request');
const UNAVAILABLE: ProblemAnswer = [
  503,
  'OpenAI cannot be had at the moment, or too much audio is being worked on',
  new SpeechUnavailable(BUSY),
  new NoRoomForAudio(),
];
const BINARY = { schema: { type: 'string', format: 'binary', example: 'ID3…' } } as const;

@ApiTags('voice')
@ApiBearerAuth()
@Controller('voice')
export class VoiceController {
  /** Of a stream: OpenAI may be silent for so long, and whoever reads nothing for longer is not there. */
  private readonly stuckAfterMs: number;

  constructor(
    private readonly voice: Voice,
    @Inject(APP_CONFIG) { openai }: AppConfig,
  ) {
    this.stuckAfterMs = 2 * openai.speechTimeoutMs;
  }

  @Post('speech-to-text')
  @HttpCode(200)
  @RouteConfig(AUDIO_FILE)
  @RateLimit('speech')
  @Idempotent()
  @ApiIdempotencyKey()
  @ApiOperation({
    summary: 'Writes down what is said in a file',
    description:
      'WAV, MP3, OGG (Opus or Vorbis), WEBM, FLAC or M4A, told by what is in it. A file that is too large is refused while it comes.',
  })
  @ApiConsumes('multipart/form-data')
  @ApiBody({
    schema: {
      type: 'object',
      example: { audio_file: 'RIFF…WAVE', language: 'en' },
      required: ['audio_file'],
      properties: {
        audio_file: { type: 'string', format: 'binary', description: 'May also go by the name of `file`' },
        language: { type: 'string', maxLength: 35, description: 'What is spoken, where you know it', example: 'en' },
      },
    },
  })
  @ApiOkResponse({ type: TranscriptionDto })
  @ApiProblems(new NoAudio(), new AudioNotUnderstood(NOT_TAKEN), new SpeechRefused(REFUSED), UNAVAILABLE)
  async speechToText(
    @Body() { audio_file: audio, language }: SpeechToTextDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TranscriptionDto> {
    const heard = await this.voice.hear(audio, { language, signal: goneSignal(reply) });
    return toTranscriptionDto(heard, language);
  }

  @Post('text-to-speech')
  @HttpCode(200)
  @RateLimit('speech')
  @Idempotent({ unless: ({ headers }) => acceptedSpeech(headers.accept) !== null })
  @ApiIdempotencyKey()
  @ApiOperation({
    summary: 'Reads a text aloud',
    description:
      'JSON with the whole of it; with `Accept: audio/*` the audio itself, as it is made: to that an `Idempotency-Key` does not apply. Where it fails half-way the connection is cut.',
  })
  @ApiExtraModels(SpeechDto)
  @ApiOkResponse({
    description: 'The text, spoken',
    content: {
      'application/json': { schema: { $ref: getSchemaPath(SpeechDto) }, example: SpeechDto.schema.meta()?.example },
      ...Object.fromEntries(Object.values(SPEECH_TYPES).map((type) => [type, BINARY])),
    },
  })
  @ApiProblems(
    new InvalidVoiceType(),
    [422, 'The text cannot be spoken, or not in one answer', new SpeechTooLong(), new TextNotSpoken(NOT_TAKEN)],
    new SpeechRefused(REFUSED),
    UNAVAILABLE,
  )
  async textToSpeech(
    @CurrentOwner() owner: Owner,
    @Body() { text, voice, audio_format }: TextToSpeechDto,
    @Req() { headers }: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SpeechDto | Readable> {
    const audio = acceptedSpeech(headers.accept);
    const format = audio_format ?? audio?.format ?? 'mp3';
    const wish = { text, voice, format, signal: goneSignal(reply) };
    if (audio === null) {
      const whole = await this.voice.speakWhole(owner, wish);
      return { success: true, audio_base64: whole.toString('base64'), text, voice, format };
    }
    const speech = await begun(this.voice.speak(owner, wish));
    reply.raw.setTimeout(this.stuckAfterMs, () => reply.raw.destroy());
    void reply.type(SPEECH_TYPES[format]).header('Cache-Control', 'no-store');
    return speech;
  }
}

/** A stream whose first part is there: what goes wrong before it can still be told. */
async function begun(parts: AsyncGenerator<Buffer>): Promise<Readable> {
  const first = await parts.next();
  return Readable.from(
    (async function* () {
      if (first.done === true) return;
      yield first.value;
      yield* parts;
    })(),
    // One part is read ahead, so that whoever does not read holds up all that stands behind it.
    { objectMode: true, highWaterMark: 1 },
  );
}
