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
            columns: [
              'user_id',
              'id',
              'call_id',
              'due_at',
              'carrier_delete_due_at',
              'stored_at',
              'state',
              'updated_at',
            ],
          },
          { table: 'users', columns: ['id', 'is_active'] },
        ],
      }),
      ...lookupFunction({
        signature: 'lookup_undeleted_copies(p_now timestamptz)',
        returns: 'TABLE (user_id integer, id uuid)',
        // Also of users who are switched off.
        body: `SELECT r.user_id, r.id FROM recordings r
          WHERE r.carrier_delete_due_at <= p_now ORDER BY r.carrier_delete_due_at LIMIT 100`,
        reads: [],
      }),
      ...lookupFunction({
        signature: 'lookup_outdated_recordings(p_before timestamptz, p_touched_before timestamptz)',
        returns: 'TABLE (user_id integer, id uuid)',
        // Whose file could not be deleted is passed over for a while.
        body: `SELECT r.user_id, r.id FROM recordings r
          WHERE r.state = 'stored' AND r.stored_at < p_before AND r.updated_at < p_touched_before
          ORDER BY r.stored_at LIMIT 100`,
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
            -- Of calls that come in, those that were connected are recorded.
            AND (c.direction = 'outbound' OR c.stream_opened_at IS NOT NULL)
          ORDER BY c.ended_at LIMIT 100`,
        reads: [
          {
            table: 'calls',
            columns: [
              'user_id',
              'id',
              'record',
              'answered_at',
              'call_sid',
              'ended_at',
              'is_recording_noted',
              'direction',
              'stream_opened_at',
            ],
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
        id uuid CONSTRAINT files_to_remove_pkey PRIMARY KEY DEFAULT gen_random_uuid(),
        storage_key text,
        recording_sid text,
        call_sid text,
        due_at timestamptz NOT NULL,
        tries integer NOT NULL DEFAULT 0
      )`,
      `CREATE INDEX files_to_remove_due_at_idx ON files_to_remove (due_at)`,
      `GRANT SELECT, INSERT, UPDATE, DELETE ON files_to_remove TO ${APP_ROLE}`,
      // In the transaction that deletes the row, whoever deletes it. Somebody may be copying until the lease is over.
      `CREATE FUNCTION plan_removal_of_recording() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
        BEGIN
          INSERT INTO files_to_remove (storage_key, recording_sid, due_at) VALUES (
            CASE WHEN OLD.state IN ('due', 'failed') THEN 'recordings/' || OLD.id || '.wav' ELSE OLD.storage_key END,
            CASE WHEN OLD.carrier_deleted_at IS NULL THEN OLD.recording_sid END,
            greatest(clock_timestamp(), OLD.due_at + interval '1 minute'));
          RETURN NULL;
        END $$`,
      `CREATE TRIGGER recordings_removal AFTER DELETE ON recordings FOR EACH ROW
        WHEN (OLD.recording_sid IS NOT NULL OR OLD.storage_key IS NOT NULL) EXECUTE FUNCTION plan_removal_of_recording()`,
      // What was recorded of a call and nobody has told of yet: a while after the call the carrier knows.
      `CREATE FUNCTION plan_removal_of_call() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
        BEGIN
          INSERT INTO files_to_remove (call_sid, due_at) VALUES (OLD.call_sid, clock_timestamp() + interval '10 minutes');
          RETURN NULL;
        END $$`,
      `CREATE TRIGGER calls_removal AFTER DELETE ON calls FOR EACH ROW
        WHEN (OLD.record AND OLD.call_sid IS NOT NULL AND OLD.recording_id IS NULL) EXECUTE FUNCTION plan_removal_of_call()`,
    ];
    for (const statement of statements) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    const statements = [
      `DROP TRIGGER calls_removal ON calls`,
      `DROP FUNCTION plan_removal_of_call()`,
      `DROP TABLE files_to_remove`,
      `DROP FUNCTION lookup_recording(uuid)`,
      `DROP FUNCTION lookup_unrecorded_calls(timestamptz, timestamptz)`,
      `DROP INDEX calls_unrecorded_idx`,
      `ALTER TABLE calls DROP COLUMN recording_id, DROP COLUMN is_recording_noted`,
      `DROP FUNCTION lookup_outdated_recordings(timestamptz, timestamptz)`,
      `DROP FUNCTION lookup_undeleted_copies(timestamptz)`,
      `DROP FUNCTION lookup_due_recordings(timestamptz)`,
      `DROP TABLE recordings`,
      `DROP FUNCTION plan_removal_of_recording()`,
    ];
    for (const statement of statements) await queryRunner.query(statement);
  }
}
