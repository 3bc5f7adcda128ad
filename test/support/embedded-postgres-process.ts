import { startEmbeddedPostgres } from '../../src/database/embedded-postgres';

/** A process that a spec can kill: starts the server over the folder it is given, says where, and stays. */
async function main([dataDir = '', sharedFolder]: string[]): Promise<void> {
  const postgres = await startEmbeddedPostgres({ dataDir, sharedFolder, log: () => undefined });
  process.stdout.write(`${JSON.stringify({ url: postgres.url, pid: postgres.pid })}\n`);
  setInterval(() => undefined, 60_000);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
