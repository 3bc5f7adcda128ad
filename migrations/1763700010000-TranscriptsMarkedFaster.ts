import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What rows are looked for and told apart by stays in them, however long they are: hundreds are visited for a page. */
const KEPT_IN_ROW = {
  enhanced_transcripts: [
    'transcript_sid',
    'source',
    'call_direction',
    'scenario_name',
    'language_code',
    'search_config',
  ],
  stored_twilio_transcripts: ['transcript_sid', 'state', 'status', 'language_code'],
};

/** Characters before and behind a place that are shown. */
const BEFORE = 60;
const BEHIND = 140;

/** As the API's `FOUND_BEGIN` and `FOUND_END`. */
const HEADLINE = `'StartSel=' || chr(2) || ', StopSel=' || chr(3) || ', MaxFragments=2, MaxWords=18, MinWords=6, FragmentDelimiter=" … "'`;

/** Between two parts of a text that are looked at together; no text has it. */
const SEAM = `' ' || chr(1) || ' '`;

/** A window around a place in what was said, from one blank to another. */
const AROUND = `
         part := substr(said, greatest(place - ${BEFORE}, 1), ${BEFORE + BEHIND});
         -- Half a word is none: where words are told apart by blanks the text is cut at one.
         IF length(part) = ${BEFORE + BEHIND} THEN
           blank := strpos(reverse(part), ' ');
           IF blank BETWEEN 1 AND ${BEHIND - 1} THEN part := left(part, -blank); END IF;
         END IF;
         blank := strpos(part, ' ');
         IF place > ${BEFORE + 1} AND blank <= ${BEFORE} THEN part := substr(part, blank + 1); END IF;
         around := concat_ws(${SEAM}, around, part);`;

/**
 * For each place that is to be shown p_near has patterns, of which the first that is there counts. Words that are there as they
 * were typed are marked by the pattern p_mark ('' for none), which takes a fifth of the time that the rules of a language take;
 * those are asked where it finds none.
 */
const SNIPPET = `CREATE FUNCTION transcript_snippet(p_text text, p_near text[], p_mark text, p_found tsquery, p_rules regconfig[])
     RETURNS text LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, public, pg_temp AS $$
     DECLARE
       said text := p_text || '';
       patterns text[];
       pattern text;
       place integer;
       place_before integer;
       blank integer;
       part text;
       around text;
       plain text;
       rules regconfig;
       marked text;
     BEGIN
       FOREACH patterns SLICE 1 IN ARRAY p_near LOOP
         place := 1;
         FOREACH pattern IN ARRAY patterns LOOP
           part := substring(said FROM pattern);
           IF part IS NOT NULL THEN
             place := strpos(said, part);
             EXIT;
           END IF;
         END LOOP;
         CONTINUE WHEN place BETWEEN place_before - ${BEFORE / 2} AND place_before + ${BEHIND / 2};
         place_before := place;${AROUND}
       END LOOP;
       IF p_mark <> '' THEN
         plain := plain_text(around);
         marked := regexp_replace(plain, p_mark, E'\\\\1\\u0002\\\\2\\u0003', 'gi');
         IF marked <> plain THEN RETURN replace(marked_as_said(marked, plain, around), ${SEAM}, ' … '); END IF;
       END IF;
       FOREACH part IN ARRAY ARRAY[around, said] LOOP
         plain := plain_text(part);
         FOREACH rules IN ARRAY p_rules LOOP
           marked := ts_headline(rules, plain, p_found, ${HEADLINE});
           IF strpos(marked, chr(2)) > 0 THEN RETURN replace(marked_as_said(marked, plain, part), ${SEAM}, ' … '); END IF;
         END LOOP;
       END LOOP;
       RETURN replace(around, ${SEAM}, ' … ');
     END $$`;

const FORMER_SNIPPET = `CREATE FUNCTION transcript_snippet(p_text text, p_near text[], p_found tsquery, p_rules regconfig[]) RETURNS text
     LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, public, pg_temp AS $$
     DECLARE
       said text := p_text || '';
       patterns text[];
       pattern text;
       place integer;
       place_before integer;
       blank integer;
       part text;
       around text;
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
         place_before := place;${AROUND}
       END LOOP;
       FOREACH part IN ARRAY ARRAY[around, said] LOOP
         FOREACH rules IN ARRAY p_rules LOOP
           marked := ts_headline(rules, plain_text(part), p_found, ${HEADLINE});
           IF strpos(marked, chr(2)) > 0 THEN
             RETURN replace(marked_as_said(marked, plain_text(part), part), ${SEAM}, ' … ');
           END IF;
         END LOOP;
       END LOOP;
       RETURN replace(around, ${SEAM}, ' … ');
     END $$`;

const storages = (storage: 'MAIN' | 'EXTENDED') =>
  Object.entries(KEPT_IN_ROW).map(
    ([table, columns]) =>
      `ALTER TABLE ${table} ${columns.map((column) => `ALTER COLUMN ${column} SET STORAGE ${storage}`).join(', ')}`,
  );

/** A search marks what it finds by a pattern first; stored transcripts are found in an index alone and told without being made of parts. */
export class TranscriptsMarkedFaster1763700010000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const statements = [
      // Rows of before stay as they are until they are written again.
      ...storages('MAIN'),
      `ALTER TABLE stored_twilio_transcripts ALTER COLUMN sentences DROP DEFAULT`,
      `ALTER TABLE stored_twilio_transcripts ALTER COLUMN sentences TYPE json USING sentences::json`,
      `ALTER TABLE stored_twilio_transcripts ALTER COLUMN sentences SET DEFAULT '[]'`,
      `DROP INDEX stored_twilio_transcripts_user_id_sid_key`,
      `CREATE UNIQUE INDEX stored_twilio_transcripts_user_id_sid_key ON stored_twilio_transcripts (user_id, transcript_sid)
         INCLUDE (date_created, id, status, state, deleted_at)`,
      `DROP FUNCTION transcript_snippet(text, text[], tsquery, regconfig[])`,
      SNIPPET,
    ];
    for (const statement of statements) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    const statements = [
      `DROP FUNCTION transcript_snippet(text, text[], text, tsquery, regconfig[])`,
      FORMER_SNIPPET,
      `DROP INDEX stored_twilio_transcripts_user_id_sid_key`,
      `CREATE UNIQUE INDEX stored_twilio_transcripts_user_id_sid_key ON stored_twilio_transcripts (user_id, transcript_sid)`,
      `ALTER TABLE stored_twilio_transcripts ALTER COLUMN sentences DROP DEFAULT`,
      `ALTER TABLE stored_twilio_transcripts ALTER COLUMN sentences TYPE jsonb USING sentences::jsonb`,
      `ALTER TABLE stored_twilio_transcripts ALTER COLUMN sentences SET DEFAULT '[]'`,
      ...storages('EXTENDED'),
    ];
    for (const statement of statements) await queryRunner.query(statement);
  }
}
