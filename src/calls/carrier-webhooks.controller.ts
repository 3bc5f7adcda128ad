import { Body, Controller, Header, HttpCode, Param, Post, Query, UseGuards } from '@nestjs/common';
import { ApiConsumes, ApiOkResponse, ApiOperation, ApiParam, ApiProduces, ApiTags } from '@nestjs/swagger';
import { ApiCarrierSignature, ApiProblems } from '../common/openapi.decorators';
import { Public } from '../common/public.decorator';
import { RateLimit } from '../common/rate-limit.decorator';
import { BadWebhookSignature, CarrierSignatureGuard } from '../integrations/telephony/carrier-signature.guard';
import { CarrierWebhooks } from './carrier-webhooks.service';
import { InboundCalls } from './inbound-calls.service';
import { CallStatusQueryDto, CarrierFormDto } from './dto/carrier-webhooks.dto';

const ATTEMPT = {
  name: 'attempt',
  description: 'The attempt to dial that our callback address names',
  example: '6f1f5b0e-5b64-4f0c-9d38-6f6d6ac4b3a1',
};

const TWIML = { type: 'string', example: '<?xml version="1.0" encoding="UTF-8"?><Response><Hangup/></Response>' };

/** What the carrier tells and asks about calls. Anything that it has signed is answered, or it would alarm. */
@ApiTags('carrier webhooks')
@ApiCarrierSignature()
@ApiConsumes('application/x-www-form-urlencoded')
@Public()
@RateLimit('none')
@UseGuards(CarrierSignatureGuard)
@Controller()
export class CarrierWebhooksController {
  constructor(
    private readonly webhooks: CarrierWebhooks,
    private readonly inbound: InboundCalls,
  ) {}

  @Post('call-status')
  @HttpCode(200)
  @ApiOperation({ summary: 'Where a call stands', description: 'May come twice, late and in any order.' })
  @ApiOkResponse({ description: 'Taken note of' })
  @ApiProblems([403, 'Not signed by Twilio', new BadWebhookSignature()])
  status(@Query() { attempt }: CallStatusQueryDto, @Body() form: CarrierFormDto): Promise<void> {
    return this.webhooks.onStatus(attempt, form);
  }

  @Post('incoming-call')
  @HttpCode(200)
  @Header('Content-Type', 'text/xml; charset=utf-8')
  @ApiOperation({
    summary: 'Somebody rings one of our numbers',
    description:
      'The agent of the number answers, or its demo begins with a welcome. Where nobody can answer a sentence says so.',
  })
  @ApiProduces('text/xml')
  @ApiOkResponse({ description: 'TwiML', schema: TWIML })
  @ApiProblems([403, 'Not signed by Twilio', new BadWebhookSignature()])
  incomingCall(@Body() form: CarrierFormDto): Promise<string> {
    return this.inbound.onRung(form);
  }

  @Post('demo-start')
  @HttpCode(200)
  @Header('Content-Type', 'text/xml; charset=utf-8')
  @ApiOperation({ summary: 'A key was pressed in the demo, or none was' })
  @ApiProduces('text/xml')
  @ApiOkResponse({ description: 'TwiML that connects the call to our media stream, or hangs up', schema: TWIML })
  @ApiProblems([403, 'Not signed by Twilio', new BadWebhookSignature()])
  demoStart(@Body() form: CarrierFormDto): Promise<string> {
    return this.inbound.onKey(form);
  }

  @Post('twilio/voice/:attempt')
  @HttpCode(200)
  @Header('Content-Type', 'text/xml; charset=utf-8')
  @ApiParam(ATTEMPT)
  @ApiOperation({ summary: 'An outbound call was answered' })
  @ApiProduces('text/xml')
  @ApiOkResponse({
    description: 'TwiML that connects the call to our media stream, or hangs up; in words where the server is full',
    schema: TWIML,
  })
  @ApiProblems([403, 'Not signed by Twilio', new BadWebhookSignature()])
  voice(@Param('attempt') attempt: string, @Body() form: CarrierFormDto): Promise<string> {
    return this.webhooks.onAnswered(attempt, form);
  }

  @Post('twilio/stream-over/:attempt')
  @HttpCode(200)
  @Header('Content-Type', 'text/xml; charset=utf-8')
  @ApiParam(ATTEMPT)
  @ApiOperation({ summary: 'The media stream of a call that goes on is over' })
  @ApiProduces('text/xml')
  @ApiOkResponse({
    description: 'TwiML that hangs up; after a sentence where the stream broke',
    schema: TWIML,
  })
  @ApiProblems([403, 'Not signed by Twilio', new BadWebhookSignature()])
  streamOver(@Param('attempt') attempt: string, @Body() form: CarrierFormDto): Promise<string> {
    return this.webhooks.onStreamOver(attempt, form);
  }

  @Post('twilio/amd/:attempt')
  @HttpCode(200)
  @ApiParam(ATTEMPT)
  @ApiOperation({ summary: 'Who answered: a person or a machine' })
  @ApiOkResponse({ description: 'Taken note of' })
  @ApiProblems([403, 'Not signed by Twilio', new BadWebhookSignature()])
  machineDetection(@Param('attempt') attempt: string, @Body() form: CarrierFormDto): Promise<void> {
    return this.webhooks.onMachineDetection(attempt, form);
  }
}
