import { Controller, Get, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../common/openapi.decorators';
import { CurrentOwner, Owner } from '../common/owner';
import {
  toAnalyticsDto,
  toAnalyticsFilter,
  TranscriptAnalyticsDto,
  TranscriptAnalyticsQueryDto,
} from './dto/transcript-analytics.dto';
import { TranscriptAnalytics } from './transcript-analytics.service';

@ApiTags('transcripts')
@ApiBearerAuth()
@Controller('api/transcript-analytics')
export class TranscriptAnalyticsController {
  constructor(private readonly analytics: TranscriptAnalytics) {}

  @Get()
  @ApiOperation({
    summary: 'Figures of your conversations',
    description:
      'In all, by day, by scenario and by direction: who spoke how much, interruptions, response latency, sentiment; and the topics.',
  })
  @ApiOkResponse({ type: TranscriptAnalyticsDto })
  @ApiProblems()
  async get(
    @CurrentOwner() owner: Owner,
    @Query() query: TranscriptAnalyticsQueryDto,
  ): Promise<TranscriptAnalyticsDto> {
    return toAnalyticsDto(await this.analytics.of(owner, toAnalyticsFilter(query)));
  }
}
