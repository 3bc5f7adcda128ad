import { loadDotEnv } from './bootstrap-environment';
import { startBanner } from './bootstrap-banner';
import { RunningServer, startServer } from './bootstrap-server';
import { ConfigError } from './config/app-config';

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
}

main().catch((error: unknown) => {
  const sentence = error instanceof Error ? error.message : String(error);
  const isExpected = error instanceof ConfigError || !(error instanceof TypeError);
  process.stderr.write(`${isExpected || !(error instanceof Error) ? sentence : (error.stack ?? sentence)}\n`);
  process.exit(1);
});
