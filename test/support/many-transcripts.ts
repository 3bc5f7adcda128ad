import type { Client } from 'pg';
import { APP_ROLE } from '../../src/database/row-level-security';

/** A conversation of three minutes, as it is in the product's own examples: 350 words by two people in turns. */
const UTTERANCES = 25;
const WORDS_PER_UTTERANCE = 14;
/** Words by their rank: the first stand in nearly every text, the last in one of sixty. */
const VOCABULARY = 3000;

/** What people say most is what the rules of a language pass over. */
const MOST_SAID =
  `the and you to is of it that for we have are in on can do your this be not i a my with so was what just me if at or`.split(
    ' ',
  );
/** Without a letter that the rules of English take away at the end. */
const SYLLABLES = [...'bdfgklmnprtv'].flatMap((first) => [...'aeiou'].map((vowel) => `${first}${vowel}n`));

/** Longer words begin like shorter ones, as those of a language do. */
function wordOf(rank: number): string {
  const said = MOST_SAID[rank - 1];
  if (said !== undefined) return said;
  return [Math.floor(rank / SYLLABLES.length), rank % SYLLABLES.length].map((at) => SYLLABLES[at] ?? '').join('');
}

const WORDS_BY_RANK = Array.from({ length: VOCABULARY }, (_, rank) => wordOf(rank));

/** As they are in `manyTranscripts`: two that nearly everybody says, one of every tenth text, and one that is rare. */
export const COMMON_WORD = wordOf(1);
export const OTHER_COMMON_WORD = wordOf(3);
export const USUAL_WORD = wordOf(420);
export const RARE_WORD = wordOf(2900);
/** Sixty words begin so, of which each text has some. */
export const BEGINNING = SYLLABLES[1]?.slice(0, 2) ?? '';

/** Gives users so many transcripts each, of an hour each from now back; the users are made. Ends with statistics. */
export async function manyTranscripts(client: Client, userIds: readonly number[], each: number): Promise<void> {
  for (const userId of userIds) {
    await client.query(`BEGIN; SET LOCAL ROLE ${APP_ROLE}; SELECT set_config('app.user_id', '${userId}', true)`);
    await client.query(
      `INSERT INTO users (id, email) VALUES ($1, 'user-' || $1::integer || '@example.com') ON CONFLICT DO NOTHING`,
      [userId],
    );
    await client.query(INSERT_ENHANCED, [userId, utterances(each * UTTERANCES, userId)]);
    await client.query(INSERT_STORED, [userId]);
    await client.query('COMMIT');
  }
  await client.query('VACUUM ANALYZE enhanced_transcripts, stored_twilio_transcripts, users');
}

/** Makes so many that their words are better put into the index together, behind them all. */
export async function withoutWordIndex(client: Client, work: () => Promise<void>): Promise<void> {
  const { rows } = await client.query<{ definition: string }>(
    `SELECT pg_get_indexdef('enhanced_transcripts_search_idx'::regclass) AS definition`,
  );
  await client.query('DROP INDEX enhanced_transcripts_search_idx');
  await work();
  await client.query(`SET maintenance_work_mem = '2GB'`);
  await client.query(rows[0]?.definition ?? '');
  await client.query('VACUUM ANALYZE enhanced_transcripts');
}

/** Has them lie in the tables as they come in life: one of each user in turn, not all of one together. */
export async function asTheyCame(client: Client): Promise<void> {
  await client.query(`SET maintenance_work_mem = '2GB'`);
  for (const [table, time] of [
    ['enhanced_transcripts', 'call_date'],
    ['stored_twilio_transcripts', 'date_created'],
  ]) {
    await client.query(`CREATE INDEX as_they_came ON ${table} (${time}, user_id)`);
    await client.query(`CLUSTER ${table} USING as_they_came`);
    await client.query('DROP INDEX as_they_came');
    await client.query(`VACUUM ANALYZE ${table}`);
  }
}

/**
 * Gives the users of these so many calls each, all of them over and transcribed, but for a few; and has a few of their
 * transcripts wait for Twilio and for a language model.
 */
export async function manyCalls(client: Client, userIds: readonly number[], each: number): Promise<void> {
  for (const userId of userIds) {
    await client.query(`BEGIN; SET LOCAL ROLE ${APP_ROLE}; SELECT set_config('app.user_id', '${userId}', true)`);
    await client.query(INSERT_CALLS, [userId, each]);
    await client.query(
      `UPDATE stored_twilio_transcripts SET state = 'awaited', status = 'in-progress', check_at = now()
       WHERE id IN (SELECT id FROM stored_twilio_transcripts ORDER BY id LIMIT 2)`,
    );
    await client.query(
      `UPDATE enhanced_transcripts SET insight_due_at = now()
       WHERE id IN (SELECT id FROM enhanced_transcripts ORDER BY id LIMIT 2)`,
    );
    await client.query('COMMIT');
  }
  await client.query('VACUUM ANALYZE calls, enhanced_transcripts, stored_twilio_transcripts');
}

