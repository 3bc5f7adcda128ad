import type { MigrationInterface, QueryRunner } from 'typeorm';
import { lookupFunction } from '../src/database/row-level-security';

const LIVE = `direction = 'browser' AND status IN ('queued', 'initiated', 'ringing', 'in-progress')`;

/** Calls from a browser: there is no carrier to ask what became of one whose process has died. */
export class BrowserCalls1763700025000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const statements = [
      `ALTER TABLE calls ADD COLUMN carried_at timestamptz`,
      `CREATE INDEX calls_carried_idx ON calls (carried_at) WHERE ${LIVE}`,
      ...lookupFunction({
        signature: 'lookup_uncarried_calls(p_seconds integer)',
        returns: 'TABLE (user_id integer, id uuid)',
        body: `SELECT c.user_id, c.id FROM calls c
          WHERE c.${LIVE.replace('status', 'c.status')} AND c.carried_at < clock_timestamp() - make_interval(secs => p_seconds)
          ORDER BY c.carried_at LIMIT 100`,
        reads: [{ table: 'calls', columns: ['direction', 'carried_at'] }],
      }),
    ];
    for (const statement of statements) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP FUNCTION lookup_uncarried_calls(integer)`);
    await queryRunner.query(`DROP INDEX calls_carried_idx`);
    await queryRunner.query(`ALTER TABLE calls DROP COLUMN carried_at`);
  }
}
