/**
 * Isolation as SQL. Each owned table (one with a `user_id` column, and `users` itself) is bound by FORCE ROW LEVEL
 * SECURITY to the user id that the transaction has set. After a transaction the setting reads back as '' and not NULL,
 * hence nullif; no setting means no rows.
 */

/** What the application runs as: no login, no superuser, no BYPASSRLS, not the owner of the tables. */
export const APP_ROLE = 'speech_assistant_app';

/** Owns the `lookup_…` functions, which find the owner of an exact key (a call sid, a token hash) and nothing else. */
export const LOOKUP_ROLE = 'speech_assistant_lookup';

const CURRENT_USER_ID = `nullif(current_setting('app.user_id', true), '')::integer`;

/** Statements that put a table under its owner's policy. `column` is the one that holds the user id. */
export function ownTable(table: string, column = 'user_id'): string[] {
  return [
    `ALTER TABLE "${table}" ENABLE ROW LEVEL SECURITY`,
    `ALTER TABLE "${table}" FORCE ROW LEVEL SECURITY`,
    `CREATE POLICY "${table}_owner" ON "${table}" TO ${APP_ROLE} USING ("${column}" = ${CURRENT_USER_ID}) WITH CHECK ("${column}" = ${CURRENT_USER_ID})`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON "${table}" TO ${APP_ROLE}`,
  ];
}

/**
 * A function that answers one exact question without a user being set. It runs as LOOKUP_ROLE, which may read only the
 * named columns.
 * @param signature such as `lookup_call_owner(p_call_sid text)`
 */
export function lookupFunction(options: {
  signature: string;
  returns: string;
  body: string;
  /** Default: one SQL statement. */
  language?: 'sql' | 'plpgsql';
  reads: { table: string; columns: string[] }[];
}): string[] {
  const statements = options.reads.flatMap(({ table, columns }) => [
    `DROP POLICY IF EXISTS "${table}_lookup" ON "${table}"`,
    `CREATE POLICY "${table}_lookup" ON "${table}" FOR SELECT TO ${LOOKUP_ROLE} USING (true)`,
    `GRANT SELECT (${columns.map((column) => `"${column}"`).join(', ')}) ON "${table}" TO ${LOOKUP_ROLE}`,
  ]);
  const name = options.signature.replace(/\bp_\w+\s+/g, '');
  return [
    ...statements,
    `CREATE FUNCTION ${options.signature} RETURNS ${options.returns} LANGUAGE ${options.language ?? 'sql'} STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$ ${options.body} $$`,
    `REVOKE ALL ON FUNCTION ${name} FROM PUBLIC`,
    `GRANT EXECUTE ON FUNCTION ${name} TO ${APP_ROLE}`,
    // Last: whoever migrates may hand it over to that role without having the rights of it (see the Roles migration).
    `ALTER FUNCTION ${name} OWNER TO ${LOOKUP_ROLE}`,
  ];
}
