import { Inject, Injectable } from '@nestjs/common';
import { EntityManager, In, IsNull } from 'typeorm';
import { DomainEvents } from '../common/domain-events';
import type { Owner } from '../common/owner';
import { redact } from '../common/redaction';
import { storedText } from '../common/stored-text';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { Database } from '../database/database';
import type { Agent } from '../scenarios/agent';
import { displayNameOf } from '../users/display-name';
import { User } from '../users/user.entity';
import { CallLookups } from './call-lookups';
import { isOver, LIVE_STATUSES } from './call-status';
import { Call, CallDirection, Voicemail } from './call.entity';
import { CallUpdated, CallWritten } from './calls.events';
import type { EndedReason } from './ended-reason';
import { StreamTokens } from './stream-token';
import type { TurnRole } from './turn.entity';
import { alsoWritten } from './written-fields';

/** What a conversation needs to know of its call. */
export interface LiveCall {
  owner: Owner;
  callId: string;
  callSid: string | null;
  /** Proves that a media stream is this call's. */
  streamToken: string;
  agent: Agent;
  variables: Record<string, string>;
  /** The person or company that the agent speaks for. */
  ownerName: string;
  phoneNumber: string;
  direction: CallDirection;
  maxDurationSeconds: number;
  isDemo: boolean;
  isRecorded: boolean;
  /** What the carrier has said so far of who answered; null before. */
  answeredBy: string | null;
  /** Over, or being ended: nothing new is to be begun for it. */
  isOver: boolean;
}

/** A finished turn. Times are milliseconds since the answer. */
export interface NewTurn {
  sequence: number;
  itemId: string | null;
  role: TurnRole;
  text: string;
  generatedText: string | null;
  startMs: number;
  endMs: number;
  wasInterrupted: boolean;
  latencyMs: number | null;
}

export interface OrderSoFar {
  items?: unknown[];
  customerName?: string;
  deliveryAddress?: string;
}

/** In plain SQL, because it is written while hundreds of calls are talking: building the query costs more than sending it. */
const STORE_TURN = `
  INSERT INTO turns (user_id, call_id, sequence, item_id, role, text, generated_text, start_ms, end_ms, was_interrupted, latency_ms)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
  ON CONFLICT (user_id, call_id, sequence) DO UPDATE SET
    item_id = EXCLUDED.item_id, role = EXCLUDED.role, text = EXCLUDED.text, generated_text = EXCLUDED.generated_text,
    start_ms = EXCLUDED.start_ms, end_ms = EXCLUDED.end_ms, was_interrupted = EXCLUDED.was_interrupted,
    latency_ms = EXCLUDED.latency_ms`;

/** What the room that carries conversations asks of calls and writes on them. */
@Injectable()
export class LiveCalls {
  private readonly tokens: StreamTokens;
  private readonly redacted: AppConfig['transcripts']['redact'];

  constructor(
    @Inject(APP_CONFIG) config: AppConfig,
    private readonly db: Database,
    private readonly lookups: CallLookups,
    private readonly events: DomainEvents,
  ) {
    this.tokens = new StreamTokens(config.secretKey);
    this.redacted = config.transcripts.redact;
  }

  async find(owner: Owner, callId: string): Promise<LiveCall | null> {
    return this.db.asOwner(owner, async (tx) => {
      const call = await tx.findOneBy(Call, { userId: owner.userId, id: callId });
      return call === null ? null : this.toLiveCall(tx, owner, call);
    });
  }

  /** What the voice webhook puts into the instructions for the carrier. The same for the same call, every time. */
  streamToken(call: Call): string {
    return this.tokens.tokenFor(call.id, call.attemptId ?? call.id);
  }

  /**
   * Redeems a stream token: right token, right call, right sid, not over, not used before. Of several at once one wins.
   * @returns null for everything else, without telling which
   */
  async openStream(callId: string, token: string, callSid: string): Promise<LiveCall | null> {
    const found = await this.lookups.byId(callId);
    if (found === null || !this.tokens.isValid(token, found.callId, found.attemptId ?? found.callId)) return null;
    const { owner } = found;
    return this.db.asOwner(owner, async (tx) => {
      const { affected } = await tx.update(
        Call,
        {
          userId: owner.userId,
          id: found.callId,
          callSid,
          streamOpenedAt: IsNull(),
          endedReason: IsNull(),
          status: In([...LIVE_STATUSES]),
        },
        { streamOpenedAt: () => 'clock_timestamp()' },
      );
      if (affected !== 1) return null;
      // Of a call that came in the carrier reports the end alone: it is answered by us.
      await tx.query(
        `UPDATE calls SET status = 'in-progress', answered_at = coalesce(answered_at, clock_timestamp())
         WHERE user_id = $1 AND id = $2 AND direction = 'inbound' AND status = 'ringing'`,
        [owner.userId, found.callId],
      );
      return this.toLiveCall(tx, owner, await tx.findOneByOrFail(Call, { userId: owner.userId, id: found.callId }));
    });
  }

