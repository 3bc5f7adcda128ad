/**
 * What can be made to go wrong, by provider: the faults of product.md section 9 and those that the media path has to
 * live with. docs/sandbox.md tells what each of them does.
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
    'half_open',
    'slow_reader',
    'flood',
    'oversized',
    'binary',
    'malformed',
    'fragmented',
    'lose_marks',
    'wrong_amd',
    'late_amd',
    'lose_amd',
    'fail_transcript',
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
    'stall',
    'slow_reader',
    'refuse_socket',
    'invalid_api_key',
    'insufficient_quota',
    'expire_session',
    'mute_response',
    'stuck_response',
    'fail_response',
    'lose_create',
    'no_answer',
    'lose_transcription',
    'late_transcription',
    'cut_stream',
    'stall_speech',
    'cut_speech',
  ],
  google: [
    'http_403',
    'http_429',
    'http_500',
    'http_503',
    'slow',
    'timeout',
    'drop_socket',
    'lose_answer',
    'token_http_500',
    'token_http_503',
    'token_slow',
    'token_timeout',
    'token_drop_socket',
    'token_lose_answer',
    'refuse_refresh',
    'expire_token',
    'revoke_grant',
    'expire_sync_token',
    'refuse_channel',
    'lose_webhook',
  ],
  mail: ['http_403', 'http_429', 'http_500', 'slow', 'timeout', 'drop_socket', 'lose_answer'],
  storage: ['http_403', 'http_500', 'http_503', 'slow', 'timeout', 'drop_socket', 'lose_answer'],
} as const satisfies Record<string, readonly string[]>;

export type FaultProvider = keyof typeof FAULTS_BY_PROVIDER;
export type FaultName = (typeof FAULTS_BY_PROVIDER)[FaultProvider][number];

/** What Twilio can report about who has answered. */
export const ANSWERED_BY = [
  'human',
  'machine_start',
  'machine_end_beep',
  'machine_end_silence',
  'machine_end_other',
  'fax',
  'unknown',
] as const;
export type AnsweredBy = (typeof ANSWERED_BY)[number];

/** Whom a fault is meant for. Without any of these it strikes whoever comes first. */
export interface FaultAim {
  /** One call of the carrier. */
  call_sid?: string;
  /** The phone of the other party, in E.164 form. */
  number?: string;
  /** One session of the model. */
  session?: string;
  /** A piece of the session's instructions. */
  match?: string;
  /** One person of the simulated Google. */
  email?: string;
}

export interface FaultOrder extends FaultAim {
  provider: string;
  fault: string;
  /** How many times it strikes; once when absent. */
  count?: number;
  /** Of all it could strike, how many it does, from 0 to 1; each when absent. */
  share?: number;
  /** What it means depends on the fault: a delay, a duration, or the age of the socket at which it strikes. */
  after_ms?: number;
  /** For `wrong_amd`: what is reported. */
  result?: AnsweredBy;
}

export interface ArmedFault extends FaultAim {
  provider: string;
  fault: string;
  remaining: number;
  share?: number;
  after_ms?: number;
  result?: AnsweredBy;
}

/** Where a fault is about to strike, as far as the sandbox knows it there. */
export interface FaultSite {
  callSid?: string;
  number?: string;
  sessionId?: string;
  instructions?: string;
  email?: string | undefined;
}

/** What a fault that strikes was ordered with. */
export interface Strike {
  afterMs?: number;
  result?: AnsweredBy;
}

/** A sentence that says why a fault cannot be armed. */
export class UnknownFault extends Error {}

const AIMS_BY_PROVIDER: Record<FaultProvider, readonly (keyof FaultAim)[]> = {
  twilio: ['call_sid', 'number'],
  openai: ['session', 'match'],
  google: ['email'],
  mail: [],
  storage: [],
};
const ALL_AIMS = Object.values(AIMS_BY_PROVIDER).flat();
/** These strike before a session has said whose it is. */
const BEFORE_A_SESSION: ReadonlySet<string> = new Set([
  'refuse_socket',
  'invalid_api_key',
  'lose_answer',
  'stall_speech',
  'cut_speech',
]);

