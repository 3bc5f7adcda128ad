import fc from 'fast-check';
import { AppError } from './app-error';
import { checkRequestText, isStorableText, MAX_JSON_DEPTH } from './request-text';

const refusal = (part: unknown): AppError | undefined => {
  try {
    checkRequestText(part);
    return undefined;
  } catch (error) {
    return error as AppError;
  }
};

const nested = (depth: number): unknown => (depth === 0 ? 'x' : { a: nested(depth - 1) });

it.each([['plain'], ['émoji 👩‍👩‍👧 and 𝒳'], ['\n\t\u0001'], ['']])('stores %j', (text) => {
  expect(isStorableText(text)).toBe(true);
});

it.each([['a\0b'], ['\ud800'], ['\udc00\ud800'], ['x\ud83d y'], ['\ude00']])('does not store %j', (text) => {
  expect(isStorableText(text)).toBe(false);
});

it('agrees with what survives UTF-8 without NUL', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const survives = Buffer.from(text, 'utf8').toString('utf8') === text && !text.includes('\0');
      expect(isStorableText(text)).toBe(survives);
    }),
  );
});

it('says which field it was', () => {
  expect(refusal({ a: ['fine', { b: 'x\0' }] })).toMatchObject({
    kind: 'unprocessable',
    errors: [{ field: 'a.1.b' }],
  });
  expect(refusal({ 'x\ud800': 1 })).toMatchObject({ kind: 'unprocessable' });
});

it('bounds the depth', () => {
  expect(refusal(nested(MAX_JSON_DEPTH))).toBeUndefined();
  expect(refusal(nested(MAX_JSON_DEPTH + 1))).toMatchObject({ kind: 'invalid', code: 'request.too_deep' });
  expect(refusal(JSON.parse('['.repeat(50_000) + ']'.repeat(50_000)))).toMatchObject({ code: 'request.too_deep' });
});

it('leaves whatever is no text alone', () => {
  for (const part of [undefined, null, 5, true, {}, [], { a: null, b: 1.5, c: [false] }]) {
    expect(refusal(part)).toBeUndefined();
  }
});
