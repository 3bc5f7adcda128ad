import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { EntityManager } from 'typeorm';
import { CallActions } from '../calls/call-actions.service';
import type { CallPermission } from '../calls/call-permission';
import { CallPermissionService } from '../calls/call-permission.service';
import { CallUpdated } from '../calls/calls.events';
import { CallNotAllowed } from '../calls/calls.errors';
import type { PhoneNumber } from '../calls/phone-number';
import { DomainEvents } from '../common/domain-events';
import type { Owner } from '../common/owner';
import { Database } from '../database/database';
import { actionStateOf, outcomeOf } from './call-text-outcome';
import { canMove, SendState } from './send-ledger';
import { SmsMessage, SmsSource } from './sms-message.entity';
import { SmsUpdated } from './sms.events';
import { SmsNotFound } from './sms.errors';

/** A text that shall be sent, understood. */
export interface SendIntent {
  /** Chosen before where somebody else writes it down as well. */
  id?: string;
  number: PhoneNumber;
  from: string;
  body: string;
  source: SmsSource;
  callId?: string;
  idempotencyKey?: string;
}

/** Why an attempt came to nothing, or nobody knows. */
export interface SendFailure {
  sendState: Extract<SendState, 'refused' | 'absent' | 'unknown'>;
  errorCode: string;
  errorDetail: string;
}

/** What is looked at again and again to no effect is looked at ever more rarely. */
const MOST_LEASE_SECONDS = 3600;
/** How long a key of a request protects against a second text (product.md section 2). */
const KEY_KEPT = `interval '24 hours'`;
/** Requests to the carrier time out long before; whoever asked has given up or died. */
export const ASKED_SETTLED_AFTER_SECONDS = 30;

/** Of a text that is to be sent whatever happens, such as the one after a call: for about half a day. */
export const MAX_TRIES = 20;

/** The ledger's rows. Every move is made under a lock of the row, so that a callback and a timeout cannot both win. */
@Injectable()
export class SendAttempts {
  constructor(
    private readonly db: Database,
    private readonly permission: CallPermissionService,
    private readonly actions: CallActions,
    private readonly events: DomainEvents,
  ) {}

  /**
   * Commits that the carrier is about to be asked, if the text may be sent now. With a key or an id that was used already, the
   * row of then.
   * @param alongside writes what belongs to it in the same transaction, under the lock of the row
   * @throws CallNotAllowed
   */
  async intend(
    owner: Owner,
    intent: SendIntent,
    alongside?: (tx: EntityManager, sms: SmsMessage) => Promise<void>,
  ): Promise<{ sms: SmsMessage; isNew: boolean }> {
    const written = await this.db.asOwner(owner, async (tx) => {
      const permission = await this.decide(tx, owner, intent.number, intent.from);
      const earlier = await earlierOf(tx, owner, intent);
      if (earlier !== null) {
        if (alongside !== undefined) await alongside(tx, await locked(tx, owner, earlier.id));
        return { sms: earlier, isNew: false };
      }
      if (!permission.allowed || intent.number.kind !== 'subscriber') throw new CallNotAllowed(permission, new Date());
      const id = intent.id ?? randomUUID();
      const { from, body, source, callId, idempotencyKey } = intent;
      await tx.insert(SmsMessage, {
        id,
        userId: owner.userId,
        direction: 'outbound',
        phoneNumber: intent.number.e164,
        ownNumber: from,
        body,
        status: 'queued',
        sendState: 'asked',
        attemptId: randomUUID(),
        source,
        callId: callId ?? null,
        idempotencyKey: idempotencyKey ?? null,
        createdAt: () => 'clock_timestamp()',
        askedAt: () => 'clock_timestamp()',
        dueAt: () => `clock_timestamp() + interval '${ASKED_SETTLED_AFTER_SECONDS} seconds'`,
      });
      const sms = await tx.findOneByOrFail(SmsMessage, { userId: owner.userId, id });
      await alongside?.(tx, sms);
      return { sms, isNew: true };
    });
    if (written.isNew) this.events.emit(new SmsUpdated(owner, written.sms.id));
    if (alongside !== undefined && intent.callId !== undefined) {
      this.events.emit(new CallUpdated(owner, intent.callId));
    }
    return written;
  }

