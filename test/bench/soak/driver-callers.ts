import { setTimeout as sleep } from 'node:timers/promises';
import { api } from '../../support/api';
import type { BenchCall } from '../driver/bench-call';
import { Driver } from '../driver/driver';
import type { Product, Providers } from '../product';
import type { Callers, CallReport, Ending } from './callers';

const LOOK_EVERY_MS = 250;
/** Between being hung up on and the end of the socket lies a round trip to the carrier. */
const HANG_UP_LIMIT_MS = 5000;

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
    let silentMs = 0;
    try {
      await driver.ring(target, call);
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
    return {
      id: call.id,
      ending,
      silentMs: ending === 'unanswered' ? null : silentMs,
      damage: ending === 'customer' && call.sessions.length === 1 ? damageOf(call) : null,
      frames: call.toModel.received + call.toPhone.received,
      errors: call.errors,
    };
  }

  async cutSome(count: number): Promise<number> {
    const open = [...this.driver.calls.values()].flatMap(({ phone, session }) =>
      phone?.isOpen === true && session !== null ? [session] : [],
    );
    for (let i = 0; i < count && open.length > 0; i++) {
      open.splice(Math.floor(Math.random() * open.length), 1)[0]?.cut();
    }
    return Promise.resolve(count);
  }

  async close(): Promise<void> {
    this.driver.close();
    return Promise.resolve();
  }

  /** Answers the longest that the agent was not heard. */
  private async talk(call: BenchCall, holdMs: number, isOver: () => boolean): Promise<number> {
    let heardAtMs = performance.now();
    let silentMs = 0;
    call.onAgentFrame = (_tag, nowMs) => (heardAtMs = nowMs);
    const untilMs = performance.now() + holdMs;
    while (performance.now() < untilMs && !isOver() && call.phone?.isOpen === true) {
      await sleep(LOOK_EVERY_MS);
      silentMs = Math.max(silentMs, performance.now() - heardAtMs);
    }
    return silentMs;
  }

  private async hangUp(call: BenchCall, ending: Ending, product: Product): Promise<void> {
    const { phone } = call;
    if (phone === null || !phone.isOpen) return;
    if (ending === 'dropped') phone.destroy();
    if (ending !== 'owner') return;
    const answer = await api(product.url).post(`/calls/${call.id}/hangup`, undefined, { token: product.token });
    if (answer.status !== 200) throw new Error(`The owner could not hang up: ${answer.text}`);
    for (let waitedMs = 0; phone.isOpen && waitedMs < HANG_UP_LIMIT_MS; waitedMs += LOOK_EVERY_MS) {
      await sleep(LOOK_EVERY_MS);
    }
  }
}

function damageOf({ toModel, toPhone }: BenchCall): CallReport['damage'] {
  return {
    lost: toModel.lost + toPhone.lost,
    duplicated: toModel.duplicated + toPhone.duplicated,
    reordered: toModel.reordered + toPhone.reordered,
  };
}
