import fc from 'fast-check';
import { audioFiles, flac, m4a, wav, webm } from '../../test/support/audio-files';
import { audioDurationMs } from './audio-duration';
import { AUDIO_KINDS, AudioKind, audioKindOf } from './audio-kind';

let files: Record<AudioKind, Buffer>;
beforeAll(async () => {
  files = await audioFiles();
});

describe('a file', () => {
  it('is what is in it', () => {
    for (const kind of AUDIO_KINDS) expect(audioKindOf(files[kind])).toBe(kind);
  });

  it('says how long it plays', () => {
    for (const kind of ['wav', 'ogg', 'webm', 'flac', 'm4a'] as const)
      expect(audioDurationMs(files[kind], kind)).toBe(1000);
    // Its encoder adds a delay and fills the last frame.
    expect(audioDurationMs(files.mp3, 'mp3')).toBeGreaterThan(1000);
    expect(audioDurationMs(files.mp3, 'mp3')).toBeLessThan(1150);
    expect(audioDurationMs(webm('A_OPUS', null), 'webm')).toBeNull();
  });

  it('may begin with a tag, or not know its own length', () => {
    const tag = Buffer.concat([Buffer.from('ID3\x04\0\0\0\0\x02\0', 'latin1'), Buffer.alloc(256)]);
    expect(audioKindOf(Buffer.concat([tag, files.mp3]))).toBe('mp3');
    const streamed = wav();
    streamed.writeUInt32LE(0xffff_ffff, 4);
    streamed.writeUInt32LE(0xffff_ffff, 40);
    expect([audioKindOf(streamed), audioDurationMs(streamed, 'wav')]).toEqual(['wav', 1000]);
  });

  it.each<[string, () => Buffer]>([
    ['nothing', () => Buffer.alloc(0)],
    ['a page', () => Buffer.from('<!doctype html><title>recording.mp3</title>')],
    ['a program', () => Buffer.from('\x7fELF\x02\x01\x01', 'latin1')],
    ['zeros', () => Buffer.alloc(4096)],
    ['ones', () => Buffer.alloc(4096, 0xff)],
    ['a picture in the container of M4A', () => m4a('pict', 'heic')],
    ['a film without sound', () => m4a('vide', 'isom')],
    ['a film without sound in the container of WEBM', () => webm('V_VP9')],
    ['another RIFF', () => Buffer.from('RIFF\x24\0\0\0AVI LIST', 'latin1')],
    ['Theora', () => Buffer.concat([files.ogg.subarray(0, 28), Buffer.from('\x80theora', 'latin1'), Buffer.alloc(64)])],
    ['the first frame of MP3 and no second', () => Buffer.concat([files.mp3.subarray(0, 100), Buffer.alloc(1000)])],
    ['the name of FLAC alone', () => Buffer.from('fLaC')],
  ])('is no audio where it is %s', (_what, file) => {
    expect(audioKindOf(file())).toBeNull();
  });
});

it('is not kept busy by files that are made for it', () => {
  const size = 25 * 1024 * 1024;
  const head = m4a('vide').subarray(0, 20);
  const hostile: [AudioKind, Buffer][] = [
    ['m4a', Buffer.concat([head, Buffer.alloc(size, 'hdlr')])],
    ['m4a', Buffer.concat([head, Buffer.alloc(size, '\0\0\0\x08moov', 'latin1')])],
    ['wav', Buffer.concat([Buffer.from('RIFF\0\0\0\0WAVE', 'latin1'), Buffer.alloc(size, 'LIST\0\0\0\0', 'latin1')])],
    [
      'webm',
      Buffer.concat([
        webm('A_OPUS').subarray(0, 24),
        Buffer.from('1549a9660801000000', 'hex'),
        Buffer.alloc(size, 0x80),
      ]),
    ],
  ];
  const texts = jest.spyOn(Buffer.prototype, 'toString');
  const numbers = jest.spyOn(Buffer.prototype, 'readUIntBE');
  for (const [kind, file] of hostile) {
    audioKindOf(file);
    audioDurationMs(file, kind);
  }
  expect(texts.mock.calls.length + numbers.mock.calls.length).toBeLessThan(20_000);
  jest.restoreAllMocks();
});

it('tells of any bytes what they are, and never a length that makes no sense', () => {
  const beginnings = [
    flac(),
    m4a('soun'),
    wav(),
    webm('A_OPUS'),
    Buffer.from('OggS\0\x02'),
    Buffer.of(0xff, 0xfb, 0x90, 0x64),
  ];
  const bytes = fc
    .tuple(fc.constantFrom(...beginnings), fc.nat(400), fc.uint8Array({ maxLength: 400 }))
    .map(([beginning, kept, rest]) => Buffer.concat([beginning.subarray(0, kept), rest]));
  fc.assert(
    fc.property(fc.oneof(bytes, fc.uint8Array({ maxLength: 600 })), (file) => {
      const kind = audioKindOf(file);
      if (kind !== null) expect(AUDIO_KINDS).toContain(kind);
      for (const claimed of AUDIO_KINDS) {
        const ms = audioDurationMs(file, claimed);
        if (ms !== null) expect(Number.isSafeInteger(ms) && ms >= 0).toBe(true);
      }
    }),
    { numRuns: 3000 },
  );
});

it('tells any changed byte of a real file without harm', () => {
  fc.assert(
    fc.property(fc.constantFrom(...AUDIO_KINDS), fc.nat(), fc.nat(255), (kind, place, value) => {
      const changed = Buffer.from(files[kind]);
      changed[place % Math.min(changed.length, 2000)] = value;
      const told = audioKindOf(changed);
      if (told !== null) audioDurationMs(changed, told);
      expect([null, ...AUDIO_KINDS]).toContain(told);
    }),
    { numRuns: 1000 },
  );
});
