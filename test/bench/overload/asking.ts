import type { Bench } from '../bench';
import type { Relay } from '../sides';

/** A call that was asked for, and what became of it. */
export interface Asked {
  /** Since it began to be too much. */
  afterMs: number;
  status: number;
  code: string;
}

const REFUSED_IN_WORDS = 'capacity_full';

export function wasRefused({ status }: Asked): boolean {
  return status === 503;
}

export function wasRefusedInWords(asked: Asked): boolean {
  return wasRefused(asked) && asked.code === REFUSED_IN_WORDS;
}

/** Asks for one more call; one that is placed never rings. */
export async function ask({ driver }: Bench, relay: Relay, begunAtMs: number): Promise<Asked> {
  const call = driver.newCall();
  const afterMs = performance.now() - begunAtMs;
  const { status, body } = await driver.place(relay.target, call);
  if (status === 201) await driver.twilio.report(call, 'canceled', { SequenceNumber: '1' });
  driver.forget(call);
  return { afterMs, status, code: codeOf(body) };
}

export function codeOf(body: unknown): string {
  return String((body as { code?: unknown }).code);
}

/** What is wrong with refusals for another reason. */
export function warningsOf(asked: readonly Asked[]): string[] {
  const odd = asked.filter((one) => one.status !== 201 && !wasRefusedInWords(one));
  return odd.length === 0 ? [] : [`${odd.length} calls were refused for another reason: ${(odd[0] as Asked).code}.`];
}
