import type { Call } from './call.entity';

/** What may be written by the owner, by a tool while it is being talked, or be read out of the call afterwards. */
const FIELDS = {
  orderItems: 'order_items',
  customerName: 'customer_name',
  deliveryAddress: 'delivery_address',
  restaurantId: 'restaurant_id',
} as const satisfies Partial<Record<keyof Call, string>>;
export type WrittenField = (typeof FIELDS)[keyof typeof FIELDS];

/** Beside changes of a call: which of its fields somebody has written, so that no reading of the call writes over them. */
export function alsoWritten(changes: Partial<Record<keyof Call, unknown>>): { writtenFields?: () => string } {
  const names = (Object.keys(FIELDS) as (keyof typeof FIELDS)[]).filter((name) => changes[name] !== undefined);
  if (names.length === 0) return {};
  const written = `{${names.map((name) => FIELDS[name]).join(',')}}`;
  return { writtenFields: () => `ARRAY(SELECT DISTINCT unnest(written_fields || '${written}'::text[]))` };
}
