import type { HeardLine } from './ear';
import type { SaidLine } from './mouth';

/** What somebody on the phone can do beside speaking. */
export interface PhoneKeys {
  press(digit: string): void;
  hangUp(): void;
}

/** Whoever has picked up: a person or a voicemail machine. Time is counted in frames, so it needs no clock. */
export interface PhoneParty {
  readonly heard: readonly HeardLine[];
  readonly said: readonly SaidLine[];
  /** What a machine has recorded, in ms since the answer; absent for a person. */
  readonly recorded?: readonly HeardLine[];
  /** One step of 20 ms: hears what the platform plays (`undefined`: silence) and returns what the party says. */
  step(heard: Uint8Array | undefined): Buffer | undefined;
  /** Says this as soon as nothing else is being said. */
  say(text: string): void;
  /** Presses these keys one after the other. */
  press(digits: string): void;
  /** The line is dead. */
  end(): void;
}