  /** A turn that is reported again, because it has become longer or shorter, replaces the one of its place. */
  async recordTurn(owner: Owner, callId: string, turn: NewTurn): Promise<void> {
    await this.db.writeAsOwner(owner, {
      name: 'store-turn',
      text: STORE_TURN,
      values: [
        owner.userId,
        callId,
        turn.sequence,
        turn.itemId,
        turn.role,
        this.written(turn.text),
        turn.generatedText === null ? null : this.written(turn.generatedText),
        Math.round(turn.startMs),
        Math.round(turn.endMs),
        String(turn.wasInterrupted),
        turn.latencyMs === null ? null : Math.round(turn.latencyMs),
      ],
    });
  }

  /** What is not given stays as it is. */
  async recordOrder(owner: Owner, callId: string, order: OrderSoFar): Promise<void> {
    const changes = {
      ...(order.items === undefined ? {} : { orderItems: this.writtenItems(order.items) }),
      ...(order.customerName === undefined ? {} : { customerName: this.written(order.customerName) }),
      ...(order.deliveryAddress === undefined ? {} : { deliveryAddress: this.written(order.deliveryAddress) }),
    };
    if (Object.keys(changes).length === 0) return;
    const written = { ...changes, ...alsoWritten(changes) };
    await this.db.asOwner(owner, (tx) => tx.update(Call, { userId: owner.userId, id: callId }, written));
    this.events.emit(new CallUpdated(owner, callId));
  }

  /** @param language the primary BCP 47 subtag of what the other person speaks */
  async recordLanguage(owner: Owner, callId: string, language: string): Promise<void> {
    await this.db.asOwner(owner, (tx) =>
      tx.update(Call, { userId: owner.userId, id: callId }, { spokenLanguage: language }),
    );
    this.events.emit(new CallUpdated(owner, callId));
  }

  /** What became of a call that a machine answered. */
  async recordVoicemail(owner: Owner, callId: string, { detectedBy, messageLeft, message }: Voicemail): Promise<void> {
    const voicemail = { detectedBy, messageLeft, message: message === null ? null : this.written(message) };
    await this.db.asOwner(owner, (tx) => tx.update(Call, { userId: owner.userId, id: callId }, { voicemail }));
    this.events.emit(new CallUpdated(owner, callId));
  }

  /**
   * The first to say why a call ended is believed, but for one: the carrier's bare "completed" is taken for a hang-up by
   * the customer, and whoever carried the conversation knows better.
   */
  async recordEnd(
    owner: Owner,
    callId: string,
    reason: EndedReason,
    usage: Record<string, unknown> | null,
  ): Promise<void> {
    await this.db.asOwner(owner, async (tx) => {
      await tx.update(
        Call,
        [
          { userId: owner.userId, id: callId, endedReason: IsNull() },
          { userId: owner.userId, id: callId, endedReason: 'customer_hung_up' },
        ],
        { endedReason: reason },
      );
      await tx.update(
        Call,
        { userId: owner.userId, id: callId },
        { ...(usage === null ? {} : { usage: usage as never }), wordsVersion: () => 'words_version + 1' },
      );
    });
    this.events.emit(new CallWritten(owner, callId));
  }

  /** What was said, as it may be kept. */
  private written(text: string): string {
    return redact(storedText(text), this.redacted);
  }

  private writtenItems(items: unknown[]): never[] {
    const clean = (_: string, value: unknown) => (typeof value === 'string' ? this.written(value) : value);
    return JSON.parse(JSON.stringify(items), clean) as never[];
  }

  private async toLiveCall(tx: EntityManager, owner: Owner, call: Call): Promise<LiveCall> {
    const user = await tx.findOneOrFail(User, {
      where: { id: owner.userId },
      select: { id: true, name: true, email: true },
    });
    return {
      owner,
      callId: call.id,
      callSid: call.callSid,
      streamToken: this.streamToken(call),
      agent: call.agent,
      variables: call.variables,
      ownerName: displayNameOf(user),
      phoneNumber: call.phoneNumber,
      direction: call.direction,
      maxDurationSeconds: call.maxDurationSeconds,
      isDemo: call.isDemo,
      isRecorded: call.record,
      answeredBy: call.answeredBy,
      isOver: isOver(call.status) || call.endedReason !== null,
    };
  }
}
