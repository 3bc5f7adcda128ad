import { createMp3Encoder } from 'wasm-media-encoders';
import { pcmToSamples } from './wav';

const KBITS = 128;

/** Turns 16-bit PCM of one channel into MP3, part by part. */
export class Mp3Stream {
  private constructor(private readonly encoder: Awaited<ReturnType<typeof createMp3Encoder>>) {}

  static async begin(sampleRateHz: number): Promise<Mp3Stream> {
    const encoder = await createMp3Encoder();
    encoder.configure({ sampleRate: sampleRateHz, channels: 1, bitrate: KBITS });
    return new Mp3Stream(encoder);
  }

  /** The frames that are complete by then. */
  push(pcm: Buffer): Buffer {
    const samples = Float32Array.from(pcmToSamples(pcm), (sample) => sample / 0x8000);
    // It belongs to the encoder and is overwritten by the next.
    return Buffer.from(this.encoder.encode([samples]));
  }

  /** The last ones. */
  end(): Buffer {
    return Buffer.from(this.encoder.finalize());
  }
}
