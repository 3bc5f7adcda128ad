import type { MigrationInterface, QueryRunner } from 'typeorm';
import { LOOKUP_ROLE, lookupFunction } from '../src/database/row-level-security';

/**
 * Where the database has no rules of a language (locale C, which the embedded one has), its parser takes every character
 * beyond ASCII for a letter, dashes and quotes too. Each of these is taken for one character of ASCII, so that a place in the
 * one text is the same place in the other; never for a full stop, since "a.b" is the name of a host.
 */
const APOSTROPHES = String.raw`\u00B4\u02BC\u2018-\u201B\u2032\u2035\uFF07`;
const HYPHENS = String.raw`\u2010\u2011\u2212\uFE63\uFF0D`;
const BLANKS = [
  // Latin: ¡ ¿ « » · € and the no-break space
  String.raw`\u0080-\u00A9\u00AB-\u00B1\u00B6-\u00B8\u00BB\u00BF\u00D7\u00F7`,
  // Greek, Armenian, Hebrew, Arabic, Hindi
  String.raw`\u037E\u0387\u0589\u05BE\u05C0\u05C3\u060C\u061B\u061F\u06D4\u0964\u0965`,
  // Spaces, – — “ ” „ … • ‹ ›
  String.raw`\u2000-\u200B\u200E\u200F\u2012-\u2017\u201C-\u2031\u2033\u2034\u2036-\u2060\u2066-\u2069`,
  // Money, arrows, pictures
  String.raw`\u20A0-\u20CF\u2190-\u2211\u2213-\u23FF\u2500-\u27BF\uFE0F\uFEFF\U0001F000-\U0001FAFF`,
  // 、 。 「 」 and ， ！ ？ ：
  String.raw`\u3000-\u3003\u3008-\u3011\u3014-\u301F\u3030\u30FB\uFE10-\uFE19\uFE30-\uFE62\uFE64-\uFE6B`,
  String.raw`\uFF01-\uFF06\uFF08-\uFF0C\uFF0E\uFF0F\uFF1A-\uFF20\uFF3B-\uFF40\uFF5B-\uFF65`,
].join('');

/** PostgreSQL has room for 2,046 bytes of a word, its owner's id before it included. */
const LONGEST_WORD_BYTES = 2000;

const SEARCHING = [
  // Without a setting of its own, so that it is read into what asks for it.
  `CREATE FUNCTION plain_text(p_text text) RETURNS text LANGUAGE sql IMMUTABLE
     RETURN CASE WHEN octet_length(p_text) = length(p_text) THEN p_text ELSE
       regexp_replace(regexp_replace(regexp_replace(p_text, '[${APOSTROPHES}]', '''', 'g'), '[${HYPHENS}]', '-', 'g'),
         '[${BLANKS}]', ' ', 'g') END`,
  // What is too long to be kept is left out.
  `CREATE OR REPLACE FUNCTION owned_words(p_user_id integer, p_words tsvector) RETURNS tsvector LANGUAGE sql IMMUTABLE
     SET search_path = pg_catalog, public, pg_temp AS $$
     SELECT coalesce(string_agg(owned_lexeme(p_user_id, w.lexeme)
       || coalesce(':' || array_to_string(w.positions, ','), ''), ' '), '')::tsvector
     FROM unnest(p_words) w WHERE octet_length(w.lexeme) <= ${LONGEST_WORD_BYTES} $$`,
  // Of "e-ma" it is the end that may go on: words that begin with an e are many.
  `CREATE OR REPLACE FUNCTION owned_word(p_user_id integer, p_config text, p_text text) RETURNS text LANGUAGE sql IMMUTABLE
     SET search_path = pg_catalog, public, pg_temp AS $$
     SELECT '(' || concat_ws(' | ',
       (SELECT '(' || string_agg(owned_lexeme(p_user_id, w.lexeme)
            || CASE WHEN right(t.ending, length(w.lexeme)) = w.lexeme THEN ':*' ELSE '' END, ' & ') || ')'
        FROM unnest(to_tsvector('simple', t.typed)) w),
       (SELECT '(' || string_agg(owned_lexeme(p_user_id, w.lexeme), ' & ') || ')'
        FROM unnest(to_tsvector(p_config::regconfig, t.typed)) w)) || ')'
     FROM (SELECT p, regexp_replace(lower(p), '[[:space:][:punct:]]+$', '') FROM plain_text(p_text) p) t (typed, ending) $$`,
  `CREATE OR REPLACE FUNCTION owned_phrase(p_user_id integer, p_text text) RETURNS text LANGUAGE sql IMMUTABLE
     SET search_path = pg_catalog, public, pg_temp AS $$
     SELECT '(' || string_agg(CASE WHEN p.before IS NULL THEN '' ELSE ' <' || p.place - p.before || '> ' END
         || owned_lexeme(p_user_id, p.lexeme), '' ORDER BY p.place) || ')'
     FROM (SELECT w.lexeme, place, lag(place) OVER (ORDER BY place) AS before
       FROM unnest(to_tsvector('simple', plain_text(p_text))) w, unnest(w.positions) place) p $$`,
  // The index takes a megabyte a text, with owners, places and forms. Of more words than that the first are found.
  `CREATE FUNCTION transcript_words(p_user_id integer, p_config text, p_text text) RETURNS tsvector LANGUAGE plpgsql STABLE
     SET search_path = pg_catalog, public, pg_temp AS $$
     DECLARE
       part text := plain_text(p_text);
     BEGIN
       LOOP
         BEGIN
           RETURN owned_words(p_user_id, to_tsvector('simple', part) || to_tsvector(p_config::regconfig, part));
         EXCEPTION WHEN program_limit_exceeded THEN
           part := left(part, length(part) / 2);
         END;
       END LOOP;
     END $$`,
];

