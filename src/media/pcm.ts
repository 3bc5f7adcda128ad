import type { AudioTap } from './audio-tap';
import { encodeMulawSample } from './g711';

/** Samples of 24 kHz for one of 8 kHz. */
const RATIO = 3;
const SAMPLE_BYTES = 2;

/** PCM of 24 kHz as µ-law of 8 kHz, both base64. Good for listening in; each three samples become their mean. */
export function pcm24kToMulaw(payloadBase64: string): string {
  const pcm = Buffer.from(payloadBase64, 'base64');
  const mulaw = Buffer.allocUnsafe(Math.floor(pcm.length / (RATIO * SAMPLE_BYTES)));
  for (let i = 0, at = 0; i < mulaw.length; i++, at += RATIO * SAMPLE_BYTES) {
    const sum = pcm.readInt16LE(at) + pcm.readInt16LE(at + SAMPLE_BYTES) + pcm.readInt16LE(at + 2 * SAMPLE_BYTES);
    mulaw[i] = encodeMulawSample(Math.round(sum / RATIO));
  }
  return mulaw.toString('base64');
}

/** Whoever listens in hears telephone audio, whatever the call's own is. */
export function heardAsMulaw(tap: AudioTap): AudioTap {
  return {
    customerAudio: (payloadBase64, startsAtMs) => tap.customerAudio(pcm24kToMulaw(payloadBase64), startsAtMs),
    agentAudio: (payloadBase64, startsAtMs) => tap.agentAudio(pcm24kToMulaw(payloadBase64), startsAtMs),
    agentCut: (atMs) => tap.agentCut(atMs),
  };
}
