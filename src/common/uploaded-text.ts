import type { FastifyInstance, FastifyRequest } from 'fastify';
import { FormRules, UnreadableForm, UploadTooLarge } from './uploaded-form';

/** The route takes a text file as a form's `file`, in the place of its JSON: its body is then `{ file: <text> }`. */
export const TEXT_FILE = {
  takesForm: { file: 'text', needsLength: true, otherBytes: 4_096 } satisfies FormRules,
} as const;

/** Read before anybody looks at the body, so that an Idempotency-Key stands for what is in the file as well. */
export function readUploadedTexts(fastify: FastifyInstance, maxBytes: number): void {
  fastify.addHook('preValidation', async (request) => {
    if (request.isMultipart() && request.routeOptions.config.takesForm?.file === 'text') {
      request.body = { file: await textOf(request, maxBytes) };
    }
  });
}

async function textOf(request: FastifyRequest, maxBytes: number): Promise<string> {
  let bytes: Buffer | undefined;
  try {
    const part = await request.file({ limits: { fileSize: maxBytes, fields: 0, parts: 1 } });
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
