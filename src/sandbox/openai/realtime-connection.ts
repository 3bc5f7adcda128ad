import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { RealtimeSession } from './realtime-session';

/** What a fault can do to a connection that is open. */
export const CONNECTION_FAULTS = ['drop_socket', 'stall', 'slow_reader'] as const;
export type ConnectionFault = (typeof CONNECTION_FAULTS)[number];

/** How long a slow reader does not read when the fault does not say. */
const DEFAULT_UNREAD_MS = 5000;

/** One open Realtime connection: its session, its socket, and the ways in which they can fail. */
export class RealtimeConnection {
  readonly createdAt = new Date();
  private readonly timers = new Set<NodeJS.Timeout>();
  /** One that is about to be cut is not cut again; each is under way once at most. */
  private readonly suffers = new Set<ConnectionFault>();
  private expiry: NodeJS.Timeout | undefined;

  /** @param network the TCP socket below the WebSocket */
  constructor(
    readonly session: RealtimeSession,
    private readonly socket: WebSocket,
    private readonly network: Duplex,
  ) {
    socket.once('close', () => {
      for (const timer of this.timers) clearTimeout(timer);
    });
  }

  get isOpen(): boolean {
    return this.socket.readyState === this.socket.OPEN;
  }

  /** False when it suffers from that already. */
  strike(fault: ConnectionFault, afterMs: number | undefined): boolean {
    if (!this.isOpen || this.suffers.has(fault)) return false;
    this.suffers.add(fault);
    switch (fault) {
      case 'drop_socket':
        this.later(afterMs ?? 0, () => {
          this.cut();
        });
        break;
      case 'stall':
        this.later(afterMs ?? 0, () => {
          this.stall();
        });
        break;
      case 'slow_reader':
        this.socket.pause();
        this.later(afterMs ?? DEFAULT_UNREAD_MS, () => {
          this.suffers.delete(fault);
          this.socket.resume();
        });
    }
    return true;
  }

  suffersFrom(fault: ConnectionFault): boolean {
    return this.suffers.has(fault);
  }

  /** Without a close frame, as a lost network does. */
  cut(): void {
    this.socket.terminate();
  }

  /** Runs when the session's time is over, in place of what was planned before. */
  atExpiry(run: () => void): void {
    if (this.expiry) {
      clearTimeout(this.expiry);
      this.timers.delete(this.expiry);
    }
    this.expiry = this.later(Math.max(0, this.session.expiresAtMs - Date.now()), run);
  }

  /**
   * Half open: what comes is read and thrown away below the WebSocket, so that no ping and no close is answered, and
   * nothing is said any more. The client notices when it hangs up by itself, or by its own heartbeat.
   */
  private stall(): void {
    this.session.mute();
    this.network.removeAllListeners('data');
    this.network.resume();
  }

  private later(ms: number, act: () => void): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      act();
    }, ms);
    this.timers.add(timer);
    return timer;
  }
}
