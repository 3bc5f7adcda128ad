import { AddressInfo, createServer, Server, Socket } from 'node:net';

/** As much of Redis as instances need to hear each other: SUBSCRIBE and PUBLISH, which tells how many have heard. */
export class PubSubRedis {
  private readonly sockets = new Set<Socket>();
  private readonly listeners = new Map<string, Set<Socket>>();
  private readonly server: Server = createServer((socket) => this.serve(socket));
  /** What was published, by channel. */
  readonly published: string[] = [];

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `redis://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** How many listen to a channel that begins with this. */
  listening(prefix: string): number {
    return [...this.listeners].filter(([channel]) => channel.startsWith(prefix)).flatMap(([, all]) => [...all]).length;
  }

  private serve(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.sockets.delete(socket);
      for (const all of this.listeners.values()) all.delete(socket);
    });
    let unread = '';
    socket.on('data', (data: Buffer) => {
      unread += data.toString('latin1');
      for (let read = command(unread); read !== null; read = command(unread)) {
        unread = unread.slice(read.length);
        socket.write(this.answer(socket, read.words), 'latin1');
      }
    });
  }

  private answer(socket: Socket, [name = '', ...words]: string[]): string {
    switch (name.toLowerCase()) {
      case 'info':
        return bulk('redis_version:7.0\r\n');
      case 'subscribe':
        return words
          .map((channel, at) => {
            const all = this.listeners.get(channel) ?? new Set<Socket>();
            this.listeners.set(channel, all.add(socket));
            return `*3\r\n${bulk('subscribe')}${bulk(channel)}:${at + 1}\r\n`;
          })
          .join('');
      case 'publish': {
        const [channel = '', text = ''] = words;
        this.published.push(channel);
        const all = this.listeners.get(channel) ?? new Set<Socket>();
        for (const other of all) other.write(`*3\r\n${bulk('message')}${bulk(channel)}${bulk(text)}`, 'latin1');
        return `:${all.size}\r\n`;
      }
      default:
        return '+OK\r\n';
    }
  }
}

function bulk(text: string): string {
  return `$${text.length}\r\n${text}\r\n`;
}

/** The first command in what came, an array of bulk strings, and how long it is; null when it is not whole. */
function command(text: string): { words: string[]; length: number } | null {
  const head = /^\*(\d+)\r\n/.exec(text);
  if (head === null) return null;
  let at = head[0].length;
  const words: string[] = [];
  for (let left = Number(head[1]); left > 0; left--) {
    const size = /^\$(\d+)\r\n/.exec(text.slice(at, at + 20));
    if (size === null) return null;
    const from = at + size[0].length;
    at = from + Number(size[1]) + 2;
    if (text.length < at) return null;
    words.push(text.slice(from, at - 2));
  }
  return { words, length: at };
}
