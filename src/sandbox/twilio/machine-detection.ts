import { FRAME_MS } from '../../media/g711';
import { loudnessOf } from '../phone/ear';
import type { AnsweredBy } from '../faults';
import type { PhoneBehaviour } from '../phone/directory';
import type { MachineDetectionSettings } from './call-settings';

/** Speech of a person that is enough to tell: a greeting such as "Hello?" and a little more. */
const HUMAN_SPEECH_MS = 1000;
/** A person who picked up and has said little is taken for one by then. */
const HUMAN_AFTER_MS = 3000;
const LOUD_MEAN = 150;

/**
 * Answering machine detection. Twilio guesses from the sound; the sandbox knows who answered and only takes the time
 * that the guess would take.
 */
export class MachineDetection {
  private elapsedMs = 0;
  private speechMs = 0;
  private lastLoudMs = 0;

  constructor(
    private readonly settings: MachineDetectionSettings,
    private readonly behaviour: PhoneBehaviour,
    private readonly beepedAtMs: () => number | undefined,
  ) {}

  /** One step of 20 ms with what the phone says; the result once, when it is there. */
  step(frame: Uint8Array | undefined): { answeredBy: AnsweredBy; durationMs: number } | undefined {
    this.elapsedMs += FRAME_MS;
    if (frame && loudnessOf(frame) >= LOUD_MEAN) {
      this.speechMs += FRAME_MS;
      this.lastLoudMs = this.elapsedMs;
    }
    const answeredBy = this.elapsedMs >= this.settings.timeoutMs ? 'unknown' : this.guess();
    return answeredBy && { answeredBy, durationMs: this.elapsedMs };
  }

  private guess(): AnsweredBy | undefined {
    const { mode, speechThresholdMs, silenceTimeoutMs } = this.settings;
    switch (this.behaviour) {
      case 'voicemail':
      case 'voicemail-long-greeting':
      case 'voicemail-without-beep':
      // A person who speaks as long as a machine does at the beginning.
      case 'long-greeting':
        if (mode === 'DetectMessageEnd') return this.messageEnd();
        return this.speechMs >= speechThresholdMs ? 'machine_start' : undefined;
      case 'silent':
        return this.elapsedMs >= silenceTimeoutMs ? 'unknown' : undefined;
      default:
        return this.speechMs >= HUMAN_SPEECH_MS || this.elapsedMs >= HUMAN_AFTER_MS ? 'human' : undefined;
    }
  }

  /** How the greeting ended: with a beep, or with a silence that is long enough to be its end. */
  private messageEnd(): AnsweredBy | undefined {
    const { speechThresholdMs, speechEndThresholdMs } = this.settings;
    const isOver = this.speechMs >= speechThresholdMs && this.elapsedMs - this.lastLoudMs >= speechEndThresholdMs;
    switch (this.behaviour) {
      case 'voicemail-without-beep':
        return isOver ? 'machine_end_silence' : undefined;
      case 'long-greeting':
        return isOver ? 'machine_end_other' : undefined;
      default:
        return this.beepedAtMs() === undefined ? undefined : 'machine_end_beep';
    }
  }
}
