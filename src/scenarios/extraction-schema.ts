import { compilationProblem } from './extraction-check';

/** Room for about a hundred described fields; a schema travels in every request that uses it. */
export const MAX_SCHEMA_BYTES = 16 * 1024;
const MAX_DEPTH = 8;

const TYPES = new Set(['object', 'array', 'string', 'number', 'integer', 'boolean', 'null']);
/** Keywords whose value is one schema, a list of schemas, or schemas by name. */
const SCHEMA_KEYWORDS = ['items', 'additionalProperties', 'not'];
const LIST_KEYWORDS = ['anyOf', 'oneOf', 'allOf'];
const NAMED_KEYWORDS = ['properties', '$defs', 'definitions'];

/**
 * What is wrong with a JSON Schema that shall describe the facts of a call, as a sentence; null when it can be used.
 * The top must be an object with properties, because the result is shown field by field.
 */
export function extractionSchemaProblem(schema: Readonly<Record<string, unknown>>): string | null {
  if (Buffer.byteLength(JSON.stringify(schema)) > MAX_SCHEMA_BYTES) {
    return `must be at most ${MAX_SCHEMA_BYTES} bytes of JSON`;
  }
  if (schema['type'] !== 'object') return 'must have "type": "object" at the top';
  const properties = schema['properties'];
  if (!isRecord(properties) || Object.keys(properties).length === 0) {
    return 'must have "properties" with at least one field';
  }
  return problemAt(schema, '', 1) ?? compilationProblem(schema);
}

function problemAt(schema: unknown, path: string, depth: number): string | null {
  const where = path === '' ? 'at the top' : `at ${path}`;
  // JSON Schema knows `true` (anything) and `false` (nothing) as schemas.
  if (typeof schema === 'boolean') return null;
  if (!isRecord(schema)) return `must have a schema object ${where}`;
  if (depth > MAX_DEPTH) return `must not be nested more than ${MAX_DEPTH} levels deep`;
  return keywordProblem(schema, where) ?? nestedProblem(schema, path, depth);
}

function keywordProblem(schema: Record<string, unknown>, where: string): string | null {
  const { type, enum: choices, required, $ref: reference } = schema;
  const types: unknown[] = Array.isArray(type) ? type : type === undefined ? [] : [type];
  if (
    (Array.isArray(type) && type.length === 0) ||
    types.some((name) => typeof name !== 'string' || !TYPES.has(name))
  ) {
    return `must use the types of JSON Schema (${[...TYPES].join(', ')}) ${where}`;
  }
  if (choices !== undefined && (!Array.isArray(choices) || choices.length === 0)) {
    return `must have a list that is not empty as "enum" ${where}`;
  }
  if (required !== undefined && !(Array.isArray(required) && required.every((name) => typeof name === 'string'))) {
    return `must have a list of field names as "required" ${where}`;
  }
  if (reference !== undefined && !(typeof reference === 'string' && reference.startsWith('#'))) {
    return `must only refer to itself ("$ref": "#/…") ${where}`;
  }
  if (schema['description'] !== undefined && typeof schema['description'] !== 'string') {
    return `must have a text as "description" ${where}`;
  }
  return null;
}

function nestedProblem(schema: Record<string, unknown>, path: string, depth: number): string | null {
  for (const keyword of SCHEMA_KEYWORDS) {
    const nested = schema[keyword];
    if (nested === undefined) continue;
    const problem = problemAt(nested, join(path, keyword), depth + 1);
    if (problem !== null) return problem;
  }
  for (const keyword of LIST_KEYWORDS) {
    const nested = schema[keyword];
    if (nested === undefined) continue;
    if (!Array.isArray(nested) || nested.length === 0) return `must have a list of schemas at ${join(path, keyword)}`;
    for (const [i, one] of nested.entries()) {
      const problem = problemAt(one, join(path, `${keyword}.${i}`), depth + 1);
      if (problem !== null) return problem;
    }
  }
  for (const keyword of NAMED_KEYWORDS) {
    const nested = schema[keyword];
    if (nested === undefined) continue;
    if (!isRecord(nested)) return `must have schemas by name at ${join(path, keyword)}`;
    for (const [name, one] of Object.entries(nested)) {
      const problem = problemAt(one, join(path, name), depth + 1);
      if (problem !== null) return problem;
    }
  }
  return null;
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
