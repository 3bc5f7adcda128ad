import { Readable } from 'node:stream';
import { setImmediate as yieldToOthers } from 'node:timers/promises';
import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Query, Res, StreamableFile } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiProduces,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiPage, ApiProblems } from '../common/openapi.decorators';
import { CurrentOwner, Owner } from '../common/owner';
import { NEXT_PAGE_TOKEN_HEADER, sendPage } from '../common/paging';
import {
  EnhancedTranscriptDto,
  ExportTranscriptQueryDto,
  ExportTranscriptsQueryDto,
  ListedTranscriptDto,
  ListTranscriptsQueryDto,
  nextTranscriptsToken,
  toEnhancedTranscriptDto,
  toListedTranscriptDto,
  toTranscriptFilter,
  toTranscriptPage,
  UpdateTranscriptDto,
} from './dto/enhanced-transcript.dto';
import { EnhancedTranscripts } from './enhanced-transcripts.service';
import { exportTranscript } from './transcript-export';
import { PageTokenNotOurs, TranscriptNotFound } from './transcripts.errors';

const TRANSCRIPT_SID = {
  name: 'transcript_sid',
  description: 'The transcript_sid of a transcript of yours',
  example: 'GT0123456789abcdef0123456789abcdef',
};

/** Transcripts with roles, times and figures, of every call that was answered. */
@ApiTags('transcripts')
@ApiBearerAuth()
@Controller('api/enhanced-transcripts')
export class EnhancedTranscriptsController {
  constructor(private readonly transcripts: EnhancedTranscripts) {}

  @Get()
  @ApiOperation({
    summary: 'Your transcripts, newest first',
    description: 'The total stands in X-Total-Count, and what asks for the next page in X-Next-Page-Token.',
  })
  @ApiPage(ListedTranscriptDto)
  @ApiProblems(new PageTokenNotOurs())
  async list(
    @CurrentOwner() owner: Owner,
    @Query() query: ListTranscriptsQueryDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ListedTranscriptDto[]> {
    const page = await this.transcripts.list(owner, toTranscriptFilter(query), toTranscriptPage(query));
    const next = nextTranscriptsToken(page);
    if (next !== null) reply.header(NEXT_PAGE_TOKEN_HEADER, next);
    return sendPage(reply, page, toListedTranscriptDto);
  }

  @Get('export')
  @ApiOperation({
    summary: 'Your transcripts, one JSON object a line',
    description: 'Streamed, however many there are.',
  })
  @ApiProduces('application/x-ndjson')
  @ApiOkResponse({ description: 'Each line is a transcript, as GET /api/enhanced-transcripts/{transcript_sid} has it' })
  @ApiProblems()
  exportAll(@CurrentOwner() owner: Owner, @Query() query: ExportTranscriptsQueryDto): StreamableFile {
    return new StreamableFile(Readable.from(this.lines(owner, query), { highWaterMark: 1 }), {
      type: 'application/x-ndjson',
      disposition: 'attachment; filename="transcripts.ndjson"',
    });
  }

  @Get(':transcript_sid')
  @ApiParam(TRANSCRIPT_SID)
  @ApiOperation({ summary: 'A transcript' })
  @ApiOkResponse({ type: EnhancedTranscriptDto })
  @ApiProblems(new TranscriptNotFound())
  get(@CurrentOwner() owner: Owner, @Param('transcript_sid') sid: string): Promise<EnhancedTranscriptDto> {
    return this.transcripts.get(owner, sid).then(toEnhancedTranscriptDto);
  }

  @Patch(':transcript_sid')
  @ApiParam(TRANSCRIPT_SID)
  @ApiOperation({ summary: 'Notes, and what the participants are called' })
  @ApiOkResponse({ type: EnhancedTranscriptDto })
  @ApiProblems(new TranscriptNotFound())
  update(
    @CurrentOwner() owner: Owner,
    @Param('transcript_sid') sid: string,
    @Body() body: UpdateTranscriptDto,
  ): Promise<EnhancedTranscriptDto> {
    return this.transcripts.update(owner, sid, body).then(toEnhancedTranscriptDto);
  }

  @Delete(':transcript_sid')
  @HttpCode(204)
  @ApiParam(TRANSCRIPT_SID)
  @ApiOperation({
    summary: 'Deletes a transcript for good',
    description: 'It is not made again of what it was made of.',
  })
  @ApiNoContentResponse({ description: 'Gone' })
  @ApiProblems(new TranscriptNotFound())
  delete(@CurrentOwner() owner: Owner, @Param('transcript_sid') sid: string): Promise<void> {
    return this.transcripts.delete(owner, sid);
  }

  @Get(':transcript_sid/export')
  @ApiParam(TRANSCRIPT_SID)
  @ApiOperation({ summary: 'A transcript as a file' })
  @ApiProduces('text/plain', 'application/x-subrip', 'text/vtt', 'application/json', 'text/csv')
  @ApiOkResponse({ description: 'The file' })
  @ApiProblems(new TranscriptNotFound())
  async export(
    @CurrentOwner() owner: Owner,
    @Param('transcript_sid') sid: string,
    @Query() { format }: ExportTranscriptQueryDto,
  ): Promise<StreamableFile> {
    const { body, contentType, fileName } = exportTranscript(await this.transcripts.get(owner, sid), format);
    return new StreamableFile(Buffer.from(body), {
      type: contentType,
      disposition: `attachment; filename="${fileName}"`,
    });
  }

  private async *lines(owner: Owner, query: ExportTranscriptsQueryDto): AsyncGenerator<string> {
    for await (const row of this.transcripts.all(owner, toTranscriptFilter(query))) {
      yield `${JSON.stringify(toEnhancedTranscriptDto(row))}\n`;
      // One of an hour takes milliseconds, and others are on the phone.
      await yieldToOthers();
    }
  }
}
