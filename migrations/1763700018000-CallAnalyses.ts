import type { MigrationInterface, QueryRunner } from 'typeorm';
import { lookupFunction } from '../src/database/row-level-security';

/** What is read out of a call when it is over, and which of its fields somebody has written himself. */
export class CallAnalyses1763700018000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const statements = [
      `ALTER TABLE calls
         ADD COLUMN outcome text,
         ADD COLUMN outcome_reason text,
         ADD COLUMN open_promises jsonb NOT NULL DEFAULT '[]',
         ADD COLUMN extraction_error text,
         ADD COLUMN written_fields text[] NOT NULL DEFAULT '{}',
         ADD COLUMN analysed_at timestamptz,
         ADD COLUMN analysis_due_at timestamptz,
         ADD COLUMN analysis_tries integer NOT NULL DEFAULT 0,
         ADD COLUMN analysis_error text`,
      // Who wrote these until now is not known; it was no reading. Whoever migrates is bound by the policies.
      `ALTER TABLE calls NO FORCE ROW LEVEL SECURITY`,
      `UPDATE calls SET written_fields = array_remove(ARRAY[
           CASE WHEN order_items IS NOT NULL THEN 'order_items' END,
           CASE WHEN customer_name IS NOT NULL THEN 'customer_name' END,
           CASE WHEN delivery_address IS NOT NULL THEN 'delivery_address' END,
           CASE WHEN restaurant_id IS NOT NULL THEN 'restaurant_id' END], NULL)
         WHERE order_items IS NOT NULL OR customer_name IS NOT NULL OR delivery_address IS NOT NULL
           OR restaurant_id IS NOT NULL`,
      `ALTER TABLE calls FORCE ROW LEVEL SECURITY`,
      `CREATE INDEX calls_analysis_due_idx ON calls (analysis_due_at) WHERE analysis_due_at IS NOT NULL`,
      ...lookupFunction({
        signature: 'lookup_due_analyses(p_now timestamptz)',
        returns: 'TABLE (user_id integer, id uuid)',
        body: `SELECT c.user_id, c.id FROM calls c JOIN users u ON u.id = c.user_id AND u.is_active
          WHERE c.analysis_due_at <= p_now ORDER BY c.analysis_due_at LIMIT 50`,
        reads: [
          { table: 'calls', columns: ['user_id', 'id', 'analysis_due_at'] },
          { table: 'users', columns: ['id', 'is_active'] },
        ],
      }),
    ];
    for (const statement of statements) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    const statements = [
      `DROP FUNCTION lookup_due_analyses(timestamptz)`,
      `DROP INDEX calls_analysis_due_idx`,
      `ALTER TABLE calls DROP COLUMN outcome, DROP COLUMN outcome_reason, DROP COLUMN open_promises,
         DROP COLUMN extraction_error, DROP COLUMN written_fields, DROP COLUMN analysed_at, DROP COLUMN analysis_due_at,
         DROP COLUMN analysis_tries, DROP COLUMN analysis_error`,
    ];
    for (const statement of statements) await queryRunner.query(statement);
  }
}
