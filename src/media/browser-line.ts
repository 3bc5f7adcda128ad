import type { CustomerLine } from './customer-line';

/** A browser's socket: text messages, and audio as it is. */
export interface BrowserSocket {
  send(text: string): void;
  sendBinary(bytes: Buffer): void;
  readonly bufferedAmount: number;
}

const CLEAR = '{"type":"clear"}';

/**
 * A browser: it plays binary messages one after the other, sends each `mark` back when it has come there, and drops what it
 * has not played on `clear` (marks that are dropped with it need not come back). docs/browser-sockets.md is its page.
 */
export class BrowserLine implements CustomerLine {
  constructor(private readonly socket: BrowserSocket) {}

  get bufferedAmount(): number {
    return this.socket.bufferedAmount;
  }

  play(payloadBase64: string): void {
    this.socket.sendBinary(Buffer.from(payloadBase64, 'base64'));
  }

  mark(name: string): void {
    this.socket.send(`{"type":"mark","name":${JSON.stringify(name)}}`);
  }

  clear(): void {
    this.socket.send(CLEAR);
  }
}
