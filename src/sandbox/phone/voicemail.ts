import { FRAME_BYTES, FRAME_MS, SAMPLE_RATE_HZ, encodeMulaw } from '../../media/g711';
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

/** A machine: a greeting, a beep, then it listens for twenty seconds and hangs up. */
export class Voicemail implements PhoneParty {
  /** ms since the answer at which the beep was over; `undefined` before. */
  beepedAtMs: number | undefined;

  private readonly ear: Ear;
  private readonly mouth: Mouth;
  private readonly keys: KeyPresser;
  private readonly greeting: string;
  private nowMs = 0;
  private beepOffset = 0;
  private hasGreeted = false;
  private hasGone = false;

  constructor(
    name: string,
    voices: Voices,
    private readonly phone: PhoneKeys,
    onTrouble: (error: unknown) => void,
  ) {
    this.ear = new Ear((mulaw) => voices.recogniser.recognise(mulaw));
    this.mouth = new Mouth(voices, onTrouble);
    this.keys = new KeyPresser((digit) => {
      phone.press(digit);
    });
    this.greeting = greetingOf(name);
    this.mouth.prepare(this.greeting);
  }

  get heard(): readonly HeardLine[] {
    return this.ear.heard;
  }

  get said(): readonly SaidLine[] {
    return this.mouth.said;
  }

  step(frame: Uint8Array | undefined): Buffer | undefined {
    if (this.hasGone) return undefined;
    this.nowMs += FRAME_MS;
    this.ear.step(frame);
    this.keys.step();
    if (!this.hasGreeted && this.nowMs >= GREETING_AFTER_MS) {
      this.hasGreeted = true;
      this.mouth.say(this.greeting);
    }
    if (this.mouth.isBusy || !this.hasGreeted) return this.mouth.step();
    if (this.beepedAtMs === undefined) return this.beep();
    if (this.nowMs - this.beepedAtMs >= RECORDS_FOR_MS) {
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
  }

  private beep(): Buffer | undefined {
    if (this.nowMs - (this.mouth.lastSpokeAtMs ?? 0) < BEEP_AFTER_MS) return undefined;
    const frame = BEEP.subarray(this.beepOffset, this.beepOffset + FRAME_BYTES);
    this.beepOffset += FRAME_BYTES;
    if (this.beepOffset >= BEEP.length) this.beepedAtMs = this.nowMs;
    return frame;
  }
}
