/**
 * What can be made to go wrong, by provider (product.md section 9), and beyond that: `lose_marks`, a mark of a media
 * stream that is never sent back; `lose_transcription` and `late_transcription`, a turn whose words never come or come
 * `after_ms` later than usual.
 */
export const FAULTS_BY_PROVIDER = {
  twilio: [
    'http_429',
    'http_500',
    'http_403',
    'slow',
    'timeout',
    'lose_answer',
    'drop_socket',
    'cut_media',
    'lose_marks',
    'lose_webhook',
    'repeat_webhook',
    'reorder_webhooks',
  ],
  openai: [
    'http_429',
    'http_500',
    'http_403',
    'slow',
    'timeout',
    'lose_answer',
    'drop_socket',
    'refuse_socket',
    'lose_transcription',
    'late_transcription',
  ],
} as const satisfies Record<string, readonly string[]>;

export type FaultProvider = keyof typeof FAULTS_BY_PROVIDER;
export type FaultName = (typeof FAULTS_BY_PROVIDER)[FaultProvider][number];

export interface FaultOrder {
  provider: string;
  fault: string;
  /** How many times it strikes; once when absent. */
  count?: number;
  /** What it means depends on the fault: a delay, or the age of the socket at which it strikes. */
  after_ms?: number;
}

export interface ArmedFault {
  provider: string;
  fault: string;
  remaining: number;
  after_ms?: number;
}

/** A sentence that says why a fault cannot be armed. */
export class UnknownFault extends Error {}

/** The faults that wait to strike. Equal ones queue up behind each other, each with its own count and delay. */
export class FaultBox {
  private armed: ArmedFault[] = [];

  /** @throws UnknownFault when the provider is not simulated or does not have that fault */
  arm(order: FaultOrder): ArmedFault {
    const known: readonly string[] | undefined = Object.hasOwn(FAULTS_BY_PROVIDER, order.provider)
      ? FAULTS_BY_PROVIDER[order.provider as FaultProvider]
      : undefined;
    if (!known) {
      const providers = Object.keys(FAULTS_BY_PROVIDER).join(', ');
      throw new UnknownFault(`"${order.provider}" is not simulated here. Providers: ${providers}.`);
    }
    if (!known.includes(order.fault)) {
      throw new UnknownFault(`"${order.fault}" is not a fault of ${order.provider}. It has: ${known.join(', ')}.`);
    }
    const fault: ArmedFault = { provider: order.provider, fault: order.fault, remaining: order.count ?? 1 };
    if (order.after_ms !== undefined) fault.after_ms = order.after_ms;
    this.armed.push(fault);
    return { ...fault };
  }

  /** Looks without using it up, for faults that wait for the right moment. */
  peek(provider: string, fault: string): { afterMs?: number } | undefined {
    const found = this.armed.find((each) => each.provider === provider && each.fault === fault);
    return found && strike(found);
  }

  /** Uses one strike up. `undefined`: all is well. */
  take(provider: string, fault: string): { afterMs?: number } | undefined {
    const found = this.armed.find((each) => each.provider === provider && each.fault === fault);
    if (!found) return undefined;
    found.remaining -= 1;
    if (found.remaining <= 0) this.armed = this.armed.filter((each) => each !== found);
    return strike(found);
  }

  list(): ArmedFault[] {
    return this.armed.map((fault) => ({ ...fault }));
  }

  clear(): void {
    this.armed = [];
  }
}

function strike(fault: ArmedFault): { afterMs?: number } {
  return fault.after_ms === undefined ? {} : { afterMs: fault.after_ms };
}
