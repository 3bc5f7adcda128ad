import { Module } from '@nestjs/common';
import { CallsModule } from '../calls/calls.module';
import { LanguageModelModule } from '../integrations/language-model/language-model.module';
import { TelephonyModule } from '../integrations/telephony/telephony.module';
import { VoiceIntelligenceModule } from '../integrations/voice-intelligence/voice-intelligence.module';
import { AnnouncedTranscripts } from './announced-transcripts.service';
import { CallAnalyst } from './call-analyst.service';
import { EnhancedTranscriptsController } from './enhanced-transcripts.controller';
import { EnhancedTranscripts } from './enhanced-transcripts.service';
import { InsightMaker } from './insight-maker.service';
import { StoredTranscriptsController } from './stored-transcripts.controller';
import { StoredTranscripts } from './stored-transcripts.service';
import { TranscriptAnalytics } from './transcript-analytics.service';
import { TranscriptAnalyticsController } from './transcript-analytics.controller';
import { TranscriptClaims } from './transcript-claims.service';
import { TranscriptMaker } from './transcript-maker.service';
import { TranscriptRequests } from './transcript-requests.service';
import { TranscriptWriter } from './transcript-writer.service';
import { VoiceIntelligenceWebhookController } from './voice-intelligence-webhook.controller';

@Module({
  imports: [CallsModule, LanguageModelModule, TelephonyModule, VoiceIntelligenceModule],
  controllers: [
    StoredTranscriptsController,
    EnhancedTranscriptsController,
    TranscriptAnalyticsController,
    VoiceIntelligenceWebhookController,
  ],
  providers: [
    AnnouncedTranscripts,
    CallAnalyst,
    EnhancedTranscripts,
    InsightMaker,
    StoredTranscripts,
    TranscriptAnalytics,
    TranscriptClaims,
    TranscriptMaker,
    TranscriptRequests,
    TranscriptWriter,
  ],
  exports: [EnhancedTranscripts],
})
export class TranscriptsModule {}
