import type { MigrationInterface, QueryRunner } from 'typeorm';
import { lookupFunction, ownTable } from '../src/database/row-level-security';

/** What was said to the agent outside of calls, and what it answered; with the audio where there is some. */
export class VoiceInteractions1763700024000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const statements = [
      `CREATE TABLE voice_interactions (
        id uuid NOT NULL CONSTRAINT voice_interactions_pkey PRIMARY KEY DEFAULT gen_random_uuid(),
        user_id integer NOT NULL CONSTRAINT voice_interactions_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
        source text NOT NULL,
        session_id text,
        customer_id text,
        audio_file_url text,
        storage_key text,
        audio_format text,
        size_bytes bigint,
        sha256 text,
        duration_ms integer,
        transcript text NOT NULL,
        llm_response text NOT NULL,
        audio_erased_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
      )`,
      `CREATE INDEX voice_interactions_user_id_created_at_id_idx ON voice_interactions (user_id, created_at, id)`,
      `CREATE INDEX voice_interactions_user_id_session_id_idx ON voice_interactions (user_id, session_id, created_at, id)
         WHERE session_id IS NOT NULL`,
      `CREATE INDEX voice_interactions_stored_idx ON voice_interactions (created_at) WHERE storage_key IS NOT NULL`,
      ...ownTable('voice_interactions'),
      ...lookupFunction({
        signature: 'lookup_voice_interaction(p_id uuid)',
        returns: 'TABLE (user_id integer)',
        body: 'SELECT v.user_id FROM voice_interactions v WHERE v.id = p_id',
        reads: [{ table: 'voice_interactions', columns: ['id', 'user_id', 'storage_key', 'created_at'] }],
      }),
      ...lookupFunction({
        signature: 'lookup_outdated_voice_interactions(p_before timestamptz)',
        // Also of users who are switched off.
        returns: 'TABLE (user_id integer, ids uuid[])',
        body: `SELECT o.user_id, array_agg(o.id) FROM (
            SELECT v.user_id, v.id FROM voice_interactions v WHERE v.storage_key IS NOT NULL AND v.created_at < p_before
            ORDER BY v.created_at LIMIT 500) o GROUP BY o.user_id`,
        reads: [],
      }),
      // Whoever deletes the row, or leaves its audio: in the same transaction.
      `CREATE FUNCTION plan_removal_of_voice_audio() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
        BEGIN
          INSERT INTO files_to_remove (storage_key, due_at) VALUES (OLD.storage_key, clock_timestamp());
          RETURN NULL;
        END $$`,
      `CREATE TRIGGER voice_interactions_removal AFTER DELETE ON voice_interactions FOR EACH ROW
        WHEN (OLD.storage_key IS NOT NULL) EXECUTE FUNCTION plan_removal_of_voice_audio()`,
      `CREATE TRIGGER voice_interactions_left AFTER UPDATE OF storage_key ON voice_interactions FOR EACH ROW
        WHEN (OLD.storage_key IS NOT NULL AND NEW.storage_key IS DISTINCT FROM OLD.storage_key)
        EXECUTE FUNCTION plan_removal_of_voice_audio()`,
    ];
    for (const statement of statements) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    const statements = [
      `DROP FUNCTION lookup_outdated_voice_interactions(timestamptz)`,
      `DROP FUNCTION lookup_voice_interaction(uuid)`,
      `DROP TABLE voice_interactions`,
      `DROP FUNCTION plan_removal_of_voice_audio()`,
    ];
    for (const statement of statements) await queryRunner.query(statement);
  }
}
