import type { Client } from 'pg';
import type { Database } from '../../src/database/database';
import type { Statement } from '../../src/database/pipeline';
import { LOOKUP_ROLE } from '../../src/database/row-level-security';

/** A step of how PostgreSQL goes about a statement. */
export interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Index Cond'?: string;
  'Recheck Cond'?: string;
  Plans?: Plan[];
}

interface Explained {
  'QUERY PLAN': { Plan: Plan }[];
}

/** Every step of a statement of an owner's. */
export async function planOf(db: Database, userId: number, { text, values }: Statement<unknown>): Promise<Plan[]> {
  const [row] = await db.asOwner({ userId }, (tx) =>
    tx.query<Explained[]>(`EXPLAIN (FORMAT JSON) ${text}`, [...values]),
  );
  return flat(row?.['QUERY PLAN'][0]?.Plan);
}

/**
 * Every step of what a `lookup_…` function runs itself, in its own role: as for these values, and as for any.
 * @param values SQL, one for each parameter
 */
export async function plansOfLookup(admin: Client, name: string, values: readonly string[]): Promise<Plan[]> {
  const { rows } = await admin.query<{ body: string; names: string[] | null; types: string[] }>(
    `SELECT prosrc AS body, proargnames AS names, array(SELECT t::regtype::text FROM unnest(proargtypes) t) AS types
     FROM pg_proc WHERE proname = $1`,
    [name],
  );
  const { body = '', names, types = [] } = rows[0] ?? {};
  const text = types.reduce(
    (sql, _, at) => sql.replaceAll(new RegExp(`\\b${names?.[at] ?? ''}\\b`, 'g'), `$${at + 1}`),
    body,
  );
  const given = types.length === 0 ? '' : `(${types.join(', ')})`;
  await admin.query(`SET ROLE ${LOOKUP_ROLE}`);
  try {
    await admin.query(`PREPARE look ${given} AS ${text}`);
    const plans: Plan[] = [];
    for (const mode of ['force_custom_plan', 'force_generic_plan']) {
      await admin.query(`SET plan_cache_mode = ${mode}`);
      const called = types.length === 0 ? 'look' : `look (${values.join(', ')})`;
      const explained = await admin.query<Explained>(`EXPLAIN (FORMAT JSON) EXECUTE ${called}`);
      plans.push(...flat(explained.rows[0]?.['QUERY PLAN'][0]?.Plan));
    }
    return plans;
  } finally {
    await admin.query('DEALLOCATE ALL; RESET ALL');
  }
}

function flat(plan: Plan | undefined): Plan[] {
  return plan === undefined ? [] : [plan, ...(plan.Plans ?? []).flatMap(flat)];
}
