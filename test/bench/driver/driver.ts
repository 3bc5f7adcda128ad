import { setTimeout as sleep } from 'node:timers/promises';
import { api, type ApiAnswer } from '../../support/api';
import { BenchCall } from './bench-call';
import { LatencyHistogram } from './latency-histogram';
import type { ConversationScript } from './model-session';
import { ModelServer } from './model-server';
import { Pacer } from './pacer';
import { TwilioServer } from './twilio-server';
import { WakefulLoop } from './wakeful-loop';
import { dial } from './web-socket-wire';

const FIRST_NUMBER = 12_025_550_100;
const NUMBERS = 800;
/** Calls that are placed or picked up at once. */
const AT_ONCE = 8;
const PATIENT_TRIES = 60;
const PATIENT_PAUSE_MS = 1000;
const PATIENT_RING_MS = 5000;
const SESSION_LIMIT_MS = 20_000;
/** What is on its way arrives within this, or at least some of it does, but for what is lost or kept. */
const LAST_FRAMES_MS = 300;
const LATE_FRAMES_MS = 2000;

/** Where the calls go: the product, through everything that belongs to a call, or the bare floor, straight. */
export type Target = { kind: 'product'; url: string; token: () => Promise<string> } | { kind: 'floor'; port: number };

export interface Beginning {
  /** Whether the people talk from the first frame on, as is usual, or wait until `talk`. */
  isTalking?: boolean;
  /** Asks again when the server is full. */
  isPatient?: boolean;
}

