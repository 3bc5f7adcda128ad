import { Body, Controller, Get, HttpStatus, Param, Post, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiPage, ApiProblems } from '../common/openapi.decorators';
import { CurrentOwner, Owner } from '../common/owner';
import { NEXT_PAGE_TOKEN_HEADER, sendPage } from '../common/paging';
import {
  LegacyListQueryDto,
  LegacyTranscriptDetailDto,
  LegacyTranscriptDto,
  ListStoredQueryDto,
  nextStoredToken,
  storedPlace,
  StoredTranscriptDto,
  StoredTranscriptListDto,
  StoreTranscriptDto,
  toLegacyTranscriptDetailDto,
  toLegacyTranscriptDto,
  toStoredTranscriptDto,
} from './dto/stored-transcript.dto';
import { StoredTranscripts } from './stored-transcripts.service';
import {
  PageTokenNotOurs,
  TranscriptFailed,
  TranscriptInProgress,
  TranscriptNotFound,
  TranscriptUnknownToTwilio,
  TwilioRefused,
  TwilioUnavailable,
} from './transcripts.errors';

const TRANSCRIPT_SID = {
  name: 'transcript_sid',
  description: 'Twilio’s sid of the transcript',
  example: 'GT0123456789abcdef0123456789abcdef',
};

/** Twilio's transcripts as they were stored. Reading them never asks Twilio. */
@ApiTags('transcripts')
@ApiBearerAuth()
@Controller()
export class StoredTranscriptsController {
  constructor(private readonly transcripts: StoredTranscripts) {}

  @Get('stored-twilio-transcripts')
  @ApiOperation({ summary: 'Your stored transcripts, newest first' })
  @ApiOkResponse({ type: StoredTranscriptListDto })
  @ApiProblems(new PageTokenNotOurs())
  async list(@CurrentOwner() owner: Owner, @Query() query: ListStoredQueryDto): Promise<StoredTranscriptListDto> {
    const { page_size: limit, page_token: token, status, q } = query;
    const page = await this.transcripts.list(owner, { limit, status, q, after: storedPlace(token) });
    return {
      transcripts: page.rows.map(toStoredTranscriptDto),
      meta: { page_size: limit, total: page.total, next_page_token: nextStoredToken(page) },
    };
  }

  @Get('stored-twilio-transcripts/:transcript_sid')
  @ApiParam(TRANSCRIPT_SID)
  @ApiOperation({ summary: 'A stored transcript' })
  @ApiOkResponse({ type: StoredTranscriptDto })
  @ApiProblems(new TranscriptNotFound())
  get(@CurrentOwner() owner: Owner, @Param('transcript_sid') sid: string): Promise<StoredTranscriptDto> {
    return this.transcripts.get(owner, sid).then(toStoredTranscriptDto);
  }

  @Post('store-transcript/:transcript_sid')
  @ApiParam(TRANSCRIPT_SID)
  @ApiOperation({
    summary: 'Fetches a transcript from Twilio and keeps it',
    description: 'Once: what is stored is given back as it is, and Twilio is not asked again.',
  })
  @ApiCreatedResponse({ type: StoredTranscriptDto, description: 'Fetched and stored' })
  @ApiOkResponse({ type: StoredTranscriptDto, description: 'It was stored before' })
  @ApiProblems(
    [404, 'Not there, or somebody else’s', new TranscriptUnknownToTwilio()],
    [409, 'Twilio has not made it, yet or ever', new TranscriptInProgress(), new TranscriptFailed('failed')],
    [502, 'Twilio refused', new TwilioRefused('Authenticate')],
    [503, 'Twilio cannot be asked', new TwilioUnavailable()],
  )
  async store(
    @CurrentOwner() owner: Owner,
    @Param('transcript_sid') sid: string,
    @Body() body: StoreTranscriptDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StoredTranscriptDto> {
    const { transcript, isNew } = await this.transcripts.store(owner, sid, {
      scenarioName: body.scenario_name ?? null,
      callDirection: body.call_direction ?? null,
      notes: body.notes ?? null,
    });
    reply.status(isNew ? HttpStatus.CREATED : HttpStatus.OK);
    return toStoredTranscriptDto(transcript);
  }

  @Get('stored-transcripts')
  @ApiOperation({
    summary: 'Your stored transcripts, in the form of the first version',
    description: 'For clients of the first version; use GET /stored-twilio-transcripts.',
    deprecated: true,
  })
  @ApiPage(LegacyTranscriptDto)
  @ApiProblems(new PageTokenNotOurs())
  async listLegacy(
    @CurrentOwner() owner: Owner,
    @Query() { limit, page_token: token }: LegacyListQueryDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<LegacyTranscriptDto[]> {
    const page = await this.transcripts.list(owner, { limit, after: storedPlace(token), hasSentences: false });
    const next = nextStoredToken(page);
    if (next !== null) reply.header(NEXT_PAGE_TOKEN_HEADER, next);
    return sendPage(reply, page, toLegacyTranscriptDto);
  }

  @Get('stored-transcripts/:transcript_sid')
  @ApiParam(TRANSCRIPT_SID)
  @ApiOperation({
    summary: 'A stored transcript, in the form of the first version',
    description: 'For clients of the first version; use GET /stored-twilio-transcripts/{transcript_sid}.',
    deprecated: true,
  })
  @ApiOkResponse({ type: LegacyTranscriptDetailDto })
  @ApiProblems(new TranscriptNotFound())
  getLegacy(@CurrentOwner() owner: Owner, @Param('transcript_sid') sid: string): Promise<LegacyTranscriptDetailDto> {
    return this.transcripts.get(owner, sid).then(toLegacyTranscriptDetailDto);
  }
}
