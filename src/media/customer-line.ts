/** The customer's end of a call as the agent's voice sees it: a carrier's stream, or a browser. */
export interface CustomerLine {
  /** Audio in the call's format, base64, to be played after what was sent before; any length. */
  play(payloadBase64: string): void;
  /** Is to be sent back when all audio sent before it has been played. */
  mark(name: string): void;
  /** Drops everything that has not been played. */
  clear(): void;
  /** Bytes that the network has not taken yet. */
  readonly bufferedAmount: number;
}
