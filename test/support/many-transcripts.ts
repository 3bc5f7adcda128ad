import type { Client } from 'pg';
import { APP_ROLE } from '../../src/database/row-level-security';

/** Words by their rank: the first stand in nearly every text, the last in one of some hundred. */
const VOCABULARY = 3000;
const WORDS = 60;

/** As they are in `manyTranscripts`: one that nearly everybody says, one of every tenth text, and one that is rare. */
export const COMMON_WORD = 'wordaa1';
export const USUAL_WORD = 'wordaa30';
export const RARE_WORD = 'wordaa2900';

/** Gives users so many transcripts each, of an hour each from now back; the users are made. Ends with statistics. */
export async function manyTranscripts(client: Client, userIds: readonly number[], each: number): Promise<void> {
  for (const userId of userIds) {
    await client.query(`BEGIN; SET LOCAL ROLE ${APP_ROLE}; SELECT set_config('app.user_id', '${userId}', true)`);
    await client.query(
      `INSERT INTO users (id, email) VALUES ($1, 'user-' || $1::integer || '@example.com') ON CONFLICT DO NOTHING`,
      [userId],
    );
    await client.query(INSERT_ENHANCED, [userId, each]);
    await client.query(INSERT_STORED, [userId, each]);
    await client.query('COMMIT');
  }
  await client.query('VACUUM ANALYZE enhanced_transcripts, stored_twilio_transcripts, users');
}

/** Ranks are drawn as people's words are: the rank of a word times how often it comes is about the same for all. */
const SPOKEN = `(SELECT string_agg('wordaa' || floor(exp(random() * ln(${VOCABULARY})))::integer, ' ')
  FROM generate_series(1, ${WORDS} + (n - n)))`;

const SID = `md5($1::integer::text || '-' || n)`;

const INSERT_ENHANCED = `INSERT INTO enhanced_transcripts (user_id, transcript_sid, source, call_date, duration,
    call_direction, scenario_name, language_code, participant_count, conversation_turns, total_words, participant_info,
    conversation_flow, summary_data, full_text, talk_ratio, agent_speaking_ms, customer_speaking_ms, longest_monologue_ms,
    words_per_minute, interruptions, latencies_ms, search_config, search)
  SELECT $1::integer, 'GT' || ${SID}, 'twilio', date_trunc('milliseconds', now() - n * interval '1 hour'), 180,
    CASE n % 3 WHEN 0 THEN 'inbound' ELSE 'outbound' END, 'scenario-' || n % 5, 'en-US', 2, 2, ${WORDS},
    '{"0": {"channel": 0, "role": "customer", "name": "Customer", "total_speaking_time": 20, "word_count": 30, "sentence_count": 3},
      "1": {"channel": 1, "role": "agent", "name": "AI Agent", "total_speaking_time": 30, "word_count": 30, "sentence_count": 3}}',
    jsonb_build_array(jsonb_build_object('sequence', 1, 'speaker', '{"channel": 1, "role": "agent", "name": "AI Agent"}'::jsonb,
      'text', said.text, 'start_time', 0.5, 'end_time', 30.5, 'duration', 30, 'confidence', 0.95, 'word_count', ${WORDS},
      'interrupted', false, 'latency_ms', 640)),
    '{"total_duration_seconds": 180, "total_sentences": 6, "total_words": 60, "participant_count": 2, "average_confidence": 0.95}',
    said.text, 0.6, 30000, 20000, 12000, 72, n % 4, ARRAY[600 + n % 200, 700], 'english',
    owned_words($1, to_tsvector('simple', said.text) || to_tsvector('english', said.text))
  FROM generate_series(1, $2::integer) n, LATERAL ${SPOKEN} said (text)`;

const INSERT_STORED = `INSERT INTO stored_twilio_transcripts (user_id, transcript_sid, state, status, date_created,
    date_updated, duration, sentences, full_text)
  SELECT e.user_id, e.transcript_sid, 'stored', 'completed', e.call_date, e.call_date, e.duration,
    jsonb_build_array(jsonb_build_object('text', e.full_text, 'speaker', 1, 'start_time', 0.5, 'end_time', 30.5, 'confidence', 0.95)),
    e.full_text
  FROM enhanced_transcripts e WHERE e.user_id = $1 AND $2::integer > 0`;