  /**
   * The last step before the carrier is asked for a text that was written down to be sent later: whether it may be sent now.
   * Null where somebody else has it.
   * @param from the number that it comes from now
   */
  async markAsked(
    owner: Owner,
    smsId: string,
    number: PhoneNumber,
    from: string,
  ): Promise<{ sms: SmsMessage; permission: CallPermission } | null> {
    return this.db.asOwner(owner, async (tx) => {
      const permission = await this.decide(tx, owner, number, from);
      const sms = await locked(tx, owner, smsId);
      if (sms.sendState !== 'intended') return null;
      if (permission.allowed) {
        await tx.update(
          SmsMessage,
          { userId: owner.userId, id: smsId },
          {
            sendState: 'asked',
            ownNumber: from,
            // Of this attempt alone: a report that comes late of an earlier one is not taken for its own.
            attemptId: randomUUID(),
            askedAt: () => 'clock_timestamp()',
            dueAt: () => `clock_timestamp() + interval '${ASKED_SETTLED_AFTER_SECONDS} seconds'`,
          },
        );
      }
      return { sms: await tx.findOneByOrFail(SmsMessage, { userId: owner.userId, id: smsId }), permission };
    });
  }

  /** Ends an attempt that came to nothing, or notes that nobody knows. What has moved on meanwhile is left alone. */
  async fail(owner: Owner, smsId: string, { sendState, errorCode, errorDetail }: SendFailure): Promise<SmsMessage> {
    return this.change(owner, smsId, async (tx, sms) => {
      if (!canMove(sms.sendState, sendState)) return;
      const isUnknown = sendState === 'unknown';
      await tx.update(
        SmsMessage,
        { userId: owner.userId, id: smsId },
        {
          sendState,
          errorCode,
          errorDetail,
          // Nothing was sent, so the request may be sent again with the same key.
          ...(isUnknown
            ? { dueAt: () => `clock_timestamp() + interval '${ASKED_SETTLED_AFTER_SECONDS} seconds'` }
            : { status: 'failed', dueAt: null, idempotencyKey: null }),
        },
      );
    });
  }

  /** Nobody looks any more for what became of it. */
  async giveUp(owner: Owner, smsId: string): Promise<SmsMessage> {
    return this.change(owner, smsId, async (tx, sms) => {
      if (sms.sendState !== 'unknown') return;
      await tx.update(
        SmsMessage,
        { userId: owner.userId, id: smsId },
        {
          status: 'failed',
          dueAt: null,
          errorCode: 'outcome_unknown',
          errorDetail: 'It could not be found out whether this text was sent. It was not sent again.',
        },
      );
    });
  }

  /** It was certainly not sent, and is to be later. */
  async postpone(owner: Owner, smsId: string, dueAt: Date, { code, detail }: { code: string; detail: string }) {
    return this.change(owner, smsId, async (tx, sms) => {
      if (sms.sendState !== 'intended' && !canMove(sms.sendState, 'intended')) return;
      await tx.update(
        SmsMessage,
        { userId: owner.userId, id: smsId },
        { sendState: 'intended', dueAt, errorCode: code, errorDetail: detail },
      );
    });
  }

  /** Makes it this one's to see to, each time for longer; null where it is not due, or somebody else has it. */
  async claim(owner: Owner, smsId: string, now: Date, leaseSeconds: number): Promise<SmsMessage | null> {
    return this.db.asOwner(owner, async (tx) => {
      const [rows] = await tx.query<[object[], number]>(
        `UPDATE sms_messages SET tries = tries + 1,
           due_at = clock_timestamp() + make_interval(secs => least($4 * 2 ^ least(tries, 10), ${MOST_LEASE_SECONDS}))
         WHERE user_id = $1 AND id = $2 AND due_at <= $3 RETURNING id`,
        [owner.userId, smsId, now, leaseSeconds],
      );
      return rows.length === 0 ? null : tx.findOneBy(SmsMessage, { userId: owner.userId, id: smsId });
    });
  }

  /** When somebody is to see to it next; null: nobody. */
  async setDue(owner: Owner, smsId: string, dueAt: Date | null): Promise<void> {
    await this.db.writeAsOwner(owner, {
      text: 'UPDATE sms_messages SET due_at = $3::timestamptz WHERE user_id = $1 AND id = $2 AND due_at IS NOT NULL',
      values: [owner.userId, smsId, dueAt?.toISOString() ?? null],
    });
  }

