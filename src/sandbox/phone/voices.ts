/** A sentence as sound. */
export interface Speech {
  text: string;
  /** µ-law, 8 kHz, a multiple of 160 bytes. */
  mulaw: Buffer;
}

/** What the phone needs of the sandbox's speech: a voice for its person, and ears that know what was said. */
export interface Voices {
  speak(text: string, voice: string): Promise<Speech>;
  readonly recogniser: { recognise(mulaw: Buffer): string };
}

/** The voice the carrier reads <Say> with. */
export const CARRIER_VOICE = 'carrier';
