import type { MigrationInterface, QueryRunner } from 'typeorm';
import { APP_ROLE, lookupFunction } from '../src/database/row-level-security';

/** Texts fairly, each number's STOP its own, and what came in while nobody was there. */
export class SmsMends1763700020000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const statements = [
      `CREATE INDEX sms_messages_asked_idx ON sms_messages (user_id, asked_at) WHERE direction = 'outbound'`,
      `ALTER TABLE sms_messages ADD COLUMN media_count integer NOT NULL DEFAULT 0`,

      // A few of each user, those to be sent apart from those to be asked about: nobody's thousand keeps another's one.
      `DROP FUNCTION lookup_due_sms(timestamptz)`,
      `DROP INDEX sms_messages_due_idx`,
      `CREATE INDEX sms_messages_send_idx ON sms_messages (user_id, due_at) WHERE due_at IS NOT NULL AND send_state = 'intended'`,
      `CREATE INDEX sms_messages_look_idx ON sms_messages (user_id, due_at) WHERE due_at IS NOT NULL AND send_state <> 'intended'`,
      ...lookupFunction({
        signature: 'lookup_sms_to_send(p_now timestamptz)',
        returns: 'TABLE (user_id integer, id uuid)',
        body: dueOfEach(`m.send_state = 'intended'`),
        reads: [],
      }),
      ...lookupFunction({
        signature: 'lookup_sms_to_look_at(p_now timestamptz)',
        returns: 'TABLE (user_id integer, id uuid)',
        body: dueOfEach(`m.send_state <> 'intended'`),
        reads: [],
      }),

      // Who was in touch with this person last, by a text or a call of either side.
      `DROP FUNCTION lookup_last_texter(text, text)`,
      ...lookupFunction({
        signature: 'lookup_last_contact(p_phone_number text, p_own_number text)',
        returns: 'TABLE (user_id integer)',
        body: `SELECT t.user_id FROM (
            (SELECT m.user_id, m.created_at FROM sms_messages m JOIN users u ON u.id = m.user_id AND u.is_active
              WHERE m.phone_number = p_phone_number AND m.own_number = p_own_number
                AND m.direction = 'outbound' AND m.send_state IN ('asked', 'placed', 'unknown')
              ORDER BY m.created_at DESC LIMIT 1)
            UNION ALL
            (SELECT c.user_id, c.created_at FROM calls c JOIN users u ON u.id = c.user_id AND u.is_active
              WHERE c.phone_number = p_phone_number AND c.from_number = p_own_number
              ORDER BY c.created_at DESC LIMIT 1)) t
          ORDER BY t.created_at DESC LIMIT 1`,
        reads: [{ table: 'calls', columns: ['created_at'] }],
      }),
      ...lookupFunction({
        signature: 'lookup_later_word(p_phone_number text, p_own_number text, p_after timestamptz)',
        returns: 'boolean',
        body: `SELECT EXISTS (SELECT FROM sms_messages m
          WHERE m.phone_number = p_phone_number AND m.own_number = p_own_number AND m.created_at > p_after
            AND m.direction = 'inbound' AND m.keyword IN ('stop', 'start'))`,
        reads: [{ table: 'sms_messages', columns: ['keyword'] }],
      }),

      // What is to be followed is looked at once.
      `ALTER TABLE calls ADD COLUMN followed_up_at timestamptz`,
      `UPDATE calls c SET followed_up_at = now() WHERE c.agent ? 'followUpText' AND (c.ended_at < now() - interval '1 day'
         OR EXISTS (SELECT FROM sms_messages m WHERE m.user_id = c.user_id AND m.call_id = c.id AND m.source = 'follow_up'))`,
      `DROP INDEX calls_follow_up_idx`,
      `CREATE INDEX calls_follow_up_idx ON calls (ended_at) WHERE agent ? 'followUpText' AND followed_up_at IS NULL`,
      `DROP FUNCTION lookup_calls_to_follow_up(timestamptz)`,
      // Whoever carries the conversation may have to say yet that a machine has answered: that is waited for, but not for ever.
      ...lookupFunction({
        signature: 'lookup_calls_to_follow_up(p_now timestamptz)',
        returns: 'TABLE (user_id integer, id uuid)',
        body: `SELECT c.user_id, c.id FROM calls c JOIN users u ON u.id = c.user_id AND u.is_active
          WHERE c.agent ? 'followUpText' AND c.followed_up_at IS NULL AND c.ended_at > p_now - interval '1 day'
            AND (c.words_version > 1 OR c.ended_at < p_now - interval '30 seconds')
          ORDER BY c.ended_at LIMIT 50`,
        reads: [{ table: 'calls', columns: ['followed_up_at'] }],
      }),

      `ALTER TABLE do_not_call ADD COLUMN stopped_numbers text[] NOT NULL DEFAULT '{}'`,

      // Up to when the carrier was asked what has come to a number. Numbers of ours, and nothing of whose they are.
      `CREATE TABLE sms_inboxes (
        own_number text CONSTRAINT sms_inboxes_pkey PRIMARY KEY,
        due_at timestamptz NOT NULL,
        read_until timestamptz NOT NULL
      )`,
      `CREATE INDEX sms_inboxes_due_at_idx ON sms_inboxes (due_at)`,
      `GRANT SELECT, INSERT, UPDATE, DELETE ON sms_inboxes TO ${APP_ROLE}`,
      ...lookupFunction({
        signature: 'lookup_claimed_numbers()',
        returns: 'TABLE (phone_number text)',
        body: 'SELECT n.phone_number FROM phone_numbers n WHERE n.can_text',
        reads: [{ table: 'phone_numbers', columns: ['can_text'] }],
      }),
    ];
    for (const statement of statements) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    const statements = [
      `DROP FUNCTION lookup_claimed_numbers()`,
      `DROP TABLE sms_inboxes`,
      `ALTER TABLE do_not_call DROP COLUMN stopped_numbers`,
      `DROP FUNCTION lookup_calls_to_follow_up(timestamptz)`,
      `DROP INDEX calls_follow_up_idx`,
      `CREATE INDEX calls_follow_up_idx ON calls (ended_at) WHERE agent ? 'followUpText'`,
      `ALTER TABLE calls DROP COLUMN followed_up_at`,
      `DROP FUNCTION lookup_later_word(text, text, timestamptz)`,
      `DROP FUNCTION lookup_last_contact(text, text)`,
      `DROP FUNCTION lookup_sms_to_look_at(timestamptz)`,
      `DROP FUNCTION lookup_sms_to_send(timestamptz)`,
      `DROP INDEX sms_messages_look_idx`,
      `DROP INDEX sms_messages_send_idx`,
      `CREATE INDEX sms_messages_due_idx ON sms_messages (due_at) WHERE due_at IS NOT NULL`,
      `ALTER TABLE sms_messages DROP COLUMN media_count`,
      `DROP INDEX sms_messages_asked_idx`,
      ...lookupFunction({
        signature: 'lookup_due_sms(p_now timestamptz)',
        returns: 'TABLE (user_id integer, id uuid)',
        body: `SELECT m.user_id, m.id FROM sms_messages m JOIN users u ON u.id = m.user_id AND u.is_active
          WHERE m.due_at <= p_now ORDER BY m.due_at LIMIT 50`,
        reads: [],
      }),
      ...lookupFunction({
        signature: 'lookup_last_texter(p_phone_number text, p_own_number text)',
        returns: 'TABLE (user_id integer)',
        body: `SELECT m.user_id FROM sms_messages m JOIN users u ON u.id = m.user_id AND u.is_active
          WHERE m.phone_number = p_phone_number AND m.own_number = p_own_number
            AND m.direction = 'outbound' AND m.send_state = 'placed'
          ORDER BY m.created_at DESC LIMIT 1`,
        reads: [],
      }),
      ...lookupFunction({
        signature: 'lookup_calls_to_follow_up(p_now timestamptz)',
        returns: 'TABLE (user_id integer, id uuid)',
        body: `SELECT c.user_id, c.id FROM calls c JOIN users u ON u.id = c.user_id AND u.is_active
          WHERE c.agent ? 'followUpText' AND c.ended_at > p_now - interval '1 day'
            AND c.status = 'completed' AND c.answered_at IS NOT NULL AND c.voicemail IS NULL
            AND (c.words_version > 1 OR c.ended_at < p_now - interval '30 seconds')
            AND NOT EXISTS (SELECT FROM sms_messages m
              WHERE m.user_id = c.user_id AND m.call_id = c.id AND m.source = 'follow_up')
          ORDER BY c.ended_at LIMIT 50`,
        reads: [],
      }),
    ];
    for (const statement of statements) await queryRunner.query(statement);
  }
}

/** Goes from one user to the next: a long queue of one costs no more than a short one. */
function dueOfEach(those: string): string {
  return `WITH RECURSIVE waiting AS (
      (SELECT m.user_id FROM sms_messages m WHERE m.due_at IS NOT NULL AND ${those} ORDER BY m.user_id LIMIT 1)
      UNION ALL
      SELECT n.user_id FROM waiting w CROSS JOIN LATERAL (
        SELECT m.user_id FROM sms_messages m WHERE m.due_at IS NOT NULL AND ${those} AND m.user_id > w.user_id
        ORDER BY m.user_id LIMIT 1) n
    )
    SELECT w.user_id, d.id FROM waiting w JOIN users u ON u.id = w.user_id AND u.is_active
    CROSS JOIN LATERAL (SELECT m.id, m.due_at FROM sms_messages m
      WHERE m.user_id = w.user_id AND m.due_at <= p_now AND ${those} ORDER BY m.due_at LIMIT 4) d
    ORDER BY d.due_at LIMIT 100`;
}
