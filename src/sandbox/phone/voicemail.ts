import { FRAME_BYTES, FRAME_MS, SAMPLE_RATE_HZ, encodeMulaw } from '../../media/g711';
import type { VoicemailBehaviour } from './directory';
import { Ear, type HeardLine } from './ear';
import { KeyPresser } from './key-presser';
import { Mouth, type SaidLine } from './mouth';
import type { PhoneKeys, PhoneParty } from './phone-party';
import type { Voices } from './voices';

const GREETING_AFTER_MS = 500;
/** Long enough for a detector of machines: a person who picks up does not speak for several seconds. */
const greetingOf = (name: string): string =>
  `Hello, you have reached the voicemail of ${name}. I cannot take your call right now. ` +
  'Please leave your name, your number and a short message after the tone.';
/** About 15 seconds. */
const longGreetingOf = (name: string): string =>
  `Hello, you have reached the voicemail of ${name}. I am on the phone or away from my desk, so I cannot take your ` +
  'call right now. If it is urgent, please ring my office during the day. Otherwise leave your name, your number and a ' +
  'short message after the tone.';
const BEEP_AFTER_MS = 400;
/** Long enough to be a beep, too short to be a word for whoever listens in. */
const BEEP_MS = 280;
const BEEP_HZ = 1000;
const BEEP_AMPLITUDE = 9000;
const RECORDS_FOR_MS = 20_000;

const BEEP = encodeMulaw(
  Int16Array.from({ length: (BEEP_MS * SAMPLE_RATE_HZ) / 1000 }, (_, i) =>
    Math.round(BEEP_AMPLITUDE * Math.sin((2 * Math.PI * BEEP_HZ * i) / SAMPLE_RATE_HZ)),
  ),
);

/** A machine: a greeting, a beep (most of them), then it records for twenty seconds and hangs up. */
export class Voicemail implements PhoneParty {
  /** ms since the answer at which the beep was over; `undefined` before, and where there is none. */
  beepedAtMs: number | undefined;

  private readonly ear: Ear;
  private readonly mouth: Mouth;
  private readonly keys: KeyPresser;
  private readonly greeting: string;
  /** Listens from the beginning of the recording, beside the ear that hears everything. */
  private recorder: Ear | undefined;
  private recordsSinceMs = 0;
  private nowMs = 0;
  private beepOffset = 0;
  private hasGreeted = false;
  private hasGone = false;

  constructor(
    private readonly settings: { name: string; behaviour: VoicemailBehaviour },
    private readonly voices: Voices,
    private readonly phone: PhoneKeys,
    onTrouble: (error: unknown) => void,
  ) {
    this.ear = new Ear((mulaw) => voices.recogniser.recognise(mulaw));
    this.mouth = new Mouth(voices, onTrouble);
    this.keys = new KeyPresser((digit) => {
      phone.press(digit);
    });
    const { name, behaviour } = settings;
    this.greeting = behaviour === 'voicemail-long-greeting' ? longGreetingOf(name) : greetingOf(name);
    this.mouth.prepare(this.greeting);
  }

  get heard(): readonly HeardLine[] {
    return this.ear.heard;
  }

  get recorded(): readonly HeardLine[] {
    return this.recorder?.heard ?? [];
  }

  get said(): readonly SaidLine[] {
    return this.mouth.said;
  }

  step(frame: Uint8Array | undefined): Buffer | undefined {
    if (this.hasGone) return undefined;
    this.nowMs += FRAME_MS;
    this.ear.step(frame);
    this.recorder?.step(frame);
    this.keys.step();
    if (!this.hasGreeted && this.nowMs >= GREETING_AFTER_MS) {
      this.hasGreeted = true;
      this.mouth.say(this.greeting);
    }
    if (this.mouth.isBusy || !this.hasGreeted) return this.mouth.step();
    if (!this.recorder) return this.leadToRecording();
    if (this.nowMs - this.recordsSinceMs >= RECORDS_FOR_MS) {
      this.end();
      this.phone.hangUp();
    }
    return undefined;
  }

  say(text: string): void {
    this.mouth.say(text);
  }

  press(digits: string): void {
    this.keys.enter(digits);
  }

  end(): void {
    if (this.hasGone) return;
    this.hasGone = true;
    this.mouth.shut();
    this.ear.finish();
    this.recorder?.finish();
  }

  /** A breath after the greeting, and the beep where there is one. */
  private leadToRecording(): Buffer | undefined {
    if (this.nowMs - (this.mouth.lastSpokeAtMs ?? 0) < BEEP_AFTER_MS) return undefined;
    if (this.settings.behaviour === 'voicemail-without-beep') {
      this.record();
      return undefined;
    }
    const frame = BEEP.subarray(this.beepOffset, this.beepOffset + FRAME_BYTES);
    this.beepOffset += FRAME_BYTES;
    if (this.beepOffset >= BEEP.length) {
      this.beepedAtMs = this.nowMs;
      this.record();
    }
    return frame;
  }

  private record(): void {
    this.recordsSinceMs = this.nowMs;
    this.recorder = new Ear((mulaw) => this.voices.recogniser.recognise(mulaw), this.nowMs);
  }
}
