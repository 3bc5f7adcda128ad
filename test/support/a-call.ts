import { randomUUID } from 'node:crypto';
import { BUILT_IN_SCENARIOS } from '../../src/scenarios/built-in-scenarios';
import { aCallSid } from './scripted-twilio';
import type { StartedApp } from './app';

type Columns = Record<string, unknown>;

/** Inserts a call as one that was placed and is over; name only what matters, in the columns' own names. */
export async function aCall(app: StartedApp, userId: number, columns: Columns = {}): Promise<Columns & { id: string }> {
  const row: Columns & { id: string } = {
    id: randomUUID(),
    user_id: userId,
    call_sid: aCallSid(),
    attempt_id: randomUUID(),
    dial_state: 'placed',
    direction: 'outbound',
    status: 'completed',
    ended_reason: 'customer_hung_up',
    phone_number: '+12025550100',
    from_number: '+12025550000',
    scenario_name: 'sales',
    agent: JSON.stringify(BUILT_IN_SCENARIOS.get('sales')?.agent),
    max_duration_seconds: 1800,
    words_version: 1,
    ...columns,
  };
  await insert(app, userId, 'calls', row);
  return row;
}

/** Inserts what somebody said on a call. */
export async function aTurn(app: StartedApp, userId: number, callId: string, columns: Columns = {}): Promise<void> {
  await insert(app, userId, 'turns', {
    user_id: userId,
    call_id: callId,
    sequence: 0,
    item_id: 'item_1',
    role: 'agent',
    text: 'Hello there.',
    generated_text: 'Hello there.',
    start_ms: 0,
    end_ms: 1200,
    ...columns,
  });
}

async function insert(app: StartedApp, userId: number, table: string, row: Columns): Promise<void> {
  const names = Object.keys(row);
  const places = names.map((_, at) => `$${at + 1}`).join(', ');
  await app.sql(userId, `INSERT INTO ${table} (${names.join(', ')}) VALUES (${places})`, Object.values(row));
}
