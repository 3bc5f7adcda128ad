import { AsyncLocalStorage } from 'node:async_hooks';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { Controller, Get, Module, Param } from '@nestjs/common';
import { Drain } from '../../src/common/drain';
import { Public } from '../../src/common/public.decorator';
import { RowIdPipe } from '../../src/common/row-id.pipe';
import { Database } from '../../src/database/database';
import { SandboxStatus } from '../../src/general/sandbox-status';
import { anEmail, api, SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { LogLines } from '../support/log-lines';
import { aText, textLike } from '../support/matching';

const SECRET_OF_THE_INSIDE = 'the inside of the machine';

/** Routes that misbehave as no real one should. */
@Controller('probe')
class ProbeController {
  constructor(private readonly db: Database) {}

  @Get('bug')
  @Public()
  bug(): void {
    throw new TypeError(SECRET_OF_THE_INSIDE);
  }

  @Get('sql')
  @Public()
  sql() {
    return this.db.lookup(`SELECT '${SECRET_OF_THE_INSIDE}' FROM nowhere`);
  }

  @Get('parameters')
  @Public()
  parameters() {
    return this.db.lookup('SELECT missing FROM nowhere WHERE number = $1', ['+12025550199']);
  }

  @Get('rows/:id')
  @Public()
  row(@Param('id', RowIdPipe) id: number) {
    return this.db.lookup('SELECT $1::integer AS id', [id]);
  }

  @Get('make-call/:phone_number')
  @Public()
  number(): object {
    return {};
  }
}

@Module({ controllers: [ProbeController] })
class ProbeModule {}

const log = new LogLines();
let server: StartedApp;
let client: ReturnType<typeof api>;
let user: SignedUp;

beforeAll(async () => {
  server = await startApp({
    env: { FRONTEND_URL: 'http://localhost:5173', CORS_ORIGINS: 'https://app.example.com' },
    moreRooms: [ProbeModule],
    logDestination: log,
  });
  client = api(server.url);
  user = await signUp(server.url);
});
afterAll(() => server.close());

const json = { 'content-type': 'application/json' };

describe('problems', () => {
  it('have the members of RFC 9457 and those of the first clients', async () => {
    const { status, body, headers } = await client.get('/no/such/route');
    expect(status).toBe(404);
    expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(body).toEqual({
      type: 'urn:speech-assistant:error:request.route_not_found',
      title: 'Not Found',
      status: 404,
      status_code: 404,
      code: 'request.route_not_found',
      detail: aText,
      request_id: headers.get('x-request-id'),
    });
  });

  it.each([
    ['a method that the route does not have', 'DELETE', '/auth/login', 404],
    ['an address that cannot be decoded', 'GET', '/users/%E0%A4%A', 404],
    ['a half percent sign', 'GET', '/%', 404],
    ['an endless parameter', 'GET', `/probe/rows/${'1'.repeat(3000)}`, 404],
    ['NUL in an address', 'GET', '/probe/rows/%00', 422],
    ['NUL in a query', 'GET', '/health?x=%00', 422],
  ])('answer %s', async (_, method, path, expected) => {
    const response = await fetch(server.url + path, { method });
    expect([expected, 400]).toContain(response.status);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.json()).toMatchObject({ status_code: response.status, detail: aText });
  });

  it.each(['0', '-1', '1.5', 'abc', '99999999999', '9'.repeat(400), '1e3', '0x10', '%2500', '٣'])(
    'take %s in a path for the id of no row',
    async (id) => {
      const { status, body } = await client.get<unknown>(`/probe/rows/${encodeURIComponent(id)}`);
      expect(status).toBe(200);
      expect(body).toEqual([{ id: 0 }]);
    },
  );

  it.each(['bug', 'sql'])('say nothing of the inside: %s', async (kind) => {
    const { status, body, text, headers } = await client.get(`/probe/${kind}`);
    expect(status).toBe(500);
    expect(body).toMatchObject({
      detail: 'An unexpected error occurred. Please try again later.',
      code: 'server.error',
      request_id: headers.get('x-request-id'),
    });
    expect(text).not.toContain('inside');
    expect(log.text).toContain(SECRET_OF_THE_INSIDE);
  });
});

