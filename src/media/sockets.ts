/**
 * The two sockets of a call, as the hot path sees them: the carrier's media stream and the model's session look the same.
 * Whoever owns the real socket hands in this view of it and keeps opening, heartbeats and closing to itself.
 */
export interface BridgeSocket {
  /** Writes one text message. Never throws: a socket that is closed swallows it. */
  send(text: string): void;
  /** Bytes handed to `send` that the network has not taken yet. */
  readonly bufferedAmount: number;
  /** Reads nothing more until `resume`, so that the other end has to wait. Messages already read still arrive. */
  pause(): void;
  resume(): void;
  /** Says goodbye and is gone soon after, whether the other end answers or not. Harmless when closed already. */
  close(code: number, reason: string): void;
}

/** What happens on a model's socket. Called synchronously and in order: exactly one of the first two comes first. */
export interface ModelListener {
  /** The socket is open; the session is not configured yet. */
  onOpen(socket: BridgeSocket): void;
  /** It could not be reached or refused us; nothing more will come. `isFinal`: asking again is no use (key, account). */
  onUnavailable(failure: { detail: string; isFinal: boolean }): void;
  onMessage(text: string): void;
  /** Once, however an open socket ended. */
  onClosed(code: number, reason: string): void;
}

/** Opens sessions of the model; each call is a new one. */
export interface ModelDialler {
  open(listener: ModelListener): void;
}
