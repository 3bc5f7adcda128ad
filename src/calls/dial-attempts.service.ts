import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { EntityManager } from 'typeorm';
import { DomainEvents } from '../common/domain-events';
import type { Owner } from '../common/owner';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { Database } from '../database/database';
import type { PlacedCall } from '../integrations/telephony/telephony';
import type { Agent } from '../scenarios/agent';
import { CallPermissionService } from './call-permission.service';
import { isOver } from './call-status';
import { Call } from './call.entity';
import { CallEnded } from './calls.events';
import { CallNotAllowed, CallNotFound } from './calls.errors';
import { canMove, DialState, moveDial } from './dial-ledger';
import type { EndedReason } from './ended-reason';
import type { PhoneNumber } from './phone-number';

/** A call whose id somebody has written down before. */
export interface PlannedCall {
  callId: string;
  /** Within the transaction that commits the intent: whether the call is still theirs to make. What it throws stops it. */
  confirm(tx: EntityManager): Promise<void>;
}

/** A call that shall be placed, understood and resolved. */
export interface DialIntent {
  number: PhoneNumber;
  agent: Agent;
  variables: Record<string, string>;
  metadata: Record<string, unknown>;
  record: boolean;
  maxDurationSeconds: number;
  idempotencyKey: string | undefined;
  planned: PlannedCall | undefined;
  /** Whether this process has kept a place for it. */
  hasPlace: boolean;
}

/** Why an attempt came to nothing. */
export interface DialFailure {
  /** The state that was judged. An attempt that has moved on meanwhile is not what the failure is about. */
  from: DialState;
  dialState: Extract<DialState, 'refused' | 'absent' | 'unknown'>;
  endedReason: EndedReason;
  errorCode: string;
  errorDetail: string;
}

/** How long a key of a request protects against a second call (product.md section 2). */
const KEY_KEPT = `interval '24 hours'`;

/** The dial ledger's rows. Every move is made under a lock of the row, so a callback and a timeout cannot both win. */
@Injectable()
export class DialAttempts {
  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly db: Database,
    private readonly permission: CallPermissionService,
    private readonly events: DomainEvents,
  ) {}

  /** The call that a request with this key has placed already. */
  async findByKey(owner: Owner, idempotencyKey: string): Promise<Call | null> {
    return this.db.asOwner(owner, (tx) => byKey(tx, owner, idempotencyKey));
  }

  /** The call that was planned under this id, once it is there. */
  async findById(owner: Owner, callId: string): Promise<Call | null> {
    return this.db.asOwner(owner, (tx) => byId(tx, owner, callId));
  }

  /**
   * Commits the intent to dial, if the call may start now. With a key or a planned id that was used already, the row of then.
   * @throws CallNotAllowed, and what `planned.confirm` throws
   */
  async intend(owner: Owner, intent: DialIntent): Promise<{ call: Call; isNew: boolean }> {
    return this.db.asOwner(owner, async (tx) => {
      const permission = await this.permission.decideForPlacing(tx, owner, intent.number, intent.hasPlace);
      const { idempotencyKey, planned } = intent;
      const earlier =
        (idempotencyKey === undefined ? null : await byKey(tx, owner, idempotencyKey)) ??
        (planned === undefined ? null : await byId(tx, owner, planned.callId));
      if (earlier !== null) return { call: earlier, isNew: false };
      await planned?.confirm(tx);
      if (!permission.allowed || intent.number.kind !== 'subscriber') throw new CallNotAllowed(permission, new Date());
      const { insertId } = await insert(tx, owner, intent, intent.number.e164, this.config.twilio.phoneNumber);
      return { call: await tx.findOneByOrFail(Call, { id: insertId }), isNew: true };
    });
  }

  /**
   * The last step before the carrier is asked.
   * @returns false when the attempt was given up meanwhile: it must not be dialled any more
   */
  async markAsked(owner: Owner, callId: string): Promise<boolean> {
    return this.db.asOwner(owner, async (tx) => {
      const call = await locked(tx, owner, callId);
      if (call.dialState !== 'intended' || isOver(call.status)) return false;
      await tx.update(
        Call,
        { userId: owner.userId, id: callId },
        { dialState: moveDial(call.dialState, 'asked'), askedAt: () => 'clock_timestamp()' },
      );
      return true;
    });
  }

  /**
   * The carrier has the call. A callback may have said so before.
   * @param queueTimeMs for how long it waits there before it is dialled, where the carrier says so
   */
  async markPlaced(
    owner: Owner,
    callId: string,
    { callSid, queueTimeMs }: Pick<PlacedCall, 'callSid' | 'queueTimeMs'>,
  ): Promise<Call> {
    return this.db.asOwner(owner, async (tx) => {
      const call = await locked(tx, owner, callId);
      if (call.callSid === null) {
        const dialState = moveDial(call.dialState, 'placed');
        await tx.update(Call, { userId: owner.userId, id: callId }, { callSid, dialState, queueTimeMs });
      }
      return tx.findOneByOrFail(Call, { userId: owner.userId, id: callId });
    });
  }

  /** Nobody knows whether the carrier has the call; what a callback has said meanwhile stands. */
  async markUnknown(owner: Owner, callId: string, detail: string): Promise<void> {
    await this.db.asOwner(owner, async (tx) => {
      const call = await locked(tx, owner, callId);
      if (!canMove(call.dialState, 'unknown')) return;
      const changes = {
        dialState: moveDial(call.dialState, 'unknown'),
        errorCode: 'outcome_unknown',
        errorDetail: detail,
      };
      await tx.update(Call, { userId: owner.userId, id: callId }, changes);
    });
  }

  /**
   * Ends an attempt that came to nothing. One that has moved on meanwhile, because a callback has bound it or somebody
   * has asked the carrier after all, is left alone.
   * @returns whether it was ended here
   */
  async fail(owner: Owner, callId: string, failure: DialFailure): Promise<boolean> {
    const ended = await this.db.asOwner(owner, async (tx) => {
      const call = await locked(tx, owner, callId);
      const { from, dialState, endedReason, errorCode, errorDetail } = failure;
      if (isOver(call.status) || call.dialState !== from) return null;
      const reason = call.endedReason ?? endedReason;
      await tx.update(
        Call,
        { userId: owner.userId, id: callId },
        {
          dialState: dialState === from ? from : moveDial(from, dialState),
          status: 'failed',
          endedReason: reason,
          endedAt: () => 'clock_timestamp()',
          errorCode,
          errorDetail,
          // Nothing was dialled, so the request may be sent again with the same key.
          ...(dialState === 'unknown' ? {} : { idempotencyKey: null }),
        },
      );
      return reason;
    });
    if (ended === null) return false;
    this.events.emit(new CallEnded(owner, callId, null, 'failed', ended));
    return true;
  }

  /** Ends an intent whose process has died before it asked the carrier: from here on nobody will. */
  async abandon(owner: Owner, callId: string): Promise<boolean> {
    return this.fail(owner, callId, {
      from: 'intended',
      dialState: 'absent',
      endedReason: 'server_error',
      errorCode: 'never_dialled',
      errorDetail: 'The server stopped before this call was dialled.',
    });
  }

  async get(owner: Owner, callId: string): Promise<Call> {
    const call = await this.db.asOwner(owner, (tx) => tx.findOneBy(Call, { userId: owner.userId, id: callId }));
    if (call === null) throw new CallNotFound();
    return call;
  }
}

