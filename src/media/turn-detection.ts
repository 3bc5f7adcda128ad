/** Loudness that counts as speech, 0 to 1; the protocol's default, and what telephone audio has been tuned for. */
export const VAD_THRESHOLD = 0.5;
/** Audio before the detected start that belongs to a customer's turn. `audio_start_ms` of speech_started includes it. */
export const PREFIX_PADDING_MS = 300;
/** Silence that ends a customer's turn. `audio_end_ms` of speech_stopped includes it. */
export const SILENCE_DURATION_MS = 500;

/** What the server does by itself when the customer has spoken (create) and when the customer starts to (interrupt). */
export interface TurnDetection {
  createResponse: boolean;
  interruptResponse: boolean;
}
