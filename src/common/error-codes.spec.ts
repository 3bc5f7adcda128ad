import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ErrorKind } from './app-error';
import { STATUS_OF_KIND } from './problem';

const ROOT = join(__dirname, '..', '..');
const KINDS = Object.keys(STATUS_OF_KIND) as ErrorKind[];

/** `super('not-found', 'call.not_found', …)` and `new AppError('invalid', …)`, however the formatter breaks them. */
const RAISED = new RegExp(`'(${KINDS.join('|')})',\\s*'([a-z_]+\\.[a-z_]+)'`, 'g');

/** Codes that are not written beside their kind: what the decision about a call says, the default and the bug. */
const ELSEWHERE = new Map([
  ['destination_not_allowed', 403],
  ['do_not_call', 403],
  ['quiet_hours', 403],
  ['calls_per_minute', 429],
  ['calls_per_day', 429],
  ['calls_at_once', 429],
  ['texts_per_day', 429],
  ['capacity_full', 503],
  ['server.error', 500],
]);

function sources(): string[] {
  return readdirSync(join(ROOT, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /(?<!\.spec)\.ts$/.test(entry.name))
    .filter((entry) => !entry.parentPath.startsWith(join(ROOT, 'src', 'sandbox')))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
}

function inCode(): Map<string, number> {
  const codes = new Map(ELSEWHERE);
  for (const source of sources()) {
    for (const [, kind, code] of source.matchAll(RAISED)) codes.set(String(code), STATUS_OF_KIND[kind as ErrorKind]);
  }
  return codes;
}

function documented(): [code: string, status: number][] {
  const page = readFileSync(join(ROOT, 'docs', 'errors.md'), 'utf8');
  return [...page.matchAll(/^\| `([a-z_.]+)` +\| (\d+) +\|/gm)].map(([, code, status]) => [
    String(code),
    Number(status),
  ]);
}

describe('docs/errors.md', () => {
  it('lists the codes of the source with their statuses, and no others', () => {
    expect(Object.fromEntries(documented())).toEqual(Object.fromEntries(inCode()));
  });

  it('lists each once, in order', () => {
    const codes = documented().map(([code]) => code);
    expect(codes).toEqual([...new Set(codes)].sort());
  });
});

it('knows the reasons that refuse a call', () => {
  const source = readFileSync(join(ROOT, 'src', 'calls', 'call-permission.ts'), 'utf8');
  const [, union = ''] = /type RefusalCode =([^;]+);/.exec(source) ?? [];
  const codes = [...union.matchAll(/'([a-z_]+)'/g)].map(([, code]) => String(code));
  expect(codes.length).toBeGreaterThan(0);
  for (const code of codes) expect([...ELSEWHERE.keys()]).toContain(code);
});
