import type { Owner } from '../common/owner';
import type { Statement } from './pipeline';

/** What is counted, after days and defaults are made times. */
export interface TimeSpan {
  from: Date;
  before: Date;
  timeZone: string;
}

/** What a user writes of it. */
export interface WrittenSpan {
  /** A date, which is a day of the time zone, or a time; 30 days before the end if left out. */
  from?: string;
  /** The same, and all of that day; now if left out. */
  to?: string;
  /** IANA: where a day begins and ends; the user's if left out. */
  timeZone?: string;
}

const DEFAULT_DAYS = 30;

type Values = (string | number | null)[];

/**
 * A statement with name (of the time zone), since and before; its values come first among a statement's own. The days become times in the database, which knows every time zone's history; the same moment
 * for all statements of a transaction.
 */
export function spanSql({ userId }: Owner, { from, to, timeZone }: WrittenSpan): { sql: string; values: Values } {
  const values: Values = [userId, timeZone ?? null, from ?? null, to ?? null];
  const isDay = (text: string | undefined) => text !== undefined && !text.includes('T');
  const since = isDay(from) ? `$3::date::timestamp AT TIME ZONE z.name` : '$3::timestamptz';
  const before = isDay(to)
    ? `($4::date + 1)::timestamp AT TIME ZONE z.name`
    : // Times have milliseconds on the wire, so "up to" an instant includes that millisecond.
      `coalesce($4::timestamptz, now()) + interval '1 millisecond'`;
  return {
    sql: `SELECT name, coalesce(since, before - interval '${DEFAULT_DAYS} days') AS since, before FROM (
      SELECT z.name, ${since} AS since, ${before} AS before
      FROM (SELECT coalesce($2::text, (SELECT u.timezone FROM users u WHERE u.id = $1::integer)) AS name) z) s`,
    values,
  };
}

export function timeSpan(owner: Owner, filter: WrittenSpan): Statement<TimeSpan> {
  const { sql, values } = spanSql(owner, filter);
  return {
    text: `SELECT s.since AS "from", s.before, s.name AS "timeZone" FROM (${sql}) s`,
    values,
  };
}
