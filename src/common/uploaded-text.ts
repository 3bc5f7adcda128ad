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

/** Forms are read before anybody looks at the body, so that an Idempotency-Key stands for what is in the file as well. */
export async function readUploadedTexts(fastify: FastifyInstance, maxBytes: number): Promise<void> {
  await fastify.register(multipart, { limits: { fileSize: maxBytes, files: 1, fields: 0, parts: 1 } });
  fastify.addHook('preValidation', async (request) => {
    if (!request.isMultipart()) return;
    if (request.routeOptions.config.takesTextFile !== true) throw new NoUploadsHere();
    request.body = { file: await textOf(request, maxBytes) };
  });
}

async function textOf(request: FastifyRequest, maxBytes: number): Promise<string> {
  let bytes: Buffer | undefined;
  try {
    const part = await request.file();
    if (part?.fieldname === 'file') bytes = await part.toBuffer();
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