/** The same ones each time. Ranks are drawn as people's words are: rank times frequency is about the same for all words. */
function utterances(count: number, seed: number): string[] {
  const random = randomOf(seed);
  const word = () => WORDS_BY_RANK[Math.floor(VOCABULARY ** random())] ?? '';
  return Array.from({ length: count }, () => {
    const text = Array.from({ length: WORDS_PER_UTTERANCE }, word).join(' ');
    return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
  });
}

/** Numbers from 0 to 1 (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const WORDS = UTTERANCES * WORDS_PER_UTTERANCE;

const INSERT_ENHANCED = `WITH said AS (
    SELECT 1 + (at - 1) / ${UTTERANCES} AS n, 1 + (at - 1) % ${UTTERANCES} AS place, text
    FROM unnest($2::text[]) WITH ORDINALITY AS u (text, at)
  ), conversations AS (
    SELECT n, string_agg(text, E'\\n' ORDER BY place) AS full_text, jsonb_agg(jsonb_build_object(
      'sequence', place,
      'speaker', CASE place % 2 WHEN 1 THEN '{"channel": 1, "role": "agent", "name": "AI Agent"}'::jsonb
        ELSE '{"channel": 0, "role": "customer", "name": "Customer"}' END,
      'text', text, 'start_time', place * 7 + 0.5, 'end_time', place * 7 + 5.7, 'duration', 5.2, 'confidence', 0.95,
      'word_count', ${WORDS_PER_UTTERANCE}, 'interrupted', false,
      'latency_ms', CASE place % 2 WHEN 1 THEN 640 END) ORDER BY place) AS flow
    FROM said GROUP BY n
  )
  INSERT INTO enhanced_transcripts (user_id, transcript_sid, source, call_date, duration,
    call_direction, scenario_name, language_code, participant_count, conversation_turns, total_words, participant_info,
    conversation_flow, summary_data, full_text, talk_ratio, agent_speaking_ms, customer_speaking_ms, longest_monologue_ms,
    words_per_minute, interruptions, latencies_ms, search_config, search)
  SELECT $1::integer, 'GT' || md5($1::integer::text || '-' || n), 'twilio',
    date_trunc('milliseconds', now() - n * interval '1 hour'), 180,
    CASE n % 3 WHEN 0 THEN 'inbound' ELSE 'outbound' END, 'scenario-' || n % 5, 'en-US', 2, ${UTTERANCES}, ${WORDS},
    '{"0": {"channel": 0, "role": "customer", "name": "Customer", "total_speaking_time": 62, "word_count": 168, "sentence_count": 12},
      "1": {"channel": 1, "role": "agent", "name": "AI Agent", "total_speaking_time": 68, "word_count": 182, "sentence_count": 13}}',
    flow, '{"total_duration_seconds": 180, "total_sentences": ${UTTERANCES}, "total_words": ${WORDS}, "participant_count": 2, "average_confidence": 0.95}',
    full_text, 0.52, 68000, 62000, 12000, 162, n % 4, array_fill(600 + n::integer % 200, ARRAY[13]), 'english',
    transcript_words($1, 'english', full_text)
  FROM conversations ORDER BY n`;

const INSERT_STORED = `INSERT INTO stored_twilio_transcripts (user_id, transcript_sid, state, status, date_created,
    date_updated, duration, sentences, full_text)
  SELECT e.user_id, e.transcript_sid, 'stored', 'completed', e.call_date, e.call_date, e.duration,
    (SELECT jsonb_agg(jsonb_build_object('text', f.entry -> 'text', 'speaker', f.entry -> 'speaker' -> 'channel',
       'start_time', f.entry -> 'start_time', 'end_time', f.entry -> 'end_time', 'confidence', 0.95) ORDER BY f.at)
     FROM jsonb_array_elements(e.conversation_flow) WITH ORDINALITY AS f (entry, at)), e.full_text
  FROM enhanced_transcripts e WHERE e.user_id = $1 ORDER BY e.id`;

const INSERT_CALLS = `INSERT INTO calls (id, user_id, dial_state, direction, status, phone_number, from_number, scenario_name,
    agent, max_duration_seconds, answered_at, ended_at, words_version, transcribed_version)
  SELECT gen_random_uuid(), $1::integer, 'placed', 'outbound', 'completed', '+12025550100', '+12025550000', 'sales', '{}', 1800,
    now() - n * interval '1 hour', now() - n * interval '1 hour' + interval '3 minutes', 1, CASE WHEN n <= 2 THEN 0 ELSE 1 END
  FROM generate_series(1, $2::integer) n`;
