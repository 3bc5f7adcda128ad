import type { Server } from 'node:net';
import { type ConversationScript, ModelSession } from './model-session';
import { listen } from './web-socket-wire';

/** The model's provider: every connection is a session. */
export class ModelServer {
  readonly sessions = new Set<ModelSession>();
  port = 0;
  private server: Server | null = null;
  private count = 0;

  constructor(
    public script: ConversationScript,
    /** A session has said which call it belongs to. */
    private readonly onCall: (session: ModelSession, call: number) => void,
  ) {}

  async start(): Promise<void> {
    const { port, server } = await listen((path, reply) => {
      const session = new ModelSession(++this.count, this.script, {
        onCall: (its, call) => this.onCall(its, call),
        onClosed: (its) => this.sessions.delete(its),
      });
      this.sessions.add(session);
      const call = new URL(path, 'ws://model').searchParams.get('bench_call');
      if (call !== null) session.configureFreely();
      session.begin(reply(session));
      if (call !== null) this.onCall(session, Number(call));
    });
    this.port = port;
    this.server = server;
  }

  close(): void {
    for (const session of this.sessions) session.cut();
    this.server?.close();
  }
}
