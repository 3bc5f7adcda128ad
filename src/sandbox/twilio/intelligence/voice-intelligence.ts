import type { FaultBox, FaultSite } from '../../faults';
import type { SandboxLog } from '../../log';
import type { Voices } from '../../phone/voices';
import type { WallClock } from '../../wall-clock';
import { phoneOf } from '../call-settings';
import type { Carrier } from '../carrier';
import type { Recording } from '../recording';
import type { WebhookView, Webhooks } from '../webhooks';
import { IntelligenceService } from './intelligence-service';
import type { SentenceText } from './sentence';
import { DEFAULT_SERVICE, type ServiceSettings } from './service-form';
import { Transcript, type TranscriptOrder, type TranscriptStatus } from './transcript';
import { foreignSentence, transcribeRecording } from './transcription';

/** The part of its time for which a transcript is queued; then it is worked on. */
const QUEUED_PART = 0.3;
/** Of older transcripts the sandbox forgets everything. */
const MAX_TRANSCRIPTS = 5000;

const RECORDING_URL = /\/Recordings\/(RE[0-9a-fA-F]{32})(?:\.wav)?$/;

interface Surroundings {
  carrier: Pick<Carrier, 'find' | 'recordings'>;
  recogniser: Voices['recogniser'];
  clock: WallClock;
  webhooks: Webhooks;
  faults: FaultBox;
  log: SandboxLog;
  accountSid: string;
  /** How long a transcript takes. */
  transcriptMs: number;
}

/** Twilio's Voice Intelligence: services, and transcripts of what the line carried. */
export class VoiceIntelligence {
  private readonly services = new Map<string, IntelligenceService>();
  private readonly transcripts = new Map<string, Transcript>();
  /** By the sid of a transcript that is not finished: what is done with it next. */
  private readonly running = new Map<string, NodeJS.Timeout>();
  private made = 0;

  constructor(
    private readonly around: Surroundings,
    readonly defaultServiceSid: string,
  ) {
    const service = new IntelligenceService(DEFAULT_SERVICE, ++this.made, around.clock, defaultServiceSid);
    this.services.set(defaultServiceSid, service);
  }

  /** Newest first. */
  listServices(): IntelligenceService[] {
    return [...this.services.values()].reverse();
  }

  findService(sidOrUniqueName: string): IntelligenceService | undefined {
    return (
      this.services.get(sidOrUniqueName) ??
      this.listServices().find(({ settings }) => settings.uniqueName === sidOrUniqueName)
    );
  }

  createService(settings: ServiceSettings): IntelligenceService {
    const service = new IntelligenceService(settings, ++this.made, this.around.clock);
    this.services.set(service.sid, service);
    return service;
  }

  /** Its transcripts stay; of those that are not completed yet nobody is told any more. */
  deleteService(service: IntelligenceService): void {
    this.services.delete(service.sid);
  }

  /** Newest first. */
  listTranscripts(): Transcript[] {
    return [...this.transcripts.values()].reverse();
  }

  findTranscript(sid: string): Transcript | undefined {
    return this.transcripts.get(sid);
  }

  /** There can be one of a recording; what was made of a media URL does not count. */
  transcriptOf(recordingSid: string): Transcript | undefined {
    return this.listTranscripts().find((each) => each.order.channel.media_properties.source_sid === recordingSid);
  }

  deleteTranscript({ sid }: Transcript): void {
    this.stopWork(sid);
    this.transcripts.delete(sid);
  }

  /** Queues a transcript; it is completed, or has failed, a moment later. */
  transcribe(order: TranscriptOrder): Transcript {
    const transcript = this.keep(order);
    const { transcriptMs } = this.around;
    this.next(transcript, transcriptMs * QUEUED_PART, () => {
      this.settle(transcript, 'in-progress');
      this.next(transcript, transcriptMs * (1 - QUEUED_PART), () => {
        this.finish(transcript).catch((error: unknown) => {
          this.around.log('transcript.trouble', { transcript_sid: transcript.sid, error: String(error) });
          if (this.running.delete(transcript.sid)) this.settle(transcript, 'error');
        });
      });
    });
    return transcript;
  }

