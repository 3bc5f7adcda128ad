import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Put, Query, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import {
  ApiBearerAuth,
  ApiBody,
  ApiConsumes,
  ApiCreatedResponse,
  ApiExtraModels,
  ApiHeader,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiProduces,
  ApiResponse,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Idempotent } from '../common/idempotent.decorator';
import { ApiIdempotencyKey, ApiPage, ApiProblems } from '../common/openapi.decorators';
import { CurrentOwner, Owner } from '../common/owner';
import { sendPage } from '../common/paging';
import { NoRoomForAudio } from '../common/audio-room';
import { AUDIO_FILE, NoAudio } from '../common/uploaded-audio';
import { Public } from '../common/public.decorator';
import { AudioLinkQueryDto, AudioLinks } from '../files/audio-links';
import { AudioLinkInvalid, RangeBehindEnd, StorageUnavailable } from '../files/files.errors';
import { sendPlayback, wishOf } from '../files/playback';
import {
  ChangeVoiceInteractionDto,
  CreateVoiceInteractionDto,
  ListVoiceInteractionsQueryDto,
  NewVoiceInteractionDto,
  ReplaceVoiceInteractionDto,
  toInteractionChanges,
  toInteractionFilter,
  toNewInteraction,
  toVoiceAnalyticsDto,
  toVoiceInteractionDto,
  toWrittenSpan,
  VoiceAnalyticsDto,
  VoiceAnalyticsQueryDto,
  VoiceInteractionDto,
} from './dto/voice-interactions.dto';
import { NoInteractionAudio, VoiceInteractionNotFound } from './voice-interactions.errors';
import type { StoredInteraction } from './voice-interactions.repository';
import { VoiceInteractions } from './voice-interactions.service';

const FORM = {
  type: 'object',
  required: ['audio_file', 'transcript', 'llm_response'],
  properties: {
    audio_file: { type: 'string', format: 'binary', description: 'May also go by the name of `file`' },
    transcript: { type: 'string', description: 'What was said' },
    llm_response: { type: 'string', description: 'What was answered' },
    session_id: { type: 'string', maxLength: 200 },
    customer_id: { type: 'string', maxLength: 200 },
  },
  example: { audio_file: 'RIFF…WAVE', transcript: 'When do you open?', llm_response: 'We open at eleven.' },
};
const AUDIO = { schema: { type: 'string', format: 'binary', example: 'RIFF…WAVE' } } as const;
const ID = { name: 'id', description: 'The id of one of yours', example: '3f0b6a3e-7a34-4b44-9a0e-9f3f2c0f3a21' };

@ApiTags('voice-interactions')
@Controller('voice-interactions')
export class VoiceInteractionsController {
  constructor(
    private readonly interactions: VoiceInteractions,
    private readonly links: AudioLinks,
  ) {}

  @Post()
  @ApiBearerAuth()
  @Idempotent()
  @ApiIdempotencyKey()
  @RouteConfig(AUDIO_FILE)
  @ApiOperation({
    summary: 'Writes down what was said and answered',
    description:
      'With the address of its audio; or as a form with the audio itself, which is kept here then: WAV, MP3, OGG, WEBM, FLAC or M4A. `POST /voice-interactions/process` finds out by itself what is said in a file.',
  })
  @ApiConsumes('application/json', 'multipart/form-data')
  @ApiExtraModels(CreateVoiceInteractionDto)
  @ApiBody({ schema: { oneOf: [{ $ref: getSchemaPath(CreateVoiceInteractionDto) }, FORM] } })
  @ApiCreatedResponse({ type: VoiceInteractionDto })
  @ApiProblems(new NoAudio(), [
    503,
    'The storage does not answer, or too much audio comes at once',
    new StorageUnavailable(),
    new NoRoomForAudio(),
  ])
  async create(@CurrentOwner() owner: Owner, @Body() body: NewVoiceInteractionDto): Promise<VoiceInteractionDto> {
    return this.told(await this.interactions.create(owner, toNewInteraction(body), body.audio_file));
  }

