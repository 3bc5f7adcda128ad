import type { MigrationInterface, QueryRunner } from 'typeorm';
import { lookupFunction, ownTable } from '../src/database/row-level-security';

/** Simulated callers against a scenario, and what came of each. */
export class Simulations1763700026000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const statements = [
      `CREATE TABLE simulations (
        id uuid NOT NULL CONSTRAINT simulations_pkey PRIMARY KEY DEFAULT gen_random_uuid(),
        user_id integer NOT NULL CONSTRAINT simulations_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
        scenario_id text NOT NULL,
        agent jsonb NOT NULL,
        plan jsonb NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      )`,
      `CREATE UNIQUE INDEX simulations_user_id_id_key ON simulations (user_id, id)`,
      `CREATE INDEX simulations_list_idx ON simulations (user_id, scenario_id, created_at, id)`,
      ...ownTable('simulations'),

      `CREATE TABLE simulation_runs (
        id uuid NOT NULL CONSTRAINT simulation_runs_pkey PRIMARY KEY DEFAULT gen_random_uuid(),
        user_id integer NOT NULL,
        simulation_id uuid NOT NULL,
        sequence integer NOT NULL,
        caller integer NOT NULL,
        state text NOT NULL,
        due_at timestamptz,
        tries integer NOT NULL DEFAULT 0,
        reason text,
        result jsonb,
        finished_at timestamptz,
        CONSTRAINT simulation_runs_simulation_fkey FOREIGN KEY (user_id, simulation_id)
          REFERENCES simulations (user_id, id) ON DELETE CASCADE
      )`,
      `CREATE UNIQUE INDEX simulation_runs_sequence_key ON simulation_runs (user_id, simulation_id, sequence)`,
      `CREATE INDEX simulation_runs_due_idx ON simulation_runs (due_at) WHERE due_at IS NOT NULL`,
      ...ownTable('simulation_runs'),
      // Two of each user at a time: nobody's hundred keep another's one waiting. Of a user there are some hundreds at most.
      ...lookupFunction({
        signature: 'lookup_due_simulation_runs(p_now timestamptz)',
        returns: 'TABLE (user_id integer, id uuid)',
        body: `SELECT d.user_id, d.id FROM (
            SELECT r.user_id, r.id, r.due_at, row_number() OVER (PARTITION BY r.user_id ORDER BY r.due_at, r.sequence) AS place
            FROM simulation_runs r JOIN users u ON u.id = r.user_id AND u.is_active
            WHERE r.due_at <= p_now) d
          WHERE d.place <= 2 ORDER BY d.due_at LIMIT 20`,
        reads: [
          { table: 'simulation_runs', columns: ['id', 'user_id', 'due_at', 'sequence'] },
          { table: 'users', columns: ['id', 'is_active'] },
        ],
      }),
    ];
    for (const statement of statements) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    const statements = [
      `DROP FUNCTION lookup_due_simulation_runs(timestamptz)`,
      `DROP TABLE simulation_runs`,
      `DROP TABLE simulations`,
    ];
    for (const statement of statements) await queryRunner.query(statement);
  }
}
