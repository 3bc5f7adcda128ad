import { CannotOpen } from '../common/secret-box';
import type { Database } from '../database/database';
import type { CalendarGrantRows } from './calendar-grants.repository';

export interface KeyRotation {
  /** Rows that were sealed anew. */
  resealed: number;
  /** Users whose tokens none of the keys opens: they have to connect their calendar again. */
  unreadable: number[];
}

/**
 * Seals all tokens that were sealed with another key with the key of now. May be broken off and begun again, and servers may
 * run beside it.
 */
export async function rotateCalendarKeys(db: Database, rows: CalendarGrantRows): Promise<KeyRotation> {
  const rotation: KeyRotation = { resealed: 0, unreadable: [] };
  let after = 0;
  for (;;) {
    const due = await db.lookup<{ user_id: number }>(
      'SELECT user_id FROM lookup_calendar_grants_of_other_keys($1, $2)',
      [rows.keyId, after],
    );
    if (due.length === 0) return rotation;
    for (const { user_id: userId } of due) {
      try {
        if (await rows.reseal({ userId })) rotation.resealed++;
      } catch (error) {
        if (!(error instanceof CannotOpen)) throw error;
        rotation.unreadable.push(userId);
      }
      after = userId;
    }
  }
}
