import type { AudioKind } from '../../common/audio-kind';

/** An audio file. */
export interface SpokenAudio {
  bytes: Buffer;
  kind: AudioKind;
}

export interface TranscriptionOptions {
  /** BCP 47: what is spoken, where that is known. */
  language?: string | undefined;
  /** Gives it up. */
  signal?: AbortSignal | undefined;
}

/** What was said. */
export interface Transcription {
  /** Empty where nobody spoke. */
  text: string;
  /** What was heard to be spoken, as a primary BCP 47 subtag; null where the provider does not say. */
  language: string | null;
  /** Null where the provider does not say. */
  durationMs: number | null;
}

/** Writes down what is said in a file. */
export abstract class Transcriber {
  /** @throws SpeechError with trouble `request` where the provider cannot read the file */
  abstract transcribe(audio: SpokenAudio, options?: TranscriptionOptions): Promise<Transcription>;
}