/**
 * The current user's transcripts that have all of the words, with what else a list asks about; each language by its own
 * rules. Within, the rows are found by the index of words alone: words carry their owner, and the planner does not know
 * what it costs to read those of each row from the disk. `found` marks words, by `rules` in this order: those of a language
 * pass over words like "do".
 */
const SEARCH = `
  DECLARE
    me integer := nullif(current_setting('app.user_id', true), '')::integer;
    config text;
    all_of text;
    any_of text;
    is_asked boolean;
    has_forms boolean;
    found tsquery;
    rules regconfig[];
  BEGIN
    FOR config IN
      WITH RECURSIVE used AS (
        (SELECT min(e.search_config) AS name FROM enhanced_transcripts e WHERE e.user_id = me)
        UNION ALL
        SELECT (SELECT min(e.search_config) FROM enhanced_transcripts e WHERE e.user_id = me AND e.search_config > used.name)
        FROM used WHERE used.name IS NOT NULL
      ) SELECT used.name FROM used WHERE used.name IS NOT NULL
    LOOP
      SELECT string_agg(w.part, ' & '), string_agg(w.part, ' | '), count(w.part) = count(*) AND count(*) > 0, bool_and(w.has_form)
        INTO all_of, any_of, is_asked, has_forms
        FROM (SELECT nullif(CASE t.kind WHEN 'phrase' THEN owned_phrase(me, t.text) ELSE owned_word(me, config, t.text) END, '()') AS part,
            length(to_tsvector(config::regconfig, plain_text(t.text))) > 0 AS has_form
          FROM jsonb_to_recordset(p_terms) AS t (kind text, text text)) w;
      IF NOT is_asked THEN RETURN; END IF;
      found := replace(any_of, '''' || me || ':', '''')::tsquery;
      rules := CASE WHEN config = 'simple' THEN ARRAY[config] WHEN has_forms THEN ARRAY[config, 'simple'] ELSE ARRAY['simple', config] END;
      RETURN QUERY
        SELECT e.id, e.call_date, e.call_direction, e.scenario_name, e.transcript_sid, e.call_id, found, rules
        FROM (SELECT w.id, w.user_id, w.call_date, w.call_direction, w.scenario_name, w.transcript_sid, w.call_id, w.search_config, w.deleted_at
          FROM enhanced_transcripts w WHERE w.search @@ all_of::tsquery OFFSET 0) e
        WHERE e.user_id = me AND e.search_config = config AND e.deleted_at IS NULL;
    END LOOP;
  END`;

/** Characters before and behind a place that are looked at: to mark words costs more than to find them. */
const BEFORE = 60;
const BEHIND = 180;

/** As the API's `FOUND_BEGIN` and `FOUND_END`. */
const HEADLINE = `'StartSel=' || chr(2) || ', StopSel=' || chr(3) || ', MaxFragments=2, MaxWords=18, MinWords=6, FragmentDelimiter=" … "'`;