/** Whether a fault may strike here: one that is aimed needs to know its target. */
export function isMeantFor(aim: FaultAim, site: FaultSite): boolean {
  if (aim.call_sid !== undefined && aim.call_sid !== site.callSid) return false;
  if (aim.number !== undefined && aim.number !== site.number) return false;
  if (aim.session !== undefined && aim.session !== site.sessionId) return false;
  if (aim.email !== undefined && aim.email.toLowerCase() !== site.email) return false;
  return aim.match === undefined || (site.instructions ?? '').includes(aim.match);
}

/** The faults that wait to strike. Equal ones queue up behind each other, each with its own count, delay and aim. */
export class FaultBox {
  private armed: ArmedFault[] = [];
  private seed = 1;
  private strikeNow: (fault: ArmedFault) => number = () => 0;

  /** For faults that may strike what is under way already: `strike` says how many times it did. */
  whenArmed(strike: (fault: ArmedFault) => number): void {
    this.strikeNow = strike;
  }

  /** @throws UnknownFault when the provider is not simulated, or does not have that fault or not in that form */
  arm(order: FaultOrder): ArmedFault {
    const problem = problemOf(order);
    if (problem !== undefined) throw new UnknownFault(problem);
    const { count = 1, ...rest } = order;
    const fault: ArmedFault = { ...defined(rest), remaining: count };
    const asOrdered = { ...fault };
    fault.remaining -= this.strikeNow(asOrdered);
    if (fault.remaining > 0) this.armed.push(fault);
    return asOrdered;
  }

  /** Uses one strike up. `undefined`: all is well. */
  take(provider: FaultProvider, fault: string, site: FaultSite = {}): Strike | undefined {
    return this.takeFirst((each) => each.provider === provider && each.fault === fault && isMeantFor(each, site));
  }

  /** The same for a fault that waits until something is `ageMs` old. */
  takeDue(provider: FaultProvider, fault: string, site: FaultSite, ageMs: number): Strike | undefined {
    return this.takeFirst(
      (each) =>
        each.provider === provider && each.fault === fault && (each.after_ms ?? 0) <= ageMs && isMeantFor(each, site),
    );
  }

  get isEmpty(): boolean {
    return this.armed.length === 0;
  }

  list(): ArmedFault[] {
    return this.armed.map((fault) => ({ ...fault }));
  }

  clear(): void {
    this.armed = [];
  }

  /** From 0 to 1; the same ones after each start, so that what has failed once can be seen to fail again. */
  private chance(): number {
    this.seed = (Math.imul(this.seed, 1_664_525) + 1_013_904_223) >>> 0;
    return this.seed / 2 ** 32;
  }

  private takeFirst(fits: (fault: ArmedFault) => boolean): Strike | undefined {
    const found = this.armed.find(fits);
    if (!found || (found.share !== undefined && this.chance() >= found.share)) return undefined;
    found.remaining -= 1;
    if (found.remaining <= 0) this.armed = this.armed.filter((each) => each !== found);
    return {
      ...(found.after_ms === undefined ? {} : { afterMs: found.after_ms }),
      ...(found.result === undefined ? {} : { result: found.result }),
    };
  }
}

function problemOf(order: FaultOrder): string | undefined {
  const { provider, fault } = order;
  if (!isProvider(provider)) {
    return `"${provider}" is not simulated here. Providers: ${Object.keys(FAULTS_BY_PROVIDER).join(', ')}.`;
  }
  const known: readonly string[] = FAULTS_BY_PROVIDER[provider];
  if (!known.includes(fault)) return `"${fault}" is not a fault of ${provider}. It has: ${known.join(', ')}.`;
  const aims = ALL_AIMS.filter((aim) => order[aim] !== undefined);
  const usable = AIMS_BY_PROVIDER[provider];
  const foreign = aims.find((aim) => !usable.includes(aim));
  if (foreign !== undefined) return `A fault of ${provider} is aimed by ${usable.join(' or ')}, not by ${foreign}.`;
  if (provider === 'openai' && aims.length > 0 && BEFORE_A_SESSION.has(fault)) {
    return `"${fault}" strikes before a session says whose it is, so it cannot be aimed.`;
  }
  if (fault === 'wrong_amd' && order.result === undefined) {
    return `"wrong_amd" needs a result: ${ANSWERED_BY.join(', ')}.`;
  }
  if (fault !== 'wrong_amd' && order.result !== undefined) return 'A result is for "wrong_amd" only.';
  return undefined;
}

function isProvider(name: string): name is FaultProvider {
  return Object.hasOwn(FAULTS_BY_PROVIDER, name);
}

/** Without members that are undefined. */
function defined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;
}
