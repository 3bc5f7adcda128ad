/** `off`: not used here, or simulated. `warning`: it works, and somebody should look at it. */
export type Verdict = 'ok' | 'off' | 'warning' | 'failure';

/** What a look at one part of an installation has found, for whoever runs it. */
export interface Finding {
  verdict: Verdict;
  /** What was looked at, in a word or two. */
  subject: string;
  /** What is so; of a failure also what to mend. */
  sentence: string;
}

/** Findings about one subject. */
export function findingsOn(subject: string) {
  const finding = (verdict: Verdict) => (sentence: string) => ({ verdict, subject, sentence }) satisfies Finding;
  return { ok: finding('ok'), off: finding('off'), warning: finding('warning'), failure: finding('failure') };
}
