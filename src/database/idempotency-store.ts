import { Injectable } from '@nestjs/common';
import {
  ABANDONED_AFTER_MS,
  ANSWER_KEPT_MS,
  type IdempotencyClaim,
  type IdempotencyRecord,
  IdempotencyStore,
  type StoredAnswer,
} from '../common/idempotency';
import type { Owner } from '../common/owner';
import { Database } from './database';
import type { Statement } from './pipeline';

const KEPT = `interval '${ANSWER_KEPT_MS} milliseconds'`;
const ABANDONED = `interval '${ABANDONED_AFTER_MS} milliseconds'`;

/** True of a record that no longer counts: its answer is too old, or nobody works on it any more. */
const IS_OVER = `(k.created_at < now() - ${KEPT} OR (k.status_code IS NULL AND k.created_at < now() - ${ABANDONED}))`;

interface Row {
  key: string;
  route: string;
  bodyHash: string;
  statusCode: number | null;
  body: unknown;
  hasBody: boolean;
}

const FIND: Statement<Row> = {
  name: 'idempotency-key',
  text: `SELECT key, route, body_hash AS "bodyHash", status_code AS "statusCode", body, body IS NOT NULL AS "hasBody"
    FROM idempotency_keys k WHERE key = $1 AND NOT ${IS_OVER}`,
  values: [],
};

@Injectable()
export class PostgresIdempotencyStore extends IdempotencyStore {
  constructor(private readonly db: Database) {
    super();
  }

  override async find(owner: Owner, key: string): Promise<IdempotencyRecord | undefined> {
    const [[row]] = await this.db.readAsOwner(owner, { ...FIND, values: [key] });
    return row === undefined ? undefined : toRecord(row);
  }

  override async claim(owner: Owner, { key, route, bodyHash }: IdempotencyClaim): Promise<boolean> {
    return this.db.asOwner(owner, async (tx) => {
      // Tidies on the way; what another claim is tidying already is left to it.
      await tx.query(
        `DELETE FROM idempotency_keys WHERE key IN
           (SELECT key FROM idempotency_keys k WHERE ${IS_OVER} AND key <> $1 LIMIT 100 FOR UPDATE SKIP LOCKED)`,
        [key],
      );
      // Of two that claim at the same time the second waits for the first and then finds its record.
      const claimed = await tx.query<unknown[]>(
        `INSERT INTO idempotency_keys AS k (user_id, key, route, body_hash) VALUES ($1, $2, $3, $4)
         ON CONFLICT (user_id, key) DO UPDATE
           SET route = excluded.route, body_hash = excluded.body_hash, status_code = NULL, body = NULL, created_at = now()
           WHERE ${IS_OVER}
         RETURNING 1`,
        [owner.userId, key, route, bodyHash],
      );
      return claimed.length === 1;
    });
  }

  override async complete(owner: Owner, key: string, answer: StoredAnswer): Promise<void> {
    const body = answer.body === undefined ? null : JSON.stringify(answer.body);
    await this.db.asOwner(owner, (tx) =>
      tx.query('UPDATE idempotency_keys SET status_code = $2, body = $3 WHERE key = $1 AND status_code IS NULL', [
        key,
        answer.statusCode,
        body,
      ]),
    );
  }

  override async release(owner: Owner, key: string): Promise<void> {
    await this.db.asOwner(owner, (tx) =>
      tx.query('DELETE FROM idempotency_keys WHERE key = $1 AND status_code IS NULL', [key]),
    );
  }
}

function toRecord({ key, route, bodyHash, statusCode, body, hasBody }: Row): IdempotencyRecord {
  const answer = statusCode === null ? undefined : { statusCode, body: hasBody ? body : undefined };
  return { key, route, bodyHash, answer };
}
