import { Body, Controller, HttpCode, Post, Query, UseGuards } from '@nestjs/common';
import { ApiConsumes, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CarrierFormDto } from '../calls/dto/carrier-webhooks.dto';
import { ApiCarrierSignature, ApiProblems } from '../common/openapi.decorators';
import { Public } from '../common/public.decorator';
import { RateLimit } from '../common/rate-limit.decorator';
import { BadWebhookSignature, CarrierSignatureGuard } from '../integrations/telephony/carrier-signature.guard';
import { RecordingStatusQueryDto } from './dto/recordings.dto';
import { Recordings } from './recordings.service';

@ApiTags('carrier webhooks')
@ApiCarrierSignature()
@ApiConsumes('application/x-www-form-urlencoded')
@Public()
@RateLimit('none')
@UseGuards(CarrierSignatureGuard)
@Controller()
export class RecordingWebhookController {
  constructor(private readonly recordings: Recordings) {}

  @Post('recording-status')
  @HttpCode(200)
  @ApiOperation({
    summary: 'A recording is there, or there is none',
    description: 'May come twice, late and in any order.',
  })
  @ApiOkResponse({ description: 'Taken note of' })
  @ApiProblems([403, 'Not signed by Twilio', new BadWebhookSignature()])
  status(@Query() { attempt }: RecordingStatusQueryDto, @Body() form: CarrierFormDto): Promise<void> {
    return this.recordings.onReport(attempt, form);
  }
}
