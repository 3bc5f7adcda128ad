import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { S3FileStorage } from '../../integrations/storage/s3/s3-file-storage';
import { SandboxFixture } from '../spec-support/sandbox-fixture';

/** The real SDK, by way of the product's adapter, against the simulated store. */

let fixture: SandboxFixture;
let storage: S3FileStorage;
const settings = () => ({
  endpoint: `${fixture.sandbox.baseUrl}/s3`,
  region: 'eu-central-1',
  bucket: 'fixture',
  accessKeyId: 'fixture-key',
  secretAccessKey: 'fixture-secret',
  forcePathStyle: true,
});

beforeAll(async () => {
  fixture = await SandboxFixture.start();
  storage = new S3FileStorage(settings());
});
afterEach(() => fixture.control('DELETE', '/faults'));
afterAll(() => fixture.close());

const streamOf = (bytes: Buffer) =>
  Readable.from(
    (function* () {
      for (let at = 0; at < bytes.length; at += 64 * 1024) yield bytes.subarray(at, at + 64 * 1024);
    })(),
  );
const read = async (key: string, range?: { from: number; to: number }) => {
  const body = await storage.open(key, range);
  return body === null ? null : buffer(body);
};
const arm = (fault: string, more: object = {}) =>
  fixture.control('POST', '/faults', { provider: 'storage', fault, ...more });

describe('the simulated S3', () => {
  it('keeps a file, gives it back whole and in parts, and deletes it', async () => {
    const bytes = Buffer.from('Hello there, this is a file.');
    await storage.put('recordings/a-1.wav', streamOf(bytes), 'audio/wav');
    expect(await read('recordings/a-1.wav')).toEqual(bytes);
    expect(await read('recordings/a-1.wav', { from: 6, to: 10 })).toEqual(bytes.subarray(6, 11));
    expect(await storage.size('recordings/a-1.wav')).toBe(bytes.length);
    await storage.delete('recordings/a-1.wav');
    expect([await storage.size('recordings/a-1.wav'), await read('recordings/a-1.wav')]).toEqual([null, null]);
    await storage.delete('recordings/a-1.wav');
  });

  it('puts a large file together of its parts', async () => {
    const bytes = Buffer.alloc(12 * 1024 * 1024, 'speech');
    await storage.put('recordings/large.wav', streamOf(bytes), 'audio/wav');
    expect((await read('recordings/large.wav'))?.equals(bytes)).toBe(true);
  });

  it('keeps nothing of a stream that breaks', async () => {
    const broken = Readable.from(
      (function* () {
        yield Buffer.alloc(6 * 1024 * 1024);
        throw new Error('The line went dead.');
      })(),
    );
    await expect(storage.put('recordings/broken.wav', broken, 'audio/wav')).rejects.toThrow('The line went dead.');
    expect(await storage.size('recordings/broken.wav')).toBeNull();
  });

  it.each([
    ['another secret', { secretAccessKey: 'another' }, /403 SignatureDoesNotMatch/],
    ['another key', { accessKeyId: 'another' }, /403 InvalidAccessKeyId/],
    ['another bucket', { bucket: 'another' }, /404 NoSuchBucket/],
  ])('refuses %s', async (_, change, sentence) => {
    const wrong = new S3FileStorage({ ...settings(), ...change });
    await expect(wrong.put('a.txt', streamOf(Buffer.from('a')), 'text/plain')).rejects.toThrow(sentence);
  });

  it.each(['http_403', 'http_500', 'http_503', 'drop_socket'])('fails by %s, and goes on after it', async (fault) => {
    await arm(fault, { count: 10 });
    await expect(storage.put('a.txt', streamOf(Buffer.from('a')), 'text/plain')).rejects.toThrow('The store of files');
    await fixture.control('DELETE', '/faults');
    await storage.put('a.txt', streamOf(Buffer.from('a')), 'text/plain');
    expect(await read('a.txt')).toEqual(Buffer.from('a'));
  });

  it('has done what it loses the answer of', async () => {
    await arm('lose_answer', { count: 2 });
    await expect(storage.put('lost.txt', streamOf(Buffer.from('a')), 'text/plain')).rejects.toThrow(
      'The store of files',
    );
    expect(await storage.size('lost.txt')).toBe(1);
  });
});
