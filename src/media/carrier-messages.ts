import { parseCarrierFrame, readInboundMedia, readMark, type InboundMedia } from './twilio-frames';

export interface CarrierMessagesListener {
  /** Audio of the caller; `timestampMs` is its place in the stream, null when the carrier did not say. */
  onMedia(payloadBase64: string, timestampMs: number | null): void;
  onMark(name: string): void;
  onDigit(digit: string): void;
  onStop(): void;
  /** The first message that is none of a media stream. */
  onMalformed(): void;
}

/** Reads what the carrier sends after `start`: its media frames on the fast road, everything else as JSON. */
export class CarrierMessages {
  /** Messages that were none of a media stream. */
  malformed = 0;

  // Filled anew for every frame, so that none of them costs an object.
  private readonly media: InboundMedia = { payloadBase64: '', timestampMs: 0 };

  constructor(private readonly listener: CarrierMessagesListener) {}

  /** False when it is none that a carrier sends. */
  take(text: string): boolean {
    const { media, listener } = this;
    if (readInboundMedia(text, media)) {
      listener.onMedia(media.payloadBase64, media.timestampMs);
      return true;
    }
    const mark = readMark(text);
    if (mark !== null) {
      listener.onMark(mark);
      return true;
    }
    const frame = parseCarrierFrame(text);
    if (frame === null) {
      if (this.malformed++ === 0) listener.onMalformed();
      return false;
    }
    switch (frame.event) {
      case 'media':
        if (frame.track === 'inbound') listener.onMedia(frame.payloadBase64, frame.timestampMs);
        break;
      case 'mark':
        listener.onMark(frame.name);
        break;
      case 'dtmf':
        listener.onDigit(frame.digit);
        break;
      case 'stop':
        listener.onStop();
        break;
      case 'start':
      case 'connected':
      case 'other':
        break;
    }
    return true;
  }
}
