import type { MigrationInterface, QueryRunner } from 'typeorm';
import { APP_ROLE, lookupFunction, ownTable } from '../src/database/row-level-security';

/** Recordings of calls, copied into a storage of our own, and files whose owner is gone. */
export class Recordings1763700015000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const statements = [
      `CREATE TABLE recordings (
        id uuid CONSTRAINT recordings_pkey PRIMARY KEY,
        user_id integer NOT NULL,
        call_id uuid NOT NULL,
        recording_sid text,
        state text NOT NULL,
        duration_seconds integer,
        channels integer,
        format text NOT NULL DEFAULT 'wav',
        size_bytes bigint,
        sha256 text,
        storage_key text,
        due_at timestamptz,
        tries integer NOT NULL DEFAULT 0,
        error text,
        stored_at timestamptz,
        carrier_delete_due_at timestamptz,
        carrier_delete_tries integer NOT NULL DEFAULT 0,
        carrier_deleted_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT recordings_call_fkey FOREIGN KEY (user_id, call_id) REFERENCES calls (user_id, id) ON DELETE CASCADE
      )`,
      `CREATE UNIQUE INDEX recordings_recording_sid_key ON recordings (recording_sid)`,
      // Of a call whose recordings are looked for.
      `CREATE UNIQUE INDEX recordings_sought_key ON recordings (user_id, call_id) WHERE recording_sid IS NULL`,
      `CREATE INDEX recordings_user_id_call_id_idx ON recordings (user_id, call_id)`,
      `CREATE INDEX recordings_due_idx ON recordings (due_at) WHERE due_at IS NOT NULL`,
      `CREATE INDEX recordings_carrier_delete_idx ON recordings (carrier_delete_due_at) WHERE carrier_delete_due_at IS NOT NULL`,
      `CREATE INDEX recordings_stored_idx ON recordings (stored_at) WHERE state = 'stored'`,
      ...ownTable('recordings'),
      ...lookupFunction({
        signature: 'lookup_due_recordings(p_now timestamptz)',
        returns: 'TABLE (user_id integer, id uuid)',
        body: `SELECT r.user_id, r.id FROM recordings r JOIN users u ON u.id = r.user_id AND u.is_active
          WHERE r.due_at <= p_now ORDER BY r.due_at LIMIT 100`,
        reads: [
          {
            table: 'recordings',
            columns: ['user_id', 'id', 'call_id', 'due_at', 'carrier_delete_due_at', 'stored_at', 'state'],
          },
          { table: 'users', columns: ['id', 'is_active'] },
        ],
      }),
      ...lookupFunction({
        signature: 'lookup_undeleted_copies(p_now timestamptz)',
        returns: 'TABLE (user_id integer, id uuid)',
        body: `SELECT r.user_id, r.id FROM recordings r JOIN users u ON u.id = r.user_id AND u.is_active
          WHERE r.carrier_delete_due_at <= p_now ORDER BY r.carrier_delete_due_at LIMIT 100`,
        reads: [],
      }),
      ...lookupFunction({
        signature: 'lookup_outdated_recordings(p_before timestamptz)',
        returns: 'TABLE (user_id integer, id uuid)',
        body: `SELECT r.user_id, r.id FROM recordings r JOIN users u ON u.id = r.user_id AND u.is_active
          WHERE r.state = 'stored' AND r.stored_at < p_before ORDER BY r.stored_at LIMIT 100`,
        reads: [],
      }),
      // The one that is played; and whether anything is known of what was to be recorded.
      `ALTER TABLE calls ADD COLUMN recording_id uuid, ADD COLUMN is_recording_noted boolean NOT NULL DEFAULT false`,
      `CREATE INDEX calls_unrecorded_idx ON calls (ended_at)
         WHERE record AND answered_at IS NOT NULL AND call_sid IS NOT NULL AND NOT is_recording_noted`,
      ...lookupFunction({
        signature: 'lookup_unrecorded_calls(p_since timestamptz, p_before timestamptz)',
        returns: 'TABLE (user_id integer, id uuid)',
        body: `SELECT c.user_id, c.id FROM calls c JOIN users u ON u.id = c.user_id AND u.is_active
          WHERE c.record AND c.answered_at IS NOT NULL AND c.call_sid IS NOT NULL
            AND NOT c.is_recording_noted AND c.ended_at >= p_since AND c.ended_at < p_before
          ORDER BY c.ended_at LIMIT 100`,
        reads: [
          {
            table: 'calls',
            columns: ['user_id', 'id', 'record', 'answered_at', 'call_sid', 'ended_at', 'is_recording_noted'],
          },
        ],
      }),
      ...lookupFunction({
        signature: 'lookup_recording(p_id uuid)',
        returns: 'TABLE (user_id integer)',
        body: `SELECT r.user_id FROM recordings r WHERE r.id = p_id`,
        reads: [],
      }),

      // Of users who are gone: nobody's, and nothing in it says whose it was.
      `CREATE TABLE files_to_remove (
        id uuid CONSTRAINT files_to_remove_pkey PRIMARY KEY,
        storage_key text,
        recording_sid text,
        due_at timestamptz NOT NULL,
        tries integer NOT NULL DEFAULT 0
      )`,
      `CREATE INDEX files_to_remove_due_at_idx ON files_to_remove (due_at)`,
      `GRANT SELECT, INSERT, UPDATE, DELETE ON files_to_remove TO ${APP_ROLE}`,
    ];
    for (const statement of statements) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    const statements = [
      `DROP TABLE files_to_remove`,
      `DROP FUNCTION lookup_recording(uuid)`,
      `DROP FUNCTION lookup_unrecorded_calls(timestamptz, timestamptz)`,
      `DROP INDEX calls_unrecorded_idx`,
      `ALTER TABLE calls DROP COLUMN recording_id, DROP COLUMN is_recording_noted`,
      `DROP FUNCTION lookup_outdated_recordings(timestamptz)`,
      `DROP FUNCTION lookup_undeleted_copies(timestamptz)`,
      `DROP FUNCTION lookup_due_recordings(timestamptz)`,
      `DROP TABLE recordings`,
    ];
    for (const statement of statements) await queryRunner.query(statement);
  }
}
