import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ownTable } from '../src/database/row-level-security';

/** Answers kept for requests that carry an Idempotency-Key. */
export class IdempotencyKeys1763700004000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const statements = [
      `CREATE TABLE idempotency_keys (
        user_id integer NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        key text NOT NULL,
        route text NOT NULL,
        body_hash text NOT NULL,
        status_code smallint,
        body json,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (user_id, key)
      )`,
      `CREATE INDEX idempotency_keys_user_id_created_at_idx ON idempotency_keys (user_id, created_at)`,
      ...ownTable('idempotency_keys'),
    ];
    for (const statement of statements) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE idempotency_keys`);
  }
}
