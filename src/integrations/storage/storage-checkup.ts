import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Finding, findingsOn } from '../../common/finding';
import type { AppConfig } from '../../config/app-config';
import { newFileStorage } from './new-file-storage';

const files = findingsOn('Storage');

/** Writes a file, reads it and deletes it. */
export async function storageCheckup(config: AppConfig): Promise<Finding[]> {
  const { s3 } = config.storage;
  const place = s3 === undefined ? `the folder ${config.dataDir}/files` : `the bucket ${s3.bucket}`;
  const storage = newFileStorage(config);
  const key = `doctor/${randomUUID()}.txt`;
  try {
    await storage.put(key, Readable.from([Buffer.from(key)]), 'text/plain');
    const read = await storage.open(key);
    if (read === null || (await text(read)) !== key)
      return [files.failure(`What is written to ${place} is not read again.`)];
    await storage.delete(key);
    if ((await storage.size(key)) !== null) return [files.failure(`What is deleted from ${place} stays there.`)];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const mend = s3 === undefined ? 'Let the server write to DATA_DIR.' : 'Check the S3_ settings.';
    return [files.failure(`Files cannot be kept in ${place}: ${reason} ${mend}`)];
  }
  if (s3 === undefined && config.isProduction) {
    return [
      files.warning(`Files are kept in ${place}: a second server does not see them. STORAGE_DRIVER=s3 is for that.`),
    ];
  }
  return [files.ok(`Files are written to ${place}, read and deleted.`)];
}
