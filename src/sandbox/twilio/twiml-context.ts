import type { TwimlSource } from './call-settings';
import type { RunningCall } from './running-call';
import type { FormFields } from './signature';
import type { WebhookTarget } from './webhooks';

/** Debugger code for an element or attribute that TwiML does not know, or that the sandbox does not play. */
export const TWIML_WARNING = 12200;

/** The next document to run, with what is told when it is asked for. */
export interface NextDocument {
  source: TwimlSource;
  extra?: FormFields;
}

/** What comes after a verb. */
export type Flow = 'next-verb' | 'end' | NextDocument;

/** Where a verb runs. */
export interface VerbContext {
  call: RunningCall;
  /** The call is over, or another document has replaced this one. */
  signal: AbortSignal;
  /** Where the document came from: relative addresses in it start here. */
  documentUrl: string | undefined;
}

/** The address in an attribute or element, seen from the document; `undefined` when it is none. */
export function resolveTarget(
  address: string | undefined,
  method: string | undefined,
  documentUrl: string | undefined,
): WebhookTarget | undefined {
  const written = (address ?? '').trim() || documentUrl;
  if (written === undefined) return undefined;
  const verb = (method ?? 'POST').toUpperCase() === 'GET' ? 'GET' : 'POST';
  // A whole address stays as it is written, to the letter: it is what the request is signed over.
  const url = URL.canParse(written) ? written : joined(written, documentUrl);
  return url !== undefined && /^https?:\/\//i.test(url) ? { url, method: verb } : undefined;
}

function joined(written: string, documentUrl: string | undefined): string | undefined {
  return documentUrl !== undefined && URL.canParse(written, documentUrl)
    ? new URL(written, documentUrl).href
    : undefined;
}
