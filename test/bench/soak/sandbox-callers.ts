import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type SandboxProcess, startSandboxProcess } from '../../../src/sandbox-process';
import { api } from '../../support/api';
import type { Product, Providers } from '../product';
import type { Callers, CallReport, Ending } from './callers';

const LOOK_EVERY_MS = 1000;
/** Phones that answer and talk: +1 202 555 0110 to 0199. */
const FIRST_TALKER = 12_025_550_110;
const TALKERS = 90;
/** Nobody answers this one. */
const NO_ANSWER = '+12025550102';
/** The owner hangs up in the end, unless the people have said goodbye before. */
const TALKED_REASONS = ['owner_hung_up', 'customer_hung_up', 'agent_ended'];
const UNANSWERED_REASONS = ['no_answer', 'owner_hung_up'];

/** The sandbox's phones and model: people who speak words, at the price of speech made and recognised for each. */
export class SandboxCallers implements Callers {
  private next = 0;

  private constructor(
    private readonly sandbox: SandboxProcess,
    readonly env: Record<string, string>,
  ) {}

  static async start(dist: string): Promise<SandboxCallers> {
    const sandbox = await startSandboxProcess({
      port: 0,
      simulate: ['twilio', 'openai'],
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], SANDBOX_CALLS_PER_SECOND: '100' },
      entry: join(dist, 'src', 'sandbox', 'main.js'),
      onExit: (reason) => {
        throw new Error(`The sandbox is gone: ${reason}`);
      },
    });
    return new SandboxCallers(sandbox, sandbox.environment as Record<string, string>);
  }

  get providers(): Providers {
    const port = Number(new URL(this.sandbox.controlUrl).port);
    const { TWILIO_ACCOUNT_SID: accountSid = '', TWILIO_AUTH_TOKEN: authToken = '' } = this.env;
    return { accountSid, authToken, twilioPort: port, modelPort: port };
  }

  async live(product: Product, holdMs: number, ending: Ending, isOver: () => boolean): Promise<CallReport> {
    const client = api(product.url);
    const asUser = async () => ({ token: await product.token() });
    const number = ending === 'unanswered' ? NO_ANSWER : `+${FIRST_TALKER + (this.next++ % TALKERS)}`;
    const order = { phone_number: number, scenario: 'sales' };
    const placed = await client.post<{ id: string }>('/calls', order, await asUser());
    if (placed.status !== 201) throw new Error(`The call was not placed: ${placed.text}`);
    const { id } = placed.body;
    const isLive = async (): Promise<boolean> => {
      const { status, text, body } = await client.get<{ ended_at: unknown }>(`/calls/${id}`, await asUser());
      if (status !== 200) throw new Error(`The call could not be read: ${text}`);
      return body.ended_at === null;
    };
    const untilMs = performance.now() + holdMs;
    while (performance.now() < untilMs && !isOver() && (await isLive())) await sleep(LOOK_EVERY_MS);
    const { status, text } = await client.post(`/calls/${id}/hangup`, undefined, await asUser());
    if (status !== 200) throw new Error(`The owner could not hang up: ${text}`);
    return {
      id,
      ending,
      expectedReasons: ending === 'unanswered' ? UNANSWERED_REASONS : TALKED_REASONS,
      wasCut: false,
      silentMs: null,
      damage: null,
      frames: 0,
      errors: [],
    };
  }

  async cutSome(count: number): Promise<number> {
    const fault = { provider: 'openai', fault: 'drop_socket', count };
    const { status, text } = await api(this.sandbox.controlUrl).post('/sandbox/faults', fault);
    if (status >= 400) throw new Error(`The sandbox cuts nothing: ${text}`);
    return count;
  }

  async close(): Promise<void> {
    await this.sandbox.stop();
  }
}