describe('bodies', () => {
  const login = (body: string | Uint8Array, headers: Record<string, string> = json) =>
    client.post('/auth/login', body, { headers });

  it.each([
    ['broken JSON', '{"email": ', json, 400],
    ['text that is no JSON', 'hello', json, 400],
    ['a prototype in JSON', '{"__proto__": {"is_admin": true}}', json, 400],
    ['a constructor in JSON', '{"constructor": {"prototype": {"x": 1}}}', json, 400],
    ['JSON nested a hundred thousand levels', '['.repeat(100_000) + ']'.repeat(100_000), json, 400],
    ['objects nested a hundred levels', '{"a":'.repeat(100) + '1' + '}'.repeat(100), json, 400],
    ['another content type', 'email=a', { 'content-type': 'text/plain' }, 415],
    ['no content type', new Uint8Array([1, 2, 3]), {}, 415],
    ['a nonsensical content type', '{}', { 'content-type': 'nonsense' }, 415],
    ['a number where text belongs', '{"email": 1, "password": 2}', json, 422],
    ['a list where text belongs', '{"email": ["a"], "password": {}}', json, 422],
    ['no body', '', json, 422],
    ['a form without a password', 'username=a', { 'content-type': 'application/x-www-form-urlencoded' }, 422],
    [
      'a form with two',
      'username=a&password=b&password=c',
      { 'content-type': 'application/x-www-form-urlencoded' },
      422,
    ],
    ['NUL in a form', 'username=a%00&password=b', { 'content-type': 'application/x-www-form-urlencoded' }, 422],
    ['NUL', '{"email": "a\\u0000", "password": "b"}', json, 422],
    ['a lone surrogate', '{"email": "a\\ud83d", "password": "b"}', json, 422],
    ['a name with NUL', '{"\\u0000": 1}', json, 422],
    ['bytes that are no UTF-8', new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]), json, 422],
  ])('answer %s', async (_, body, headers, expected) => {
    const { status, body: problem, headers: answered } = await login(body, headers as Record<string, string>);
    expect(status).toBe(expected);
    expect(answered.get('content-type')).toContain('application/problem+json');
    expect(problem).toMatchObject({ status_code: expected, detail: aText, code: aText });
  });

  it('are refused at 10 MB without being read', async () => {
    const { status, body } = await login('x'.repeat(10 * 1024 * 1024)).catch(() => ({ status: 413, body: {} }));
    expect(status).toBe(413);
    expect([{}, expect.objectContaining({ code: 'request.too_large' })]).toContainEqual(body);
  });

  it('are refused when they turn out too large on the way', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const request = httpRequest(
        `${server.url}/auth/login`,
        { method: 'POST', headers: { ...json, 'transfer-encoding': 'chunked' } },
        (response) => {
          resolve(response.statusCode);
          request.destroy();
        },
      );
      request.on('error', reject);
      for (let chunk = 0; chunk < 20; chunk += 1) request.write('x'.repeat(64 * 1024));
    });
    expect(status).toBe(413);
  });

  it('may be empty where none is needed, whatever the content type says', async () => {
    const { status } = await client.post('/auth/ws-ticket', '', { token: user.token, headers: json });
    expect(status).toBe(201);
  });

  it('answers what is no HTTP', async () => {
    const { port } = new URL(server.url);
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(Number(port), '127.0.0.1', () => socket.write('NONSENSE\r\n\r\n'));
      let text = '';
      socket.on('data', (data: Buffer) => (text += data.toString())).on('close', () => resolve(text));
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer).toContain('"status_code":400');
  });
});

describe('addresses', () => {
  it('mean the same with a slash at the end', async () => {
    expect((await client.get('/health/live/')).body).toEqual({ status: 'ok' });
    expect((await client.get('/users/me/', { token: user.token })).status).toBe(200);
    expect((await client.post('/auth/login/', { email: user.email, password: user.password })).status).toBe(200);
  });
});

