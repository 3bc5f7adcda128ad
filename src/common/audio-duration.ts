import type { AudioKind } from './audio-kind';
import { firstMp3Frame, mp3FrameAt } from './mp3-frames';
import { mp4Boxes } from './mp4-boxes';

/** A header that says more is wrong. */
const MAX_DURATION_MS = 7 * 24 * 3_600_000;
/** Of chunks and elements in a row; files have a dozen, and whoever has more wants to keep the reader busy. */
const MAX_MEMBERS = 1_000;

/** How long a file plays, in milliseconds, where it says so itself; null where it does not, or makes no sense. */
export function audioDurationMs(bytes: Uint8Array, kind: AudioKind): number | null {
  const seconds = SECONDS_OF[kind](Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  if (seconds === null || !Number.isFinite(seconds) || seconds < 0) return null;
  const ms = Math.round(seconds * 1000);
  return ms > MAX_DURATION_MS ? null : ms;
}

const SECONDS_OF: Readonly<Record<AudioKind, (file: Buffer) => number | null>> = {
  wav: wavSeconds,
  mp3: mp3Seconds,
  ogg: oggSeconds,
  webm: webmSeconds,
  flac: flacSeconds,
  m4a: mp4Seconds,
};

/** Its `data` as long as the file has it: who writes to a pipe does not know the length and leaves 0 or the largest number there. */
function wavSeconds(file: Buffer): number | null {
  let byteRate: number | null = null;
  for (let at = 12, read = 0; at + 8 <= file.length && read < MAX_MEMBERS; read++) {
    const name = file.toString('latin1', at, at + 4);
    const size = file.readUInt32LE(at + 4);
    const start = at + 8;
    if (name === 'fmt ' && start + 12 <= file.length) byteRate = file.readUInt32LE(start + 8);
    if (name === 'data') {
      const bytes = size === 0 ? file.length - start : Math.min(size, file.length - start);
      return byteRate === null || byteRate === 0 ? null : bytes / byteRate;
    }
    at = start + size + (size % 2);
  }
  return null;
}

function mp3Seconds(file: Buffer): number | null {
  let seconds = 0;
  let at = firstMp3Frame(file);
  if (at < 0) return null;
  for (let frame = mp3FrameAt(file, at); frame !== null; frame = mp3FrameAt(file, at)) {
    seconds += frame.samples / frame.sampleRateHz;
    at += frame.bytes;
  }
  return seconds;
}

const OGG_PAGE_HEADER_BYTES = 27;
/** Opus counts at this rate whatever was recorded (RFC 7845). */
const OPUS_RATE_HZ = 48_000;

/** The last page says how many samples there were by then. */
function oggSeconds(file: Buffer): number | null {
  const packet = OGG_PAGE_HEADER_BYTES + (file[OGG_PAGE_HEADER_BYTES - 1] ?? 0);
  const last = file.lastIndexOf('OggS');
  if (last <= 0 || last + 14 > file.length || packet + 16 > file.length) return null;
  const samples = Number(file.readBigInt64LE(last + 6));
  if (samples < 0) return null;
  const isOpus = file.toString('latin1', packet, packet + 8) === 'OpusHead';
  if (isOpus) return Math.max(0, samples - file.readUInt16LE(packet + 10)) / OPUS_RATE_HZ;
  const rateHz = file.readUInt32LE(packet + 12);
  return rateHz === 0 ? null : samples / rateHz;
}

/** Of an EBML file: Segment / Info / TimestampScale (nanoseconds) and Duration (in those); recordings of browsers have none. */
function webmSeconds(file: Buffer): number | null {
  const info = file.indexOf(Buffer.of(0x15, 0x49, 0xa9, 0x66));
  if (info < 0) return null;
  const content = ebmlContent(file, info + 4);
  if (content === null) return null;
  let scaleNs = 1_000_000;
  let duration: number | null = null;
  for (let at = content.from, read = 0; at < content.to && read < MAX_MEMBERS; read++) {
    const idBytes = Math.clz32(file[at] ?? 0) - 23;
    if (idBytes > 4 || at + idBytes > content.to) return null;
    const id = file.readUIntBE(at, idBytes);
    const member = ebmlContent(file, at + idBytes);
    if (member === null) return null;
    const size = member.to - member.from;
    if (id === 0x2ad7b1 && size >= 1 && size <= 6) scaleNs = file.readUIntBE(member.from, size);
    if (id === 0x4489 && size === 4) duration = file.readFloatBE(member.from);
    if (id === 0x4489 && size === 8) duration = file.readDoubleBE(member.from);
    at = member.to;
  }
  return duration === null ? null : (duration * scaleNs) / 1e9;
}

/** What lies behind a size of 1 to 6 bytes; null where that is none or leads out of the file. */
function ebmlContent(file: Buffer, at: number): { from: number; to: number } | null {
  const sizeBytes = Math.clz32(file[at] ?? 0) - 23;
  const from = at + sizeBytes;
  if (sizeBytes > 6 || from > file.length) return null;
  const to = from + (file.readUIntBE(at, sizeBytes) - 2 ** (7 * sizeBytes));
  return to > file.length ? null : { from, to };
}

/** STREAMINFO: 20 bits of sample rate, 3 of channels, 5 of depth, 36 of how many samples; 0 where nobody counted. */
function flacSeconds(file: Buffer): number | null {
  if (file.length < 26) return null;
  const rateHz = file.readUIntBE(18, 3) >> 4;
  const samples = ((file[21] ?? 0) % 16) * 2 ** 32 + file.readUInt32BE(22);
  return rateHz === 0 || samples === 0 ? null : samples / rateHz;
}

/** mvhd: timescale and duration; 0 or all ones in files that were written in pieces. */
function mp4Seconds(file: Buffer): number | null {
  const [head] = mp4Boxes(file, ['moov', 'mvhd']);
  if (head === undefined || head.from + 32 > head.to) return null;
  const isLong = file[head.from] === 1;
  const scale = file.readUInt32BE(head.from + (isLong ? 20 : 12));
  const duration = isLong ? Number(file.readBigUInt64BE(head.from + 24)) : file.readUInt32BE(head.from + 16);
  const isUnknown = duration === 0 || duration >= (isLong ? 2 ** 63 : 2 ** 32 - 1);
  return scale === 0 || isUnknown ? null : duration / scale;
}