  @Get()
  @ApiBearerAuth()
  @ApiOperation({ summary: 'Yours, newest first' })
  @ApiPage(VoiceInteractionDto)
  @ApiProblems()
  async list(
    @CurrentOwner() owner: Owner,
    @Query() query: ListVoiceInteractionsQueryDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<VoiceInteractionDto[]> {
    return sendPage(reply, await this.interactions.list(owner, toInteractionFilter(query)), (row) => this.told(row));
  }

  @Get('analytics')
  @ApiBearerAuth()
  @ApiOperation({ summary: 'How many there were and how long, in all and by day' })
  @ApiOkResponse({ type: VoiceAnalyticsDto })
  @ApiProblems()
  async analytics(@CurrentOwner() owner: Owner, @Query() query: VoiceAnalyticsQueryDto): Promise<VoiceAnalyticsDto> {
    return toVoiceAnalyticsDto(await this.interactions.analytics(owner, toWrittenSpan(query)));
  }

  @Get(':id')
  @ApiBearerAuth()
  @ApiParam(ID)
  @ApiOperation({ summary: 'One of them' })
  @ApiOkResponse({ type: VoiceInteractionDto })
  @ApiProblems(new VoiceInteractionNotFound())
  async get(@CurrentOwner() owner: Owner, @Param('id') id: string): Promise<VoiceInteractionDto> {
    return this.told(await this.interactions.get(owner, id));
  }

  @Put(':id')
  @ApiBearerAuth()
  @ApiParam(ID)
  @ApiOperation({
    summary: 'Writes it anew',
    description:
      'Another `audio_file_url` than the one that is read here, or null, takes the place of audio that is kept here: that is removed.',
  })
  @ApiOkResponse({ type: VoiceInteractionDto })
  @ApiProblems(new VoiceInteractionNotFound())
  async replace(
    @CurrentOwner() owner: Owner,
    @Param('id') id: string,
    @Body() body: ReplaceVoiceInteractionDto,
  ): Promise<VoiceInteractionDto> {
    return this.told(await this.interactions.update(owner, id, toInteractionChanges(body)));
  }

  @Patch(':id')
  @ApiBearerAuth()
  @ApiParam(ID)
  @ApiOperation({ summary: 'Changes a part of it' })
  @ApiOkResponse({ type: VoiceInteractionDto })
  @ApiProblems(new VoiceInteractionNotFound())
  async change(
    @CurrentOwner() owner: Owner,
    @Param('id') id: string,
    @Body() body: ChangeVoiceInteractionDto,
  ): Promise<VoiceInteractionDto> {
    return this.told(await this.interactions.update(owner, id, toInteractionChanges(body)));
  }

  @Delete(':id')
  @ApiBearerAuth()
  @HttpCode(204)
  @ApiParam(ID)
  @ApiOperation({ summary: 'Deletes it with its audio' })
  @ApiNoContentResponse({ description: 'It is gone; its audio follows within a minute' })
  @ApiProblems(new VoiceInteractionNotFound())
  async delete(@CurrentOwner() owner: Owner, @Param('id') id: string): Promise<void> {
    await this.interactions.delete(owner, id);
  }

  @Get(':id/audio')
  @Public()
  @ApiParam(ID)
  @ApiHeader({ name: 'Range', required: false, description: 'Such as bytes=0-1023', example: 'bytes=0-1023' })
  @ApiOperation({ summary: 'Its audio by `audio_file_url`, for players that send no token' })
  @ApiProduces('audio/*')
  @ApiOkResponse({ description: 'All of it', ...AUDIO })
  @ApiResponse({ status: 206, description: 'The part that Range asks for', ...AUDIO })
  @ApiProblems(new AudioLinkInvalid(), new NoInteractionAudio(), new RangeBehindEnd(), new StorageUnavailable())
  async audio(
    @Param('id') id: string,
    @Query() { expires, signature }: AudioLinkQueryDto,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (!this.links.isValid('voice-interactions', { id, expires, signature })) throw new AudioLinkInvalid();
    sendPlayback(reply, await this.interactions.playById(id, wishOf(request)));
  }

  private told(row: StoredInteraction): VoiceInteractionDto {
    return toVoiceInteractionDto(row, (id) => this.links.linkTo('voice-interactions', id));
  }
}
