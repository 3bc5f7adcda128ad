import { createContext, Script } from 'node:vm';
import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';

/** A pattern is the user's, and so may be one that takes for ever. */
const PATTERN_LIMIT_MS = 100;

type Schema = Readonly<Record<string, unknown>>;

/** Whether values fit a schema of a user's. */
export interface ExtractionCheck {
  /** Null where it fits, else what does not, as the end of a sentence. */
  problem(value: unknown): string | null;
}

/** @throws Error when the schema is none; its message says why */
export function extractionCheck(schema: Schema): ExtractionCheck {
  const validate = compiled(schema);
  return {
    problem(value) {
      try {
        return validate(value) ? null : problemOf(validate);
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    },
  };
}

/** What a validator says of the schema that the rules of extraction-schema.ts do not; null where nothing. */
export function compilationProblem(schema: Schema): string | null {
  try {
    compiled(schema);
    return null;
  } catch (error) {
    return `must be a JSON Schema that can be checked (${error instanceof Error ? error.message : String(error)})`;
  }
}

/** One each, so that no schema knows another by its name. */
function compiled({ $schema: _, $id: __, ...schema }: Schema): ValidateFunction {
  const ajv = new Ajv2020({
    strict: false,
    logger: false,
    // For ajv's own kind of regular expression, of which it asks `test` alone.
    code: { regExp: Object.assign(boundPattern, { code: 'boundPattern' }) as never },
  });
  addFormats(ajv, { mode: 'fast' });
  return ajv.compile(schema);
}

const TEST = new Script('new RegExp(pattern, flags).test(text)');

function boundPattern(pattern: string, flags: string): { test(text: string): boolean; toString(): string } {
  // An invalid one is found when the schema is compiled; and ajv tells them apart by how they are written.
  const written = String(new RegExp(pattern, flags));
  return {
    toString: () => written,
    test(text) {
      try {
        return TEST.runInContext(createContext({ pattern, flags, text }), { timeout: PATTERN_LIMIT_MS }) as boolean;
      } catch {
        throw new Error(`the pattern ${pattern} takes too long`);
      }
    },
  };
}

function problemOf({ errors }: ValidateFunction): string {
  const [first] = errors ?? [];
  if (first === undefined) return 'it does not fit';
  const where = first.instancePath === '' ? 'it' : first.instancePath.slice(1).replaceAll('/', '.');
  return `${where} ${first.message ?? 'does not fit'}`;
}
