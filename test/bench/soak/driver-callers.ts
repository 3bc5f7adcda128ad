import { setTimeout as sleep } from 'node:timers/promises';
import { api } from '../../support/api';
import type { BenchCall } from '../driver/bench-call';
import { Driver } from '../driver/driver';
import type { Product, Providers } from '../product';
import type { Callers, CallReport, Damage, Ending } from './callers';

const LOOK_EVERY_MS = 250;
/** Between being hung up on and the end of the socket lies a round trip to the carrier. */
const HANG_UP_LIMIT_MS = 5000;
/** A stream that ends without the carrier's `stop` is trouble on the line, not somebody who has hung up. */
const REASONS: Record<Ending, string> = {
  customer: 'customer_hung_up',
  owner: 'owner_hung_up',
  dropped: 'carrier_error',
  unanswered: 'no_answer',
};

/** The bench's own phones and echo model: every frame is accounted for. */
export class DriverCallers implements Callers {
  readonly driver = new Driver({
    kind: 'echo',
    responseFrames: 300,
    pauseFrames: 30,
    speechFrames: 20,
    configureMs: () => 0,
  });
  readonly env = {};
  private readonly cut = new WeakSet<BenchCall>();

  static async start(): Promise<DriverCallers> {
    const callers = new DriverCallers();
    await callers.driver.start();
    return callers;
  }

  get providers(): Providers {
    const { twilio, model } = this.driver;
    const { accountSid, authToken } = twilio;
    return { accountSid, authToken, twilioPort: twilio.port, modelPort: model.port };
  }

  async live(product: Product, holdMs: number, ending: Ending, isOver: () => boolean): Promise<CallReport> {
    const { driver } = this;
    const target = { kind: 'product', url: product.url, token: product.token } as const;
    const call = driver.newCall();
    let silentMs: number | null = null;
    try {
      // A server that is full says so in its log, which is judged; a refusal for every try would bury it.
      await driver.ring(target, call, { isPatient: true });
      if (ending === 'unanswered') await driver.twilio.report(call, 'no-answer', { SequenceNumber: '2' });
      else {
        await driver.pickUp(target, call);
        silentMs = await this.talk(call, holdMs, isOver);
        await this.hangUp(call, ending, product);
      }
    } finally {
      if (ending === 'unanswered') driver.forget(call);
      else await driver.end([call]);
    }
    const wasCut = this.cut.has(call);
    if (!wasCut && call.sessions.length !== 1) {
      throw new Error(`Call ${call.id} had ${call.sessions.length} sessions, though nobody cut any.`);
    }
    return {
      id: call.id ?? '',
      ending,
      expectedReasons: [REASONS[ending]],
      wasCut,
      silentMs,
      damage: ending === 'unanswered' ? null : damageOf(call, { wasCut, isComplete: ending === 'customer' }),
      frames: call.toModel.received + call.toPhone.received,
      errors: call.errors,
    };
  }

  async cutSome(count: number): Promise<number> {
    const open = [...this.driver.calls.values()].filter(({ phone, session }) => phone?.isOpen === true && session);
    let cuts = 0;
    for (; cuts < count && open.length > 0; cuts++) {
      const [call] = open.splice(Math.floor(Math.random() * open.length), 1) as [BenchCall];
      this.cut.add(call);
      call.session?.cut();
    }
    return Promise.resolve(cuts);
  }

  async close(): Promise<void> {
    this.driver.close();
    return Promise.resolve();
  }

  /** Answers the longest that the agent was not heard. Throws when the relay ends a call that nobody has ended. */
  private async talk(call: BenchCall, holdMs: number, isOver: () => boolean): Promise<number> {
    const { phone } = call;
    if (phone === null) throw new Error(`Call ${call.id} was picked up and refused: ${call.refusal}`);
    const begunAtMs = performance.now();
    let heardAtMs = begunAtMs;
    let silentMs = 0;
    call.onAgentFrame = (_tag, nowMs) => (heardAtMs = nowMs);
    while (performance.now() < begunAtMs + holdMs && !isOver()) {
      await sleep(LOOK_EVERY_MS);
      silentMs = Math.max(silentMs, performance.now() - heardAtMs);
      if (phone.isOpen) continue;
      const afterS = ((performance.now() - begunAtMs) / 1000).toFixed(1);
      throw new Error(`The relay closed the phone of call ${call.id} after ${afterS} s.`);
    }
    return silentMs;
  }

  private async hangUp(call: BenchCall, ending: Ending, product: Product): Promise<void> {
    if (ending === 'dropped') call.phone?.destroy();
    if (ending !== 'owner') return;
    const answer = await api(product.url).post(`/calls/${call.id}/hangup`, undefined, { token: await product.token() });
    if (answer.status !== 200) throw new Error(`The owner could not hang up: ${answer.text}`);
    const giveUpAtMs = performance.now() + HANG_UP_LIMIT_MS;
    while (call.phone?.isOpen === true) {
      if (performance.now() > giveUpAtMs) throw new Error(`Call ${call.id} was hung up by its owner and went on.`);
      await sleep(LOOK_EVERY_MS);
    }
  }
}

/** What is sent again to a new session comes twice; what is under way when nobody waits for it is lost. Rightly so. */
function damageOf({ toModel, toPhone }: BenchCall, call: { wasCut: boolean; isComplete: boolean }): Damage {
  return {
    lost: call.isComplete && !call.wasCut ? toModel.lost + toPhone.lost : null,
    duplicated: call.wasCut ? null : toModel.duplicated + toPhone.duplicated,
    reordered: call.wasCut ? null : toModel.reordered + toPhone.reordered,
    unknown: toModel.unknown + toPhone.unknown,
  };
}