const SNIPPETS = [
  // What is marked is a plain text. This is the same with the characters of the text that it was made of.
  `CREATE FUNCTION marked_as_said(p_marked text, p_plain text, p_said text) RETURNS text LANGUAGE plpgsql IMMUTABLE
     SET search_path = pg_catalog, public, pg_temp AS $$
     DECLARE
       told text[];
       fragment text;
       parts text[];
       skipped integer;
       place integer := 1;
     BEGIN
       IF p_plain = p_said THEN RETURN p_marked; END IF;
       FOREACH fragment IN ARRAY string_to_array(p_marked, ' … ') LOOP
         skipped := strpos(substr(p_plain, place), translate(fragment, chr(2) || chr(3), '')) - 1;
         -- What looks like a tag of HTML is marked as a blank.
         IF skipped < 0 THEN RETURN p_marked; END IF;
         place := place + skipped;
         parts := string_to_array(replace(fragment, chr(3), chr(2)), chr(2));
         FOR at IN 1..array_length(parts, 1) LOOP
           place := place + length(parts[at]);
           parts[at] := substr(p_said, place - length(parts[at]), length(parts[at]));
           IF at % 2 = 0 THEN parts[at] := chr(2) || parts[at] || chr(3); END IF;
         END LOOP;
         told := told || array_to_string(parts, '');
       END LOOP;
       RETURN array_to_string(told, ' … ');
     END $$`,
  // For each place that is to be shown p_near has patterns, of which the first that is there counts.
  `CREATE FUNCTION transcript_snippet(p_text text, p_near text[], p_found tsquery, p_rules regconfig[]) RETURNS text
     LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, public, pg_temp AS $$
     DECLARE
       said text := p_text || '';
       patterns text[];
       pattern text;
       place integer;
       place_before integer;
       begins text;
       ends text;
       around text := '';
       part text;
       rules regconfig;
       marked text;
     BEGIN
       FOREACH patterns SLICE 1 IN ARRAY p_near LOOP
         place := 1;
         FOREACH pattern IN ARRAY patterns LOOP
           part := substring(said FROM '(?i)' || pattern);
           IF part IS NOT NULL THEN
             place := strpos(said, part);
             EXIT;
           END IF;
         END LOOP;
         CONTINUE WHEN place BETWEEN place_before - ${BEFORE / 2} AND place_before + ${BEHIND / 2};
         place_before := place;
         -- Half a word is none: where words are told apart by blanks the text is cut at one.
         begins := substr(said, greatest(place - ${BEFORE}, 1), least(place - 1, ${BEFORE}));
         IF place > ${BEFORE + 1} THEN begins := substr(begins, strpos(begins, ' ') + 1); END IF;
         ends := substr(said, place, ${BEHIND});
         IF place + ${BEHIND} <= length(said) THEN ends := left(ends, length(ends) - strpos(reverse(ends), ' ')); END IF;
         around := concat_ws(' … ', nullif(around, ''), begins || ends);
       END LOOP;
       FOREACH part IN ARRAY ARRAY[around, said] LOOP
         FOREACH rules IN ARRAY p_rules LOOP
           marked := ts_headline(rules, plain_text(part), p_found, ${HEADLINE});
           IF strpos(marked, chr(2)) > 0 THEN RETURN marked_as_said(marked, plain_text(part), part); END IF;
         END LOOP;
       END LOOP;
       RETURN around;
     END $$`,
];

/** What was before, from here on as it was. */
const FORMER_SEARCHING = [
  `CREATE OR REPLACE FUNCTION owned_words(p_user_id integer, p_words tsvector) RETURNS tsvector LANGUAGE sql IMMUTABLE
     SET search_path = pg_catalog, public, pg_temp AS $$
     SELECT coalesce(string_agg(owned_lexeme(p_user_id, w.lexeme)
       || coalesce(':' || array_to_string(w.positions, ','), ''), ' '), '')::tsvector
     FROM unnest(p_words) w $$`,
  `CREATE OR REPLACE FUNCTION owned_word(p_user_id integer, p_config text, p_text text) RETURNS text LANGUAGE sql IMMUTABLE
     SET search_path = pg_catalog, public, pg_temp AS $$
     SELECT '(' || concat_ws(' | ',
       (SELECT '(' || string_agg(owned_lexeme(p_user_id, w.lexeme) || ':*', ' & ') || ')'
        FROM unnest(to_tsvector('simple', p_text)) w),
       (SELECT '(' || string_agg(owned_lexeme(p_user_id, w.lexeme), ' & ') || ')'
        FROM unnest(to_tsvector(p_config::regconfig, p_text)) w)) || ')' $$`,
  `CREATE OR REPLACE FUNCTION owned_phrase(p_user_id integer, p_text text) RETURNS text LANGUAGE sql IMMUTABLE
     SET search_path = pg_catalog, public, pg_temp AS $$
     SELECT '(' || string_agg(CASE WHEN p.before IS NULL THEN '' ELSE ' <' || p.place - p.before || '> ' END
         || owned_lexeme(p_user_id, p.lexeme), '' ORDER BY p.place) || ')'
     FROM (SELECT w.lexeme, place, lag(place) OVER (ORDER BY place) AS before
       FROM unnest(to_tsvector('simple', p_text)) w, unnest(w.positions) place) p $$`,
];

