import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { answerWith, forward, readBody } from './forwarding';

/**
 * What becomes of a create whose answer is not to arrive: the carrier has not made the call, has made it, or makes it when
 * whoever asked is dead. `answered`: it is answered, after a word to whoever waits for it.
 */
export type CreateFate = 'not-made' | 'made' | 'made-late' | 'answered';

/** Well within what the settlement allows for, and late enough for another process to have begun. */
const LATE_MS = 3_000;

interface Hold {
  fate: CreateFate;
  /** @param server who asked */
  reached(server: string): void;
  /** Before the answer goes out. */
  beforeAnswer(): Promise<void>;
  /** Resolves when whoever asked is dead. */
  released: Promise<void>;
  release(): void;
}

export interface Gate {
  url: string;
  close(): Promise<void>;
}

/** Stands before the simulated Twilio, with a door for each server, and decides what becomes of the creates of one number. */
export class CarrierGate {
  private readonly holds = new Map<string, Hold>();
  private readonly askers = new Map<string, string>();

  constructor(private readonly carrierUrl: string) {}

  /** The next create for a number meets this fate. @returns who asks, once the create is where it shall stay */
  hold(phoneNumber: string, fate: CreateFate, beforeAnswer = () => Promise.resolve()): Promise<string> {
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    return new Promise((reached) => {
      this.holds.set(phoneNumber, { fate, reached, beforeAnswer, released, release });
    });
  }

  /** Which server sent the create that the carrier has made of late. */
  askerOf(phoneNumber: string): string | undefined {
    return this.askers.get(phoneNumber);
  }

  letGo(phoneNumber: string): void {
    this.holds.get(phoneNumber)?.release();
    this.holds.delete(phoneNumber);
  }

  /** A door of its own for a server, so that it is known who asks. */
  async openFor(server: string): Promise<Gate> {
    const door = createServer((request, response) => {
      this.pass(server, request, response).catch(() => response.destroy());
    });
    door.listen(0, '127.0.0.1');
    await once(door, 'listening');
    return {
      url: `http://127.0.0.1:${(door.address() as AddressInfo).port}`,
      close: async () => {
        door.closeAllConnections();
        await new Promise((done) => door.close(done));
      },
    };
  }

  private async pass(server: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    const isCreate = request.method === 'POST' && (request.url ?? '').endsWith('/Calls.json');
    const to = new URLSearchParams(body).get('To') ?? '';
    const hold = isCreate ? this.holds.get(to) : undefined;
    if (isCreate && hold?.fate !== 'not-made') this.askers.set(to, server);
    if (hold === undefined) {
      answerWith(response, await forward(this.carrierUrl, request, body));
      return;
    }
    switch (hold.fate) {
      case 'answered': {
        const answer = await forward(this.carrierUrl, request, body);
        await hold.beforeAnswer();
        response.once('finish', () => hold.reached(server));
        answerWith(response, answer);
        return;
      }
      case 'made':
        await forward(this.carrierUrl, request, body);
        hold.reached(server);
        await hold.released;
        break;
      case 'not-made':
        hold.reached(server);
        await hold.released;
        break;
      case 'made-late':
        hold.reached(server);
        await hold.released;
        await sleep(LATE_MS);
        await forward(this.carrierUrl, request, body);
    }
    response.destroy();
  }
}
