import { readSandboxOptions } from './options';
import { startSandbox } from './sandbox';

/**
 * The sandbox as a process of its own: forked by the server, or run by hand with
 * `node dist/src/sandbox/main.js`. It tells a parent `{type:'ready', port}` or `{type:'failed', message}`, and goes
 * away with it.
 */
async function main(): Promise<void> {
  const sandbox = await startSandbox(readSandboxOptions(process.env));

  let isLeaving = false;
  const leave = () => {
    if (isLeaving) return;
    isLeaving = true;
    sandbox
      .close()
      .catch((error: unknown) => {
        console.error(`The sandbox did not close cleanly: ${String(error)}`);
      })
      .finally(() => {
        process.exit(0);
      });
  };
  process.on('SIGTERM', leave);
  process.on('SIGINT', leave);
  process.on('disconnect', leave);

  if (process.send) process.send({ type: 'ready', port: sandbox.port });
  else console.log(`The sandbox listens on ${sandbox.baseUrl}; ${sandbox.baseUrl}/sandbox says what it can do.`);
}

main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  if (process.send) process.send({ type: 'failed', message }, undefined, undefined, () => process.exit(1));
  else {
    console.error(message);
    process.exit(1);
  }
});
