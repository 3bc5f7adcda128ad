import { createHash, randomBytes } from 'node:crypto';
import { GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET, SandboxFixture } from '../../spec-support/sandbox-fixture';

export const ALEX = 'alex.morgan@example.com';
export const LENA = 'lena.vogt@example.org';
/** Nobody listens there: a spec reads the redirect, and does not follow it. */
export const REDIRECT_URI = 'http://127.0.0.1:5050/callback?from=google';
export const CALENDAR = 'https://www.googleapis.com/auth/calendar';
export const EVENTS = `${CALENDAR}.events`;

export interface Answer<T = Record<string, unknown>> {
  status: number;
  headers: Headers;
  body: T;
}

export interface Tokens {
  access_token: string;
  expires_in: number;
  scope: string;
  token_type: string;
  refresh_token?: string;
  id_token?: string;
}

export interface GoogleErrorBody {
  error: {
    code: number;
    message: string;
    errors: { reason: string; message: string; domain: string; location?: string }[];
    status?: string;
  };
}

/** A client of the simulated Google that knows how to ask, and says what came back. */
export class GoogleFixture {
  readonly verifier = randomBytes(32).toString('base64url');

  private constructor(readonly sandbox: SandboxFixture) {}

  static async start(): Promise<GoogleFixture> {
    return new GoogleFixture(await SandboxFixture.start());
  }

  get baseUrl(): string {
    return this.sandbox.sandbox.baseUrl;
  }

  close(): Promise<void> {
    return this.sandbox.close();
  }

  /** An authorization address; `undefined` leaves a parameter out. */
  authorizationUrl(params: Record<string, string | undefined> = {}): string {
    const all = {
      client_id: GOOGLE_CLIENT_ID,
      redirect_uri: REDIRECT_URI,
      response_type: 'code',
      scope: `openid email ${EVENTS}`,
      state: 'a state',
      access_type: 'offline',
      code_challenge: createHash('sha256').update(this.verifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...params,
    };
    const given = Object.entries(all).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, value]],
    );
    return `${this.baseUrl}/o/oauth2/v2/auth?${new URLSearchParams(given).toString()}`;
  }

  /** Where an address sends a browser. */
  async redirect(url: string, init: RequestInit = {}): Promise<URL> {
    const answer = await fetch(url, { redirect: 'manual', ...init });
    const location = answer.headers.get('location');
    if (answer.status !== 302 || location === null)
      throw new Error(`No redirect but ${answer.status}: ${await answer.text()}`);
    return new URL(location);
  }

  /** A code, without the page. */
  async code(params: Record<string, string | undefined> = {}): Promise<string> {
    const url = await this.redirect(this.authorizationUrl({ auto: '1', ...params }));
    const code = url.searchParams.get('code');
    if (code === null) throw new Error(`No code: ${url.href}`);
    return code;
  }

  async form<T = Record<string, unknown>>(
    path: string,
    fields: Record<string, string | undefined>,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    const given = Object.entries(fields).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, value]],
    );
    return answerOf<T>(
      await fetch(this.baseUrl + path, {
        method: 'POST',
        body: new URLSearchParams(given),
        headers,
        redirect: 'manual',
      }),
    );
  }

  exchange(code: string, fields: Record<string, string | undefined> = {}): Promise<Answer<Tokens>> {
    return this.form<Tokens>('/token', {
      client_id: GOOGLE_CLIENT_ID,
      client_secret: GOOGLE_CLIENT_SECRET,
      grant_type: 'authorization_code',
      code,
      code_verifier: this.verifier,
      redirect_uri: REDIRECT_URI,
      ...fields,
    });
  }

  refresh(refreshToken: string, fields: Record<string, string | undefined> = {}): Promise<Answer<Tokens>> {
    return this.form<Tokens>('/token', {
      client_id: GOOGLE_CLIENT_ID,
      client_secret: GOOGLE_CLIENT_SECRET,
      grant_type: 'refresh_token',
      refresh_token: refreshToken,
      ...fields,
    });
  }

  /** All the way. */
  async connect(params: Record<string, string | undefined> = {}): Promise<Tokens> {
    const { status, body } = await this.exchange(await this.code({ prompt: 'consent', ...params }));
    if (status !== 200) throw new Error(`No tokens: ${JSON.stringify(body)}`);
    return body;
  }

  get<T = Record<string, unknown>>(path: string, headers: Record<string, string> = {}): Promise<Answer<T>> {
    return fetch(this.baseUrl + path, { headers, redirect: 'manual' }).then((answer) => answerOf<T>(answer));
  }

  /** A call of the Calendar API below /calendar/v3. */
  async calendar<T = Record<string, unknown>>(
    token: string,
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    return answerOf<T>(
      await fetch(`${this.baseUrl}/calendar/v3${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
  }

  async control<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: T }> {
    return (await this.sandbox.control(method, path, body)) as { status: number; body: T };
  }

  fault(fault: string, rest: Record<string, unknown> = {}): Promise<{ status: number; body: unknown }> {
    return this.control('POST', '/faults', { provider: 'google', fault, ...rest });
  }

  async moveClock(aheadSeconds: number): Promise<void> {
    await this.control('POST', '/clock', { ahead_seconds: aheadSeconds });
  }
}

async function answerOf<T>(answer: Response): Promise<Answer<T>> {
  const text = await answer.text();
  const isJson = (answer.headers.get('content-type') ?? '').includes('json');
  return {
    status: answer.status,
    headers: answer.headers,
    body: (text === '' ? undefined : isJson ? JSON.parse(text) : text) as T,
  };
}
