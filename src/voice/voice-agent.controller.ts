import type { Readable } from 'node:stream';
import { Body, Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import {
  ApiBearerAuth,
  ApiBody,
  ApiConsumes,
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { goneSignal } from '../common/client-gone';
import { asEvents, EVENT_STREAM, wantsEvents } from '../common/event-stream';
import '../common/fastify-request';
import { Idempotent } from '../common/idempotent.decorator';
import { ApiIdempotencyKey, ApiProblems, ProblemAnswer } from '../common/openapi.decorators';
import { CurrentOwner, Owner } from '../common/owner';
import { RateLimit } from '../common/rate-limit.decorator';
import { NoRoomForAudio } from '../common/audio-room';
import { AUDIO_FILE, NoAudio } from '../common/uploaded-audio';
import {
  AnswerGivenUp,
  ConversationBusy,
  ConversationEnded,
  ModelBusy,
  NoAnswer,
} from '../conversations/conversations.errors';
import { AudioLinks } from '../files/audio-links';
import { StorageUnavailable } from '../files/files.errors';
import { SPEECH_FORMATS } from '../integrations/speech/speech-encoding';
import { SpeechError } from '../integrations/speech/speech-error';
import { CustomScenarioNotFound, InvalidScenario } from '../scenarios/scenarios.errors';
import { toVoiceInteractionDto, VoiceInteractionDto } from '../voice-interactions/dto/voice-interactions.dto';
import {
  ProcessInteractionDto,
  ProcessVoiceDto,
  toAgentWish,
  toVoiceAnswerDto,
  VoiceAnswerDto,
} from './dto/voice-agent.dto';
import { VoiceAgent } from './voice-agent.service';
import { AudioNotUnderstood, NothingSaid, SpeechRefused, SpeechUnavailable } from './voice.errors';

const FIELDS = {
  audio_file: { type: 'string', format: 'binary', description: 'May also go by the name of `file`' },
  session_id: {
    type: 'string',
    maxLength: 200,
    description: 'Of a conversation that is to go on; a new id begins one',
  },
  customer_id: {
    type: 'string',
    maxLength: 200,
    description: 'Your key of whom the agent talks to, in a new conversation',
  },
  scenario: {
    type: 'string',
    maxLength: 100,
    description: 'A name of GET /scenarios, or a scenario_id of yours, in a new conversation',
  },
  language: { type: 'string', maxLength: 35, description: 'What is spoken, where you know it', example: 'en' },
};
const FORMAT = {
  audio_format: { type: 'string', enum: [...SPEECH_FORMATS], description: 'Of the answer; mp3 without it' },
};

const formOf = (properties: Record<string, object>) => ({
  schema: {
    type: 'object',
    required: ['audio_file'],
    properties,
    example: { audio_file: 'RIFF…WAVE', session_id: 'kitchen' },
  },
});

const NOT_TAKEN = new SpeechError('OpenAI did not take the request: Audio file might be corrupted.', 'request');
const REFUSED = new SpeechError(
  "OpenAI refused: this server's key, its account or its model does not allow it.",
  'account',
);
const BUSY = new SpeechError('OpenAI is busy or cannot be reached at the moment.', 'moment');

const PROBLEMS: ProblemAnswer[] = [
  [400, 'There is no such scenario', new InvalidScenario()],
  new CustomScenarioNotFound(),
  [
    409,
    'The conversation has ended, or is being answered',
    new ConversationEnded(),
    new ConversationBusy(),
    new AnswerGivenUp(undefined),
  ],
  new NoAudio(),
  [422, 'Nothing was said in the file, or it cannot be read', new NothingSaid(), new AudioNotUnderstood(NOT_TAKEN)],
  [502, 'OpenAI refused, or gave no answer', new SpeechRefused(REFUSED), new NoAnswer(undefined)],
  [
    503,
    'Not now: OpenAI, the storage, or too much audio at once',
    new SpeechUnavailable(BUSY),
    new ModelBusy(undefined),
    new StorageUnavailable(),
    new NoRoomForAudio(),
  ],
];

@ApiTags('voice')
@ApiBearerAuth()
@Controller()
export class VoiceAgentController {
  constructor(
    private readonly agent: VoiceAgent,
    private readonly links: AudioLinks,
  ) {}

  @Post('voice-agent/process')
  @HttpCode(200)
  @RouteConfig(AUDIO_FILE)
  @Idempotent({ unless: wantsEvents })
  @ApiIdempotencyKey()
  @RateLimit('speech')
  @ApiOperation({
    summary: 'Says something to an agent, who answers aloud',
    description:
      'The file is heard, answered and kept. The answer is spoken sentence by sentence while the rest of it is thought of. With `Accept: text/event-stream` it comes like that: events `transcription` `{text}`, `delta` `{text}`, `audio` `{audio_base64}`, then `done`, or `error`.',
  })
  @ApiConsumes('multipart/form-data')
  @ApiBody(formOf({ ...FIELDS, ...FORMAT }))
  @ApiOkResponse({
    type: VoiceAnswerDto,
    content: {
      [EVENT_STREAM]: {
        schema: { type: 'string' },
        example: 'event: transcription\ndata: {"text":"When do you open?"}\n\n',
      },
    },
  })
  @ApiProblems(...PROBLEMS)
  async process(
    @CurrentOwner() owner: Owner,
    @Body() body: ProcessVoiceDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<VoiceAnswerDto | Readable> {
    const { audio_file: audio, audio_format: format } = body;
    if (wantsEvents(request)) {
      return asEvents(reply, request.id, async (send, signal) => {
        const heard = await this.agent.hear(owner, audio, 'voice_agent', toAgentWish(body, format, signal), {
          onTranscription: (text) => send('transcription', { text }),
          onDelta: (text) => send('delta', { text }),
          onAudio: (part) => send('audio', { audio_base64: part.toString('base64') }),
        });
        return toVoiceAnswerDto({ ...heard, audio: null }, format);
      });
    }
    const wish = toAgentWish(body, format, waitingSignal(request, reply));
    return toVoiceAnswerDto(await this.agent.hear(owner, audio, 'voice_agent', wish), format);
  }

  @Post('voice-interactions/process')
  @ApiTags('voice-interactions')
  @RouteConfig(AUDIO_FILE)
  @Idempotent()
  @ApiIdempotencyKey()
  @RateLimit('speech')
  @ApiOperation({
    summary: 'Has a file heard and answered, and keeps both',
    description: 'As POST /voice-agent/process, without the answer being spoken.',
  })
  @ApiConsumes('multipart/form-data')
  @ApiBody(formOf(FIELDS))
  @ApiCreatedResponse({ type: VoiceInteractionDto })
  @ApiProblems(...PROBLEMS)
  async processInteraction(
    @CurrentOwner() owner: Owner,
    @Body() body: ProcessInteractionDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<VoiceInteractionDto> {
    const wish = toAgentWish(body, null, waitingSignal(request, reply));
    const { interaction } = await this.agent.hear(owner, body.audio_file, 'process', wish);
    return toVoiceInteractionDto(interaction, (id) => this.links.linkTo('voice-interactions', id));
  }
}

/** Whoever has given a key may come back for the answer. */
function waitingSignal({ idempotencyKey }: FastifyRequest, reply: FastifyReply): AbortSignal {
  return idempotencyKey === undefined ? goneSignal(reply) : new AbortController().signal;
}
