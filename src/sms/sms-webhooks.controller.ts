import { Body, Controller, Header, HttpCode, Post, Query, UseGuards } from '@nestjs/common';
import { ApiConsumes, ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { CallStatusQueryDto } from '../calls/dto/carrier-webhooks.dto';
import { ApiCarrierSignature, ApiProblems } from '../common/openapi.decorators';
import { Public } from '../common/public.decorator';
import { RateLimit } from '../common/rate-limit.decorator';
import { BadWebhookSignature, CarrierSignatureGuard } from '../integrations/telephony/carrier-signature.guard';
import { SmsFormDto, SmsStatusFormDto } from './dto/sms.dto';
import { IncomingSmsService } from './incoming-sms.service';
import { SmsReports } from './sms-reports.service';

const TWIML = { type: 'string', example: '<?xml version="1.0" encoding="UTF-8"?><Response/>' };

/** What the carrier tells about texts. */
@ApiTags('carrier webhooks')
@ApiCarrierSignature()
@ApiConsumes('application/x-www-form-urlencoded')
@Public()
@RateLimit('none')
@UseGuards(CarrierSignatureGuard)
@Controller()
export class SmsWebhooksController {
  constructor(
    private readonly incoming: IncomingSmsService,
    private readonly reports: SmsReports,
  ) {}

  @Post('incoming-sms')
  @HttpCode(200)
  @Header('Content-Type', 'text/xml; charset=utf-8')
  @ApiOperation({
    summary: 'Somebody texts one of our numbers',
    description: 'STOP, START and HELP come before anything else. May come twice; a text is kept once.',
  })
  @ApiProduces('text/xml')
  @ApiOkResponse({ description: 'TwiML: a text in answer, or none', schema: TWIML })
  @ApiProblems([403, 'Not signed by Twilio', new BadWebhookSignature()])
  incomingSms(@Body() form: SmsFormDto): Promise<string> {
    return this.incoming.onReceived(form);
  }

  @Post('sms-status')
  @HttpCode(200)
  @ApiOperation({ summary: 'Where a text stands', description: 'May come twice, late and in any order.' })
  @ApiOkResponse({ description: 'Taken note of' })
  @ApiProblems([403, 'Not signed by Twilio', new BadWebhookSignature()])
  async smsStatus(@Query() { attempt }: CallStatusQueryDto, @Body() form: SmsStatusFormDto): Promise<void> {
    await this.reports.onCallback(attempt, form);
  }
}
