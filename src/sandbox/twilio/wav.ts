import { SAMPLE_RATE_HZ, decodeMulawSample } from '../../media/g711';

const HEADER_BYTES = 44;
const BYTES_PER_SAMPLE = 2;

/** One µ-law buffer for each channel, 8 kHz, as a 16-bit PCM WAV file. The shorter channel ends in silence. */
export function wavFile(channels: readonly Uint8Array[]): Buffer {
  const samples = Math.max(0, ...channels.map((channel) => channel.length));
  const blockBytes = channels.length * BYTES_PER_SAMPLE;
  const dataBytes = samples * blockBytes;
  const file = Buffer.alloc(HEADER_BYTES + dataBytes);
  file.write('RIFF', 0, 'latin1');
  file.writeUInt32LE(HEADER_BYTES - 8 + dataBytes, 4);
  file.write('WAVEfmt ', 8, 'latin1');
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20); // PCM
  file.writeUInt16LE(channels.length, 22);
  file.writeUInt32LE(SAMPLE_RATE_HZ, 24);
  file.writeUInt32LE(SAMPLE_RATE_HZ * blockBytes, 28);
  file.writeUInt16LE(blockBytes, 32);
  file.writeUInt16LE(BYTES_PER_SAMPLE * 8, 34);
  file.write('data', 36, 'latin1');
  file.writeUInt32LE(dataBytes, 40);
  channels.forEach((channel, index) => {
    let offset = HEADER_BYTES + index * BYTES_PER_SAMPLE;
    for (let i = 0; i < channel.length; i++, offset += blockBytes) {
      file.writeInt16LE(decodeMulawSample(channel[i] as number), offset);
    }
  });
  return file;
}

/** Two µ-law channels as one WAV file with a single channel: half of each, so that both at once do not clip. */
export function mixedWavFile(left: Uint8Array, right: Uint8Array): Buffer {
  const file = wavFile([left.length >= right.length ? left : right]);
  const samples = Math.max(left.length, right.length);
  for (let i = 0; i < samples; i++) {
    const sum = sampleAt(left, i) + sampleAt(right, i);
    file.writeInt16LE(Math.trunc(sum / 2), HEADER_BYTES + i * BYTES_PER_SAMPLE);
  }
  return file;
}

function sampleAt(channel: Uint8Array, index: number): number {
  const byte = channel[index];
  return byte === undefined ? 0 : decodeMulawSample(byte);
}
