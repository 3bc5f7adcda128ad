import type { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import type { AppConfig } from '../../../config/app-config';
import { ByteRange, checkedKey, FileStorage, StorageError } from '../file-storage';

type S3Settings = NonNullable<AppConfig['storage']['s3']>;
type Sdk = typeof import('@aws-sdk/client-s3');

const CONNECT_MS = 5_000;
/** Of an answer, or between two parts of one: whoever listens and pauses begins again where they were. */
const SILENCE_MS = 30_000;
/** Players hold theirs open, and copies are not to wait for them. */
const MAX_READERS = 500;
const MAX_ATTEMPTS = 2;

/** A bucket of anything that speaks S3: AWS, MinIO, R2, Supabase Storage. The SDK is loaded when a file is first asked for. */
export class S3FileStorage extends FileStorage {
  private loaded: ReturnType<typeof newClients> | undefined;

  constructor(private readonly settings: S3Settings) {
    super();
  }

  async put(key: string, body: Readable, contentType: string): Promise<void> {
    const { writer: client } = await this.load();
    const { Upload } = await import('@aws-sdk/lib-storage');
    // Parts are sent as they come; of what fails the parts are taken back.
    const upload = new Upload({
      client,
      params: { Bucket: this.settings.bucket, Key: checkedKey(key), Body: body, ContentType: contentType },
      queueSize: 1,
    });
    // A stream that breaks would leave the upload waiting for more.
    const whenBroken = new Promise<never>((_, reject) => body.once('error', reject));
    try {
      await Promise.race([upload.done(), whenBroken]);
    } catch (error) {
      await upload.abort().catch(() => undefined);
      throw body.errored ?? inOurWords(error);
    }
  }

  async open(key: string, range?: ByteRange): Promise<Readable | null> {
    const { sdk, reader: client } = await this.load();
    const Range = range === undefined ? undefined : `bytes=${range.from}-${range.to}`;
    return unlessMissing(async () => {
      const { Body } = await client.send(
        new sdk.GetObjectCommand({ Bucket: this.settings.bucket, Key: checkedKey(key), Range }),
      );
      return (Body as Readable | undefined) ?? null;
    });
  }

  async size(key: string): Promise<number | null> {
    const { sdk, writer: client } = await this.load();
    return unlessMissing(async () => {
      const { ContentLength } = await client.send(
        new sdk.HeadObjectCommand({ Bucket: this.settings.bucket, Key: checkedKey(key) }),
      );
      return ContentLength ?? null;
    });
  }

  async delete(key: string): Promise<void> {
    const { sdk, writer: client } = await this.load();
    await unlessMissing(async () => {
      await client.send(new sdk.DeleteObjectCommand({ Bucket: this.settings.bucket, Key: checkedKey(key) }));
      return null;
    });
  }

  private load(): ReturnType<typeof newClients> {
    this.loaded ??= newClients(this.settings);
    return this.loaded;
  }
}

async function newClients(settings: S3Settings): Promise<{ sdk: Sdk; writer: S3Client; reader: S3Client }> {
  const sdk = await import('@aws-sdk/client-s3');
  const client = (maxSockets?: number) =>
    new sdk.S3Client({
      region: settings.region,
      ...(settings.endpoint === undefined ? {} : { endpoint: settings.endpoint }),
      forcePathStyle: settings.forcePathStyle,
      credentials: { accessKeyId: settings.accessKeyId, secretAccessKey: settings.secretAccessKey },
      maxAttempts: MAX_ATTEMPTS,
      // Stores other than Amazon's do not know its newer checksums.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: {
        connectionTimeout: CONNECT_MS,
        requestTimeout: SILENCE_MS,
        socketTimeout: SILENCE_MS,
        throwOnRequestTimeout: true,
        ...(maxSockets === undefined ? {} : { httpAgent: { maxSockets }, httpsAgent: { maxSockets } }),
      },
    });
  return { sdk, writer: client(), reader: client(MAX_READERS) };
}

async function unlessMissing<T>(work: () => Promise<T | null>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
    if (name === 'NoSuchKey' || name === 'NotFound') return null;
    // Whoever answers a HEAD has no words for it.
    if (name !== 'NoSuchBucket' && $metadata?.httpStatusCode === 404) return null;
    throw inOurWords(error);
  }
}

function inOurWords(error: unknown): StorageError {
  const { name = 'Error', $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  const what = status === undefined ? 'did not answer' : `refused with ${status} ${name}`;
  return new StorageError(`The store of files ${what}.`, { cause: error });
}
