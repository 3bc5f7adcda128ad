import { loadDotEnv } from './bootstrap-environment';
import { startBanner } from './bootstrap-banner';
import { RunningServer, startServer } from './bootstrap-server';

const ORPHAN_CHECK_MS = 500;

async function main(): Promise<void> {
  loadDotEnv();
  const starting = startServer(process.env);
  stopOnSignals(starting);
  const server = await starting;
  // One conversation's bug must not end the others: it is logged as what it is, and the process goes on.
  process.on('unhandledRejection', (error) => server.log.fatal({ err: error }, 'A rejection was not handled: a bug'));
  process.on('uncaughtException', (error) => server.log.fatal({ err: error }, 'An error was not caught: a bug'));
  process.stdout.write(startBanner(server));
}

/** The first signal drains and stops; the second ends the process at once. */
function stopOnSignals(starting: Promise<RunningServer>): void {
  let isStopping = false;
  const stop = () => {
    if (isStopping) process.exit(1);
    isStopping = true;
    starting
      .then((server) => server.stop())
      .then(
        () => process.exit(0),
        () => process.exit(1),
      );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  if (process.env['npm_lifecycle_event'] !== undefined) onOrphaned(stop);
}

/**
 * `npm start` puts a shell between npm and us, and the shell does not pass on the SIGTERM that npm gives it: it dies, and
 * we would hold the port and the database for nobody.
 */
function onOrphaned(stop: () => void): void {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    stop();
  }, ORPHAN_CHECK_MS);
  watch.unref();
}

main().catch((error: unknown) => {
  process.stderr.write(`${sentenceOf(error)}\n`);
  process.exit(1);
});

/** What goes wrong at a start is said in a sentence; only a bug of ours is worth a stack. */
function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isBug = error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError;
  return isBug ? (error.stack ?? error.message) : error.message;
}
