import { until } from '../../support/until';
import { MeasuredProcess } from '../measured-process';
import { freePort } from '../../support/free-port';

const READY_WITHIN_MS = 30_000;

/** A server in a process of its own that tells how much CPU it has used. */
export interface MeasuredServer {
  readonly port: number;
  /** User and system, since the process began. */
  cpuMicroseconds(): Promise<number>;
  stop(): Promise<void>;
}

export interface ServerOptions {
  script: string;
  /** What node is to preload before it. */
  nodeArgs?: readonly string[];
  env: NodeJS.ProcessEnv;
  /** Answers 200 when the server is ready. */
  readyPath: string;
}

/** @throws Error when it does not answer in time or ends */
export async function startMeasured({ script, nodeArgs, env, readyPath }: ServerOptions): Promise<MeasuredServer> {
  const port = await freePort();
  const measured = new MeasuredProcess({ script, nodeArgs, env: { ...env, PORT: String(port) } });
  const isReady = async (): Promise<boolean> => {
    if (measured.hasEnded) throw new Error('A server ended before it was ready.');
    const answer = await fetch(`http://127.0.0.1:${port}${readyPath}`).catch(() => undefined);
    return answer?.status === 200;
  };
  try {
    await until(isReady, (ready) => ready, { withinMs: READY_WITHIN_MS, what: 'a server' });
  } catch (error) {
    await measured.stop();
    throw error;
  }
  return {
    port,
    cpuMicroseconds: async () => {
      const { cpu } = await measured.ask('read');
      return cpu.user + cpu.system;
    },
    stop: () => measured.stop(),
  };
}
