import { EntityManager, In, SelectQueryBuilder } from 'typeorm';
import type { Owner } from '../common/owner';
import type { Page } from '../common/paging';
import type { CallStatus } from './call-status';
import { isUuid } from './call-lookups';
import { Call, CallDirection } from './call.entity';
import { CallNotFound } from './calls.errors';
import { Turn } from './turn.entity';

/** A call with what was said on it, in order. */
export interface CallWithTurns {
  call: Call;
  turns: Turn[];
}

export interface CallFilter {
  status?: CallStatus;
  direction?: CallDirection;
  scenarioName?: string;
  /** Placed at or after. */
  from?: Date;
  /** Placed before. */
  before?: Date;
  /** Text to look for in number, name, address, notes, summary and what was said. */
  q?: string;
  limit: number;
  offset: number;
}

const CALL_SID = /^CA[0-9a-f]{32}$/i;

/** A call by the carrier's sid or by our id. @throws CallNotFound also for another user's */
export async function requireCall(tx: EntityManager, owner: Owner, sidOrId: string): Promise<Call> {
  const key = CALL_SID.test(sidOrId) ? { callSid: sidOrId } : isUuid(sidOrId) ? { id: sidOrId } : null;
  const call = key === null ? null : await tx.findOneBy(Call, { userId: owner.userId, ...key });
  if (call === null) throw new CallNotFound();
  return call;
}

export async function withTurns(tx: EntityManager, owner: Owner, calls: Call[]): Promise<CallWithTurns[]> {
  if (calls.length === 0) return [];
  const turns = await tx.find(Turn, {
    where: { userId: owner.userId, callId: In(calls.map(({ id }) => id)) },
    // Turns overlap where somebody talks over somebody: they stand as they began, and the sequence breaks a tie.
    order: { callId: 'ASC', startMs: 'ASC', sequence: 'ASC' },
  });
  const byCall = new Map<string, Turn[]>(calls.map(({ id }) => [id, []]));
  for (const turn of turns) byCall.get(turn.callId)?.push(turn);
  return calls.map((call) => ({ call, turns: byCall.get(call.id) ?? [] }));
}

/** Newest first. */
export async function findCalls(tx: EntityManager, owner: Owner, filter: CallFilter): Promise<Page<CallWithTurns>> {
  const query = tx.createQueryBuilder(Call, 'call').where('call.userId = :userId', { userId: owner.userId });
  const { status, direction, scenarioName, from, before, q } = filter;
  if (status !== undefined) query.andWhere('call.status = :status', { status });
  if (direction !== undefined) query.andWhere('call.direction = :direction', { direction });
  if (scenarioName !== undefined) query.andWhere('call.scenarioName = :scenarioName', { scenarioName });
  if (from !== undefined) query.andWhere('call.createdAt >= :from', { from });
  if (before !== undefined) query.andWhere('call.createdAt < :before', { before });
  if (q !== undefined) {
    query.andWhere(
      `(call.phoneNumber LIKE :number OR call.customerName ILIKE :text OR call.deliveryAddress ILIKE :text
        OR call.notes ILIKE :text OR call.summary ILIKE :text
        OR EXISTS (SELECT 1 FROM turns t WHERE t.user_id = call.user_id AND t.call_id = call.id AND t.text ILIKE :text))`,
      { text: containing(q), number: containing(digitsOf(q)) },
    );
  }
  const calls = await query
    .clone()
    .orderBy('call.createdAt', 'DESC')
    .addOrderBy('call.id', 'DESC')
    .take(filter.limit)
    .skip(filter.offset)
    .getMany();
  const isLastPage = calls.length < filter.limit && (calls.length > 0 || filter.offset === 0);
  const total = isLastPage ? filter.offset + calls.length : await countOf(query);
  return { rows: await withTurns(tx, owner, calls), total };
}

/** TypeORM counts distinct ids, which sorts them all; rows are distinct by themselves, and an index alone tells how many. */
async function countOf(query: SelectQueryBuilder<Call>): Promise<number> {
  const row = await query.clone().select('count(*)::integer', 'total').getRawOne<{ total: number }>();
  return row?.total ?? 0;
}

function containing(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`;
}

/** What of a search looks like a number: without the punctuation that we do not store. */
function digitsOf(q: string): string {
  return /^[+0-9 .()-]+$/.test(q) ? q.replace(/[^0-9]/g, '') || q : q;
}
