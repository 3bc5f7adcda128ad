import { extractionSchemaProblem, MAX_SCHEMA_BYTES } from './extraction-schema';

const fields = (properties: unknown, more: object = {}) => ({ type: 'object', properties, ...more });

describe('a schema of what to pull out of a call', () => {
  it.each([
    ['one field', fields({ name: { type: 'string' } })],
    [
      'everything usual',
      fields(
        {
          name: { type: ['string', 'null'], description: 'As spoken' },
          mood: { enum: ['good', 'bad'] },
          orders: { type: 'array', items: { type: 'object', properties: { dish: { type: 'string' } } } },
          when: { anyOf: [{ type: 'string', format: 'date' }, { type: 'null' }] },
          ref: { $ref: '#/$defs/x' },
          whatever: true,
        },
        { required: ['name'], additionalProperties: false, $defs: { x: { type: 'integer', minimum: 1 } } },
      ),
    ],
  ])('can have %s', (_, schema) => {
    expect(extractionSchemaProblem(schema)).toBeNull();
  });

  it.each([
    ['no type', { properties: { a: {} } }, '"type": "object"'],
    ['a list at the top', { type: 'array', items: {} }, '"type": "object"'],
    ['no properties', { type: 'object' }, '"properties"'],
    ['empty properties', fields({}), '"properties"'],
    ['a list as properties', fields([{ type: 'string' }]), '"properties"'],
    ['a field that is no schema', fields({ name: 'string' }), 'schema object at name'],
    ['an unknown type', fields({ name: { type: 'text' } }), 'at name'],
    ['no types', fields({ name: { type: [] } }), 'at name'],
    ['an empty enum', fields({ name: { enum: [] } }), '"enum"'],
    ['required that is no list', fields({ name: {} }, { required: 'name' }), '"required"'],
    ['a reference to somewhere else', fields({ name: { $ref: 'https://example.com/x.json' } }), '$ref'],
    ['a description that is no text', fields({ name: { description: 5 } }), '"description"'],
    ['a broken nested field', fields({ a: { type: 'array', items: { type: 'x' } } }), 'at a.items'],
    ['an empty anyOf', fields({ a: { anyOf: [] } }), 'a.anyOf'],
    ['definitions that are none', fields({ a: {} }, { $defs: [] }), '$defs'],
  ])('cannot have %s', (_, schema, problem) => {
    expect(extractionSchemaProblem(schema)).toContain(problem);
  });

  it('is bounded in depth and size', () => {
    let deep: Record<string, unknown> = { type: 'string' };
    for (let level = 0; level < 10; level += 1) deep = fields({ a: deep });
    expect(extractionSchemaProblem(deep)).toContain('levels deep');
    const large = fields({ a: { description: 'x'.repeat(MAX_SCHEMA_BYTES) } });
    expect(extractionSchemaProblem(large)).toContain('bytes');
  });
});
