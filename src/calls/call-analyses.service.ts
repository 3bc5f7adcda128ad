import { Injectable } from '@nestjs/common';
import { DomainEvents } from '../common/domain-events';
import type { Owner } from '../common/owner';
import { Database } from '../database/database';
import type { CallAction } from './call-action.entity';
import type { CallOutcome } from './call-outcome';
import type { Call } from './call.entity';
import { CallAnalysed, CallUpdated } from './calls.events';
import type { Turn } from './turn.entity';
import type { WrittenField } from './written-fields';

/** What was read out of a call that is over. */
export interface CallAnalysis {
  summary: string;
  outcome: CallOutcome;
  outcomeReason: string;
  /** What the agent promised and nothing that was done keeps. */
  openPromises: string[];
  /** Null: nobody said it. What somebody has written stays as it is. */
  orderItems: unknown[] | null;
  customerName: string | null;
  deliveryAddress: string | null;
  /** By the scenario's schema; null where it has none, or nothing that fits was found. */
  extracted: Record<string, unknown> | null;
  /** Why nothing was extracted. */
  extractionError: string | null;
}

/** The right to read a call until the lease is over; new words end it, too. */
export interface AnalysisClaim {
  owner: Owner;
  id: string;
  /** When the lease is over, as PostgreSQL writes it. */
  lease: string;
  tries: number;
  call: Pick<Call, 'agent' | 'direction' | 'orderItems' | 'endedReason'>;
  turns: Pick<Turn, 'role' | 'text'>[];
  actions: Pick<CallAction, 'tool' | 'state' | 'outcome'>[];
}

const CLAIM = `WITH claimed AS (
    UPDATE calls SET analysis_due_at = clock_timestamp() + $4::integer * interval '1 second',
      analysis_tries = analysis_tries + 1
    WHERE user_id = $1 AND id = $2 AND analysis_due_at <= $3
    RETURNING user_id, id, analysis_due_at, analysis_tries, agent, direction, order_items, ended_reason)
  SELECT c.analysis_due_at::text AS lease, c.analysis_tries AS tries,
    json_build_object('agent', c.agent, 'direction', c.direction, 'orderItems', c.order_items,
      'endedReason', c.ended_reason) AS call,
    coalesce((SELECT json_agg(json_build_object('role', t.role, 'text', t.text) ORDER BY t.start_ms, t.sequence)
      FROM turns t WHERE t.user_id = c.user_id AND t.call_id = c.id), '[]') AS turns,
    coalesce((SELECT json_agg(json_build_object('tool', a.tool, 'state', a.state, 'outcome', a.outcome) ORDER BY a.sequence)
      FROM call_actions a WHERE a.user_id = c.user_id AND a.call_id = c.id), '[]') AS actions
  FROM claimed c`;

const unlessWritten = (field: WrittenField, value: string) =>
  `${field} = CASE WHEN '${field}' = ANY (written_fields) THEN ${field} ELSE ${value} END`;

const WRITE = `UPDATE calls SET summary = $4, outcome = $5, outcome_reason = $6, open_promises = $7::jsonb,
    extracted = $8::jsonb, extraction_error = $9, ${unlessWritten('order_items', '$10::jsonb')},
    ${unlessWritten('customer_name', '$11')}, ${unlessWritten('delivery_address', '$12')},
    ${unlessWritten('restaurant_id', `coalesce(restaurant_id, variables ->> 'restaurant_id')`)},
    analysed_at = clock_timestamp(), analysis_due_at = NULL, analysis_error = NULL, updated_at = clock_timestamp()
  WHERE user_id = $1 AND id = $2 AND analysis_due_at = $3::timestamptz RETURNING id`;

/** Calls that are over and shall be read, and what was read out of them. Whoever reads them does not know how they are kept. */
@Injectable()
export class CallAnalyses {
  constructor(
    private readonly db: Database,
    private readonly events: DomainEvents,
  ) {}

  /** Of all users. */
  async due(now: Date): Promise<{ owner: Owner; id: string }[]> {
    const rows = await this.db.lookup<{ user_id: number; id: string }>(
      'SELECT user_id, id FROM lookup_due_analyses($1)',
      [now],
    );
    return rows.map(({ user_id: userId, id }) => ({ owner: { userId }, id }));
  }

  /** Null where others are at it, or it is not due any more. */
  async claim(owner: Owner, id: string, { now, leaseSeconds }: { now: Date; leaseSeconds: number }) {
    return this.db.asOwner(owner, async (tx): Promise<AnalysisClaim | null> => {
      const [claimed] = await tx.query<Omit<AnalysisClaim, 'owner' | 'id'>[]>(CLAIM, [
        owner.userId,
        id,
        now,
        leaseSeconds,
      ]);
      return claimed === undefined ? null : { owner, id, ...claimed };
    });
  }

  /** Nothing is written where the claim does not hold any more. */
  async write({ owner, id, lease }: AnalysisClaim, analysis: CallAnalysis): Promise<void> {
    const [written] = await this.db.writeAsOwner(owner, {
      name: 'write-call-analysis',
      text: WRITE,
      values: [
        owner.userId,
        id,
        lease,
        analysis.summary,
        analysis.outcome,
        analysis.outcomeReason,
        JSON.stringify(analysis.openPromises),
        jsonOrNull(analysis.extracted),
        analysis.extractionError,
        jsonOrNull(analysis.orderItems),
        analysis.customerName,
        analysis.deliveryAddress,
      ],
    });
    if (written.length === 0) return;
    this.events.emit(new CallUpdated(owner, id));
    this.events.emit(new CallAnalysed(owner, id));
  }

  /** @param pauseSeconds null: it is given up */
  async postpone(
    { owner, id, lease }: AnalysisClaim,
    { sentence, tries, pauseSeconds }: { sentence: string; tries: number; pauseSeconds: number | null },
  ): Promise<void> {
    await this.db.writeAsOwner(owner, {
      name: 'postpone-call-analysis',
      text: `UPDATE calls SET analysis_error = $4, analysis_tries = $5::integer,
          analysis_due_at = clock_timestamp() + $6::integer * interval '1 second'
        WHERE user_id = $1 AND id = $2 AND analysis_due_at = $3::timestamptz`,
      values: [owner.userId, id, lease, sentence, tries, pauseSeconds],
    });
  }
}

function jsonOrNull(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}
