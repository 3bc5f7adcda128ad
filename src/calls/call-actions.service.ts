import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DomainEvents } from '../common/domain-events';
import type { Owner } from '../common/owner';
import { redact } from '../common/redaction';
import { storedText } from '../common/stored-text';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { Database } from '../database/database';
import { Call } from './call.entity';
import { ActionState, CallAction } from './call-action.entity';
import { CallUpdated } from './calls.events';

/** One call of a tool by the model. */
export interface ToolUse {
  callId: string;
  toolCallId: string;
  /** Milliseconds since the answer. */
  atMs: number;
}

export type NewAction = Pick<CallAction, 'tool' | 'fingerprint' | 'arguments' | 'state' | 'eventId' | 'outcome'>;

const OPEN_ACTIONS = `SELECT id FROM call_actions
  WHERE user_id = $1 AND call_id = $2 AND state IN ('asked', 'unknown') AND tool = ANY (string_to_array($3, ','))`;

/**
 * The journal of what agents do to the world. Whoever does something writes it down as `asked` before anybody is asked, so
 * that a process that dies in between leaves a trace of what may have been done.
 */
@Injectable()
export class CallActions {
  private readonly redacted: AppConfig['transcripts']['redact'];

  constructor(
    @Inject(APP_CONFIG) config: AppConfig,
    private readonly db: Database,
    private readonly events: DomainEvents,
  ) {
    this.redacted = config.transcripts.redact;
  }

  /** Words as they may be kept. What is handed to `begin` and `finish` as an outcome is made of such words. */
  kept(text: string): string {
    return redact(storedText(text), this.redacted);
  }

  /** All of a call, in their order. */
  async of(owner: Owner, callId: string): Promise<CallAction[]> {
    return this.db.asOwner(owner, (tx) =>
      tx.find(CallAction, { where: { userId: owner.userId, callId }, order: { sequence: 'ASC' } }),
    );
  }

  /** Whether something of the call that these tools do may or may not have been done. */
  async areOpen(owner: Owner, callId: string, tools: readonly string[]): Promise<boolean> {
    const [open] = await this.db.readAsOwner(owner, {
      name: 'open-call-actions',
      text: OPEN_ACTIONS,
      values: [owner.userId, callId, tools.join(',')],
    });
    return open.length > 0;
  }

  async begin(owner: Owner, use: ToolUse, action: NewAction): Promise<CallAction> {
    const begun = await this.db.asOwner(owner, (tx) => this.beginIn(tx, owner, use, action));
    this.events.emit(new CallUpdated(owner, use.callId));
    return begun;
  }

  /** The same within a transaction of the owner's; whoever commits it tells of the call. */
  async beginIn(tx: EntityManager, owner: Owner, use: ToolUse, action: NewAction): Promise<CallAction> {
    const { callId, toolCallId, atMs } = use;
    // One at a time takes a number.
    await tx.findOneOrFail(Call, {
      where: { userId: owner.userId, id: callId },
      select: { id: true },
      lock: { mode: 'for_no_key_update' },
    });
    const last = await tx.maximum(CallAction, 'sequence', { userId: owner.userId, callId });
    return tx.save(
      tx.create(CallAction, {
        ...action,
        userId: owner.userId,
        callId,
        toolCallId: storedText(toolCallId),
        sequence: last === null ? 0 : last + 1,
        atMs: Math.round(atMs),
        finishedAt: action.state === 'asked' ? null : new Date(),
      }),
    );
  }

  /**
   * What came of an action that is still open, within the transaction that finds it out.
   * @param argument what it was called with, which no other action of the call was
   */
  async finishIn(
    tx: EntityManager,
    owner: Owner,
    callId: string,
    argument: Record<string, string>,
    end: { state: Exclude<ActionState, 'asked'>; outcome: (kept: Record<string, unknown>) => string },
  ): Promise<void> {
    const open = await tx
      .createQueryBuilder(CallAction, 'action')
      .where('action.userId = :userId AND action.callId = :callId', { userId: owner.userId, callId })
      .andWhere(`action.state IN ('asked', 'unknown') AND action.arguments @> :argument`, {
        argument: JSON.stringify(argument),
      })
      .getMany();
    for (const action of open) {
      await tx.update(
        CallAction,
        { userId: owner.userId, id: action.id },
        { state: end.state, outcome: end.outcome(action.arguments), finishedAt: () => 'clock_timestamp()' },
      );
    }
  }

  /** What came of it; an action that was done stays done. */
  async finish(
    owner: Owner,
    action: Pick<CallAction, 'id' | 'callId'>,
    end: { state: Exclude<ActionState, 'asked'>; outcome: string },
  ): Promise<void> {
    await this.db.writeAsOwner(owner, {
      name: 'finish-call-action',
      text: `UPDATE call_actions SET state = $3, outcome = $4, finished_at = clock_timestamp()
        WHERE user_id = $1 AND id = $2 AND state <> 'done'`,
      values: [owner.userId, action.id, end.state, end.outcome],
    });
    this.events.emit(new CallUpdated(owner, action.callId));
  }
}
