import type { TwimlElement } from './twiml';
import { TWIML_WARNING, resolveTarget, type Flow, type VerbContext } from './twiml-context';
import { playPrompt } from './twiml-prompts';

const DEFAULT_TIMEOUT_S = 5;

/**
 * <Gather> of keys: prompts are cut by the first key; it ends with the finishing key, enough digits, or silence. With
 * digits the action (by default the same document) goes on, without them the next verb.
 */
export async function runGather(verb: TwimlElement, context: VerbContext): Promise<Flow> {
  const { call, signal } = context;
  const {
    input = 'dtmf',
    numDigits,
    finishOnKey = '#',
    timeout,
    action,
    method,
    actionOnEmptyResult,
  } = verb.attributes;
  if (!input.split(/\s+/).includes('dtmf')) {
    call.notice(TWIML_WARNING, '<Gather> of speech is not simulated; only keys are gathered.');
  }
  const limit = Number(numDigits ?? Infinity);
  const timeoutMs = secondsOr(timeout, DEFAULT_TIMEOUT_S) * 1000;
  const line = call.line();

  let digits = '';
  let finished = false;
  let keyPressed = new AbortController();
  const stopListening = line.onDigit((digit) => {
    if (finished) return;
    if (digit === finishOnKey) finished = true;
    else digits += digit;
    if (digits.length >= limit) finished = true;
    keyPressed.abort();
  });
  try {
    const prompt = { ...context, signal: AbortSignal.any([signal, keyPressed.signal]) };
    for (const child of verb.children) {
      if (prompt.signal.aborted) break;
      await playPrompt(child, prompt);
    }
    while (!finished && !signal.aborted) {
      if (keyPressed.signal.aborted) keyPressed = new AbortController();
      const key = keyPressed.signal;
      await line.wait(timeoutMs, AbortSignal.any([signal, key]));
      if (!key.aborted) break;
    }
  } finally {
    stopListening();
  }
  if (signal.aborted) return 'end';
  if (digits === '' && actionOnEmptyResult !== 'true') return 'next-verb';
  const target = resolveTarget(action, method, context.documentUrl);
  if (!target) {
    call.notice(TWIML_WARNING, '<Gather> has no usable action.');
    return 'next-verb';
  }
  const extra = [['Digits', digits] as const, ...(finished ? [['FinishedOnKey', finishOnKey] as const] : [])];
  return { source: { kind: 'url', target }, extra };
}

function secondsOr(written: string | undefined, otherwise: number): number {
  const seconds = Number(written ?? otherwise);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : otherwise;
}
