import { createContext, Script } from 'node:vm';
import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';

/** Patterns are the user's, and may take for ever, each or together; and calls are carried by the same process. */
const PATTERNS_LIMIT_MS = 100;

type Schema = Readonly<Record<string, unknown>>;

/** Whether values fit a schema of a user's. */
export interface ExtractionCheck {
  /** Null where it fits, else what does not, as the end of a sentence. */
  problem(value: unknown): string | null;
}

/** @throws Error when the schema is none; its message says why */
export function extractionCheck(schema: Schema): ExtractionCheck {
  const patterns = new BoundPatterns();
  const validate = compiled(schema, patterns);
  return {
    problem(value) {
      try {
        patterns.begin();
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
    compiled(schema, new BoundPatterns());
    return null;
  } catch (error) {
    return `must be a JSON Schema that can be checked (${error instanceof Error ? error.message : String(error)})`;
  }
}

/** One each, so that no schema knows another by its name. */
function compiled({ $schema: _, $id: __, ...schema }: Schema, patterns: BoundPatterns): ValidateFunction {
  const regExp = (pattern: string, flags: string) => patterns.of(pattern, flags);
  const ajv = new Ajv2020({
    strict: false,
    logger: false,
    // For ajv's own kind of regular expression, of which it asks `test` alone.
    code: { regExp: Object.assign(regExp, { code: 'regExp' }) as never },
  });
  addFormats(ajv, { mode: 'fast' });
  return ajv.compile(schema);
}

const TEST = new Script('new RegExp(pattern, flags).test(text)');

/** Regular expressions that have a time together: V8 breaks off one that is evaluated in a script with a limit. */
class BoundPatterns {
  private readonly context = createContext({ pattern: '', flags: '', text: '' });
  private endsAtMs = 0;

  begin(): void {
    this.endsAtMs = performance.now() + PATTERNS_LIMIT_MS;
  }

  of(pattern: string, flags: string): { test(text: string): boolean; toString(): string } {
    // An invalid one is found when the schema is compiled; and ajv tells them apart by how they are written.
    const written = String(new RegExp(pattern, flags));
    return { toString: () => written, test: (text) => this.test(pattern, flags, text) };
  }

  private test(pattern: string, flags: string, text: string): boolean {
    const timeout = Math.ceil(this.endsAtMs - performance.now());
    if (timeout <= 0) throw new Error('its patterns take too long');
    Object.assign(this.context, { pattern, flags, text });
    try {
      return TEST.runInContext(this.context, { timeout }) as boolean;
    } catch {
      throw new Error(`the pattern ${pattern} takes too long`);
    }
  }
}

function problemOf({ errors }: ValidateFunction): string {
  const [first] = errors ?? [];
  if (first === undefined) return 'it does not fit';
  const where = first.instancePath === '' ? 'it' : first.instancePath.slice(1).replaceAll('/', '.');
  return `${where} ${first.message ?? 'does not fit'}`;
}
