import { refuseUnlessStrict } from './strict-schema';
import { WireError } from './wire-error';

type Schema = Record<string, unknown>;

const object = (properties: Schema, rest: Schema = {}): Schema => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
  ...rest,
});
const TEXT = { type: 'string' };

function problemOf(schema: Schema, strict: boolean | null = true): string | undefined {
  try {
    refuseUnlessStrict({ name: 'extract', schema, strict }, 'text.format.schema');
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(WireError);
    expect(error).toMatchObject({ code: 'invalid_json_schema', param: 'text.format.schema' });
    return (error as WireError).message.replace("Invalid schema for response_format 'extract': ", '');
  }
}

describe('a schema under strict', () => {
  it('may nest, refer, choose and admit null', () => {
    const schema = object(
      {
        name: { type: ['string', 'null'] },
        kind: { type: 'string', enum: ['a', 'b'] },
        items: { type: 'array', items: object({ count: { type: 'integer', minimum: 1 } }), minItems: 1 },
        either: { anyOf: [object({ a: TEXT }), { type: 'null' }] },
        place: { $ref: '#/$defs/place' },
        nothing: { type: 'object', additionalProperties: false },
      },
      { $defs: { place: object({ street: TEXT }) } },
    );
    expect(problemOf(schema)).toBeUndefined();
  });

  const open = { type: 'object', properties: { a: TEXT }, required: ['a'] };
  const additional = "'additionalProperties' is required to be supplied and to be false.";
  const required = "'required' is required to be supplied and to be an array including every key in properties.";
  it.each<[string, Schema, string]>([
    [
      'an array',
      { type: 'array', items: TEXT },
      `schema must be a JSON Schema of 'type: "object"', got 'type: "array"'.`,
    ],
    ['no type', { anyOf: [open] }, `schema must be a JSON Schema of 'type: "object"', got 'type: "None"'.`],
    [
      'an object that may be one of several',
      object({}, { anyOf: [open] }),
      "schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level.",
    ],
    ['open', open, `In context=(), ${additional}`],
    ['open to strings', object({ a: TEXT }, { additionalProperties: TEXT }), `In context=(), ${additional}`],
    ['open within', object({ a: open }), `In context=('properties', 'a'), ${additional}`],
    [
      'open in a list',
      object({ a: { type: 'array', items: open } }),
      `In context=('properties', 'a', 'items'), ${additional}`,
    ],
    [
      'open in a choice',
      object({ a: { anyOf: [{ type: 'null' }, open] } }),
      `In context=('properties', 'a', 'anyOf', '1'), ${additional}`,
    ],
    ['open in a definition', object({}, { $defs: { a: open } }), `In context=('$defs', 'a'), ${additional}`],
    ['without required', object({ a: TEXT }, { required: undefined }), `In context=(), ${required} Missing 'a'.`],
    ['optional in part', object({ a: TEXT, b: TEXT }, { required: ['a'] }), `In context=(), ${required} Missing 'b'.`],
    [
      'demanding what it does not know',
      object({ a: TEXT }, { required: ['a', 'b'] }),
      `In context=(), ${required} Extra required key 'b' supplied.`,
    ],
    [
      'of options without a type',
      object({ a: { enum: ['x'] } }),
      "In context=('properties', 'a'), schema must have a 'type' key.",
    ],
    [
      'a list of anything',
      object({ a: { type: 'array' } }),
      "In context=('properties', 'a'), array schema missing items.",
    ],
    ['exclusive', object({ a: { oneOf: [TEXT] } }), "In context=('properties', 'a'), 'oneOf' is not permitted."],
  ])('may not be %s', (_what, schema, problem) => {
    expect(problemOf(schema)).toBe(problem);
  });

  it('may be anything where nobody asked for strictness', () => {
    expect(problemOf(open, false)).toBeUndefined();
    expect(problemOf(open, null)).toBeUndefined();
    expect(() => refuseUnlessStrict({ name: 'extract', schema: open }, 'text.format.schema')).not.toThrow();
    expect(() => refuseUnlessStrict(undefined, 'text.format.schema')).not.toThrow();
  });
});
