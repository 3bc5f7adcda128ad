import type { Owner } from '../common/owner';
import { snakeCase } from '../database/snake-case-names';
import type { Statement } from '../database/pipeline';
import type { SmsDirection, SmsMessage } from './sms-message.entity';
import type { SmsStatus } from './sms-status';

const PROPERTIES = [
  'id',
  'direction',
  'phoneNumber',
  'ownNumber',
  'body',
  'status',
  'sendState',
  'sid',
  'source',
  'keyword',
  'callId',
  'segments',
  'mediaCount',
  'errorCode',
  'errorDetail',
  'createdAt',
  'sentAt',
  'deliveredAt',
  'updatedAt',
] as const satisfies readonly (keyof SmsMessage)[];

/** A text as it is told. */
export type ToldSms = Pick<SmsMessage, (typeof PROPERTIES)[number]>;

export interface SmsFilter {
  direction: SmsDirection | undefined;
  status: SmsStatus | undefined;
  /** Of the other party, E.164. */
  phoneNumber: string | undefined;
  /** Words of the text. */
  q: string | undefined;
  limit: number;
  offset: number;
}

const SELECT_SMS = `SELECT ${PROPERTIES.map((name) => `m.${snakeCase(name)} AS "${name}"`).join(', ')} FROM sms_messages m`;

/** Newest first. */
export function smsPage(owner: Owner, filter: SmsFilter): Statement<ToldSms> {
  const { where, values } = conditionsOf(owner, filter);
  const [limit, offset] = [`$${values.length + 1}`, `$${values.length + 2}`];
  return {
    text: `${SELECT_SMS} WHERE ${where} ORDER BY m.created_at DESC, m.id DESC LIMIT ${limit} OFFSET ${offset}`,
    values: [...values, filter.limit, filter.offset],
  };
}

/** How many there are in all, whatever the page. */
export function smsTotal(owner: Owner, filter: SmsFilter): Statement<{ total: number }> {
  const { where, values } = conditionsOf(owner, filter);
  return { text: `SELECT count(*)::integer AS total FROM sms_messages m WHERE ${where}`, values };
}

export function smsBy({ userId }: Owner, smsId: string): Statement<ToldSms> {
  return { name: 'sms-by-id', text: `${SELECT_SMS} WHERE m.user_id = $1 AND m.id = $2`, values: [userId, smsId] };
}

function conditionsOf({ userId }: Owner, filter: SmsFilter): { where: string; values: (string | number)[] } {
  const values: (string | number)[] = [];
  const place = (value: string | number) => `$${values.push(value)}`;
  const conditions = [`m.user_id = ${place(userId)}`];
  const { direction, status, phoneNumber, q } = filter;
  if (direction !== undefined) conditions.push(`m.direction = ${place(direction)}`);
  if (status !== undefined) conditions.push(`m.status = ${place(status)}`);
  if (phoneNumber !== undefined) conditions.push(`m.phone_number = ${place(phoneNumber)}`);
  if (q !== undefined) conditions.push(`m.body ILIKE ${place(`%${q.replace(/[\\%_]/g, '\\$&')}%`)}`);
  return { where: conditions.join(' AND '), values };
}
