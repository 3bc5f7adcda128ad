import { randomBytes } from 'node:crypto';
import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import twilio from 'twilio';
import { WebSocketServer } from 'ws';
import { api, ApiAnswer } from './api';
import type { StartedApp } from './app';

export const TWILIO_AUTH_TOKEN = 'test-auth-token';

export interface ScriptedRequest {
  method: string;
  path: string;
  form: URLSearchParams;
}

/**
 * How a create is answered. `silence` never answers, `hang-up` cuts the connection after the request was read; whether
 * Twilio has the call all the same is said by `isDone`.
 */
export type CreateAnswer =
  | { kind: 'created'; before?: (sid: string, form: URLSearchParams) => Promise<unknown> }
  | { kind: 'error'; status: number; code?: number; message?: string }
  | {
      kind: 'hang-up' | 'silence' | 'nonsense';
      isDone: boolean;
      before?: (sid: string, form: URLSearchParams) => Promise<unknown>;
    };

/** Twilio's REST door for calls, as far as a script needs it: every request is kept, every answer is chosen. */
export class ScriptedTwilio {
  readonly requests: ScriptedRequest[] = [];
  /** What Twilio has, by sid: REST resources. */
  readonly calls = new Map<string, Record<string, unknown>>();
  onCreate: (form: URLSearchParams) => CreateAnswer = () => ({ kind: 'created' });
  /** How far its clock is ahead of everybody's. */
  clockAheadMs = 0;
  /** The status that updates and reads are answered with, where it is not 200. */
  readStatus = 200;

  private readonly server = createServer((request, response) => {
    this.handle(request, response).catch(() => response.destroy());
  });
  private readonly model = new WebSocketServer({ port: 0, host: '127.0.0.1' });

  static async start(): Promise<ScriptedTwilio> {
    const scripted = new ScriptedTwilio();
    await new Promise<void>((resolve) => scripted.server.listen(0, '127.0.0.1', resolve));
    return scripted;
  }

  /**
   * For startApp: Twilio is here, and the model is a socket that opens and says nothing. The key is fixed because the
   * instances of one deployment share theirs.
   */
  get env(): Record<string, string> {
    return {
      SECRET_KEY: 'the secret key of every app of this spec',
      TWILIO_API_BASE_URL: `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`,
      TWILIO_AUTH_TOKEN,
      TWILIO_PHONE_NUMBER: '+12025550000',
      OPENAI_REALTIME_URL: `ws://127.0.0.1:${(this.model.address() as AddressInfo).port}`,
    };
  }

  get creates(): ScriptedRequest[] {
    return this.requests.filter(({ method, path }) => method === 'POST' && path.endsWith('/Calls.json'));
  }

  get hangUps(): string[] {
    return this.requests
      .filter(({ method, path, form }) => {
        return method === 'POST' && /\/Calls\/CA\w+\.json$/.test(path) && form.get('Status') === 'completed';
      })
      .map(({ path }) => /CA\w+/.exec(path)?.[0] ?? '');
  }

  /** What the carrier's own voice was told to say, by call. */
  get farewells(): { sid: string; twiml: string }[] {
    return this.requests.flatMap(({ method, path, form }) => {
      const [sid, twiml] = [/\/Calls\/(CA\w+)\.json$/.exec(path)?.[1], form.get('Twiml')];
      return method === 'POST' && sid !== undefined && twiml !== null ? [{ sid, twiml }] : [];
    });
  }

  reset(): void {
    this.requests.length = 0;
    this.calls.clear();
    this.onCreate = () => ({ kind: 'created' });
    this.readStatus = 200;
    this.clockAheadMs = 0;
  }

  async close(): Promise<void> {
    for (const client of this.model.clients) client.terminate();
    this.model.close();
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const url = new URL(request.url ?? '/', 'http://twilio');
    const { method = '' } = request;
    const form = method === 'GET' ? url.searchParams : new URLSearchParams(body);
    response.setHeader('Date', this.now());
    // Every server asks now and then what has come in.
    if (method === 'GET' && url.pathname.endsWith('/Messages.json')) {
      return answer(response, 200, { messages: [], page: 0, page_size: 50, next_page_uri: null, uri: '' });
    }
    this.requests.push({ method, path: url.pathname, form });
    const sid = /\/Calls\/(CA\w+)\.json$/.exec(url.pathname)?.[1];
    if (method === 'POST' && sid === undefined) return this.create(form, response);
    if (this.readStatus !== 200) return refuse(response, this.readStatus, 20500, 'Internal error');
    if (sid === undefined) {
      const calls = [...this.calls.values()].filter(
        ({ to, from }) => to === form.get('To') && from === form.get('From'),
      );
      return answer(response, 200, { calls, page: 0, page_size: 50, next_page_uri: null, uri: '' });
    }
    const call = this.calls.get(sid);
    if (call === undefined) return refuse(response, 404, 20404, 'The requested resource was not found');
    if (method === 'POST') {
      if (isOver(call)) return refuse(response, 400, 21220, 'Call is not in-progress. Cannot redirect.');
      call['status'] = form.get('Status') ?? call['status'];
    }
    answer(response, 200, call);
  }

  private now(): string {
    return new Date(Date.now() + this.clockAheadMs).toUTCString();
  }

  private async create(form: URLSearchParams, response: ServerResponse): Promise<void> {
    const script = this.onCreate(form);
    if (script.kind === 'error') {
      return refuse(response, script.status, script.code, script.message ?? 'Refused');
    }
    const sid = aCallSid();
    if (script.kind === 'created' || script.isDone) {
      this.calls.set(
        sid,
        aCallResource(sid, form.get('To') ?? '', form.get('From') ?? '', { date_created: this.now() }),
      );
    }
    await script.before?.(sid, form);
    switch (script.kind) {
      case 'created':
        return answer(response, 201, this.calls.get(sid));
      case 'hang-up':
        return void response.destroy();
      case 'nonsense':
        return answer(response, 201, 'not json');
      case 'silence':
        return;
    }
  }
}

export function aCallSid(): string {
  return `CA${randomBytes(16).toString('hex')}`;
}

/** A call as Twilio's REST API shows it. */
export function aCallResource(sid: string, to: string, from: string, more: Record<string, unknown> = {}) {
  return {
    sid,
    to,
    from,
    status: 'queued',
    direction: 'outbound-api',
    date_created: new Date().toUTCString(),
    start_time: null,
    end_time: null,
    duration: null,
    price: null,
    price_unit: 'USD',
    answered_by: null,
    queue_time: '250',
    ...more,
  };
}

/** Our id of the attempt to dial that a create was for; it stands in the addresses that Twilio is given. */
export function attemptOf(create: URLSearchParams | undefined): string {
  return new URL(create?.get('StatusCallback') ?? '').searchParams.get('attempt') ?? '';
}

function isOver(call: Record<string, unknown>): boolean {
  return ['completed', 'busy', 'no-answer', 'failed', 'canceled'].includes(String(call['status']));
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

function refuse(response: ServerResponse, status: number, code: number | undefined, message: string): void {
  if (code === undefined) return answer(response, status, '<html>oh no</html>');
  answer(response, status, { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status });
}

/** Posts a webhook as Twilio does, signed over the public address. */
export function webhook(
  app: StartedApp,
  path: string,
  fields: Record<string, string>,
  signature = twilio.getExpectedTwilioSignature(TWILIO_AUTH_TOKEN, app.config.publicUrl + path, fields),
): Promise<ApiAnswer> {
  return api(app.url).post(path, new URLSearchParams(fields), {
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      ...(signature === '' ? {} : { 'x-twilio-signature': signature }),
    },
  });
}