describe('request ids', () => {
  it('are made, and taken over when they are sane', async () => {
    const made = (await client.get('/health/live')).headers.get('x-request-id');
    expect(made).toMatch(/^[0-9a-f-]{36}$/);
    const given = await client.get('/health/live', { headers: { 'x-request-id': 'from-my-proxy-1' } });
    expect(given.headers.get('x-request-id')).toBe('from-my-proxy-1');
    const odd = await client.get('/health/live', { headers: { 'x-request-id': 'a b"c' } });
    expect(odd.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('CORS', () => {
  const preflight = (origin: string) =>
    fetch(`${server.url}/users/me`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'PATCH',
        'access-control-request-headers': 'authorization,content-type,idempotency-key',
      },
    });

  it.each(['http://localhost:5173', 'https://app.example.com'])('lets %s in', async (origin) => {
    const { status, headers } = await preflight(origin);
    expect(status).toBe(204);
    expect(headers.get('access-control-allow-origin')).toBe(origin);
    expect(headers.get('access-control-allow-credentials')).toBe('true');
    expect(headers.get('access-control-allow-methods')).toContain('PATCH');
    expect(headers.get('access-control-allow-headers')).toContain('idempotency-key');
  });

  it('shows the headers that clients read, on errors as well', async () => {
    const { headers } = await client.get('/users/me', { headers: { origin: 'http://localhost:5173' } });
    expect(headers.get('access-control-allow-origin')).toBe('http://localhost:5173');
    expect(headers.get('access-control-expose-headers')).toMatch(/X-Total-Count.*Retry-After/);
  });

  it('does not let others in', async () => {
    const { headers } = await preflight('https://evil.example.com');
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('security headers', () => {
  it('are there', async () => {
    const { headers } = await client.get('/');
    expect(headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('strict-transport-security')).toBeNull();
  });
});

describe('general routes', () => {
  it('say what the API is', async () => {
    expect((await client.get('/')).body).toMatchObject({ name: 'Speech Assistant', documentation: '/docs' });
  });

  it('say how the server is', async () => {
    expect((await client.get('/health')).body).toEqual({
      status: 'ok',
      version: textLike(/^\d+\.\d+\.\d+/),
      sandbox: { enabled: false, providers: [], control_url: null },
      checks: {
        database: 'up',
        capacity: { status: 'open', live_calls: 0, max_live_calls: null, event_loop_delay_ms: null },
      },
    });
    expect((await client.get('/health/ready')).status).toBe(200);
  });
});

describe('documentation', () => {
  interface Document {
    openapi: string;
    paths: Record<string, Record<string, Operation>>;
    components: { schemas: Record<string, unknown>; securitySchemes: Record<string, unknown> };
  }
  interface Operation {
    summary?: string;
    security?: object[];
    responses: Record<string, { content?: Record<string, { schema: object }> }>;
  }

  it('is an OpenAPI 3.1 document in which every operation is told in full', async () => {
    const { body } = await client.get<Document>('/openapi.json');
    expect(body.openapi).toBe('3.1.0');
    expect(Object.keys(body.components.securitySchemes)).toEqual(['bearer', 'password', 'carrier']);
    for (const [path, item] of Object.entries(body.paths)) {
      if (path.startsWith('/probe/')) continue;
      for (const [method, operation] of Object.entries(item)) {
        const name = `${method} ${path}`;
        expect([name, operation.summary]).toEqual([name, textLike(/\w/)]);
        const answers = Object.entries(operation.responses);
        expect([name, answers.some(([status]) => /^[23]/.test(status))]).toEqual([name, true]);
        for (const [status, { content }] of answers) {
          if (Number(status) < 400 || 'application/json' in (content ?? {})) continue;
          const schema = content?.['application/problem+json']?.schema;
          expect([name, status, schema]).toEqual([name, status, { $ref: '#/components/schemas/ProblemDto' }]);
        }
      }
    }
    expect(body.paths['/users/me']?.['get']?.security).toEqual([{ bearer: [] }, { password: [] }]);
    expect(body.paths['/auth/login']?.['post']?.security).toEqual([]);
    expect(body.paths['/call-status']?.['post']?.security).toEqual([{ carrier: [] }]);
  });

  it('tells a text that may be missing from a list', async () => {
    const { body } = await client.get<Document>('/openapi.json');
    expect(body.components.schemas['UserDto']).toMatchObject({
      properties: { id: { type: 'integer' }, name: { type: ['string', 'null'] } },
    });
  });

  it('has no reference that leads nowhere', async () => {
    const { body, text } = await client.get<Document>('/openapi.json');
    const names = [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) expect(Object.keys(body.components.schemas)).toContain(name);
    expect(text).not.toContain('x-nestjs_zod');
  });

  it.each(['/docs', '/redoc'])('serves %s from its own files', async (path) => {
    const { status, text, headers } = await client.get(path);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toContain('text/html');
    const addresses = [...text.matchAll(/(?:src|href|spec-url)="([^"]+)"/g)].map(([, address]) => address as string);
    expect(addresses.length).toBeGreaterThan(0);
    for (const address of addresses) {
      expect(address).not.toMatch(/^(https?:)?\/\//);
      const { status: found } = await client.get(new URL(address, `${server.url}${path}`).pathname);
      expect([address, found]).toEqual([address, 200]);
    }
  });

  it('needs no other host for the pictures of ReDoc', async () => {
    const { text } = await client.get('/redoc/redoc.standalone.js');
    expect(text).not.toContain('cdn.redoc.ly');
  });
});

describe('the log', () => {
  it('tells of a request its id, method, cleaned address, status and user', async () => {
    const { headers } = await client.get('/users/me?ticket=very-secret&limit=5', { token: user.token });
    expect(log.requests).toContainEqual(
      expect.objectContaining({
        msg: 'Request served',
        req: {
          id: headers.get('x-request-id'),
          method: 'GET',
          url: '/users/me?ticket=[redacted]&limit=5',
        },
        res: { status: 200 },
        user_id: user.userId,
      }),
    );
  });

  it('holds no number, token, password or address of anybody', async () => {
    const email = anEmail();
    const signedUp = await signUp(server.url, email, 'a very secret password');
    await client.post('/auth/refresh', { refresh_token: signedUp.refreshToken });
    await client.get('/probe/make-call/+12025550123');
    await client.get('/probe/make-call/%2B1%20(202)%20555-0123');
    await client.get('/probe/make-call/12025550123?callSid=CAsecretsecret');
    await client.get('/probe/bug', { token: signedUp.token });
    await client.get('/probe/parameters', { token: signedUp.token });
    for (const secret of [
      email,
      'a very secret password',
      signedUp.token,
      signedUp.refreshToken,
      '2025550123',
      '555-0123',
      '2025550199',
      'CAsecretsecret',
    ]) {
      expect(log.text).not.toContain(secret);
    }
    expect(log.text).toContain('/probe/make-call/[number]');
  });

  it('needs no async context, for which every frame of every call would pay', async () => {
    const uses = [jest.spyOn(AsyncLocalStorage.prototype, 'run'), jest.spyOn(AsyncLocalStorage.prototype, 'enterWith')];
    expect((await client.get('/users/me', { token: user.token })).status).toBe(200);
    expect((await client.get('/probe/bug', { token: user.token })).status).toBe(500);
    for (const use of uses) expect(use).not.toHaveBeenCalled();
    for (const use of uses) use.mockRestore();
  });

  it('is quiet about health checks', async () => {
    await client.get('/health/live');
    const levels = log.requests
      .filter(({ req }) => (req as { url: string }).url.startsWith('/health'))
      .map(({ level }) => level);
    expect(new Set(levels)).toEqual(new Set([20]));
  });
});

describe('draining', () => {
  it('takes the server out of rotation, but still answers', async () => {
    const draining = await startApp();
    draining.app.get(Drain).begin();
    expect((await api(draining.url).get('/health/ready')).status).toBe(503);
    expect((await api(draining.url).get('/health')).body).toMatchObject({ status: 'draining' });
    expect((await api(draining.url).get('/health/live')).status).toBe(200);
    await draining.close();
  });
});

describe('without its sandbox', () => {
  it('is degraded, but takes requests', async () => {
    const simulated = await startApp({
      sandbox: { enabled: true, providers: ['twilio', 'openai'], controlUrl: 'http://127.0.0.1:1' },
    });
    const health = async () => (await api(simulated.url).get('/health')).body;
    expect(await health()).toMatchObject({ status: 'ok', checks: { database: 'up', sandbox: 'up' } });
    simulated.app.get(SandboxStatus).watch(() => false);
    expect(await health()).toMatchObject({ status: 'degraded', checks: { database: 'up', sandbox: 'down' } });
    expect((await api(simulated.url).get('/health/ready')).status).toBe(200);
    await simulated.close();
  });
});

describe('without its database', () => {
  it('answers 503 and says when to come back', async () => {
    const lost = await startApp();
    const { token } = await signUp(lost.url);
    await lost.database.drop();
    const { status, body, headers } = await api(lost.url).get('/users/me', { token });
    expect(status).toBe(503);
    expect(body).toMatchObject({ code: 'database.unavailable' });
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await api(lost.url).get('/health/ready')).status).toBe(503);
    expect((await api(lost.url).get('/health')).body).toMatchObject({
      status: 'degraded',
      checks: { database: 'down' },
    });
    await lost.close();
  });
});