async function insert(
  tx: EntityManager,
  owner: Owner,
  intent: DialIntent,
  phoneNumber: string,
  fromNumber: string,
): Promise<{ insertId: string }> {
  const id = intent.planned?.callId ?? randomUUID();
  if (intent.idempotencyKey !== undefined) {
    await tx.query(
      `UPDATE calls SET idempotency_key = NULL
       WHERE user_id = $1 AND idempotency_key = $2 AND created_at < now() - ${KEY_KEPT}`,
      [owner.userId, intent.idempotencyKey],
    );
  }
  await tx.insert(Call, {
    id,
    userId: owner.userId,
    attemptId: randomUUID(),
    dialState: 'intended',
    direction: 'outbound',
    status: 'queued',
    phoneNumber,
    fromNumber,
    scenarioName: intent.agent.scenarioName,
    // TypeORM takes jsonb for a part of the entity, with functions allowed at every depth.
    agent: intent.agent as never,
    variables: intent.variables,
    metadata: intent.metadata as never,
    record: intent.record,
    maxDurationSeconds: intent.maxDurationSeconds,
    idempotencyKey: intent.idempotencyKey ?? null,
    // The start of this transaction may lie before the wait for its turn.
    createdAt: () => 'clock_timestamp()',
  });
  return { insertId: id };
}

async function byKey(tx: EntityManager, owner: Owner, idempotencyKey: string): Promise<Call | null> {
  return tx
    .createQueryBuilder(Call, 'call')
    .where('call.userId = :userId AND call.idempotencyKey = :idempotencyKey', { userId: owner.userId, idempotencyKey })
    .andWhere(`call.createdAt >= now() - ${KEY_KEPT}`)
    .getOne();
}

async function byId(tx: EntityManager, owner: Owner, callId: string): Promise<Call | null> {
  return tx.findOneBy(Call, { userId: owner.userId, id: callId });
}

async function locked(tx: EntityManager, owner: Owner, callId: string): Promise<Call> {
  const call = await tx.findOne(Call, {
    where: { userId: owner.userId, id: callId },
    lock: { mode: 'pessimistic_write' },
  });
  if (call === null) throw new CallNotFound();
  return call;
}
