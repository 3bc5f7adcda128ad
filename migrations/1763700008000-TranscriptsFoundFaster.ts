import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Larger than this together, what is largest lies beside the table: participants and figures stay. In bytes. */
const ROW_BYTES = 700;

/** Characters before and behind a place that are looked at: to mark words costs more than to find them. */
const BEFORE = 60;
const BEHIND = 140;
const FORMER_BEHIND = 180;

/** As the API's `FOUND_BEGIN` and `FOUND_END`. */
const HEADLINE = `'StartSel=' || chr(2) || ', StopSel=' || chr(3) || ', MaxFragments=2, MaxWords=18, MinWords=6, FragmentDelimiter=" … "'`;

/** Between two parts of a text that are looked at together; no text has it. */
const SEAM = `' ' || chr(1) || ' '`;

/** For each place that is to be shown p_near has patterns, of which the first that is there counts. */
const SNIPPET = `CREATE OR REPLACE FUNCTION transcript_snippet(p_text text, p_near text[], p_found tsquery, p_rules regconfig[]) RETURNS text
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
         place_before := place;
         part := substr(said, greatest(place - ${BEFORE}, 1), ${BEFORE + BEHIND});
         -- Half a word is none: where words are told apart by blanks the text is cut at one.
         IF length(part) = ${BEFORE + BEHIND} THEN
           blank := strpos(reverse(part), ' ');
           IF blank BETWEEN 1 AND ${BEHIND - 1} THEN part := left(part, -blank); END IF;
         END IF;
         blank := strpos(part, ' ');
         IF place > ${BEFORE + 1} AND blank <= ${BEFORE} THEN part := substr(part, blank + 1); END IF;
         around := concat_ws(${SEAM}, around, part);
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

const FORMER_SNIPPET = `CREATE OR REPLACE FUNCTION transcript_snippet(p_text text, p_near text[], p_found tsquery, p_rules regconfig[]) RETURNS text
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
         CONTINUE WHEN place BETWEEN place_before - ${BEFORE / 2} AND place_before + ${FORMER_BEHIND / 2};
         place_before := place;
         -- Half a word is none: where words are told apart by blanks the text is cut at one.
         begins := substr(said, greatest(place - ${BEFORE}, 1), least(place - 1, ${BEFORE}));
         IF place > ${BEFORE + 1} THEN begins := substr(begins, strpos(begins, ' ') + 1); END IF;
         ends := substr(said, place, ${FORMER_BEHIND});
         IF place + ${FORMER_BEHIND} <= length(said) THEN ends := left(ends, length(ends) - strpos(reverse(ends), ' ')); END IF;
         around := concat_ws(' … ', nullif(around, ''), begins || ends);
       END LOOP;
       FOREACH part IN ARRAY ARRAY[around, said] LOOP
         FOREACH rules IN ARRAY p_rules LOOP
           marked := ts_headline(rules, plain_text(part), p_found, ${HEADLINE});
           IF strpos(marked, chr(2)) > 0 THEN RETURN marked_as_said(marked, plain_text(part), part); END IF;
         END LOOP;
       END LOOP;
       RETURN around;
     END $$`;

/** A search visits each row that it finds: rows without what was said, and less of it marked. A direction has its index. */
export class TranscriptsFoundFaster1763700008000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const statements = [
      // Rows of before stay as they are until they are written again.
      `ALTER TABLE enhanced_transcripts SET (toast_tuple_target = ${ROW_BYTES})`,
      `ALTER TABLE stored_twilio_transcripts SET (toast_tuple_target = ${ROW_BYTES})`,
      SNIPPET,
      `CREATE INDEX enhanced_transcripts_direction_idx ON enhanced_transcripts (user_id, call_direction, call_date, id)
         WHERE deleted_at IS NULL`,
    ];
    for (const statement of statements) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    const statements = [
      `DROP INDEX enhanced_transcripts_direction_idx`,
      FORMER_SNIPPET,
      `ALTER TABLE stored_twilio_transcripts RESET (toast_tuple_target)`,
      `ALTER TABLE enhanced_transcripts RESET (toast_tuple_target)`,
    ];
    for (const statement of statements) await queryRunner.query(statement);
  }
}
