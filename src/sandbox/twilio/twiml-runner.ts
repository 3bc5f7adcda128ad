import type { RunningCall } from './running-call';
import type { FormFields } from './signature';
import { BadTwiml, parseTwiml, type TwimlElement } from './twiml';
import type { NextDocument } from './twiml-context';
import { runVerb } from './twiml-verbs';
import { WebhookFailed, type WebhookTarget } from './webhooks';

/** Debugger codes (reference/twilio.md section 1; 12300 is Twilio's for a content type that is not XML). */
const WEBHOOK_FAILED = 11200;
const WRONG_CONTENT_TYPE = 12300;

/** Documents that redirect to each other without end stop here. */
const MAX_DOCUMENTS = 100;
const XML_TYPES = ['text/xml', 'application/xml', 'text/html'];

interface LoadedDocument {
  verbs: TwimlElement[];
  /** Where it came from: relative addresses in it start here. */
  url: string | undefined;
}

/** Why a document could not be had: Twilio's code and a sentence. */
class DocumentFailed extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

/**
 * Runs TwiML documents from the first until the call is over, hung up at the end of the last one, or the signal says
 * that another document replaces this one.
 */
export async function runTwiml(first: NextDocument, call: RunningCall, signal: AbortSignal): Promise<void> {
  let next: NextDocument | undefined = first;
  for (let documents = 0; next && !signal.aborted; documents++) {
    if (documents >= MAX_DOCUMENTS) {
      call.notice(WEBHOOK_FAILED, `The call has run ${MAX_DOCUMENTS} documents without an end and is hung up.`);
      break;
    }
    const document = await load(next, call);
    if (signal.aborted) return;
    if (!document) break;
    next = await runDocument(document, call, signal);
    // An inbound call whose document does nothing is picked up and hung up all the same.
    if (!next && !signal.aborted) call.line();
  }
  if (!signal.aborted) call.hangUp();
}

async function runDocument(
  document: LoadedDocument,
  call: RunningCall,
  signal: AbortSignal,
): Promise<NextDocument | undefined> {
  for (const verb of document.verbs) {
    const flow = await runVerb(verb, { call, signal, documentUrl: document.url });
    if (signal.aborted || flow === 'end') return undefined;
    if (flow !== 'next-verb') return flow;
  }
  return undefined;
}

async function load(next: NextDocument, call: RunningCall): Promise<LoadedDocument | undefined> {
  const { source, extra = [] } = next;
  try {
    if (source.kind === 'document') {
      call.keepDocument(source.xml);
      return { verbs: parseTwiml(source.xml), url: undefined };
    }
    return await fetchDocument(source.target, call, extra);
  } catch (error) {
    const failure = noticeOf(error);
    call.notice(failure.code, failure.message);
    if (source.kind !== 'url' || !source.fallback) return undefined;
    return loadFallback(source.fallback, source.target, failure, call, extra);
  }
}

async function loadFallback(
  fallback: WebhookTarget,
  failed: WebhookTarget,
  failure: { code: number },
  call: RunningCall,
  extra: FormFields,
): Promise<LoadedDocument | undefined> {
  try {
    const told: FormFields = [...extra, ['ErrorCode', String(failure.code)], ['ErrorUrl', failed.url]];
    return await fetchDocument(fallback, call, told);
  } catch (error) {
    const { code, message } = noticeOf(error);
    call.notice(code, message);
    return undefined;
  }
}

async function fetchDocument(target: WebhookTarget, call: RunningCall, extra: FormFields): Promise<LoadedDocument> {
  const answer = await call.requestTwiml(target, extra);
  if (answer.status < 200 || answer.status > 299) {
    throw new DocumentFailed(WEBHOOK_FAILED, `The voice webhook ${target.url} answered ${answer.status}.`);
  }
  const type = (answer.contentType.split(';')[0] ?? '').trim().toLowerCase();
  if (!XML_TYPES.includes(type)) {
    throw new DocumentFailed(
      WRONG_CONTENT_TYPE,
      `The voice webhook ${target.url} answered "${type}" instead of text/xml.`,
    );
  }
  call.keepDocument(answer.body);
  return { verbs: parseTwiml(answer.body), url: target.url };
}

function noticeOf(error: unknown): { code: number; message: string } {
  if (error instanceof BadTwiml || error instanceof DocumentFailed) return error;
  if (error instanceof WebhookFailed)
    return { code: WEBHOOK_FAILED, message: `The voice webhook failed. ${error.message}` };
  throw error;
}
