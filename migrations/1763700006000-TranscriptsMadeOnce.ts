import type { MigrationInterface, QueryRunner } from 'typeorm';
import { lookupFunction } from '../src/database/row-level-security';

/**
 * What is still to be made of what was said: a call counts how often its words have become final and up to which of these a
 * transcript was made, a transcript knows when a language model is to be asked about it.
 */
export class TranscriptsMadeOnce1763700006000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const statements = [
      `ALTER TABLE calls ADD COLUMN words_version integer NOT NULL DEFAULT 0`,
      `ALTER TABLE calls ADD COLUMN transcribed_version integer NOT NULL DEFAULT 0`,
      // Those of before are made as well, whenever they were. Whoever migrates is bound by the policies like anybody else.
      `ALTER TABLE calls NO FORCE ROW LEVEL SECURITY`,
      `UPDATE calls SET words_version = 1 WHERE answered_at IS NOT NULL`,
      `ALTER TABLE calls FORCE ROW LEVEL SECURITY`,
      `CREATE INDEX calls_untranscribed_idx ON calls (ended_at) WHERE words_version > transcribed_version`,
      `DROP FUNCTION lookup_calls_without_transcript(timestamptz, timestamptz)`,
      `DROP INDEX calls_answered_ended_at_idx`,
      ...lookupFunction({
        signature: 'lookup_untranscribed_calls(p_before timestamptz)',
        returns: 'TABLE (user_id integer, id uuid)',
        body: `SELECT c.user_id, c.id FROM calls c JOIN users u ON u.id = c.user_id AND u.is_active
          WHERE c.words_version > c.transcribed_version AND c.ended_at < p_before ORDER BY c.ended_at DESC LIMIT 100`,
        reads: [
          { table: 'calls', columns: ['user_id', 'id', 'ended_at', 'words_version', 'transcribed_version'] },
          { table: 'users', columns: ['id', 'is_active'] },
        ],
      }),

      // The index takes a megabyte a text, with owners, places and forms. Of more words than that the first are found.
      `CREATE FUNCTION transcript_words(p_user_id integer, p_config text, p_text text) RETURNS tsvector LANGUAGE plpgsql STABLE
         SET search_path = pg_catalog, public, pg_temp AS $$
         DECLARE
           part text := p_text;
         BEGIN
           LOOP
             BEGIN
               RETURN owned_words(p_user_id, to_tsvector('simple', part) || to_tsvector(p_config::regconfig, part));
             EXCEPTION WHEN program_limit_exceeded THEN
               part := left(part, length(part) / 2);
             END;
           END LOOP;
         END $$`,
      `ALTER TABLE enhanced_transcripts
         ADD COLUMN sentiment text,
         ADD COLUMN sentiment_score real,
         ADD COLUMN topics text[] NOT NULL DEFAULT '{}',
         ADD COLUMN insight_due_at timestamptz,
         ADD COLUMN insight_tries integer NOT NULL DEFAULT 0,
         ADD COLUMN insight_error text`,
      `CREATE INDEX enhanced_transcripts_insight_idx ON enhanced_transcripts (insight_due_at) WHERE insight_due_at IS NOT NULL`,
      ...lookupFunction({
        signature: 'lookup_due_insights(p_now timestamptz)',
        returns: 'TABLE (user_id integer, id integer)',
        body: `SELECT e.user_id, e.id FROM enhanced_transcripts e JOIN users u ON u.id = e.user_id AND u.is_active
          WHERE e.insight_due_at <= p_now ORDER BY e.insight_due_at LIMIT 50`,
        reads: [
          { table: 'enhanced_transcripts', columns: ['user_id', 'id', 'insight_due_at'] },
          { table: 'users', columns: ['id', 'is_active'] },
        ],
      }),

      `CREATE INDEX stored_twilio_transcripts_status_idx ON stored_twilio_transcripts (user_id, status, date_created, id)
         WHERE state <> 'asked' AND deleted_at IS NULL`,
      // Which of Twilio's transcripts somebody here knows of.
      `CREATE INDEX stored_twilio_transcripts_unstored_idx ON stored_twilio_transcripts (transcript_sid) WHERE state <> 'stored'`,
      ...lookupFunction({
        signature: 'lookup_known_transcripts(p_sids text[])',
        returns: 'TABLE (transcript_sid text)',
        body: `SELECT t.transcript_sid FROM stored_twilio_transcripts t WHERE t.transcript_sid = ANY (p_sids) AND t.state = 'stored'
          UNION SELECT t.transcript_sid FROM stored_twilio_transcripts t WHERE t.transcript_sid = ANY (p_sids) AND t.state <> 'stored'`,
        reads: [{ table: 'stored_twilio_transcripts', columns: ['transcript_sid', 'state'] }],
      }),
    ];
    for (const statement of statements) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    const statements = [
      `DROP FUNCTION lookup_known_transcripts(text[])`,
      `DROP INDEX stored_twilio_transcripts_unstored_idx`,
      `DROP INDEX stored_twilio_transcripts_status_idx`,
      `DROP FUNCTION lookup_due_insights(timestamptz)`,
      `DROP INDEX enhanced_transcripts_insight_idx`,
      `DROP FUNCTION transcript_words(integer, text, text)`,
      `ALTER TABLE enhanced_transcripts DROP COLUMN sentiment, DROP COLUMN sentiment_score, DROP COLUMN topics,
         DROP COLUMN insight_due_at, DROP COLUMN insight_tries, DROP COLUMN insight_error`,
      `DROP FUNCTION lookup_untranscribed_calls(timestamptz)`,
      `CREATE INDEX calls_answered_ended_at_idx ON calls (ended_at) WHERE answered_at IS NOT NULL`,
      ...lookupFunction({
        signature: 'lookup_calls_without_transcript(p_since timestamptz, p_before timestamptz)',
        returns: 'TABLE (user_id integer, id uuid)',
        body: `SELECT c.user_id, c.id FROM calls c JOIN users u ON u.id = c.user_id AND u.is_active
          WHERE c.answered_at IS NOT NULL AND c.ended_at >= p_since AND c.ended_at < p_before
            AND NOT EXISTS (SELECT FROM enhanced_transcripts e WHERE e.user_id = c.user_id AND e.call_id = c.id)
          ORDER BY c.ended_at LIMIT 100`,
        reads: [{ table: 'calls', columns: ['answered_at', 'ended_at'] }],
      }),
      `DROP INDEX calls_untranscribed_idx`,
      `ALTER TABLE calls DROP COLUMN words_version, DROP COLUMN transcribed_version`,
    ];
    for (const statement of statements) await queryRunner.query(statement);
  }
}
