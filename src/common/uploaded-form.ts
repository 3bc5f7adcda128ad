import multipart from '@fastify/multipart';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from './app-error';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route takes a form with one file; without it no route takes forms. */
    takesForm?: FormRules;
  }
}

export interface FormRules {
  /** What its file is: text is read before the guards (uploaded-text.ts), audio after the first of them (uploaded-audio.ts). */
  readonly file: 'text' | 'audio';
  /** Whether it must say beforehand how long it is. */
  readonly needsLength: boolean;
  /** What the form may have around its file. */
  readonly otherBytes: number;
}

export class UploadTooLarge extends AppError {
  constructor(maxBytes: number) {
    super('too-large', 'request.too_large', `The file is too large: at most ${maxBytes} bytes are taken.`);
  }
}

export class UnreadableForm extends AppError {
  constructor(detail: string, field = 'file') {
    super('unprocessable', 'request.unreadable_form', detail, { errors: [{ field, message: detail }] });
  }
}

class NoUploadsHere extends AppError {
  constructor() {
    super('unsupported-type', 'request.unsupported_type', 'This address takes no files.');
  }
}

class NoLength extends AppError {
  constructor() {
    super('invalid', 'request.no_length', 'An upload must say how long it is (Content-Length).');
  }
}

/** For how long a connection that was refused is still read from, at most. */
const LINGER_MS = 2_000;

/**
 * Lets routes take forms. What is not taken is refused before it is read: whoever sends it is told that the connection ends.
 */
export async function takeForms(
  fastify: FastifyInstance,
  maxBytes: Readonly<Record<FormRules['file'], number>>,
): Promise<void> {
  await fastify.register(multipart, { limits: { files: 1, headerPairs: 20 } });
  fastify.addHook('onRequest', (request, _reply, done) => {
    done((isForm(request) ? refusalOf(request, maxBytes) : null) ?? undefined);
  });
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    if (isForm(request) && !request.raw.complete) hangUpAfter(request, reply);
    done();
  });
}

function isForm({ headers }: FastifyRequest): boolean {
  return /^multipart\//i.test(headers['content-type']?.trimStart() ?? '');
}

function refusalOf(
  { headers, routeOptions, is404 }: FastifyRequest,
  maxBytes: Readonly<Record<FormRules['file'], number>>,
): AppError | null {
  const hasBody = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
  if (is404 || !hasBody) return null;
  const rules = routeOptions.config?.takesForm;
  if (rules === undefined) return new NoUploadsHere();
  const length = headers['content-length'];
  if (length === undefined) return rules.needsLength ? new NoLength() : null;
  const limit = maxBytes[rules.file];
  return Number(length) > limit + rules.otherBytes ? new UploadTooLarge(limit) : null;
}

/**
 * The answer is there before the request is: the connection ends with it. A socket that is closed with bytes unread is reset,
 * and the answer can be lost with it; so our side ends first, and what still comes is thrown away for a moment.
 */
function hangUpAfter({ raw }: FastifyRequest, reply: FastifyReply): void {
  const { socket } = raw;
  void reply.header('Connection', 'close');
  // This is what Node calls when it has written the last answer of a connection.
  socket.destroySoon = () => {
    socket.end();
    const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref();
    socket.once('close', () => clearTimeout(timer));
  };
  raw.unpipe();
  raw.resume();
}
