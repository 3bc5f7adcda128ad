/**
 * The two sockets of a call, as the hot path sees them: the carrier's media stream and the model's session look the same.
 * Whoever owns the real socket hands in this view of it and keeps opening, heartbeats and closing to itself.
 */
export interface BridgeSocket {
  /** Writes one text message. Never throws: a socket that is closed swallows it. */
  send(text: string): void;
  /** Bytes handed to `send` that the network has not taken yet. */
  readonly bufferedAmount: number;
  close(code: number, reason: string): void;
}
