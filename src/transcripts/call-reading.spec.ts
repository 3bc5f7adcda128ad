import { storedValue, toReading } from './call-reading';

const ANSWER = {
  summary: 'Sam ordered a pizza.',
  outcome: 'reached' as const,
  outcome_reason: 'The order stands.',
  open_promises: [],
  customer_name: null,
  delivery_address: null,
  order_items: null,
};

describe('what a model read out of a call', () => {
  it('is bounded, and never cut into something that cannot be stored', () => {
    const { openPromises, summary, orderItems } = toReading({
      ...ANSWER,
      summary: `${'a'.repeat(1999)}😀`,
      open_promises: [`${'a'.repeat(299)}😀`, '  ', ...Array.from({ length: 50 }, () => 'To call back')],
      order_items: Array.from({ length: 200 }, () => ({ name: 'Pizza', quantity: 0.2, notes: '' })),
    });
    for (const text of [summary, openPromises[0] ?? '']) expect(Buffer.from(text).toString()).toBe(text);
    expect(openPromises).toHaveLength(20);
    expect(orderItems).toHaveLength(100);
    expect(orderItems?.[0]).toEqual({ name: 'Pizza', quantity: 1 });
  });

  it('has no order where nothing was ordered', () => {
    expect(toReading({ ...ANSWER, order_items: [] }).orderItems).toBeNull();
    expect(toReading({ ...ANSWER, order_items: [{ name: ' ', quantity: 1, notes: null }] }).orderItems).toBeNull();
  });

  it('can be stored, keys and all', () => {
    const stored = storedValue({ 'a\u0000b': ['c\u0000', { 'd\ud83d': '\ud83d' }] });
    expect(JSON.stringify(stored)).toBe(JSON.stringify({ ab: ['c', { 'd\ufffd': '\ufffd' }] }));
  });
});
