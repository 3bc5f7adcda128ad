import type { CustomerLine } from './customer-line';
import type { BridgeSocket } from './sockets';
import { CarrierFrameWriter } from './twilio-frames';

/** A carrier's media stream. */
export class CarrierLine implements CustomerLine {
  private readonly writer: CarrierFrameWriter;

  constructor(
    private readonly socket: BridgeSocket,
    streamSid: string,
  ) {
    this.writer = new CarrierFrameWriter(streamSid);
  }

  get bufferedAmount(): number {
    return this.socket.bufferedAmount;
  }

  play(payloadBase64: string): void {
    this.socket.send(this.writer.media(payloadBase64));
  }

  mark(name: string): void {
    this.socket.send(this.writer.mark(name));
  }

  clear(): void {
    this.socket.send(this.writer.clear);
  }
}
