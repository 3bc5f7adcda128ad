import type { MediaStream, StreamEnd } from './media-stream';
import type { TwimlElement } from './twiml';
import { TWIML_WARNING, resolveTarget, type Flow, type VerbContext } from './twiml-context';

/** Debugger codes of reference/twilio.md section 1. */
const HANDSHAKE_ERROR = 31920;
const CLOSED_BY_SERVER = 31921;
const MALFORMED_MESSAGE = 31924;
/** Name and value of a <Parameter> together stay below this. */
const MAX_PARAMETER_LENGTH = 500;

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** Why Twilio would not dial this address, or `undefined` when it would. Plain ws: is for this machine only. */
export function streamUrlProblem(url: string): string | undefined {
  if (!URL.canParse(url)) return `"${url}" is no address of a media stream.`;
  const parsed = new URL(url);
  if (parsed.protocol !== 'wss:' && parsed.protocol !== 'ws:')
    return `A media stream needs wss:, not ${parsed.protocol}`;
  if (parsed.protocol === 'ws:' && !LOOPBACK.has(parsed.hostname)) return 'A media stream needs wss:.';
  if (url.includes('?')) return 'A media stream address cannot have a query string; use <Parameter> instead.';
  return undefined;
}

/** <Connect><Stream>: the media stream has the call until it ends; then the action, or the next verb. */
export async function runConnect(verb: TwimlElement, context: VerbContext): Promise<Flow> {
  const { call, signal } = context;
  const noun = verb.children[0];
  if (verb.children.length !== 1 || noun?.name !== 'Stream') {
    call.notice(TWIML_WARNING, 'Only <Connect> with one <Stream> is simulated; it was passed over.');
    return 'next-verb';
  }
  const line = call.line();
  const url = noun.attributes['url'] ?? '';
  const problem = streamUrlProblem(url);
  if (problem !== undefined) {
    call.notice(HANDSHAKE_ERROR, problem);
    return 'next-verb';
  }
  const stream = call.openStream(url, parametersOf(noun, context));
  const stop = () => {
    stream.stop();
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const tell = streamReporter(noun, context, stream);
  if (await stream.opened) {
    tell('stream-started');
    if (!signal.aborted) line.attach(stream);
  }
  const end = await stream.ended;
  line.detach(stream);
  signal.removeEventListener('abort', stop);
  const error = noteEnd(end, context);
  if (end.by !== 'handshake') tell('stream-stopped');
  if (error !== undefined) tell('stream-error', error);
  if (signal.aborted || verb.attributes['action'] === undefined) return 'next-verb';
  const target = resolveTarget(verb.attributes['action'], verb.attributes['method'], context.documentUrl);
  if (target) return { source: { kind: 'url', target }, extra: [['StreamSid', stream.streamSid]] };
  call.notice(TWIML_WARNING, '<Connect> has an action that is no address.');
  return 'next-verb';
}

function parametersOf(noun: TwimlElement, { call }: VerbContext): Record<string, string> {
  const parameters: Record<string, string> = {};
  for (const child of noun.children) {
    const { name, value } = child.attributes;
    if (child.name !== 'Parameter' || name === undefined || value === undefined) {
      call.notice(TWIML_WARNING, `<${child.name}> inside <Stream> is no <Parameter> with name and value.`);
    } else if (name.length + value.length >= MAX_PARAMETER_LENGTH) {
      call.notice(TWIML_WARNING, `<Parameter name="${name}"> is too long and was left out.`);
    } else {
      parameters[name] = value;
    }
  }
  return parameters;
}

function streamReporter(
  noun: TwimlElement,
  context: VerbContext,
  stream: MediaStream,
): (event: string, error?: string) => void {
  const { statusCallback, statusCallbackMethod, name } = noun.attributes;
  const target =
    statusCallback === undefined ? undefined : resolveTarget(statusCallback, statusCallbackMethod, context.documentUrl);
  return (event, error) => {
    if (target) context.call.streamCallback(target, stream, name ?? stream.streamSid, event, error);
  };
}

/** Notes in the debugger what ended the stream; the sentence, when it was an error. */
function noteEnd(end: StreamEnd, { call }: VerbContext): string | undefined {
  switch (end.by) {
    case 'handshake':
      call.notice(HANDSHAKE_ERROR, end.reason);
      return end.reason;
    case 'protocol':
      call.notice(MALFORMED_MESSAGE, end.reason);
      return end.reason;
    case 'server':
      call.notice(CLOSED_BY_SERVER, `The server closed the stream with ${end.closeCode}.`);
      return undefined;
    case 'fault':
      return 'The media socket was cut on purpose (fault cut_media).';
    case 'call':
      return undefined;
  }
}
