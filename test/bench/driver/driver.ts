import { setTimeout as sleep } from 'node:timers/promises';
import { api, type ApiAnswer } from '../../support/api';
import { BenchCall } from './bench-call';
import { LatencyHistogram } from './latency-histogram';
import type { ConversationScript } from './model-session';
import { ModelServer } from './model-server';
import { Pacer } from './pacer';
import { TwilioServer } from './twilio-server';
import { dial } from './web-socket-wire';

const FIRST_NUMBER = 12_025_550_100;
const NUMBERS = 800;
/** Calls that are placed or picked up at once. */
const AT_ONCE = 8;
const PATIENT_TRIES = 60;
const PATIENT_PAUSE_MS = 1000;
const SESSION_LIMIT_MS = 20_000;
/** What is on its way arrives within this, but for what is lost or kept. */
const LAST_FRAMES_MS = 300;
const LATE_FRAMES_MS = 2000;

/** Where the calls go: the product, through everything that belongs to a call, or the bare floor, straight. */
export type Target = { kind: 'product'; url: string; token: string } | { kind: 'floor'; port: number };

export interface Beginning {
  /** Whether the people talk from the first frame on, as is usual. */
  isTalking?: boolean;
  /** Asks again when the server is full. */
  isPatient?: boolean;
}

/** Plays all phones, Twilio and the model, in one process. */
export class Driver {
  readonly latency = new LatencyHistogram();
  isMeasuring = false;
  readonly pacer = new Pacer();
  readonly model: ModelServer;
  readonly twilio: TwilioServer;
  /** Calls under way, by their index. */
  readonly calls = new Map<number, BenchCall>();
  private nextIndex = 0;

  constructor(script: ConversationScript) {
    this.model = new ModelServer(script, (session, call) => this.calls.get(call)?.join(session));
    this.twilio = new TwilioServer({
      callTo: (number) => this.callTo(number),
      onHangUp: (call) => {
        // A relay that is being stopped does not answer any more.
        this.relayHungUp(call).catch((error: unknown) => call.errors.push(String(error)));
      },
    });
  }

  async start(): Promise<void> {
    await this.model.start();
    await this.twilio.start();
  }

  close(): void {
    this.pacer.stop();
    this.model.close();
    this.twilio.close();
  }

  /** Begins to count latencies anew. */
  measure(): void {
    this.latency.reset();
    this.pacer.latestMs = 0;
    this.isMeasuring = true;
  }

  /** Brings so many calls under way, up to their first audio. */
  async begin(target: Target, count: number, options: Beginning = {}): Promise<BenchCall[]> {
    const calls = Array.from({ length: count }, () => this.newCall());
    await inParallel(calls, AT_ONCE, async (call) => {
      if (target.kind === 'floor') await this.beginBare(target.port, call);
      else {
        await this.ring(target, call, options);
        await this.pickUp(target, call, options);
      }
    });
    return calls;
  }

  newCall(): BenchCall {
    const call = new BenchCall(this.nextIndex++, () => (this.isMeasuring ? this.latency : null));
    this.calls.set(call.index, call);
    return call;
  }

  /** Asks the product for a call, and lets the phone ring until the model has said its first words. */
  async ring(target: Target & { kind: 'product' }, call: BenchCall, options: Beginning = {}): Promise<void> {
    const placed = await this.place(target, call, options);
    if (placed.status !== 201) throw new Error(`The call was not placed: ${placed.text}`);
    await this.letRing(call);
  }

  async place(
    target: Target & { kind: 'product' },
    call: BenchCall,
    { isPatient = false }: Beginning = {},
  ): Promise<ApiAnswer<{ id: string }>> {
    for (let tries = 1; ; tries++) {
      const answer = await api(target.url).post<{ id: string }>(
        '/calls',
        {
          phone_number: `+${FIRST_NUMBER + (call.index % NUMBERS)}`,
          scenario: 'sales',
          variables: { bench_call: String(call.index) },
        },
        { token: target.token },
      );
      if (answer.status === 503 && isPatient && tries < PATIENT_TRIES) {
        await sleep(PATIENT_PAUSE_MS);
        continue;
      }
      if (answer.status === 201) call.id = answer.body.id;
      return answer;
    }
  }