/** Plays all phones, Twilio and the model, in one process. */
export class Driver {
  readonly latency = new LatencyHistogram();
  private isMeasuring = false;
  private readonly loop = new WakefulLoop();
  readonly pacer = new Pacer();
  readonly model: ModelServer;
  readonly twilio: TwilioServer;
  /** Calls under way, by their index. */
  readonly calls = new Map<number, BenchCall>();
  /** What went wrong in calls that are over. */
  readonly errors: string[] = [];
  /** When calls of the product have ended last: it still writes about them for a while. */
  endedAtMs = -Infinity;
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
    this.loop.end();
    this.pacer.stop();
    this.model.close();
    this.twilio.close();
  }

  /** Begins to count latencies anew. `isWakeful`: never sleeps meanwhile, which takes all of the driver's core. */
  measure({ isWakeful = true } = {}): void {
    this.latency.reset();
    this.pacer.reset();
    this.isMeasuring = true;
    if (isWakeful) this.loop.begin();
  }

  /** Counts no more latencies; answers for how many milliseconds the driver was at work since it did. */
  measured(): number {
    this.isMeasuring = false;
    return this.loop.end();
  }

  /** Brings so many calls under way, up to their first audio, however long a full server has them wait. */
  async begin(target: Target, count: number, { isTalking = true }: { isTalking?: boolean } = {}): Promise<BenchCall[]> {
    const calls: BenchCall[] = [];
    await inParallel([...Array(count).keys()], AT_ONCE, async () => {
      calls.push(
        await (target.kind === 'floor' ? this.beginBare(target, isTalking) : this.beginPatiently(target, isTalking)),
      );
    });
    return calls;
  }

  /** People who have waited, or rested, speak. */
  talk(calls: Iterable<BenchCall>): void {
    for (const { phone } of calls) if (phone !== null) phone.isSpeaking = true;
  }

  /** They fall silent, each at the end of a turn of the agent. */
  async rest(calls: Iterable<BenchCall>): Promise<void> {
    let talking = [...calls].filter(({ phone }) => phone !== null);
    await patiently(() => {
      for (const { phone, session } of talking) if (phone !== null && session?.isPausing) phone.isSpeaking = false;
      talking = talking.filter(({ phone }) => phone?.isSpeaking === true);
      return talking.length === 0;
    }, 'a pause in every conversation');
  }

  /** Latencies are counted only of those that are asked for with `isMeasured`. */
  newCall({ isMeasured = true } = {}): BenchCall {
    const call = new BenchCall(this.nextIndex++, () => (isMeasured && this.isMeasuring ? this.latency : null));
    this.calls.set(call.index, call);
    return call;
  }

  /** Asks the product for a call, and lets the phone ring until the model has said its first words. */
  async ring(target: Target & { kind: 'product' }, call: BenchCall, options: Beginning = {}): Promise<void> {
    const placed = await this.place(target, call, options);
    if (placed.status !== 201) throw new Error(`The call was not placed: ${placed.text}`);
    if (!(await this.letRing(call))) throw new Error('The phone rang, and the model did not say its opening.');
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
        { token: await target.token() },
      );
      if (answer.status === 503 && isPatient && tries < PATIENT_TRIES) {
        await sleep(PATIENT_PAUSE_MS);
        continue;
      }
      if (answer.status === 201) call.id = answer.body.id;
      return answer;
    }
  }

  /** Answers whether the model has said its first words while the phone rang for so long at most. */
  async letRing(call: BenchCall, limitMs = SESSION_LIMIT_MS): Promise<boolean> {
    await this.twilio.report(call, 'initiated', { SequenceNumber: '0' });
    await this.twilio.report(call, 'ringing', { SequenceNumber: '1' });
    return comesWithin(limitMs, () => (call.session?.responsesMade ?? 0) > 0 && call.session?.isResponding === false);
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

  /** The people put their phones down, when they have heard what is still on its way. */
  async end(calls: Iterable<BenchCall>): Promise<void> {
    const ending = [...calls];
    for (const { phone } of ending) if (phone !== null) phone.isSpeaking = false;
    await this.lastFrames(ending);
    await inParallel(ending, AT_ONCE, async (call) => {
      const { phone } = call;
      if (phone !== null) {
        this.pacer.remove(phone);
        phone.hangUp();
      }
      if (call.form !== null) await this.twilio.report(call, 'completed', { SequenceNumber: '3', CallDuration: '30' });
      this.forget(call);
    });
    if (ending.some(({ form }) => form !== null)) this.endedAtMs = performance.now();
  }

  /** The call is over, and nobody was told by us. */
  forget(call: BenchCall): void {
    if (!this.calls.delete(call.index)) return;
    this.errors.push(...call.errors);
    this.twilio.forget(call);
  }

  /** The bare floor loses what is said before its model is there, so nothing is. */
  async beginBare(target: Target & { kind: 'floor' }, isTalking = true, call = this.newCall()): Promise<BenchCall> {
    const phone = call.aLine(this.twilio.accountSid, { call: String(call.index) });
    phone.start(await dial({ host: '127.0.0.1', port: target.port, path: '/media-stream' }, phone));
    phone.isSpeaking = false;
    await patiently(() => call.session !== null, 'the session');
    phone.isSpeaking = isTalking;
    this.pacer.add(phone);
    return call;
  }

  /** A server that is full for a moment refuses, also phones that it was to have prepared itself for: somebody else calls. */
  private async beginPatiently(target: Target & { kind: 'product' }, isTalking: boolean): Promise<BenchCall> {
    for (let tries = 1; ; tries++) {
      const call = this.newCall();
      const placed = await this.place(target, call, { isPatient: true });
      if (placed.status !== 201) throw new Error(`The call was not placed: ${placed.text}`);
      await this.letRing(call, PATIENT_RING_MS);
      await this.pickUp(target, call, { isTalking });
      if (call.refusal === null || tries === PATIENT_TRIES) return call;
      await this.end([call]);
      await sleep(PATIENT_PAUSE_MS);
    }
  }

  /** Waits for what is on its way: a saturated relay has seconds of it, and is not to be cut short while it delivers. */
  private async lastFrames(calls: readonly BenchCall[]): Promise<void> {
    const lacking = () =>
      calls.reduce((sum, { phone, toModel, toPhone }) => {
        return phone?.isOpen === true ? sum + toModel.lost + toPhone.lost : sum;
      }, 0);
    await sleep(LAST_FRAMES_MS);
    let [least, leastAtMs] = [lacking(), performance.now()];
    while (least > 0 && performance.now() < leastAtMs + LATE_FRAMES_MS) {
      await sleep(LAST_FRAMES_MS);
      if (lacking() < least) [least, leastAtMs] = [lacking(), performance.now()];
    }
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
  if (!(await comesWithin(withinMs, isThere))) throw new Error(`Waited ${withinMs} ms for ${what}.`);
}

/** Whether it comes in time. */
export async function comesWithin(limitMs: number, isThere: () => boolean): Promise<boolean> {
  const giveUpAt = performance.now() + limitMs;
  while (!isThere()) {
    if (performance.now() > giveUpAt) return false;
    await sleep(5);
  }
  return true;
}
