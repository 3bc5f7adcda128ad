import { firstMp3Frame } from './mp3-frames';
import { mp4Boxes } from './mp4-boxes';

/** The containers that are taken, found by content: neither a name nor a declared type says what a file is. */
export const AUDIO_KINDS = ['wav', 'mp3', 'ogg', 'webm', 'flac', 'm4a'] as const;
export type AudioKind = (typeof AUDIO_KINDS)[number];

/** How each is called where it is sent on. */
export const AUDIO_TYPES: Readonly<Record<AudioKind, string>> = {
  wav: 'audio/wav',
  mp3: 'audio/mpeg',
  ogg: 'audio/ogg',
  webm: 'audio/webm',
  flac: 'audio/flac',
  m4a: 'audio/mp4',
};

/** A container's head is at most this long: what describes the tracks stands before the sound. */
const HEAD_BYTES = 64 * 1024;
const OGG_PAGE_HEADER_BYTES = 27;
/** Brands of the same container (ISO 14496-12) that are pictures. */
const PICTURES = new Set(['heic', 'heix', 'hevc', 'heim', 'heis', 'mif1', 'msf1', 'avif', 'avis', 'jpeg', 'crx ']);

/** What a file is; null where it is none of these, or has no sound in it. */
export function audioKindOf(bytes: Uint8Array): AudioKind | null {
  if (textAt(bytes, 0, 4) === 'RIFF') return textAt(bytes, 8, 4) === 'WAVE' ? 'wav' : null;
  if (textAt(bytes, 0, 4) === 'fLaC') return (bytes[4] ?? 0xff) % 128 === 0 ? 'flac' : null;
  if (textAt(bytes, 0, 4) === 'OggS') return hasOggSound(bytes) ? 'ogg' : null;
  if (textAt(bytes, 0, 4) === '\x1a\x45\xdf\xa3') return isWebmSound(bytes) ? 'webm' : null;
  if (textAt(bytes, 4, 4) === 'ftyp') return isMp4Sound(bytes) ? 'm4a' : null;
  return firstMp3Frame(bytes) < 0 ? null : 'mp3';
}

/** The first page of an Ogg file is the head of its first stream: Opus (RFC 7845) or Vorbis. */
function hasOggSound(bytes: Uint8Array): boolean {
  const packet = OGG_PAGE_HEADER_BYTES + (bytes[OGG_PAGE_HEADER_BYTES - 1] ?? 0);
  return textAt(bytes, packet, 8) === 'OpusHead' || textAt(bytes, packet, 7) === '\x01vorbis';
}

/** DocType (0x4282), a size of 1 to 8 bytes, its value; a track of sound has a codec whose name begins with A_: WebM knows Opus and Vorbis. */
function isWebmSound(bytes: Uint8Array): boolean {
  const head = textAt(bytes, 0, HEAD_BYTES);
  return /\x42\x82[\s\S]{1,8}webm/.test(head) && /A_(?:OPUS|VORBIS)/.test(head);
}

/** What handles a track stands in `hdlr`, behind version and flags and a field that is 0. */
function isMp4Sound(bytes: Uint8Array): boolean {
  if (PICTURES.has(textAt(bytes, 8, 4))) return false;
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return mp4Boxes(file, ['moov', 'trak', 'mdia', 'hdlr']).some(({ from }) => textAt(file, from + 8, 4) === 'soun');
}

function textAt(bytes: Uint8Array, at: number, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', at, at + length);
}
