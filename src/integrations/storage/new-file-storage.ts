import { join } from 'node:path';
import type { AppConfig } from '../../config/app-config';
import type { FileStorage } from './file-storage';
import { LocalFileStorage } from './local/local-file-storage';
import { S3FileStorage } from './s3/s3-file-storage';

export function newFileStorage({ storage, dataDir }: Pick<AppConfig, 'storage' | 'dataDir'>): FileStorage {
  return storage.s3 === undefined ? new LocalFileStorage(join(dataDir, 'files')) : new S3FileStorage(storage.s3);
}
