import type { MigrationInterface, QueryRunner } from 'typeorm';
import { lookupFunction } from '../src/database/row-level-security';

/** What may or may not have been done to a calendar is asked about again until it is known. */
export class CallActionsFoundOut1763700012500 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const statements = [
      `CREATE INDEX call_actions_open_idx ON call_actions (created_at) WHERE state <> 'done' AND state <> 'refused'`,
      // Of calls that are over, of users whose calendar can be asked. In no order: what cannot be known keeps nobody from the rest.
      ...lookupFunction({
        signature: 'lookup_open_call_actions()',
        returns: 'TABLE (user_id integer, call_id uuid)',
        body: `SELECT q.user_id, q.call_id FROM (
            SELECT DISTINCT a.user_id, a.call_id FROM call_actions a
              JOIN calls c ON c.user_id = a.user_id AND c.id = a.call_id
              JOIN calendar_grants g ON g.user_id = a.user_id AND NOT g.needs_reconnect
              JOIN users u ON u.id = a.user_id AND u.is_active
            WHERE a.state <> 'done' AND a.state <> 'refused' AND a.created_at > now() - interval '3 days'
              AND c.ended_at < now() - interval '1 minute') q
          ORDER BY random() LIMIT 50`,
        reads: [
          { table: 'call_actions', columns: ['user_id', 'call_id', 'state', 'created_at'] },
          { table: 'calls', columns: ['user_id', 'id', 'ended_at'] },
          { table: 'calendar_grants', columns: ['user_id', 'needs_reconnect'] },
          { table: 'users', columns: ['id', 'is_active'] },
        ],
      }),
    ];
    for (const statement of statements) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP FUNCTION lookup_open_call_actions()`);
    await queryRunner.query(`DROP INDEX call_actions_open_idx`);
  }
}
