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
export interface CallReading {
  summary: string;
  outcome: CallOutcome;
  outcomeReason: string;
  /** What the agent promised and nothing that was done keeps. */
  openPromises: string[];
  /** Null: nobody said it. What somebody has written stays as it is. */
  orderItems: unknown[] | null;
  customerName: string | null;
  deliveryAddress: string | null;
}

/** What was found of what the scenario wants to know. */
export interface CallExtraction {
  /** By its schema; null where nothing that fits was found. */
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
  /** All but what the scenario wants to know is written down already. */
  isAnalysed: boolean;
  call: Pick<Call, 'agent' | 'direction' | 'orderItems' | 'endedReason' | 'spokenLanguage'>;
  turns: Pick<Turn, 'role' | 'text'>[];
  actions: Pick<CallAction, 'tool' | 'state' | 'outcome'>[];
}

const CLAIM = `WITH claimed AS (
    UPDATE calls SET analysis_due_at = clock_timestamp() + $4::integer * interval '1 second',
      analysis_tries = analysis_tries + 1
    WHERE user_id = $1 AND id = $2 AND analysis_due_at <= $3
    RETURNING user_id, id, analysis_due_at, analysis_tries, analysed_at, agent, direction, order_items, ended_reason,
      written_fields, spoken_language)
  SELECT c.analysis_due_at::text AS lease, c.analysis_tries AS tries,
    c.analysed_at IS NOT NULL AS "isAnalysed",
    json_build_object('agent', c.agent, 'direction', c.direction, 'endedReason', c.ended_reason,
      'spokenLanguage', c.spoken_language,
      -- What an earlier reading found was not written down by the agent.
      'orderItems', CASE WHEN 'order_items' = ANY (c.written_fields) THEN c.order_items END) AS call,
    coalesce((SELECT json_agg(json_build_object('role', t.role, 'text', t.text) ORDER BY t.start_ms, t.sequence)
      FROM turns t WHERE t.user_id = c.user_id AND t.call_id = c.id), '[]') AS turns,
    coalesce((SELECT json_agg(json_build_object('tool', a.tool, 'state', a.state, 'outcome', a.outcome) ORDER BY a.sequence)
      FROM call_actions a WHERE a.user_id = c.user_id AND a.call_id = c.id), '[]') AS actions
  FROM claimed c`;

const unlessWritten = (field: WrittenField, value: string) =>
  `${field} = CASE WHEN '${field}' = ANY (written_fields) THEN ${field} ELSE ${value} END`;

const DONE = `analysis_due_at = NULL, analysis_error = NULL`;

const WRITE_READING = `UPDATE calls SET summary = $4, outcome = $5, outcome_reason = $6, open_promises = $7::jsonb,
    ${unlessWritten('order_items', '$8::jsonb')}, ${unlessWritten('customer_name', '$9')},
    ${unlessWritten('delivery_address', '$10')},
    ${unlessWritten('restaurant_id', `coalesce(restaurant_id, variables ->> 'restaurant_id')`)},
    analysed_at = clock_timestamp(), updated_at = clock_timestamp()`;

const WRITE_EXTRACTION = `UPDATE calls SET extracted = $4::jsonb, extraction_error = $5, updated_at = clock_timestamp()`;

const WHERE_CLAIMED = `WHERE user_id = $1 AND id = $2 AND analysis_due_at = $3::timestamptz RETURNING id`;

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

  /**
   * Nothing is written where the claim does not hold any more.
   * @param isAll there is nothing else to be read out of this call
   */
  async writeReading(claim: AnalysisClaim, reading: CallReading, { isAll }: { isAll: boolean }): Promise<void> {
    await this.write(claim, {
      name: isAll ? 'write-call-reading' : 'write-first-call-reading',
      text: `${WRITE_READING}${isAll ? `, ${DONE}, extracted = NULL, extraction_error = NULL` : ''} ${WHERE_CLAIMED}`,
      values: [
        reading.summary,
        reading.outcome,
        reading.outcomeReason,
        JSON.stringify(reading.openPromises),
        jsonOrNull(reading.orderItems),
        reading.customerName,
        reading.deliveryAddress,
      ],
      isAll,
    });
  }

  /** The same for what the scenario wants to know, after everything else. */
  async writeExtraction(claim: AnalysisClaim, { extracted, extractionError }: CallExtraction): Promise<void> {
    await this.write(claim, {
      name: 'write-call-extraction',
      text: `${WRITE_EXTRACTION}, ${DONE} ${WHERE_CLAIMED}`,
      values: [jsonOrNull(extracted), extractionError],
      isAll: true,
    });
  }

  private async write(
    { owner, id, lease }: AnalysisClaim,
    { name, text, values, isAll }: { name: string; text: string; values: (string | null)[]; isAll: boolean },
  ): Promise<void> {
    const [written] = await this.db.writeAsOwner(owner, { name, text, values: [owner.userId, id, lease, ...values] });
    if (written.length === 0) return;
    this.events.emit(new CallUpdated(owner, id));
    if (isAll) this.events.emit(new CallAnalysed(owner, id));
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
