import multipart from '@fastify/multipart';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from './app-error';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route takes a text file as a form's `file`, in the place of its JSON: its body is then `{ file: <text> }`. */
    takesTextFile?: boolean;
  }
}

export const TEXT_FILE = { takesTextFile: true } as const;

class UploadTooLarge extends AppError {
  constructor(maxBytes: number) {
    super('too-large', 'request.too_large', `The file is too large: at most ${maxBytes} bytes are taken.`);
  }
}

class UnreadableForm extends AppError {
  constructor(detail: string) {
    super('unprocessable', 'request.unreadable_form', detail, { errors: [{ field: 'file', message: detail }] });
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

/** What a form has around its file. */
const FORM_BYTES = 4_096;

/**
 * Forms are read before anybody looks at the body, so that an Idempotency-Key stands for what is in the file as well. What is
 * not taken is refused before it is read: whoever sends it is told that the connection ends.
 */
export async function readUploadedTexts(fastify: FastifyInstance, maxBytes: number): Promise<void> {
  await fastify.register(multipart, { limits: { fileSize: maxBytes, files: 1, fields: 0, parts: 1, headerPairs: 20 } });
  fastify.addHook('onRequest', (request, reply, done) => {
    const refusal = isForm(request) ? refusalOf(request, maxBytes) : null;
    if (refusal !== null) void reply.header('Connection', 'close');
    done(refusal ?? undefined);
  });
  fastify.addHook('preValidation', async (request) => {
    if (request.isMultipart()) request.body = { file: await textOf(request, maxBytes) };
  });
}

function isForm({ headers }: FastifyRequest): boolean {
  return /^multipart\//i.test(headers['content-type']?.trimStart() ?? '');
}

function refusalOf({ headers, routeOptions, is404 }: FastifyRequest, maxBytes: number): AppError | null {
  const hasBody = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
  if (is404 || !hasBody) return null;
  if (routeOptions.config?.takesTextFile !== true) return new NoUploadsHere();
  const length = headers['content-length'];
  if (length === undefined) return new NoLength();
  return Number(length) > maxBytes + FORM_BYTES ? new UploadTooLarge(maxBytes) : null;
}

async function textOf(request: FastifyRequest, maxBytes: number): Promise<string> {
  let bytes: Buffer | undefined;
  try {
    const part = await request.file();
    // What is not wanted must be read all the same, or the request never ends.
    if (part?.fieldname === 'file') bytes = await part.toBuffer();
    else part?.file.resume();
  } catch (error) {
    if ((error as { code?: string }).code === 'FST_REQ_FILE_TOO_LARGE') throw new UploadTooLarge(maxBytes);
    throw new UnreadableForm('The form must have one file and nothing else, by the name of file.');
  }
  if (bytes === undefined) throw new UnreadableForm('The form must have a file by the name of file.');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UnreadableForm('The file must be text in UTF-8.');
  }
}