const FORMER_SEARCH = `
  DECLARE
    me integer := nullif(current_setting('app.user_id', true), '')::integer;
    config text;
    term record;
    part text;
    whole text;
  BEGIN
    FOR config IN
      WITH RECURSIVE used AS (
        (SELECT min(e.search_config) AS name FROM enhanced_transcripts e WHERE e.user_id = me)
        UNION ALL
        SELECT (SELECT min(e.search_config) FROM enhanced_transcripts e WHERE e.user_id = me AND e.search_config > used.name)
        FROM used WHERE used.name IS NOT NULL
      ) SELECT used.name FROM used WHERE used.name IS NOT NULL
    LOOP
      whole := NULL;
      FOR term IN SELECT t.kind, t.text FROM jsonb_to_recordset(p_terms) AS t (kind text, text text) LOOP
        part := CASE term.kind WHEN 'phrase' THEN owned_phrase(me, term.text) ELSE owned_word(me, config, term.text) END;
        IF part IS NULL OR part = '()' THEN RETURN; END IF;
        whole := concat_ws(' & ', whole, part);
      END LOOP;
      IF whole IS NOT NULL THEN
        RETURN QUERY EXECUTE
          'SELECT e.id, $4 FROM enhanced_transcripts e
           WHERE e.user_id = $1 AND e.search_config = $2 AND e.deleted_at IS NULL AND e.search @@ $3'
          USING me, config, whole::tsquery, replace(whole, '''' || me || ':', '''')::tsquery;
      END IF;
    END LOOP;
  END`;

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

      ...SEARCHING,
      ...SNIPPETS,
      `DROP FUNCTION lookup_own_words(jsonb)`,
      ...lookupFunction({
        signature: 'lookup_own_words(p_terms jsonb)',
        returns: `TABLE (id integer, call_date timestamptz, call_direction text, scenario_name text, transcript_sid text, call_id uuid,
          found tsquery, rules regconfig[]) SET enable_seqscan = off`,
        language: 'plpgsql',
        body: SEARCH,
        reads: [
          {
            table: 'enhanced_transcripts',
            columns: ['call_date', 'call_direction', 'scenario_name', 'transcript_sid'],
          },
        ],
      }),
      // Those of before that have such characters.
      `ALTER TABLE enhanced_transcripts NO FORCE ROW LEVEL SECURITY`,
      `UPDATE enhanced_transcripts SET search = transcript_words(user_id, search_config, full_text)
         WHERE full_text <> plain_text(full_text)`,
      `ALTER TABLE enhanced_transcripts FORCE ROW LEVEL SECURITY`,

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
          UNION SELECT t.transcript_sid FROM stored_twilio_transcripts t WHERE t.transcript_sid = ANY (p_sids) AND t.state IN ('awaited', 'failed')`,
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
      // What is indexed stays so: it is found by as much as before.
      `DROP FUNCTION lookup_own_words(jsonb)`,
      ...lookupFunction({
        signature: 'lookup_own_words(p_terms jsonb)',
        returns: 'TABLE (id integer, found tsquery)',
        language: 'plpgsql',
        body: FORMER_SEARCH,
        reads: [],
      }),
      `REVOKE SELECT (call_date, call_direction, scenario_name, transcript_sid) ON enhanced_transcripts FROM ${LOOKUP_ROLE}`,
      ...FORMER_SEARCHING,
      `DROP FUNCTION transcript_snippet(text, text[], tsquery, regconfig[])`,
      `DROP FUNCTION marked_as_said(text, text, text)`,
      `DROP FUNCTION transcript_words(integer, text, text)`,
      `DROP FUNCTION plain_text(text)`,
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
