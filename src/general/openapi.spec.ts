import type { OpenAPIObject } from '@nestjs/swagger';
import { createApp } from '../bootstrap';
import { readConfig } from '../config/app-config';
import { openApiDocument } from './openapi';
import type { Operation } from './openapi-answers';

type Node = Record<string, unknown>;

let document: OpenAPIObject;
let operations: [name: string, operation: Operation][];

beforeAll(async () => {
  const config = readConfig({
    NODE_ENV: 'test',
    LOG_LEVEL: 'silent',
    SECRET_KEY: 'not a secret: nothing is served here at all',
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
    TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
    TWILIO_AUTH_TOKEN: 'none',
    TWILIO_PHONE_NUMBER: '+12025550000',
    OPENAI_API_KEY: 'none',
  });
  document = openApiDocument(await createApp(config, { preview: true }));
  operations = Object.entries(document.paths).flatMap(([path, item]) =>
    (['get', 'put', 'post', 'patch', 'delete'] as const).flatMap((method): [string, Operation][] => {
      const operation = item[method];
      return operation === undefined ? [] : [[`${method} ${path}`, operation]];
    }),
  );
});

/** The names of the operations that do not have what they should. */
const without = (isFine: (operation: Operation) => boolean): string[] =>
  operations.filter(([, operation]) => !isFine(operation)).map(([name]) => name);

const operation = (name: string): Operation => {
  const found = operations.find(([each]) => each === name);
  if (found === undefined) throw new Error(`There is no ${name}`);
  return found[1];
};

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;
const nodeAt = (node: unknown, key: string): unknown => (isNode(node) ? node[key] : undefined);
const statusesOf = ({ responses }: Operation): number[] => Object.keys(responses).map(Number);
const headersOf = (of: Operation, status: number): string[] =>
  Object.keys((nodeAt(of.responses[status], 'headers') ?? {}) as Node);
const isOfTag = (of: Operation, tag: string) => of.tags?.includes(tag) === true;
const isSecured = (of: Operation) => of.security?.some((way) => 'bearer' in way) === true;
const mediaOf = (holder: unknown): [type: string, media: unknown][] =>
  Object.entries((nodeAt(holder, 'content') ?? {}) as Node);

/** Whether a reader who follows the references finds an example. */
function hasExample(node: unknown): boolean {
  if (!isNode(node)) return false;
  if ('example' in node || 'examples' in node) return true;
  const { $ref, schema, items, oneOf } = node;
  if (typeof $ref === 'string') return hasExample(document.components?.schemas?.[$ref.split('/').at(-1) ?? '']);
  if (Array.isArray(oneOf)) return oneOf.every(hasExample);
  return hasExample(schema) || hasExample(items);
}

describe('every operation', () => {
  it('says in a line what it does', () => {
    expect(operations.length).toBeGreaterThan(25);
    expect(without(({ summary = '' }) => summary !== '')).toEqual([]);
  });

  it('says what can go wrong', () => {
    expect(without((each) => statusesOf(each).includes(500))).toEqual([]);
    expect(
      without((each) => isOfTag(each, 'general') || statusesOf(each).some((status) => status >= 400 && status < 500)),
    ).toEqual([]);
  });

  it('shows an example of what it takes and of what it gives', () => {
    expect(without(({ requestBody }) => mediaOf(requestBody).every(([, media]) => hasExample(media)))).toEqual([]);
    expect(
      without(({ responses }) =>
        Object.values(responses).every((response) => mediaOf(response).every(([, media]) => hasExample(media))),
      ),
    ).toEqual([]);
  });

  it('shows errors of the status that they stand under', () => {
    const wrong = operations.flatMap(([name, { responses }]) =>
      Object.entries(responses).flatMap(([status, response]) => {
        const problem = mediaOf(response).find(([type]) => type === 'application/problem+json')?.[1];
        const examples = Object.values((nodeAt(problem, 'examples') ?? {}) as Node);
        return examples.some((example) => nodeAt(nodeAt(example, 'value'), 'status') !== Number(status))
          ? [`${name} ${status}`]
          : [];
      }),
    );
    expect(wrong).toEqual([]);
  });

  it('describes its parameters', () => {
    expect(
      without(({ parameters = [] }) =>
        parameters.every((each) => 'name' in each && (each.description ?? '') !== '' && each.name !== ''),
      ),
    ).toEqual([]);
  });

  it('is opened by a token, by a signature, or by nothing', () => {
    expect(without((each) => !isSecured(each) || statusesOf(each).includes(401))).toEqual([]);
    expect(
      without((each) => (isOfTag(each, 'carrier webhooks') ? 'carrier' in (each.security?.[0] ?? {}) : true)),
    ).toEqual([]);
    const open = operations.filter(([, { security }]) => security?.length === 0).map(([name]) => name);
    expect(open).toEqual([
      'post /auth/register',
      'post /auth/login',
      'post /auth/refresh',
      'post /auth/logout',
      'get /call-status',
      'get /api/validate-session/{id}',
      'post /api/feedback',
      'get /google-calendar/callback',
      'post /google-calendar/notifications',
      'get /recordings/{id}/audio',
      'get /voice-interactions/{id}/audio',
      'get /',
      'get /health',
      'get /health/live',
      'get /health/ready',
    ]);
  });
});

