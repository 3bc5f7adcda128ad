import { FRAME_MS } from '../../media/g711';
import { loudnessOf } from '../phone/ear';
import type { PhoneBehaviour } from '../phone/directory';
import type { MachineDetectionSettings } from './call-settings';

/** Speech of a person that is enough to tell: a greeting such as "Hello?" and a little more. */
const HUMAN_SPEECH_MS = 1000;
/** A person who picked up and has said little is taken for one by then. */
const HUMAN_AFTER_MS = 3000;
const LOUD_MEAN = 150;

export type AnsweredBy = 'human' | 'machine_start' | 'machine_end_beep' | 'unknown';

/**
 * Answering machine detection. Twilio guesses from the sound; the sandbox knows who answered and only takes the time
 * that the guess would take.
 */
export class MachineDetection {
  private elapsedMs = 0;
  private speechMs = 0;

  constructor(
    private readonly settings: MachineDetectionSettings,
    private readonly behaviour: PhoneBehaviour,
    private readonly beepedAtMs: () => number | undefined,
  ) {}

  /** One step of 20 ms with what the phone says; the result once, when it is there. */
  step(frame: Uint8Array | undefined): { answeredBy: AnsweredBy; durationMs: number } | undefined {
    this.elapsedMs += FRAME_MS;
    if (frame && loudnessOf(frame) >= LOUD_MEAN) this.speechMs += FRAME_MS;
    const answeredBy = this.elapsedMs >= this.settings.timeoutMs ? 'unknown' : this.guess();
    return answeredBy && { answeredBy, durationMs: this.elapsedMs };
  }

  private guess(): AnsweredBy | undefined {
    switch (this.behaviour) {
      case 'voicemail':
        if (this.settings.mode === 'DetectMessageEnd')
          return this.beepedAtMs() === undefined ? undefined : 'machine_end_beep';
        return this.speechMs >= this.settings.speechThresholdMs ? 'machine_start' : undefined;
      case 'silent':
        return this.elapsedMs >= this.settings.silenceTimeoutMs ? 'unknown' : undefined;
      default:
        return this.speechMs >= HUMAN_SPEECH_MS || this.elapsedMs >= HUMAN_AFTER_MS ? 'human' : undefined;
    }
  }
}
