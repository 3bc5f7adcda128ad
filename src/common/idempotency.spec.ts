import fc from 'fast-check';
import { requestHash } from './idempotency';

const hash = (body: unknown) => requestHash({ params: {}, query: {}, body });

/** The same JSON with the members of every object the other way round. */
const reversed = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, member]) => [name, reversed(member)]),
  );
};

it('does not depend on the order of members', () => {
  fc.assert(fc.property(fc.jsonValue(), (body) => expect(hash(reversed(body))).toBe(hash(body))));
});

it('differs where the JSON differs', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      fc.pre(JSON.stringify(reversed(reversed(a))) !== JSON.stringify(reversed(reversed(b))));
      const isSame = hash(a) === hash(b);
      if (isSame) expect(a).toEqual(b);
    }),
  );
});

it.each([
  [{ a: 1 }, { a: '1' }],
  [{ a: null }, {}],
  [
    ['a', 'b'],
    ['b', 'a'],
  ],
  [{ a: { b: 1 } }, { a: 1, b: 1 }],
  ['{"a":1}', { a: 1 }],
  [undefined, {}],
])('tells %j from %j', (a, b) => {
  expect(hash(a)).not.toBe(hash(b));
});

it('covers the address as well', () => {
  const one = requestHash({ params: { id: '1' }, query: {}, body: undefined });
  expect(requestHash({ params: { id: '2' }, query: {}, body: undefined })).not.toBe(one);
  expect(requestHash({ params: { id: '1' }, query: { x: '1' }, body: undefined })).not.toBe(one);
});
