import type { Strike } from '../faults';

/** What is known of the session in which a fault may strike: an aimed one looks for it here. */
export interface SessionSite {
  sessionId: string;
  instructions: string;
}

/** Where the simulated provider asks whether somebody wants it to misbehave now. */
export interface Faults {
  /** Consumes one armed fault of that kind, if any is meant for this session (or for nobody in particular). */
  take(provider: 'openai', fault: string, site?: SessionSite): Strike | undefined;
}