  async findByKey(owner: Owner, idempotencyKey: string): Promise<SmsMessage | null> {
    return this.db.asOwner(owner, (tx) => byKey(tx, owner, idempotencyKey));
  }

  /** @throws SmsNotFound */
  async get(owner: Owner, smsId: string): Promise<SmsMessage> {
    const sms = await this.db.asOwner(owner, (tx) => tx.findOneBy(SmsMessage, { userId: owner.userId, id: smsId }));
    if (sms === null) throw new SmsNotFound();
    return sms;
  }

  /** Works on a row under its lock, and tells of it. */
  async change(
    owner: Owner,
    smsId: string,
    work: (tx: EntityManager, sms: SmsMessage) => Promise<void>,
  ): Promise<SmsMessage> {
    const changed = await this.db.asOwner(owner, async (tx) => {
      await work(tx, await locked(tx, owner, smsId));
      const sms = await tx.findOneByOrFail(SmsMessage, { userId: owner.userId, id: smsId });
      await this.tellCall(tx, owner, sms);
      return sms;
    });
    this.events.emit(new SmsUpdated(owner, smsId));
    if (changed.source === 'agent' && changed.callId !== null) this.events.emit(new CallUpdated(owner, changed.callId));
    return changed;
  }

  /** The journal of the call on which an agent had it sent says the same as the text. */
  private async tellCall(tx: EntityManager, owner: Owner, sms: SmsMessage): Promise<void> {
    const state = actionStateOf(sms.sendState);
    if (sms.source !== 'agent' || sms.callId === null || state === null) return;
    const why = sms.errorDetail === null ? undefined : this.actions.kept(sms.errorDetail);
    await this.actions.finishIn(
      tx,
      owner,
      sms.callId,
      { sms_id: sms.id },
      { state, outcome: ({ body }) => outcomeOf(state, String(body), why) },
    );
  }

  /** Texts of one user queue up here, so that several at once cannot pass the cap together. */
  private async decide(tx: EntityManager, owner: Owner, number: PhoneNumber, from: string): Promise<CallPermission> {
    const [turn] = await tx.query<{ now: Date }[]>(
      `WITH turn AS MATERIALIZED (SELECT pg_advisory_xact_lock(hashtext('sms'), $1)) SELECT clock_timestamp() AS now FROM turn`,
      [owner.userId],
    );
    const at = turn?.now ?? new Date();
    // Attempts that certainly came to nothing do not count.
    const [row] = await tx.query<{ today: number }[]>(
      `SELECT count(*)::integer AS today FROM sms_messages
       WHERE user_id = $1 AND asked_at >= date_trunc('day', $2::timestamptz, 'UTC')
         AND direction = 'outbound' AND send_state IN ('asked', 'placed', 'unknown')`,
      [owner.userId, at],
    );
    return this.permission.decideForTexting(tx, owner, number, { from, textsToday: row?.today ?? 0, at });
  }
}

async function earlierOf(tx: EntityManager, owner: Owner, { id, idempotencyKey }: SendIntent) {
  if (id !== undefined) return tx.findOneBy(SmsMessage, { userId: owner.userId, id });
  if (idempotencyKey === undefined) return null;
  const earlier = await byKey(tx, owner, idempotencyKey);
  if (earlier === null) {
    await tx.query('UPDATE sms_messages SET idempotency_key = NULL WHERE user_id = $1 AND idempotency_key = $2', [
      owner.userId,
      idempotencyKey,
    ]);
  }
  return earlier;
}

async function byKey(tx: EntityManager, owner: Owner, idempotencyKey: string): Promise<SmsMessage | null> {
  return tx
    .createQueryBuilder(SmsMessage, 'sms')
    .where('sms.userId = :userId AND sms.idempotencyKey = :idempotencyKey', { userId: owner.userId, idempotencyKey })
    .andWhere(`sms.createdAt >= now() - ${KEY_KEPT}`)
    .getOne();
}

async function locked(tx: EntityManager, owner: Owner, smsId: string): Promise<SmsMessage> {
  const sms = await tx.findOne(SmsMessage, {
    where: { userId: owner.userId, id: smsId },
    lock: { mode: 'pessimistic_write' },
  });
  if (sms === null) throw new SmsNotFound();
  return sms;
}
