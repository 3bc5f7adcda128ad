import { setTimeout as delay } from 'node:timers/promises';
import twilio from 'twilio';
import type { RequestOptions } from 'twilio/lib/base/RequestClient';
import type Response from 'twilio/lib/http/response';
import type { ArmedFault } from '../faults';
import type { SandboxOptions } from '../options';
import { serveProviders, type RunningSandbox } from '../provider-server';
import { FakeProduct } from './fake-product';
import { FakeVoices } from './fake-voices';

export const ACCOUNT_SID = `AC${'5'.repeat(32)}`;
export const AUTH_TOKEN = 'a token of these specs';
export const SERVICE_SID = `GA${'5'.repeat(32)}`;
export const GOOGLE_CLIENT_ID = 'specs.apps.googleusercontent.com';
export const GOOGLE_CLIENT_SECRET = 'a secret of these specs';
export const OWN_NUMBER = '+12025550000';

/** The real SDK's client, pointed at the sandbox (reference/twilio.md section 10). */
class RebasedClient extends twilio.RequestClient {
  constructor(private readonly baseUrl: string) {
    super();
  }

  override request<TData>(options: RequestOptions<TData>): Promise<Response<TData>> {
    const base = new URL(this.baseUrl);
    const uri = new URL(options.uri);
    uri.protocol = base.protocol;
    uri.host = base.host;
    return super.request({ ...options, uri: uri.href });
  }
}

/** A sandbox with voices of noise and no model, a product that it talks to, and the real SDK. */
export class SandboxFixture {
  private constructor(
    readonly sandbox: RunningSandbox,
    readonly product: FakeProduct,
    readonly voices: FakeVoices,
    readonly client: ReturnType<typeof twilio>,
    readonly struck: ArmedFault[],
  ) {}

  static async start(overrides: Partial<SandboxOptions> = {}): Promise<SandboxFixture> {
    const voices = new FakeVoices();
    const struck: ArmedFault[] = [];
    const options: SandboxOptions = {
      port: 0,
      accountSid: ACCOUNT_SID,
      authToken: AUTH_TOKEN,
      phoneNumbers: [OWN_NUMBER],
      voiceIntelligenceSid: SERVICE_SID,
      openAiApiKey: 'sk-spec',
      googleClientId: GOOGLE_CLIENT_ID,
      resendApiKey: 're_fixture',
      store: { bucket: 'fixture', accessKeyId: 'fixture-key', secretAccessKey: 'fixture-secret' },
      googleClientSecret: GOOGLE_CLIENT_SECRET,
      ringMs: 40,
      noAnswerMs: 80,
      transcriptMs: 60,
      callsPerSecond: 100,
      smsMs: 20,
      smsKeywords: true,
      speechDir: undefined,
      log: false,
      ...overrides,
    };
    const sandbox = await serveProviders(options, {
      voices,
      createOpenAi: () => ({
        registerRest: () => undefined,
        handleUpgrade: (_request, socket) => {
          socket.end('HTTP/1.1 418 Spec\r\n\r\n');
        },
        sessions: () => [],
        audioRequests: () => [],
        // One session is open, so to say.
        strikeOpen: (fault) => (fault.fault === 'drop_socket' ? Math.min(1, struck.push(fault)) : 0),
        cutAll: () => 1,
        close: () => Promise.resolve(),
      }),
    });
    const product = await FakeProduct.start(AUTH_TOKEN);
    const client = twilio(ACCOUNT_SID, AUTH_TOKEN, { httpClient: new RebasedClient(sandbox.baseUrl) });
    return new SandboxFixture(sandbox, product, voices, client, struck);
  }

  async close(): Promise<void> {
    await this.sandbox.close();
    await this.product.close();
  }

  /** Calls a number with the SDK; TwiML and status callbacks are at /voice and /status. */
  call(
    to: string,
    overrides: Partial<Parameters<ReturnType<typeof twilio>['calls']['create']>[0]> = {},
  ): ReturnType<ReturnType<typeof twilio>['calls']['create']> {
    return this.client.calls.create({
      to,
      from: OWN_NUMBER,
      url: this.product.url('/voice'),
      statusCallback: this.product.url('/status'),
      statusCallbackEvent: ['initiated', 'ringing', 'answered', 'completed'],
      ...overrides,
    });
  }

  async control(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
    const answer = await fetch(`${this.sandbox.baseUrl}/sandbox${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
  }

  /** What the control API tells about a call. */
  async view<T extends object>(callSid: string): Promise<T> {
    return (await this.control('GET', `/calls/${callSid}`)).body as T;
  }

  async statusOf(callSid: string): Promise<string> {
    return (await this.view<{ status: string }>(callSid)).status;
  }
}

/** Waits until it is so; fails with the name of what did not come. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>, withinMs = 5000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`Waited ${withinMs} ms in vain for: ${what}`);
    await delay(5);
  }
}
