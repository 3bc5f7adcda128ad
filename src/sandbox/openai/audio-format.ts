import { decodeMulaw, encodeMulaw, SAMPLE_RATE_HZ } from '../../media/g711';
import { decodeAlaw, encodeAlaw } from '../speech/alaw';
import type { Utterance, VoiceBox } from '../speech/voice-box';
import { pcmToSamples } from '../speech/wav';
import type { AudioFormatSpec } from './session-config';

/** One of the three formats of the Realtime API: how its bytes are counted, decoded, recognised and spoken. */
export interface AudioFormat {
  bytesPerMs: number;
  samplesOf(bytes: Buffer): Int16Array;
  /** What the person said in this audio; '' for silence. */
  transcribe(voices: VoiceBox, bytes: Buffer): string;
  /** The bytes of an utterance, of the same length in time. */
  speak(voices: VoiceBox, utterance: Utterance, speed: number): Promise<Buffer>;
}

const MULAW: AudioFormat = {
  bytesPerMs: SAMPLE_RATE_HZ / 1000,
  samplesOf: decodeMulaw,
  transcribe: (voices, bytes) => voices.recogniser.recognise(bytes),
  speak: (_voices, utterance) => Promise.resolve(utterance.mulaw),
};

const ALAW: AudioFormat = {
  bytesPerMs: SAMPLE_RATE_HZ / 1000,
  samplesOf: decodeAlaw,
  transcribe: (voices, bytes) => voices.recogniser.recognise(encodeMulaw(decodeAlaw(bytes))),
  speak: (_voices, utterance) => Promise.resolve(encodeAlaw(decodeMulaw(utterance.mulaw))),
};

const PCM_24K: AudioFormat = {
  bytesPerMs: 48,
  samplesOf: pcmToSamples,
  transcribe: (voices, bytes) => voices.recogniser.recognisePcm24k(pcmToSamples(bytes)),
  speak: (voices, utterance, speed) => voices.speakPcm24k(utterance.text, utterance.voice, speed),
};

export function audioFormat(spec: AudioFormatSpec): AudioFormat {
  switch (spec.type) {
    case 'audio/pcmu':
      return MULAW;
    case 'audio/pcma':
      return ALAW;
    case 'audio/pcm':
      return PCM_24K;
  }
}
