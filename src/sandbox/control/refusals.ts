import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { UnknownFault } from '../faults';

/** An answer that says in a sentence what was wrong. */
export class Refused extends Error {
  constructor(
    readonly status: 400 | 404 | 409 | 422,
    message: string,
  ) {
    super(message);
  }
}

/** @throws Refused 422, unless it is to be another, with a sentence about the first thing that is wrong */
export function read<T>(schema: z.ZodType<T>, given: unknown, status: 400 | 422 = 422): T {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue?.path.join('.') ?? '';
  if (where) throw new Refused(status, `${where}: ${issue?.message ?? 'is not valid'}`);
  const isForeign = issue?.code === 'unrecognized_keys';
  throw new Refused(status, isForeign ? `${issue.message}.` : 'The body must be a JSON object.');
}

export function answerError(error: unknown, reply: FastifyReply): FastifyReply {
  if (error instanceof Refused) return reply.status(error.status).send({ detail: error.message });
  if (error instanceof UnknownFault) return reply.status(422).send({ detail: error.message });
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : 500;
  if (typeof status === 'number' && status >= 400 && status < 500 && error instanceof Error) {
    return reply.status(status).send({ detail: error.message });
  }
  return reply.status(500).send({ detail: `The sandbox failed: ${String(error)}` });
}
