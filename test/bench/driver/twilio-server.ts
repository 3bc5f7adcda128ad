import { createHmac, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BenchCall } from './bench-call';

const CREATE = /\/Calls\.json$/;
const FORGET_AFTER_MS = 30_000;
const ONE_CALL = /\/Calls\/(CA\w+)\.json$/;

/** What a phone was told to do when it was picked up. */
export interface Instructions {
  streamUrl: string | null;
  parameters: Record<string, string>;
  twiml: string;
}

export interface TwilioServerEvents {
  /** A call is created for this number; null where it is none of the bench's. */
  callTo(number: string): BenchCall | null;
  /** The relay hangs up. */
  onHangUp(call: BenchCall): void;
}

/** Twilio's REST door for calls, and its signed webhooks. */
export class TwilioServer {
  readonly accountSid = `AC${randomBytes(16).toString('hex')}`;
  readonly authToken = randomBytes(16).toString('hex');
  port = 0;
  private readonly calls = new Map<string, BenchCall>();
  private readonly server = createServer((request, response) => {
    this.handle(request, response).catch(() => response.destroy());
  });

  constructor(private readonly events: TwilioServerEvents) {}

  async start(): Promise<void> {
    await new Promise<void>((done) => this.server.listen(0, '127.0.0.1', done));
    this.port = (this.server.address() as AddressInfo).port;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  /** The call is over; the relay may still ask for it for a while. */
  forget(call: BenchCall): void {
    setTimeout(() => this.calls.delete(call.callSid), FORGET_AFTER_MS).unref();
  }

  /** Tells the relay how a call stands. */
  async report(call: BenchCall, status: string, more: Record<string, string> = {}): Promise<void> {
    call.status = status;
    const url = call.form?.get('StatusCallback');
    if (url) await this.post(call, url, { ...more, CallStatus: status, CallbackSource: 'call-progress-events' });
  }

  /** Tells the relay who has answered. */
  async reportPerson(call: BenchCall): Promise<void> {
    const url = call.form?.get('AsyncAmdStatusCallback');
    if (url) await this.post(call, url, { AnsweredBy: 'human', MachineDetectionDuration: '900' });
  }

  /** The phone is picked up: asks the relay what to do. */
  async answer(call: BenchCall): Promise<Instructions> {
    call.status = 'in-progress';
    const response = await this.post(call, call.form?.get('Url') ?? '', { CallStatus: 'in-progress' });
    const twiml = await response.text();
    const streamUrl = /<Stream url="([^"]+)"/.exec(twiml)?.[1] ?? null;
    const parameters: Record<string, string> = {};
    for (const [, name, value] of twiml.matchAll(/<Parameter name="([^"]+)" value="([^"]+)"/g)) {
      parameters[name as string] = value as string;
    }
    return { streamUrl, parameters, twiml };
  }

  /** Over an address and the fields of a form: https://www.twilio.com/docs/usage/security */
  sign(url: string, fields: Record<string, string> = {}): string {
    const text = Object.keys(fields)
      .sort()
      .reduce((sum, name) => sum + name + (fields[name] as string), url);
    return createHmac('sha1', this.authToken).update(text, 'utf8').digest('base64');
  }

  private async post(call: BenchCall, url: string, more: Record<string, string>): Promise<Response> {
    const fields: Record<string, string> = {
      CallSid: call.callSid,
      AccountSid: this.accountSid,
      From: call.form?.get('From') ?? '',
      To: call.form?.get('To') ?? '',
      ApiVersion: '2010-04-01',
      Direction: 'outbound-api',
      Timestamp: new Date().toUTCString(),
      ...more,
    };
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'x-twilio-signature': this.sign(url, fields),
      },
      body: new URLSearchParams(fields),
    });
    if (!response.ok) throw new Error(`The relay answered a webhook with ${response.status}: ${await response.text()}`);
    return response;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const path = new URL(request.url ?? '/', 'http://twilio').pathname;
    const form = new URLSearchParams(body);
    if (request.method === 'POST' && CREATE.test(path)) {
      const call = this.events.callTo(form.get('To') ?? '');
      if (call === null)
        return answer(response, 400, { code: 21211, message: "Invalid 'To' Phone Number", status: 400 });
      call.form = form;
      this.calls.set(call.callSid, call);
      return answer(response, 201, this.resource(call));
    }
    const call = this.calls.get(ONE_CALL.exec(path)?.[1] ?? '');
    if (call === undefined) return answer(response, 404, { code: 20404, message: 'Not found', status: 404 });
    if (request.method === 'POST' && (form.get('Status') === 'completed' || form.has('Twiml'))) {
      answer(response, 200, this.resource(call));
      this.events.onHangUp(call);
      return;
    }
    answer(response, 200, this.resource(call));
  }

  private resource(call: BenchCall): Record<string, unknown> {
    return {
      sid: call.callSid,
      account_sid: this.accountSid,
      to: call.form?.get('To') ?? '',
      from: call.form?.get('From') ?? '',
      status: call.status,
      direction: 'outbound-api',
      date_created: new Date().toUTCString(),
      start_time: null,
      end_time: null,
      duration: null,
      price: null,
      price_unit: 'USD',
      answered_by: null,
      queue_time: '0',
    };
  }
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
