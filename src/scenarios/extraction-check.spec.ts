import fc from 'fast-check';
import { compilationProblem, extractionCheck } from './extraction-check';

const object = (properties: object, more: object = {}) => ({ type: 'object', properties, ...more });

describe('the check of what was extracted', () => {
  it.each([
    [object({ size: { type: 'integer', minimum: 2 } }), { size: 3 }, null],
    [object({ size: { type: 'integer', minimum: 2 } }), { size: 1 }, 'size must be >= 2'],
    [object({ size: { type: 'integer' } }, { required: ['size'] }), {}, "it must have required property 'size'"],
    [object({ a: object({ b: { type: 'string' } }) }), { a: { b: 1 } }, 'a.b must be string'],
    [object({ mail: { type: 'string', format: 'email' } }), { mail: 'nobody' }, 'mail must match format "email"'],
    [object({ a: { pattern: '^A' }, b: { pattern: '^B' } }), { a: 'A', b: 'A' }, 'b must match pattern "^B"'],
    [{ ...object({ a: { type: 'string' } }), $schema: 'http://json-schema.org/draft-07/schema#' }, { a: 'A' }, null],
    [{ ...object({ a: { $ref: '#/$defs/b' } }), $defs: { b: { type: 'null' } } }, { a: null }, null],
  ])('%j, %j: %s', (schema, value, problem) => {
    expect(extractionCheck(schema).problem(value)).toBe(problem);
  });

  it('gives up on a pattern that takes for ever', () => {
    const check = extractionCheck(object({ a: { type: 'string', pattern: '^(a+)+$' } }));
    expect(check.problem({ a: 'aaa' })).toBeNull();
    expect(check.problem({ a: `${'a'.repeat(50)}!` })).toBe('the pattern ^(a+)+$ takes too long');
  });

  it('gives all patterns of a check one time together', () => {
    const slow = Array.from({ length: 400 }, (_, at) => ({ pattern: `^(a+)+b{${at + 1}}$` }));
    const check = extractionCheck(object({ a: { type: 'string', anyOf: slow } }));
    const startedAt = performance.now();
    expect(check.problem({ a: 'a'.repeat(23) })).toMatch(/too long/);
    // Without it: half a minute and more.
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });

  it.each([
    object({ a: { pattern: '(' } }),
    object({ a: { $ref: '#/$defs/missing' } }),
    object({ a: { minimum: 'two' } }),
  ])('does not take %j for a schema', (schema) => {
    expect(compilationProblem(schema)).toMatch(/^must be a JSON Schema that can be checked \(/);
  });

  it('never throws, whatever it is given', () => {
    const check = extractionCheck(object({ a: { type: 'string', pattern: '^\\p{L}+$' }, b: { type: 'array' } }));
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const problem = check.problem(value);
        expect(problem === null || problem.length > 0).toBe(true);
      }),
    );
  });
});
