import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whose failures are of one piece; what was deleted is not told; the log by status and event; and scheduled calls by their last change. */
export class WebhookMends1763700021000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const statements = [
      `ALTER TABLE webhooks ADD COLUMN last_failed_at timestamptz`,
      `UPDATE webhooks SET last_failed_at = failing_since`,
      `CREATE INDEX webhook_deliveries_status_idx ON webhook_deliveries (user_id, webhook_id, status, created_at, id)`,
      `CREATE INDEX webhook_deliveries_event_idx ON webhook_deliveries (user_id, webhook_id, event, created_at, id)`,
      // What it is told of, or Twilio's transcript, for those of before this version.
      `UPDATE webhook_deliveries SET version = 'turns' WHERE event = 'transcript.created' AND version = ''`,
      `CREATE INDEX scheduled_calls_updated_idx ON scheduled_calls (user_id, updated_at)`,
      // In the transaction that deletes what was said.
      `CREATE FUNCTION erase_told_transcript() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
        BEGIN
          UPDATE webhook_deliveries SET payload = '', due_at = NULL, updated_at = clock_timestamp(),
            status = CASE status WHEN 'pending' THEN 'failed' ELSE status END,
            error = CASE status WHEN 'pending' THEN 'The transcript was deleted before it was received.' ELSE error END
          WHERE user_id = NEW.user_id AND event = 'transcript.created'
            AND subject IN (NEW.transcript_sid, 'CT' || replace(NEW.call_id::text, '-', ''));
          RETURN NULL;
        END $$`,
      `CREATE TRIGGER enhanced_transcripts_erased AFTER UPDATE OF deleted_at ON enhanced_transcripts FOR EACH ROW
        WHEN (OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL) EXECUTE FUNCTION erase_told_transcript()`,
      `CREATE INDEX webhook_deliveries_told_idx ON webhook_deliveries (user_id, subject) WHERE event = 'transcript.created'`,
    ];
    for (const statement of statements) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    const statements = [
      `DROP INDEX webhook_deliveries_told_idx`,
      `DROP TRIGGER enhanced_transcripts_erased ON enhanced_transcripts`,
      `DROP FUNCTION erase_told_transcript()`,
      `DROP INDEX scheduled_calls_updated_idx`,
      `DROP INDEX webhook_deliveries_event_idx`,
      `DROP INDEX webhook_deliveries_status_idx`,
      `ALTER TABLE webhooks DROP COLUMN last_failed_at`,
    ];
    for (const statement of statements) await queryRunner.query(statement);
  }
}
