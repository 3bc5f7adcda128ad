import { isRecord, propertiesOf } from './brain/tool-calls';
import { WireError } from './wire-error';

/** The part of `text.format` (Responses) and of `response_format.json_schema` (Chat) that matters here. */
interface SchemaFormat {
  name?: string | undefined;
  strict?: boolean | null | undefined;
  schema?: Record<string, unknown> | undefined;
}

const NOT_PERMITTED = ['oneOf', 'allOf', 'not', 'if', 'then', 'else', 'dependentRequired', 'dependentSchemas'];

/**
 * With `strict` the provider takes a part of JSON Schema only, and refuses the request otherwise. The rules:
 * https://platform.openai.com/docs/guides/structured-outputs#supported-schemas. Its words, as they are reported:
 * https://github.com/openclaw/clawpatch/issues/60, https://github.com/prism-php/prism/issues/858,
 * https://github.com/vercel/ai/issues/6484. Its bounds of size and depth are not checked.
 * @throws WireError
 */
export function refuseUnlessStrict(format: SchemaFormat | undefined, param: string): void {
  if (!format?.strict || !format.schema) return;
  const problem = problemOfRoot(format.schema) ?? problemIn(format.schema, []);
  if (problem === undefined) return;
  const message = `Invalid schema for response_format '${format.name ?? ''}': ${problem}`;
  throw new WireError('invalid_json_schema', message, param);
}

function problemOfRoot(schema: Record<string, unknown>): string | undefined {
  const type = schema['type'];
  if (type === 'object') {
    if (!('anyOf' in schema || 'enum' in schema)) return undefined;
    return "schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level.";
  }
  const given = type === undefined ? 'None' : typeof type === 'string' ? type : JSON.stringify(type);
  return `schema must be a JSON Schema of 'type: "object"', got 'type: "${given}"'.`;
}

/** The first thing that is wrong, depth first. */
function problemIn(schema: unknown, path: string[]): string | undefined {
  return problemAt(schema, path) ?? firstOf(partsOf(schema), ([steps, part]) => problemIn(part, [...path, ...steps]));
}

function problemAt(schema: unknown, path: string[]): string | undefined {
  const wrong = (what: string) => `In context=${tuple(path)}, ${what}`;
  if (!isRecord(schema)) return wrong("schema must have a 'type' key.");
  const keyword = NOT_PERMITTED.find((one) => one in schema);
  if (keyword !== undefined) return wrong(`'${keyword}' is not permitted.`);
  if ('$ref' in schema || 'anyOf' in schema) return undefined;
  if (!('type' in schema)) return wrong("schema must have a 'type' key.");
  if (hasType(schema, 'array') && !('items' in schema)) return wrong('array schema missing items.');
  if (!hasType(schema, 'object')) return undefined;
  if (schema['additionalProperties'] !== false) {
    return wrong("'additionalProperties' is required to be supplied and to be false.");
  }
  const demand = "'required' is required to be supplied and to be an array including every key in properties.";
  const keys = Object.keys(propertiesOf(schema));
  const required: unknown[] = Array.isArray(schema['required']) ? schema['required'] : [];
  const missing = keys.find((key) => !required.includes(key));
  if (missing !== undefined) return wrong(`${demand} Missing '${missing}'.`);
  const extra = required.find((key) => typeof key !== 'string' || !keys.includes(key));
  return extra === undefined ? undefined : wrong(`${demand} Extra required key ${quoted(extra)} supplied.`);
}

/** The schemas within a schema, and the steps that lead to each. */
function partsOf(schema: unknown): [string[], unknown][] {
  if (!isRecord(schema)) return [];
  const named = ['properties', '$defs', 'definitions'].flatMap((keyword) =>
    Object.entries(isRecord(schema[keyword]) ? schema[keyword] : {}).map(([key, part]): [string[], unknown] => [
      [keyword, key],
      part,
    ]),
  );
  const items: [string[], unknown][] = 'items' in schema ? [[['items'], schema['items']]] : [];
  const union: unknown[] = Array.isArray(schema['anyOf']) ? schema['anyOf'] : [];
  return [...named, ...items, ...union.map((part, at): [string[], unknown] => [['anyOf', String(at)], part])];
}

function hasType(schema: Record<string, unknown>, type: string): boolean {
  return schema['type'] === type || (Array.isArray(schema['type']) && schema['type'].includes(type));
}

/** As Python writes one: the provider's messages do. */
function tuple(path: string[]): string {
  return `(${path.map(quoted).join(', ')}${path.length === 1 ? ',' : ''})`;
}

function quoted(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : JSON.stringify(value);
}

function firstOf<Item, Found>(items: Item[], find: (item: Item) => Found | undefined): Found | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
