import { randomBytes } from 'node:crypto';

export interface ApiOptions {
  /** Access token. */
  token?: string;
  headers?: Record<string, string>;
}

export interface ApiAnswer<Body = Record<string, unknown>> {
  status: number;
  headers: Headers;
  text: string;
  /** The JSON of the answer; an empty object when it is none. */
  body: Body;
}

type Body = Record<string, unknown>;

/** A small client: one method a verb, never throws for a status. */
export function api(url: string) {
  const send = async <T>(method: string, path: string, body: unknown, options: ApiOptions = {}) => {
    const isRaw =
      typeof body === 'string' ||
      body instanceof Uint8Array ||
      body instanceof URLSearchParams ||
      body instanceof FormData;
    const response = await fetch(url + path, {
      method,
      redirect: 'manual',
      headers: {
        ...(body === undefined || isRaw ? {} : { 'content-type': 'application/json' }),
        ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
        ...options.headers,
      },
      body: body === undefined ? undefined : isRaw ? body : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: parse(text) } as ApiAnswer<T>;
  };
  return {
    get: <T = Body>(path: string, options?: ApiOptions) => send<T>('GET', path, undefined, options),
    delete: <T = Body>(path: string, options?: ApiOptions) => send<T>('DELETE', path, undefined, options),
    post: <T = Body>(path: string, body?: unknown, options?: ApiOptions) => send<T>('POST', path, body, options),
    put: <T = Body>(path: string, body?: unknown, options?: ApiOptions) => send<T>('PUT', path, body, options),
    patch: <T = Body>(path: string, body?: unknown, options?: ApiOptions) => send<T>('PATCH', path, body, options),
  };
}

export interface SignedUp {
  userId: number;
  email: string;
  password: string;
  token: string;
  refreshToken: string;
}

/** A new user who is signed in. */
export async function signUp(url: string, email = anEmail(), password = 'correct horse battery'): Promise<SignedUp> {
  const registered = await api(url).post<{ id: number }>('/auth/register', { email, password });
  if (registered.status !== 201) throw new Error(`Could not sign up: ${registered.text}`);
  const { body } = await api(url).post<{ access_token: string; refresh_token: string }>('/auth/login', {
    email,
    password,
  });
  return { userId: registered.body.id, email, password, token: body.access_token, refreshToken: body.refresh_token };
}

export function anEmail(): string {
  return `user-${randomBytes(6).toString('hex')}@example.com`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
