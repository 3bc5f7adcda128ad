import { createHash } from 'node:crypto';
import { Transform, TransformCallback } from 'node:stream';

/** Passes bytes on, and knows afterwards how many they were and their SHA-256. */
export class HashedStream extends Transform {
  bytes = 0;
  private readonly hash = createHash('sha256');

  /** @param onBytes is called whenever some have come */
  constructor(private readonly onBytes: () => void) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.bytes += chunk.length;
    this.onBytes();
    this.hash.update(chunk);
    done(null, chunk);
  }

  /** In hexadecimal; once, when all has passed. */
  digest(): string {
    return this.hash.digest('hex');
  }
}
