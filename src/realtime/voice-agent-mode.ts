import type { Owner } from '../common/owner';

/** RFC 6455 close codes, and one of our own. */
export const CLOSE = {
  normal: 1000,
  goingAway: 1001,
  refused: 1008,
  ourFault: 1011,
  /** Another socket has the session now. */
  replaced: 4001,
} as const;

/** A session as its owner names it. */
export interface VoiceSession {
  readonly owner: Owner;
  readonly sessionId: string;
  /** What else stands in the address. */
  readonly query: URLSearchParams;
}

/** The socket of a session, as its mode sees it. */
export interface VoiceSocket {
  /** A message with its `type`. */
  send(message: { type: string } & Record<string, unknown>): void;
  sendText(text: string): void;
  sendBinary(bytes: Buffer): void;
  readonly bufferedAmount: number;
  /** Says that something is wrong with what came; the socket lives on. */
  refuse(code: string, message: string): void;
  close(code: number, reason: string): void;
}

/** An object with a `type`, of at most so many characters as the socket takes. */
export type VoiceMessage = { readonly type: string } & Readonly<Record<string, unknown>>;

/** What a session does with what its socket brings. Called in order; nothing is told after `onClosed`. */
export interface VoiceTalk {
  /** False where there is no such message in this mode. */
  onMessage(message: VoiceMessage): boolean;
  onBinary(bytes: Buffer): void;
  onClosed(): void;
}

/** A session that may be opened; one of the two happens, once. */
export interface AdmittedSession {
  /** What the browser is told of the session when it is connected. */
  readonly facts: Record<string, unknown>;
  /** For whoever looks at their sockets. */
  readonly callId: string | null;
  open(socket: VoiceSocket): VoiceTalk;
  /** Whoever asked was gone before the handshake. */
  abandon(): void;
}

/** A way to talk to an agent over a session's socket. */
export interface VoiceAgentMode {
  /** Before the handshake. @throws AppError, which becomes the HTTP answer */
  admit(session: VoiceSession): Promise<AdmittedSession>;
}
