import { FRAME_BYTES, encodeMulawSample } from '../../media/g711';
import type { Speech, Voices } from '../phone/voices';

/** A word takes so long in these voices, so that specs need not wait for real sentences. */
const FRAMES_PER_WORD = 5;

/** Voices made of noise: loud enough to be speech, and each frame tells which text it belongs to. */
export class FakeVoices implements Voices {
  readonly spoken: { text: string; voice: string }[] = [];
  private readonly textOfFrame = new Map<string, string>();
  private frames = 0;

  readonly recogniser = {
    recognise: (mulaw: Buffer): string => {
      const texts = new Set<string>();
      for (let offset = 0; offset < mulaw.length; offset += FRAME_BYTES) {
        const text = this.textOfFrame.get(mulaw.subarray(offset, offset + FRAME_BYTES).toString('latin1'));
        if (text !== undefined) texts.add(text);
      }
      return [...texts].join(' ');
    },
  };

  speak(text: string, voice: string): Promise<Speech> {
    this.spoken.push({ text, voice });
    return Promise.resolve(this.speech(text));
  }

  /** The same without waiting: what a spec lets its agent say. */
  speech(text: string, frames = text.split(' ').length * FRAMES_PER_WORD): Speech {
    const mulaw = Buffer.concat(Array.from({ length: frames }, () => this.frame()));
    for (let offset = 0; offset < mulaw.length; offset += FRAME_BYTES) {
      this.textOfFrame.set(mulaw.subarray(offset, offset + FRAME_BYTES).toString('latin1'), text);
    }
    return { text, mulaw };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Loud, and unlike every other frame: its number is written into it as loud and louder samples. */
  private frame(): Buffer {
    this.frames += 1;
    const number = this.frames;
    return Buffer.from(
      Array.from({ length: FRAME_BYTES }, (_, i) => encodeMulawSample((number >> (i % 20)) & 1 ? 6000 : -2000)),
    );
  }
}
