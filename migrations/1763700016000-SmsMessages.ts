import type { MigrationInterface, QueryRunner } from 'typeorm';
import { lookupFunction, ownTable } from '../src/database/row-level-security';

/** Texts with their ledger, who wants none, and what scenarios text. */
export class SmsMessages1763700016000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const statements = [
      `CREATE TABLE sms_messages (
        id uuid NOT NULL CONSTRAINT sms_messages_pkey PRIMARY KEY,
        user_id integer NOT NULL CONSTRAINT sms_messages_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
        direction text NOT NULL,
        phone_number text NOT NULL,
        own_number text NOT NULL,
        body text NOT NULL,
        status text NOT NULL,
        send_state text NOT NULL,
        sid text,
        attempt_id uuid,
        source text,
        keyword text,
        call_id uuid,
        segments integer,
        error_code text,
        error_detail text,
        idempotency_key text,
        due_at timestamptz,
        tries integer NOT NULL DEFAULT 0,
        created_at timestamptz NOT NULL DEFAULT now(),
        asked_at timestamptz,
        sent_at timestamptz,
        delivered_at timestamptz,
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT sms_messages_call_fkey FOREIGN KEY (user_id, call_id) REFERENCES calls (user_id, id) ON DELETE CASCADE
      )`,
      `CREATE UNIQUE INDEX sms_messages_sid_key ON sms_messages (sid)`,
      `CREATE UNIQUE INDEX sms_messages_attempt_id_key ON sms_messages (attempt_id)`,
      `CREATE UNIQUE INDEX sms_messages_user_id_idempotency_key_key ON sms_messages (user_id, idempotency_key)`,
      // One after each call, whoever thinks of it first.
      `CREATE UNIQUE INDEX sms_messages_follow_up_key ON sms_messages (user_id, call_id) WHERE source = 'follow_up'`,
      `CREATE INDEX sms_messages_user_id_created_at_id_idx ON sms_messages (user_id, created_at, id)`,
      `CREATE INDEX sms_messages_user_id_phone_number_idx ON sms_messages (user_id, phone_number, created_at, id)`,
      `CREATE INDEX sms_messages_pair_idx ON sms_messages (phone_number, own_number, created_at)`,
      `CREATE INDEX sms_messages_due_idx ON sms_messages (due_at) WHERE due_at IS NOT NULL`,
      ...ownTable('sms_messages'),

      // Who has called a person, when that person texts STOP; and which calls are to be followed by a text.
      `CREATE INDEX calls_phone_number_from_number_idx ON calls (phone_number, from_number)`,
      `CREATE INDEX calls_follow_up_idx ON calls (ended_at) WHERE agent ? 'followUpText'`,

      `ALTER TABLE do_not_call ADD COLUMN by_owner boolean NOT NULL DEFAULT true`,
      `ALTER TABLE do_not_call ADD COLUMN stopped_at timestamptz`,
      `ALTER TABLE custom_scenarios ADD COLUMN sends_texts boolean NOT NULL DEFAULT false`,
      `ALTER TABLE custom_scenarios ADD COLUMN follow_up_text text`,

      ...lookupFunction({
        signature: 'lookup_sms_by_sid(p_sid text)',
        returns: 'TABLE (user_id integer, id uuid)',
        body: 'SELECT m.user_id, m.id FROM sms_messages m WHERE m.sid = p_sid',
        reads: [
          {
            table: 'sms_messages',
            columns: [
              'id',
              'user_id',
              'sid',
              'attempt_id',
              'direction',
              'phone_number',
              'own_number',
              'body',
              'send_state',
              'source',
              'call_id',
              'due_at',
              'created_at',
            ],
          },
        ],
      }),
      ...lookupFunction({
        signature: 'lookup_sms_by_attempt(p_attempt_id uuid)',
        returns: 'TABLE (user_id integer, id uuid)',
        body: 'SELECT m.user_id, m.id FROM sms_messages m WHERE m.attempt_id = p_attempt_id',
        reads: [],
      }),
      ...lookupFunction({
        signature: 'lookup_due_sms(p_now timestamptz)',
        returns: 'TABLE (user_id integer, id uuid)',
        body: `SELECT m.user_id, m.id FROM sms_messages m JOIN users u ON u.id = m.user_id AND u.is_active
          WHERE m.due_at <= p_now ORDER BY m.due_at LIMIT 50`,
        reads: [{ table: 'users', columns: ['id', 'is_active'] }],
      }),
      // How many attempts without a known outcome, of all users, the carrier's list cannot tell from this one; itself included.
      ...lookupFunction({
        signature: 'lookup_sms_rivals(p_id uuid)',
        returns: 'integer',
        body: `SELECT count(*)::integer FROM sms_messages m JOIN sms_messages o
            ON o.phone_number = m.phone_number AND o.own_number = m.own_number AND o.body = m.body
          WHERE m.id = p_id AND o.sid IS NULL AND o.send_state IN ('asked', 'unknown')`,
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
        signature: 'lookup_contacts_of(p_phone_number text, p_own_number text)',
        returns: 'TABLE (user_id integer)',
        body: `SELECT m.user_id FROM sms_messages m
            WHERE m.phone_number = p_phone_number AND m.own_number = p_own_number
          UNION SELECT c.user_id FROM calls c
            WHERE c.phone_number = p_phone_number AND c.from_number = p_own_number`,
        reads: [
          {
            table: 'calls',
            columns: [
              'id',
              'user_id',
              'phone_number',
              'from_number',
              'status',
              'answered_at',
              'ended_at',
              'voicemail',
              'words_version',
              'agent',
            ],
          },
        ],
      }),
      // Answered by a person and over, with nothing texted after it. Whoever carries the conversation may have to say yet that a
      // machine has answered: that is waited for, but not for ever.
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

  async down(queryRunner: QueryRunner): Promise<void> {
    const statements = [
      `DROP FUNCTION lookup_calls_to_follow_up(timestamptz)`,
      `DROP FUNCTION lookup_contacts_of(text, text)`,
      `DROP FUNCTION lookup_last_texter(text, text)`,
      `DROP FUNCTION lookup_sms_rivals(uuid)`,
      `DROP FUNCTION lookup_due_sms(timestamptz)`,
      `DROP FUNCTION lookup_sms_by_attempt(uuid)`,
      `DROP FUNCTION lookup_sms_by_sid(text)`,
      `ALTER TABLE custom_scenarios DROP COLUMN follow_up_text`,
      `ALTER TABLE custom_scenarios DROP COLUMN sends_texts`,
      `ALTER TABLE do_not_call DROP COLUMN stopped_at`,
      `ALTER TABLE do_not_call DROP COLUMN by_owner`,
      `DROP INDEX calls_follow_up_idx`,
      `DROP INDEX calls_phone_number_from_number_idx`,
      `DROP TABLE sms_messages`,
    ];
    for (const statement of statements) await queryRunner.query(statement);
  }
}
