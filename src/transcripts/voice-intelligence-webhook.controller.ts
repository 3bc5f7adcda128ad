import { Body, Controller, HttpCode, Post, UseGuards } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiCarrierSignature, ApiProblems } from '../common/openapi.decorators';
import { Public } from '../common/public.decorator';
import { RateLimit } from '../common/rate-limit.decorator';
import { BadWebhookSignature, CarrierBodySignatureGuard } from '../integrations/telephony/carrier-signature.guard';
import { AVAILABLE, AnnouncedTranscripts } from './announced-transcripts.service';
import { TwilioUnavailable } from './transcripts.errors';

const EXAMPLE = {
  account_sid: 'AC0123456789abcdef0123456789abcdef',
  service_sid: 'GA0123456789abcdef0123456789abcdef',
  transcript_sid: 'GT0123456789abcdef0123456789abcdef',
  customer_key: 'CA0123456789abcdef0123456789abcdef',
  event_type: AVAILABLE,
};

/** What Voice Intelligence tells. Whatever it has signed is answered. */
@ApiTags('carrier webhooks')
@ApiCarrierSignature()
@Public()
@RateLimit('none')
@UseGuards(CarrierBodySignatureGuard)
@Controller()
export class VoiceIntelligenceWebhookController {
  constructor(private readonly announced: AnnouncedTranscripts) {}

  @Post('twilio/voice-intelligence')
  @HttpCode(200)
  @ApiConsumes('application/json', 'application/x-www-form-urlencoded')
  @ApiBody({ schema: { type: 'object', additionalProperties: true, example: EXAMPLE } })
  @ApiOperation({ summary: 'A transcript is there', description: 'Stored where USE_TWILIO_VOICE_INTELLIGENCE is on.' })
  @ApiOkResponse({ description: 'Taken note of' })
  @ApiProblems(
    [403, 'Not signed by Twilio', new BadWebhookSignature()],
    [503, 'Twilio cannot be asked whose transcript it is', new TwilioUnavailable()],
  )
  available(@Body() body: Record<string, unknown> | undefined): Promise<void> {
    return this.announced.take(body ?? {});
  }
}
