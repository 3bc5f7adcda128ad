import { createMp3Encoder, createOggEncoder } from 'wasm-media-encoders';
import type { AudioKind } from '../../src/common/audio-kind';

/** A second of a tone in each of the containers that are taken; what there is no encoder for here has its head and no sound. */
export async function audioFiles(): Promise<Record<AudioKind, Buffer>> {
  return {
    wav: wav(),
    mp3: await encoded(createMp3Encoder),
    ogg: await encoded(createOggEncoder),
    webm: webm('A_OPUS'),
    flac: flac(),
    m4a: m4a('soun'),
  };
}

const RATE_HZ = 24_000;
const tone = () => Float32Array.from({ length: RATE_HZ }, (_, at) => 0.3 * Math.sin(at / 10));

async function encoded(create: typeof createMp3Encoder | typeof createOggEncoder): Promise<Buffer> {
  const encoder = await create();
  encoder.configure({ sampleRate: RATE_HZ, channels: 1 });
  // What it hands out is overwritten by what it hands out next.
  const frames = Buffer.from(encoder.encode([tone()]));
  return Buffer.concat([frames, Buffer.from(encoder.finalize())]);
}

export function wav(samples: Float32Array = tone(), rateHz = RATE_HZ): Buffer {
  const file = Buffer.alloc(44 + samples.length * 2);
  file.write('RIFF', 0, 'latin1');
  file.writeUInt32LE(file.length - 8, 4);
  file.write('WAVEfmt ', 8, 'latin1');
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(rateHz, 24);
  file.writeUInt32LE(rateHz * 2, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36, 'latin1');
  file.writeUInt32LE(samples.length * 2, 40);
  samples.forEach((sample, at) => file.writeInt16LE(Math.round(sample * 0x7fff), 44 + at * 2));
  return file;
}

/** STREAMINFO (RFC 9639, section 8.2), said to be a second of one channel. */
export function flac(): Buffer {
  const info = Buffer.alloc(34);
  // Rate (20 bits), channels less one (3), bits less one (5), samples (36).
  info.writeUIntBE(RATE_HZ << 4, 10, 3);
  info.writeUInt16BE((15 << 4) | 0, 12);
  info.writeUInt32BE(RATE_HZ, 14);
  return Buffer.concat([
    Buffer.from('fLaC', 'latin1'),
    Buffer.of(0x80, 0, 0, info.length),
    info,
    Buffer.alloc(64, 0x55),
  ]);
}

/** What a browser's recorder writes: EBML, a segment of unknown length, Info and one track (RFC 8794, 9559). */
export function webm(codec: string, durationMs: number | null = 1000): Buffer {
  const float = (value: number) => {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(value);
    return bytes;
  };
  const info = Buffer.concat([
    element('2ad7b1', Buffer.of(0x0f, 0x42, 0x40)),
    ...(durationMs === null ? [] : [element('4489', float(durationMs))]),
  ]);
  const track = Buffer.concat([
    element('d7', Buffer.of(1)),
    element('83', Buffer.of(2)),
    element('86', Buffer.from(codec)),
  ]);
  const segment = Buffer.concat([
    element('1549a966', info),
    element('1654ae6b', element('ae', track)),
    Buffer.alloc(64),
  ]);
  return Buffer.concat([
    element('1a45dfa3', element('4282', Buffer.from('webm'))),
    Buffer.from('18538067', 'hex'),
    Buffer.from('01ffffffffffffff', 'hex'),
    segment,
  ]);
}

function element(id: string, content: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(0x10000000 + content.length);
  return Buffer.concat([Buffer.from(id, 'hex'), size, content]);
}

/** ftyp, and a moov with the head of the movie and the handler of its track (ISO 14496-12). */
export function m4a(handler: string, brand = 'M4A '): Buffer {
  const head = Buffer.alloc(100);
  head.writeUInt32BE(1000, 12);
  head.writeUInt32BE(1000, 16);
  const hdlr = Buffer.concat([Buffer.alloc(8), Buffer.from(handler), Buffer.alloc(12)]);
  const track = box('trak', box('mdia', box('hdlr', hdlr)));
  return Buffer.concat([
    box('ftyp', Buffer.concat([Buffer.from(brand), Buffer.alloc(4), Buffer.from(brand)])),
    box('mdat', Buffer.alloc(64, 0x21)),
    box('moov', Buffer.concat([box('mvhd', head), track])),
  ]);
}

function box(name: string, content: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(8 + content.length);
  return Buffer.concat([size, Buffer.from(name), content]);
}
