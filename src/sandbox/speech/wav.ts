import { decodeMulaw } from '../../media/g711';

/** Sound as it stands in a WAV file: one array of signed 16-bit samples for each channel. */
export interface WavSound {
  sampleRateHz: number;
  channels: Int16Array[];
}

/** Why a file is not a WAV file that the sandbox can read; the message is a sentence for the caller. */
export class WavError extends Error {}

/** Format codes of the `fmt ` chunk (RFC 2361). */
const PCM = 1;
const MULAW = 7;
const EXTENSIBLE = 0xfffe;

const HEADER_BYTES = 44;

/** Samples of one channel as a 16-bit PCM WAV file. */
export function encodeWav(samples: Int16Array, sampleRateHz: number): Buffer {
  const dataBytes = samples.length * 2;
  const file = Buffer.alloc(HEADER_BYTES + dataBytes);
  file.write('RIFF', 0, 'latin1');
  file.writeUInt32LE(HEADER_BYTES - 8 + dataBytes, 4);
  file.write('WAVEfmt ', 8, 'latin1');
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(PCM, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(sampleRateHz, 24);
  file.writeUInt32LE(sampleRateHz * 2, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36, 'latin1');
  file.writeUInt32LE(dataBytes, 40);
  for (let i = 0; i < samples.length; i++) file.writeInt16LE(samples[i] as number, HEADER_BYTES + i * 2);
  return file;
}

/**
 * Reads 16-bit PCM and G.711 µ-law WAV files, any rate, up to eight channels. A data chunk whose stated size exceeds
 * the file (a streamed file: 0xffffffff) is read to the end of the file. @throws WavError
 */
export function decodeWav(file: Buffer): WavSound {
  if (!isWav(file)) throw new WavError('The file is not a WAV file.');
  let format: { code: number; channels: number; sampleRateHz: number; bits: number } | undefined;
  let offset = 12;
  while (offset + 8 <= file.length) {
    const name = file.toString('latin1', offset, offset + 4);
    const size = file.readUInt32LE(offset + 4);
    const start = offset + 8;
    const end = Math.min(start + size, file.length);
    if (name === 'fmt ' && end - start >= 16) {
      const code = file.readUInt16LE(start);
      format = {
        code: code === EXTENSIBLE && end - start >= 26 ? file.readUInt16LE(start + 24) : code,
        channels: file.readUInt16LE(start + 2),
        sampleRateHz: file.readUInt32LE(start + 4),
        bits: file.readUInt16LE(start + 14),
      };
    } else if (name === 'data') {
      if (!format) throw new WavError('The WAV file has audio before its format chunk.');
      return readSamples(file.subarray(start, end), format);
    }
    offset = start + size + (size % 2);
  }
  throw new WavError('The WAV file has no audio in it.');
}

export function isWav(file: Buffer): boolean {
  return file.length >= 12 && file.toString('latin1', 0, 4) === 'RIFF' && file.toString('latin1', 8, 12) === 'WAVE';
}

/** Little-endian 16-bit bytes as samples; a trailing odd byte is dropped. */
export function pcmToSamples(bytes: Buffer): Int16Array {
  const samples = new Int16Array(bytes.length >> 1);
  for (let i = 0; i < samples.length; i++) samples[i] = bytes.readInt16LE(i * 2);
  return samples;
}

/** Samples as little-endian 16-bit bytes. */
export function samplesToPcm(samples: Int16Array): Buffer {
  const bytes = Buffer.allocUnsafe(samples.length * 2);
  for (let i = 0; i < samples.length; i++) bytes.writeInt16LE(samples[i] as number, i * 2);
  return bytes;
}

function readSamples(
  data: Buffer,
  format: { code: number; channels: number; sampleRateHz: number; bits: number },
): WavSound {
  const { code, channels: count, sampleRateHz, bits } = format;
  const isPcm = code === PCM && bits === 16;
  if (!isPcm && !(code === MULAW && bits === 8)) {
    throw new WavError('The sandbox reads WAV files of 16-bit PCM or G.711 mu-law only.');
  }
  if (count < 1 || count > 8 || sampleRateHz < 1000 || sampleRateHz > 192_000) {
    throw new WavError('The WAV file has an impossible number of channels or sample rate.');
  }
  const all = isPcm ? pcmToSamples(data) : decodeMulaw(data);
  const length = Math.floor(all.length / count);
  const channels = Array.from({ length: count }, (_, channel) => {
    const samples = new Int16Array(length);
    for (let i = 0; i < length; i++) samples[i] = all[i * count + channel] as number;
    return samples;
  });
  return { sampleRateHz, channels };
}
