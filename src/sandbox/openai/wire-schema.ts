import { z } from 'zod';
import { WireError } from './wire-error';

/**
 * Checks what a client sent against a strict schema and words the first problem as the provider does: a missing field
 * is `missing_required_parameter`, an unknown one `unknown_parameter`, anything else `invalid_value`.
 * `root` is the name under which the value stands in the event (`session`), '' for the event itself.
 * @throws WireError
 */
export function checked<T>(schema: z.ZodType<T>, value: unknown, root: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) => describe(issue, value, root));
  const first = issues.find((issue) => issue.code !== 'invalid_value') ?? issues[0];
  throw first ?? new WireError('invalid_value', 'Invalid value.', root);
}

function describe(issue: z.core.$ZodIssue, value: unknown, root: string): WireError {
  if (issue.code === 'unrecognized_keys') {
    const param = nameOf([...issue.path, issue.keys[0] as string], root);
    return new WireError('unknown_parameter', `Unknown parameter: '${param}'.`, param);
  }
  const param = nameOf(issue.path, root);
  const given = valueAt(value, issue.path);
  if (given === undefined) {
    return new WireError('missing_required_parameter', `Missing required parameter: '${param}'.`, param);
  }
  if (issue.code === 'too_big' && typeof given === 'string') {
    const message =
      `Invalid '${param}': string too long. Expected a string with maximum length ${issue.maximum}, ` +
      `but got a string with length ${given.length} instead.`;
    return new WireError('string_above_max_length', message, param);
  }
  if (issue.code === 'invalid_value') {
    const supported = issue.values.map((one) => `'${String(one)}'`).join(', ');
    const message = `Invalid value: ${quoted(given)}. Supported values are: ${supported}.`;
    return new WireError('invalid_value', message, param);
  }
  return new WireError('invalid_value', `Invalid value for '${param}': ${issue.message}.`, param);
}

function quoted(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : JSON.stringify(value);
}

function nameOf(path: PropertyKey[], root: string): string {
  let name = root;
  for (const key of path) {
    name += typeof key === 'number' ? `[${key}]` : name === '' ? String(key) : `.${String(key)}`;
  }
  return name;
}

function valueAt(value: unknown, path: PropertyKey[]): unknown {
  let at = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = Reflect.get(at, key);
  }
  return at;
}