describe('the answers that routes of a kind share', () => {
  it('are those of a body', () => {
    const isFine = (each: Operation) => [400, 413, 415, 422].every((status) => statusesOf(each).includes(status));
    expect(without((each) => each.requestBody === undefined || isFine(each))).toEqual([]);
    expect(statusesOf(operation('get /calls'))).not.toContain(415);
  });

  it('are those of parameters', () => {
    expect(without((each) => (each.parameters ?? []).length === 0 || statusesOf(each).includes(422))).toEqual([]);
  });

  it('are those of the rate limit, with its headers', () => {
    const limited = operations.filter(([, each]) => statusesOf(each).includes(429)).map(([, each]) => each);
    expect(without((each) => statusesOf(each).includes(429)).sort()).toEqual([
      'get /',
      'get /health',
      'get /health/live',
      'get /health/ready',
      'post /call-status',
      'post /demo-start',
      'post /google-calendar/notifications',
      'post /incoming-call',
      'post /incoming-sms',
      'post /recording-status',
      'post /sms-status',
      'post /twilio/amd/{attempt}',
      'post /twilio/stream-over/{attempt}',
      'post /twilio/voice-intelligence',
      'post /twilio/voice/{attempt}',
    ]);
    const names = ['RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset'];
    for (const each of limited) {
      expect(headersOf(each, 429)).toEqual(expect.arrayContaining([...names, 'Retry-After']));
      for (const status of statusesOf(each).filter((status) => status < 300))
        expect(headersOf(each, status)).toEqual(expect.arrayContaining(names));
    }
  });

  it('are those of a database that is away, where it is asked', () => {
    expect(without((each) => statusesOf(each).includes(503))).toEqual([
      'get /scenarios',
      'get /voices',
      'get /',
      'get /health',
      'get /health/live',
    ]);
    expect(headersOf(operation('get /calls'), 503)).toContain('Retry-After');
    // Its 503 is a health report.
    expect(headersOf(operation('get /health/ready'), 503)).not.toContain('Retry-After');
  });

  it('have the headers of what they are', () => {
    const unnamed = operations.flatMap(([name, each]) =>
      statusesOf(each)
        .filter((status) => !headersOf(each, status).includes('X-Request-Id'))
        .map((status) => `${name} ${status}`),
    );
    expect(unnamed).toEqual([]);
    expect(headersOf(operation('get /calls'), 200)).toContain('X-Total-Count');
    expect(headersOf(operation('get /do-not-call'), 200)).toContain('X-Total-Count');
    for (const status of [201, 400, 422, 502])
      expect(headersOf(operation('post /calls'), status)).toContain('Idempotent-Replayed');
    expect(headersOf(operation('post /calls'), 503)).not.toContain('Idempotent-Replayed');
  });
});
