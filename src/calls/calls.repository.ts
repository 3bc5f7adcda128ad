import type { Owner } from '../common/owner';
import type { Statement } from '../database/pipeline';
import { snakeCase } from '../database/snake-case-names';
import type { CallStatus } from './call-status';
import { isUuid } from './call-lookups';
import type { CallAction } from './call-action.entity';
import type { Call, CallDirection } from './call.entity';
import type { Turn } from './turn.entity';

/** What is told of a call, and of what was said on it. The rest, such as the whole agent, need not be read. */
const CALL_PROPERTIES = [
  'id',
  'callSid',
  'direction',
  'status',
  'endedReason',
  'phoneNumber',
  'fromNumber',
  'scenarioName',
  'createdAt',
  'queueTimeMs',
  'startedAt',
  'answeredAt',
  'endedAt',
  'callDuration',
  'maxDurationSeconds',
  'answeredBy',
  'voicemail',
  'orderItems',
  'restaurantId',
  'customerName',
  'deliveryAddress',
  'notes',
  'extracted',
  'extractionError',
  'summary',
  'outcome',
  'outcomeReason',
  'openPromises',
  'analysedAt',
  'analysisError',
  'usage',
  'carrierPrice',
  'carrierCurrency',
  'variables',
  'metadata',
  'record',
  'isDemo',
  'spokenLanguage',
  'recordingId',
  'dialState',
  'errorCode',
  'errorDetail',
  'updatedAt',
] as const satisfies readonly (keyof Call)[];

const TURN_PROPERTIES = [
  'role',
  'text',
  'generatedText',
  'startMs',
  'endMs',
  'wasInterrupted',
  'latencyMs',
] as const satisfies readonly (keyof Turn)[];

const ACTION_PROPERTIES = [
  'tool',
  'state',
  'outcome',
  'atMs',
  'eventId',
] as const satisfies readonly (keyof CallAction)[];

/** Something that was done on a call, as it is told. */
export type ToldAction = Pick<CallAction, (typeof ACTION_PROPERTIES)[number]>;

type ToldTurn = Pick<Turn, (typeof TURN_PROPERTIES)[number]>;

/** A call as it is told, with what was said and done on it, in order. */
export interface CallWithTurns extends Pick<Call, (typeof CALL_PROPERTIES)[number]> {
  turns: ToldTurn[];
  actions: ToldAction[];
}

export interface CallFilter {
  status?: CallStatus;
  direction?: CallDirection;
  scenarioName?: string;
  /** Primary BCP 47 subtag of what was spoken. */
  language?: string;
  /** Placed at or after. */
  from?: Date;
  /** Placed before. */
  before?: Date;
  /** Text to look for in number, name, address, notes, summary and what was said. */
  q?: string;
  limit: number;
  offset: number;
}

const CALL_SID = /^CA[0-9a-f]{32}$/i;

/** Turns overlap where somebody talks over somebody: they stand as they began, and the sequence breaks a tie. */
const TURNS = `(SELECT json_agg(${objectOf('t', TURN_PROPERTIES)} ORDER BY t.start_ms, t.sequence)
  FROM turns t WHERE t.user_id = c.user_id AND t.call_id = c.id)`;

/** What was done on a call, in order, as JSON. @param userId, callId SQL */
export function actionsOf(userId: string, callId: string): string {
  return `coalesce((SELECT json_agg(${objectOf('a', ACTION_PROPERTIES)} ORDER BY a.sequence)
    FROM call_actions a WHERE a.user_id = ${userId} AND a.call_id = ${callId}), '[]')`;
}

const SELECT_CALL = `SELECT ${CALL_PROPERTIES.map((name) => `c.${snakeCase(name)} AS "${name}"`).join(', ')},
  coalesce(${TURNS}, '[]') AS turns, ${actionsOf('c.user_id', 'c.id')} AS actions
FROM calls c`;

/** A call by the carrier's sid or by our id; what is neither is the id of no call. */
export function callBy({ userId }: Owner, sidOrId: string): Statement<CallWithTurns> {
  const key = CALL_SID.test(sidOrId) ? 'call_sid' : 'id';
  const value = key === 'call_sid' || isUuid(sidOrId) ? sidOrId : null;
  return {
    name: `call-by-${key}`,
    text: `${SELECT_CALL} WHERE c.user_id = $1 AND c.${key} = $2`,
    values: [userId, value],
  };
}

/** Newest first. */
export function callsPage(owner: Owner, filter: CallFilter): Statement<CallWithTurns> {
  const { where, values } = conditionsOf(owner, filter);
  const [limit, offset] = [`$${values.length + 1}`, `$${values.length + 2}`];
  return {
    name: nameOf('calls-page', values),
    text: `${SELECT_CALL} WHERE ${where} ORDER BY c.created_at DESC, c.id DESC LIMIT ${limit} OFFSET ${offset}`,
    values: [...values, filter.limit, filter.offset],
  };
}

/** How many there are in all, whatever the page. */
export function callsTotal(owner: Owner, filter: CallFilter): Statement<{ total: number }> {
  const { where, values } = conditionsOf(owner, filter);
  return {
    name: nameOf('calls-total', values),
    text: `SELECT count(*)::integer AS total FROM calls c WHERE ${where}`,
    values,
  };
}

/** Only what everybody asks for is kept prepared: the filters make too many texts. */
function nameOf(name: string, values: unknown[]): string | undefined {
  return values.length === 1 ? name : undefined;
}

function conditionsOf({ userId }: Owner, filter: CallFilter): { where: string; values: (string | number)[] } {
  const values: (string | number)[] = [];
  const place = (value: string | number) => `$${values.push(value)}`;
  const conditions = [`c.user_id = ${place(userId)}`];
  const { status, direction, scenarioName, language, from, before, q } = filter;
  if (status !== undefined) conditions.push(`c.status = ${place(status)}`);
  if (direction !== undefined) conditions.push(`c.direction = ${place(direction)}`);
  if (scenarioName !== undefined) conditions.push(`c.scenario_name = ${place(scenarioName)}`);
  if (language !== undefined) conditions.push(`c.spoken_language = ${place(language)}`);
  if (from !== undefined) conditions.push(`c.created_at >= ${place(from.toISOString())}`);
  if (before !== undefined) conditions.push(`c.created_at < ${place(before.toISOString())}`);
  if (q !== undefined) {
    const [text, number] = [place(containing(q)), place(containing(digitsOf(q)))];
    conditions.push(
      `(c.phone_number LIKE ${number} OR c.customer_name ILIKE ${text} OR c.delivery_address ILIKE ${text}
        OR c.notes ILIKE ${text} OR c.summary ILIKE ${text}
        OR EXISTS (SELECT FROM turns t WHERE t.user_id = c.user_id AND t.call_id = c.id AND t.text ILIKE ${text}))`,
    );
  }
  return { where: conditions.join(' AND '), values };
}

function objectOf(alias: string, properties: readonly string[]): string {
  return `json_build_object(${properties.map((name) => `'${name}', ${alias}.${snakeCase(name)}`).join(', ')})`;
}

function containing(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`;
}

/** What of a search looks like a number: without the punctuation that we do not store. */
function digitsOf(q: string): string {
  return /^[+0-9 .()-]+$/.test(q) ? q.replace(/[^0-9]/g, '') || q : q;
}