  /** Every service that transcribes by itself makes a transcript of its own. */
  autoTranscribe(recording: Recording): void {
    for (const { sid: serviceSid, settings } of this.services.values()) {
      if (!settings.autoTranscribe) continue;
      this.transcribe({
        serviceSid,
        languageCode: settings.languageCode,
        redaction: settings.autoRedaction,
        channel: { media_properties: { source_sid: recording.sid } },
        recordingSid: recording.sid,
        callSid: recording.callSid,
      });
    }
  }

  /** A transcript that nobody has to listen for: it says this, and stays as it is until a hand moves it. */
  place(order: TranscriptOrder, sentences: readonly SentenceText[], status: TranscriptStatus): Transcript {
    const transcript = this.keep(order);
    transcript.write(sentences, Math.ceil(Math.max(0, ...sentences.map((each) => each.endTime ?? 0))));
    this.settle(transcript, status);
    return transcript;
  }

  /** The same for one that is there already; if it is being worked on, that work ends. */
  settleByHand(transcript: Transcript, status: TranscriptStatus): void {
    this.stopWork(transcript.sid);
    this.settle(transcript, status);
  }

  /** Transcripts under way stay unfinished. */
  close(): void {
    for (const sid of [...this.running.keys()]) this.stopWork(sid);
  }

  /** Moves a transcript on, and tells the service's webhook when it is completed; of a failure nobody is told. */
  private settle(transcript: Transcript, status: TranscriptStatus): void {
    const { sid, order } = transcript;
    transcript.move(status);
    this.around.log('transcript.status', { transcript_sid: sid, status });
    const target = this.services.get(order.serviceSid)?.webhookTarget;
    if (status !== 'completed' || !target) return;
    const view: WebhookView = { url: target.url, event: 'transcript-available', status: null, attempts: 0 };
    transcript.webhooks.push(view);
    const json = {
      account_sid: this.around.accountSid,
      service_sid: order.serviceSid,
      transcript_sid: sid,
      customer_key: order.customerKey ?? null,
      event_type: 'voice_intelligence_transcript_available',
    };
    const about = order.callSid ?? order.serviceSid;
    this.around.webhooks.notify({ ...this.siteOf(order.callSid), about }, target, { json }, view);
  }

  private stopWork(sid: string): void {
    clearTimeout(this.running.get(sid));
    this.running.delete(sid);
  }

  private keep(order: TranscriptOrder): Transcript {
    const transcript = new Transcript(order, ++this.made, this.around.clock);
    this.transcripts.set(transcript.sid, transcript);
    for (const oldest of this.transcripts.values()) {
      if (this.transcripts.size <= MAX_TRANSCRIPTS) break;
      this.deleteTranscript(oldest);
    }
    return transcript;
  }

  private next({ sid }: Transcript, afterMs: number, step: () => void): void {
    this.running.set(sid, setTimeout(step, afterMs).unref());
  }

  private async finish(transcript: Transcript): Promise<void> {
    const { sid, order } = transcript;
    const mustFail = this.around.faults.take('twilio', 'fail_transcript', this.siteOf(order.callSid)) !== undefined;
    const audio = mustFail ? undefined : await this.listen(order);
    // Listening takes a while: it may have been deleted or moved by hand.
    if (!this.running.delete(sid)) return;
    if (audio) transcript.write(audio.sentences, audio.durationSeconds);
    this.settle(transcript, audio ? 'completed' : 'failed');
  }

  /** For faults that are aimed. */
  private siteOf(callSid: string | undefined): FaultSite {
    const call = callSid === undefined ? undefined : this.around.carrier.find(callSid);
    return { callSid, number: call && phoneOf(call.settings) };
  }

  /** `undefined`: the recording is not there any more. */
  private async listen(order: TranscriptOrder) {
    const { media_url: mediaUrl } = order.channel.media_properties;
    const recordingSid = order.recordingSid ?? RECORDING_URL.exec(mediaUrl ?? '')?.[1];
    if (recordingSid === undefined) {
      const sentence = foreignSentence();
      return { sentences: [sentence], durationSeconds: Math.ceil(sentence.endTime ?? 0) };
    }
    const recording = this.around.carrier.recordings.get(recordingSid);
    if (recording?.status !== 'completed') return undefined;
    const sentences = await transcribeRecording(recording, this.around.recogniser);
    return { sentences, durationSeconds: recording.durationSeconds ?? 0 };
  }
}
