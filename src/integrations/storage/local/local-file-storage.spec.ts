import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { LocalFileStorage } from './local-file-storage';

let folder: string;
let storage: LocalFileStorage;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'local-storage-'));
  storage = new LocalFileStorage(folder);
});
afterEach(() => rm(folder, { recursive: true }));

const read = async (key: string, range?: { from: number; to: number }) => {
  const body = await storage.open(key, range);
  return body === null ? null : text(body);
};

describe('files in a folder', () => {
  it('are kept whole, read in parts, written over and deleted', async () => {
    await storage.put('recordings/a-1.wav', Readable.from(['Hello ', 'there']));
    expect([await read('recordings/a-1.wav'), await storage.size('recordings/a-1.wav')]).toEqual(['Hello there', 11]);
    expect(await read('recordings/a-1.wav', { from: 6, to: 8 })).toBe('the');
    await storage.put('recordings/a-1.wav', Readable.from(['Again']));
    expect(await read('recordings/a-1.wav')).toBe('Again');
    await storage.delete('recordings/a-1.wav');
    await storage.delete('recordings/a-1.wav');
    expect([await read('recordings/a-1.wav'), await storage.size('recordings/a-1.wav')]).toEqual([null, null]);
  });

  it('keep nothing of a stream that breaks, and what was there before stays', async () => {
    await storage.put('a.txt', Readable.from(['before']));
    const broken = Readable.from(
      (function* () {
        yield 'half';
        throw new Error('The line went dead.');
      })(),
    );
    await expect(storage.put('a.txt', broken)).rejects.toThrow('The line went dead.');
    expect(await read('a.txt')).toBe('before');
    expect(await readdir(folder)).toEqual(['a.txt']);
  });

  it('take away what a process that died has left of the same file', async () => {
    await writeFile(join(folder, 'a.txt.part'), 'half');
    await storage.delete('a.txt');
    expect(await readdir(folder)).toEqual([]);
    await writeFile(join(folder, 'a.txt.part'), 'half');
    await storage.put('a.txt', Readable.from(['whole']));
    expect([await readdir(folder), await read('a.txt')]).toEqual([['a.txt'], 'whole']);
  });

  it.each(['../a.txt', '/etc/passwd', 'a/../b.txt', 'a//b', '', 'a\0b', 'a/.', '.hidden', 'A.txt'])(
    'have no key such as %j',
    async (key) => {
      await expect(storage.put(key, Readable.from(['x']))).rejects.toThrow('no key of a file');
      await expect(storage.open(key)).rejects.toThrow('no key of a file');
      await expect(storage.delete(key)).rejects.toThrow('no key of a file');
    },
  );

  it('say in words that the folder cannot be written', async () => {
    await storage.put('a/b.txt', Readable.from(['a folder stands in the way']));
    await expect(storage.put('a', Readable.from(['x']))).rejects.toThrow('The file could not be written.');
  });
});
