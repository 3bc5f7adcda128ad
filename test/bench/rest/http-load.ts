import { connect, Socket } from 'node:net';

export interface LoadOptions {
  port: number;
  /** Paths to ask for, in turn. */
  paths: readonly string[];
  headers: Readonly<Record<string, string>>;
  /** Connections that are kept alive, each with one request under way. */
  connections: number;
  forMs: number;
}

export interface LoadResult {
  requests: number;
  tookMs: number;
  /** From the write of a request to the last byte of its answer, of all of them, sorted. */
  latenciesMs: Float64Array;
}

const HEAD_END = '\r\n\r\n';
const CONTENT_LENGTH = /\r\ncontent-length: (\d+)/i;

/**
 * Keeps as many requests under way as there are connections, for a time. Every answer must be a 200 that says how long it
 * is; anything else ends the run with an error, because its cost would mean nothing.
 */
export async function load(options: LoadOptions): Promise<LoadResult> {
  const requests = options.paths.map((path) => requestText(path, options));
  const latencies: number[] = [];
  let next = 0;
  const since = performance.now();
  const until = since + options.forMs;
  const take = () => (performance.now() < until ? requests[next++ % requests.length] : undefined);
  await Promise.all(
    Array.from({ length: options.connections }, () => keepAsking(options.port, take, (ms) => latencies.push(ms))),
  );
  return {
    requests: latencies.length,
    tookMs: performance.now() - since,
    latenciesMs: Float64Array.from(latencies).sort(),
  };
}

function requestText(path: string, { port, headers }: LoadOptions): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${lines.join('')}\r\n`;
}

/** One connection: asks, reads the answer, asks again, until there is nothing more to ask. */
async function keepAsking(port: number, take: () => string | undefined, onAnswer: (ms: number) => void): Promise<void> {
  const socket = connect(port, '127.0.0.1').setNoDelay(true);
  try {
    await new Promise<void>((resolve, reject) => {
      let sentAt = 0;
      let received = '';
      const ask = () => {
        const request = take();
        if (request === undefined) {
          resolve();
          return;
        }
        sentAt = performance.now();
        socket.write(request);
      };
      socket.on('connect', ask);
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('The server closed a connection that it should keep')));
      // One byte is one character, so lengths are those of the wire.
      socket.setEncoding('latin1').on('data', (part: string) => {
        received += part;
        const bodyAt = received.indexOf(HEAD_END) + HEAD_END.length;
        if (bodyAt < HEAD_END.length) return;
        const head = received.slice(0, bodyAt);
        const length = CONTENT_LENGTH.exec(head)?.[1];
        if (!head.startsWith('HTTP/1.1 200 ') || length === undefined) {
          reject(new Error(`The server did not answer 200 with a length: ${received.slice(0, 500)}`));
          return;
        }
        if (received.length < bodyAt + Number(length)) return;
        onAnswer(performance.now() - sentAt);
        received = '';
        ask();
      });
    });
  } finally {
    end(socket);
  }
}

function end(socket: Socket): void {
  socket.removeAllListeners('close');
  socket.on('error', () => undefined);
  socket.destroy();
}