  async letRing(call: BenchCall): Promise<void> {
    await this.twilio.report(call, 'initiated', { SequenceNumber: '0' });
    await this.twilio.report(call, 'ringing', { SequenceNumber: '1' });
    await patiently(
      () => (call.session?.responsesMade ?? 0) > 0 && call.session?.isResponding === false,
      'the opening',
    );
  }

  /** Picks the phone up and begins to talk. Null when the relay let it be; the reason is on the call. */
  async pickUp(
    target: Target & { kind: 'product' },
    call: BenchCall,
    { isTalking = true }: Beginning = {},
  ): Promise<void> {
    const { streamUrl, parameters, twiml } = await this.twilio.answer(call);
    if (streamUrl === null) {
      call.refusal = twiml;
      return;
    }
    const url = new URL(streamUrl);
    const phone = call.aLine(this.twilio.accountSid, parameters);
    const at = { host: url.hostname, port: Number(new URL(target.url).port), path: url.pathname + url.search };
    const socket = await dial({ ...at, headers: { 'X-Twilio-Signature': this.twilio.sign(streamUrl) } }, phone);
    phone.start(socket);
    phone.isSpeaking = isTalking;
    this.pacer.add(phone);
    await this.twilio.report(call, 'in-progress', { SequenceNumber: '2' });
    await this.twilio.reportPerson(call);
  }

  /** The people put their phones down. */
  async end(calls: Iterable<BenchCall>): Promise<void> {
    const ending = [...calls];
    for (const { phone } of ending) if (phone !== null) phone.isSpeaking = false;
    await sleep(LAST_FRAMES_MS);
    const lateUntilMs = performance.now() + LATE_FRAMES_MS;
    const isLacking = ({ phone, toModel, toPhone }: BenchCall) =>
      phone?.isOpen === true && toModel.lost + toPhone.lost > 0;
    while (ending.some(isLacking) && performance.now() < lateUntilMs) await sleep(LAST_FRAMES_MS);
    await inParallel(ending, AT_ONCE, async (call) => {
      const { phone } = call;
      if (phone !== null) {
        this.pacer.remove(phone);
        phone.hangUp();
      }
      if (call.form !== null) await this.twilio.report(call, 'completed', { SequenceNumber: '3', CallDuration: '30' });
      this.forget(call);
    });
  }

  /** The call is over, and nobody was told by us. */
  forget(call: BenchCall): void {
    this.calls.delete(call.index);
    this.twilio.forget(call);
  }

  private async beginBare(port: number, call: BenchCall): Promise<void> {
    const phone = call.aLine(this.twilio.accountSid, { call: String(call.index) });
    phone.start(await dial({ host: '127.0.0.1', port, path: '/media-stream' }, phone));
    phone.isSpeaking = false;
    await patiently(() => call.session !== null, 'the session');
    phone.isSpeaking = true;
    this.pacer.add(phone);
  }

  private callTo(number: string): BenchCall | null {
    const wanted = Number(number.slice(1)) - FIRST_NUMBER;
    for (const call of [...this.calls.values()].reverse()) {
      if (call.index % NUMBERS === wanted && call.form === null) return call;
    }
    return null;
  }

  /** As Twilio does: the stream is told to stop, and closed. */
  private async relayHungUp(call: BenchCall): Promise<void> {
    if (call.status === 'completed') return;
    if (call.phone !== null) {
      this.pacer.remove(call.phone);
      call.phone.hangUp();
    }
    await this.twilio.report(call, 'completed', { SequenceNumber: '3', CallDuration: '30' });
  }
}

/** Does the work for all of them, some at a time. */
export async function inParallel<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const left = [...items];
  const next = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, next));
}

/** Waits for something that sockets bring about. */
export async function patiently(isThere: () => boolean, what: string, withinMs = SESSION_LIMIT_MS): Promise<void> {
  const giveUpAt = performance.now() + withinMs;
  while (!isThere()) {
    if (performance.now() > giveUpAt) throw new Error(`Waited ${withinMs} ms for ${what}.`);
    await sleep(5);
  }
}
