import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiProduces,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CallNotFound } from '../calls/calls.errors';
import { ApiProblems } from '../common/openapi.decorators';
import { CurrentOwner, Owner } from '../common/owner';
import { Public } from '../common/public.decorator';
import { AudioLinkQueryDto, AudioLinks } from '../files/audio-links';
import { AudioLinkInvalid, RangeBehindEnd, StorageUnavailable } from '../files/files.errors';
import { sendPlayback, wishOf } from '../files/playback';
import { RecordingNotFound, RecordingNotReady } from './recordings.errors';
import { Recordings } from './recordings.service';

const AUDIO = { schema: { type: 'string', format: 'binary', example: 'RIFF…WAVE' } } as const;
const RANGE = { name: 'Range', required: false, description: 'Such as bytes=0-1023', example: 'bytes=0-1023' };
const PART = { status: 206, description: 'The part that Range asks for', ...AUDIO };

@ApiTags('recordings')
@Controller()
export class RecordingsController {
  constructor(
    private readonly recordings: Recordings,
    private readonly links: AudioLinks,
  ) {}

  @Get('calls/:call_sid/recording')
  @ApiBearerAuth()
  @ApiParam({ name: 'call_sid', description: 'The call_sid of a call of yours, or its id' })
  @ApiHeader(RANGE)
  @ApiOperation({
    summary: 'What was said on a call, to be heard',
    description: 'WAV, the other party left and the agent right.',
  })
  @ApiProduces('audio/wav')
  @ApiOkResponse({ description: 'All of it', ...AUDIO })
  @ApiResponse(PART)
  @ApiProblems(
    new CallNotFound(),
    new RecordingNotFound(),
    new RecordingNotReady(),
    new RangeBehindEnd(),
    new StorageUnavailable(),
  )
  async ofCall(
    @CurrentOwner() owner: Owner,
    @Param('call_sid') callSid: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    sendPlayback(reply, await this.recordings.playOfCall(owner, callSid, wishOf(request)));
  }

  @Get('recordings/:id/audio')
  @Public()
  @ApiParam({ name: 'id', description: 'Of `audio_url`', example: '6f1f5b0e-5b64-4f0c-9d38-6f6d6ac4b3a1' })
  @ApiHeader(RANGE)
  @ApiOperation({ summary: 'The same by `audio_url`, for players that send no token' })
  @ApiProduces('audio/wav')
  @ApiOkResponse({ description: 'All of it', ...AUDIO })
  @ApiResponse(PART)
  @ApiProblems(new AudioLinkInvalid(), new RecordingNotFound(), new RangeBehindEnd(), new StorageUnavailable())
  async byLink(
    @Param('id') recordingId: string,
    @Query() { expires, signature }: AudioLinkQueryDto,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (!this.links.isValid('recordings', { id: recordingId, expires, signature })) throw new AudioLinkInvalid();
    sendPlayback(reply, await this.recordings.playById(recordingId, wishOf(request)));
  }
}
