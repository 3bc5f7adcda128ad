/** Where the simulated provider asks whether somebody wants it to misbehave now. */
export interface Faults {
  /** Consumes one armed fault of that kind, if any. `afterMs` is what `POST /sandbox/faults` was given. */
  take(provider: 'openai', fault: string): { afterMs?: number } | undefined;
}
