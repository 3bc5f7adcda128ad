import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerWith, forward, readBody } from './forwarding';

const BAD_GATEWAY = 502;

/** PUBLIC_URL: passes the carrier's webhooks to a server that runs, as a load balancer does, or to nobody. */
export class PublicDoor {
  private readonly server: Server;
  /** Whose webhooks get lost. */
  private readonly deafTo = new Set<string>();

  private constructor(private readonly aServer: () => string | undefined) {
    this.server = createServer((request, response) => {
      this.pass(request, response).catch(() => refuse(response));
    });
  }

  static async open(aServer: () => string | undefined): Promise<PublicDoor> {
    const door = new PublicDoor(aServer);
    door.server.listen(0, '127.0.0.1');
    await once(door.server, 'listening');
    return door;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** No webhook about this number arrives, until `hear`. */
  ignore(phoneNumber: string): void {
    this.deafTo.add(phoneNumber);
  }

  hear(phoneNumber: string): void {
    this.deafTo.delete(phoneNumber);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  private async pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    const origin = this.aServer();
    if (origin === undefined || this.deafTo.has(new URLSearchParams(body).get('To') ?? '')) refuse(response);
    else answerWith(response, await forward(origin, request, body));
  }
}

function refuse(response: ServerResponse): void {
  if (!response.headersSent) response.writeHead(BAD_GATEWAY);
  response.end();
}
