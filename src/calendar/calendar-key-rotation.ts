import type { Database } from '../database/database';
import type { CalendarGrantRows } from './calendar-grants.repository';

/**
 * Seals all tokens that were sealed with another key with the key of now. May be broken off and begun again, and servers may
 * run beside it.
 * @returns how many rows were sealed anew
 * @throws CannotOpen at the first that none of the keys opens
 */
export async function rotateCalendarKeys(db: Database, rows: CalendarGrantRows): Promise<number> {
  let resealed = 0;
  for (;;) {
    const due = await db.lookup<{ user_id: number }>('SELECT user_id FROM lookup_calendar_grants_of_other_keys($1)', [
      rows.keyId,
    ]);
    if (due.length === 0) return resealed;
    for (const { user_id: userId } of due) {
      if (await rows.reseal({ userId })) resealed++;
    }
  }
}
