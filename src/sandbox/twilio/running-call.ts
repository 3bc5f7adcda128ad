import type { PhoneLine } from '../phone/phone-line';
import type { RecordingSettings } from './call-settings';
import type { MediaStream } from './media-stream';
import type { FormFields } from './signature';
import type { WebhookAnswer, WebhookTarget } from './webhooks';

/** What a TwiML document can do to the call that it runs in. */
export interface RunningCall {
  /** The answered line; a ringing inbound call is picked up by asking for it. */
  line(): PhoneLine;
  isAnswered(): boolean;
  hangUp(): void;
  /** Refuses an inbound call that nobody has picked up. */
  reject(reason: 'rejected' | 'busy'): void;
  /** A line in the debugger: Twilio's code, and a sentence. */
  notice(code: number, message: string): void;
  /** Asks the platform for TwiML. @throws WebhookFailed */
  requestTwiml(target: WebhookTarget, extra: FormFields): Promise<WebhookAnswer>;
  /** A text in the carrier's own voice, as µ-law. */
  speech(text: string): Promise<Uint8Array>;
  openStream(url: string, parameters: Record<string, string>): MediaStream;
  streamCallback(target: WebhookTarget, stream: MediaStream, name: string, event: string, error?: string): void;
  startRecording(settings: RecordingSettings): void;
  /** Keeps a document that was run, for the control API. */
  keepDocument(xml: string): void;
}
