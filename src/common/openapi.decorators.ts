import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiHeader, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { HTTP_STATUS } from './problem';

const problemSchema = z
  .looseObject({
    type: z.string().describe('`urn:speech-assistant:error:<code>`'),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe('A sentence for a person'),
    status_code: z.int().describe('The same as `status`'),
    code: z.string().describe('Stable; all of them are explained in docs/errors.md'),
    request_id: z.string().optional(),
    errors: z
      .array(z.object({ field: z.string(), message: z.string() }))
      .optional()
      .describe('What was wrong with which field; on 422'),
  })
  .meta({
    example: {
      type: 'urn:speech-assistant:error:auth.not_authenticated',
      title: 'Unauthorized',
      status: 401,
      detail: 'Not authenticated',
      status_code: 401,
      code: 'auth.not_authenticated',
      request_id: '5f0c7f3e-7b5c-4d6a-9f6e-0a3a5f1c2b7d',
    },
  });

/** The shape of every error of this API (RFC 9457). */
export class ProblemDto extends createZodDto(problemSchema) {}

/** The error answers of a route, beside 500, which every route can give. A number alone is described by its phrase. */
export function ApiProblems(...answers: (number | [status: number, description: string])[]) {
  const all: [number, string][] = answers.map((entry) =>
    typeof entry === 'number' ? [entry, HTTP_STATUS[entry] ?? 'Error'] : entry,
  );
  if (!all.some(([status]) => status === 500)) all.push([500, HTTP_STATUS[500] ?? 'Error']);
  return applyDecorators(
    ApiExtraModels(ProblemDto),
    ...all.map(([status, description]) =>
      ApiResponse({
        status,
        description,
        content: { 'application/problem+json': { schema: { $ref: getSchemaPath(ProblemDto) } } },
      }),
    ),
  );
}

/** What the routes of signed-in users have in common: 401, 429, 500. */
export const ApiUserProblems = (...answers: (number | [status: number, description: string])[]) =>
  ApiProblems(401, ...answers, 429);

/** The header of routes that are marked `@Idempotent()`. */
export const ApiIdempotencyKey = () =>
  ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: 'The same key and body give the stored answer for 24 hours, with `Idempotent-Replayed: true`',
    schema: { type: 'string', minLength: 1, maxLength: 255 },
  });
