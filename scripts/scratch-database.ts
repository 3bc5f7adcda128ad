import { existsSync, readFileSync, rmSync } from 'node:fs';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../src/database/embedded-postgres';
import { migrate } from '../src/database/migrate';

/** A server in a temporary folder, for tests and tools: quick, and careless about crashes. */
export interface ScratchServer {
  url: string;
  /** Stops it and removes its data. */
  remove(): Promise<void>;
}

export async function startScratchServer(): Promise<ScratchServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'speech-assistant-scratch-'));
  await chmod(dataDir, 0o711); // run by root, the server is another user's
  const removeData = () => {
    process.removeListener('exit', removeData);
    const record = join(dataDir, 'postgres.location');
    const folders = [...(existsSync(record) ? [readFileSync(record, 'utf8').trim()] : []), dataDir];
    for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  };
  process.once('exit', removeData); // of a run that was interrupted
  try {
    const postgres = await startEmbeddedPostgres({ dataDir, log: () => undefined, durable: false });
    return { url: postgres.url, remove: () => postgres.stop().finally(removeData) };
  } catch (error) {
    removeData();
    throw error;
  }
}

/** Runs `work` over a freshly migrated database that is gone afterwards. */
export async function withScratchDatabase<T>(work: (url: string) => Promise<T>): Promise<T> {
  const server = await startScratchServer();
  try {
    await migrate(server.url, () => undefined);
    return await work(server.url);
  } finally {
    await server.remove();
  }
}
