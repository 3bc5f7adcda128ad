import { Body, Controller, HttpCode, Inject, Logger, Post, Req } from '@nestjs/common';
import type { RawBodyRequest } from '@nestjs/common';
import { ApiConsumes, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { ApiCarrierSignature, ApiProblems } from '../common/openapi.decorators';
import { Public } from '../common/public.decorator';
import { RateLimit } from '../common/rate-limit.decorator';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { BadWebhookSignature } from '../integrations/telephony/carrier-signature.guard';
import { CarrierError, FormParams, Telephony } from '../integrations/telephony/telephony';
import { VoiceIntelligence } from '../integrations/voice-intelligence/voice-intelligence';
import { StoredTranscripts } from './stored-transcripts.service';
import { TranscriptMaker } from './transcript-maker.service';
import { TwilioUnavailable } from './transcripts.errors';

const AVAILABLE = 'voice_intelligence_transcript_available';

/** Twilio's members; more may come any day. */
class TranscriptAvailableDto extends createZodDto(
  z
    .looseObject({
      account_sid: z.string().optional(),
      service_sid: z.string().optional(),
      transcript_sid: z.string().optional(),
      customer_key: z.string().nullable().optional(),
      event_type: z.string().optional(),
    })
    .meta({
      example: {
        account_sid: 'AC0123456789abcdef0123456789abcdef',
        service_sid: 'GA0123456789abcdef0123456789abcdef',
        transcript_sid: 'GT0123456789abcdef0123456789abcdef',
        customer_key: 'CA0123456789abcdef0123456789abcdef',
        event_type: AVAILABLE,
      },
    }),
) {}

/** What Voice Intelligence tells: a transcript is there. Its text is fetched, never taken from here. */
@ApiTags('carrier webhooks')
@ApiCarrierSignature()
@Public()
@RateLimit('none')
@Controller()
export class VoiceIntelligenceWebhookController {
  private readonly log = new Logger(VoiceIntelligenceWebhookController.name);

  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly telephony: Telephony,
    private readonly voiceIntelligence: VoiceIntelligence,
    private readonly transcripts: StoredTranscripts,
    private readonly maker: TranscriptMaker,
  ) {}

  @Post('twilio/voice-intelligence')
  @HttpCode(200)
  @ApiConsumes('application/json', 'application/x-www-form-urlencoded')
  @ApiOperation({ summary: 'A transcript is there', description: 'Stored where USE_TWILIO_VOICE_INTELLIGENCE is on.' })
  @ApiOkResponse({ description: 'Taken note of' })
  @ApiProblems(
    [403, 'Not signed by Twilio', new BadWebhookSignature()],
    [503, 'Twilio cannot be asked whose transcript it is', new TwilioUnavailable()],
  )
  async available(@Req() request: RawBodyRequest<FastifyRequest>, @Body() body: TranscriptAvailableDto): Promise<void> {
    if (!this.isSigned(request)) throw new BadWebhookSignature();
    const { usesVoiceIntelligence, voiceIntelligenceSid } = this.config.twilio;
    const isOurs = voiceIntelligenceSid === undefined || body.service_sid === voiceIntelligenceSid;
    if (!usesVoiceIntelligence || !isOurs || body.event_type !== AVAILABLE) return;
    const { transcript_sid: transcriptSid } = body;
    if (transcriptSid === undefined || !/^GT[0-9A-Za-z]{8,64}$/.test(transcriptSid)) return;
    try {
      const call =
        (await this.transcripts.callOf({ customerKey: body.customer_key ?? null, recordingSid: null })) ??
        (await this.callOfTranscript(transcriptSid));
      if (call === null) {
        this.log.warn({ msg: 'A transcript belongs to no call of ours', transcript_sid: transcriptSid });
        return;
      }
      await this.transcripts.expect(call, transcriptSid);
    } catch (error) {
      if (error instanceof CarrierError) throw new TwilioUnavailable(error);
      throw error;
    }
    this.maker.look();
  }

  private async callOfTranscript(transcriptSid: string) {
    const transcript = await this.voiceIntelligence.fetchTranscript(transcriptSid);
    return transcript === null ? null : this.transcripts.callOf(transcript);
  }

  /** JSON is covered by a hash in the address, a form by its fields. */
  private isSigned(request: RawBodyRequest<FastifyRequest>): boolean {
    const signature = request.headers['x-twilio-signature'];
    if (typeof signature !== 'string') return false;
    const url = this.config.publicUrl + request.originalUrl;
    const rawBody = request.rawBody?.toString('utf8') ?? '';
    if (request.headers['content-type']?.startsWith('application/json') === true) {
      return this.telephony.verifyBodySignature({ url, rawBody, signature });
    }
    return this.telephony.verifySignature({ url, params: request.body as FormParams, signature });
  }
}
