import { Inject, Injectable } from '@nestjs/common';
import { OnEvent } from '@nestjs/event-emitter';
import { z } from 'zod';
import { CallHangUpAsked } from '../calls/calls.events';
import { Instances } from '../common/instances';
import type { Owner } from '../common/owner';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { UserErasing } from '../users/users.events';
import { LiveConversations } from './live-conversations';
import { CLOSE } from './voice-agent-mode';
import { TooManySockets, VoiceSessionNotFound } from './voice-agent.errors';

const socketSchema = z.object({
  sessionId: z.string(),
  mode: z.enum(['messages', 'realtime']),
  callId: z.string().nullable(),
  connectedAt: z.coerce.date(),
});

/** A socket that is open. */
export type OpenSocket = z.infer<typeof socketSchema>;

interface HeldSocket extends OpenSocket {
  close(code: number, reason: string): void;
}

const STATUS = 'voice-agent.status';
const DISCONNECT = 'voice-agent.disconnect';
const HANG_UP = 'voice-agent.hang-up';

/** What one instance asks the others. */
const ofUser = z.object({ userId: z.number() });
const ofSession = ofUser.extend({ sessionId: z.string().nullable() });
const ofCall = z.object({ callId: z.string() });

/** The sockets of all sessions here, by user and session id: somebody else's equal id is another session. */
@Injectable()
export class VoiceAgentSockets {
  private readonly byUser = new Map<number, Map<string, HeldSocket>>();
  /** Of users: handshakes under way. */
  private readonly expected = new Map<number, number>();
  private readonly limit: number;

  constructor(
    @Inject(APP_CONFIG) { sockets }: AppConfig,
    private readonly instances: Instances,
    private readonly conversations: LiveConversations,
  ) {
    this.limit = sockets.perUser;
    instances.onAsked(STATUS, (question) => this.held(ofUser.parse(question).userId));
    instances.onAsked(DISCONNECT, (question) => {
      const { userId, sessionId } = ofSession.parse(question);
      return this.disconnectHere(userId, sessionId);
    });
    instances.onAsked(HANG_UP, (question) => this.conversations.hangUp(ofCall.parse(question).callId));
  }

  /**
   * Keeps a place for a socket whose handshake is under way.
   * @returns gives it back
   * @throws TooManySockets
   */
  expect({ userId }: Owner): () => void {
    const expected = this.expected.get(userId) ?? 0;
    if ((this.byUser.get(userId)?.size ?? 0) + expected >= this.limit) throw new TooManySockets(this.limit);
    this.expected.set(userId, expected + 1);
    let isGivenBack = false;
    return () => {
      if (isGivenBack) return;
      isGivenBack = true;
      const left = (this.expected.get(userId) ?? 1) - 1;
      if (left > 0) this.expected.set(userId, left);
      else this.expected.delete(userId);
    };
  }

  /**
   * A socket is open. One that had the same session is closed: whoever reconnects goes on here.
   * @returns takes it out
   */
  add({ userId }: Owner, socket: HeldSocket): () => void {
    const sockets = this.byUser.get(userId) ?? new Map<string, HeldSocket>();
    this.byUser.set(userId, sockets);
    sockets.get(socket.sessionId)?.close(CLOSE.replaced, 'Another socket has this session now.');
    sockets.set(socket.sessionId, socket);
    return () => {
      if (sockets.get(socket.sessionId) === socket) sockets.delete(socket.sessionId);
      if (sockets.size === 0 && this.byUser.get(userId) === sockets) this.byUser.delete(userId);
    };
  }

  /** The owner's open sockets on all instances, the oldest first. */
  async status({ userId }: Owner): Promise<OpenSocket[]> {
    const answers = await this.instances.ask(STATUS, { userId });
    return answers
      .flatMap((answer) => z.array(socketSchema).safeParse(answer).data ?? [])
      .sort((a, b) => a.connectedAt.getTime() - b.connectedAt.getTime());
  }

  /** @throws VoiceSessionNotFound where no instance has it, or it is somebody else's */
  async disconnect({ userId }: Owner, sessionId: string): Promise<void> {
    const answers = await this.instances.ask(DISCONNECT, { userId, sessionId });
    if (!answers.includes(true)) throw new VoiceSessionNotFound();
  }

  /** A call from a browser is hung up on by REST, wherever its socket is. */
  @OnEvent(CallHangUpAsked.type)
  async onHangUpAsked({ callId }: CallHangUpAsked): Promise<void> {
    await this.instances.ask(HANG_UP, { callId });
  }

  @OnEvent(UserErasing.type)
  async onUserErasing({ owner: { userId } }: UserErasing): Promise<void> {
    await this.instances.ask(DISCONNECT, { userId, sessionId: null });
  }

  private held(userId: number): OpenSocket[] {
    return [...(this.byUser.get(userId)?.values() ?? [])].map(({ sessionId, mode, callId, connectedAt }) => ({
      ...{ sessionId, mode, callId, connectedAt },
    }));
  }

  /** @param sessionId null for all of the user's */
  private disconnectHere(userId: number, sessionId: string | null): boolean {
    const all = [...(this.byUser.get(userId)?.values() ?? [])];
    const meant = all.filter((socket) => sessionId === null || socket.sessionId === sessionId);
    for (const socket of meant) socket.close(CLOSE.normal, 'Disconnected by its owner.');
    return meant.length > 0;
  }
}
