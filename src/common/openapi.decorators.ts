import { applyDecorators, SetMetadata, Type } from '@nestjs/common';
import { ApiExtraModels, ApiHeader, ApiOkResponse, ApiResponse, ApiSecurity, getSchemaPath } from '@nestjs/swagger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { AppError } from './app-error';
import { TOTAL_COUNT_HEADER } from './paging';
import { Problem, STATUS_OF_KIND, toProblem } from './problem';

/** Stands in examples where an answer names its request. */
const EXAMPLE_REQUEST_ID = '5f0c7f3e-7b5c-4d6a-9f6e-0a3a5f1c2b7d';

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
    reasons: z
      .array(z.object({ code: z.string(), detail: z.string() }))
      .optional()
      .describe('All that keeps the call from starting now, or the text from being sent; where it is refused'),
    earliest_at: z
      .string()
      .meta({ format: 'date-time' })
      .nullable()
      .optional()
      .describe('When a refused call may start; null where waiting does not help'),
    sms_id: z.string().optional().describe('The text that was written down; where Twilio did not take it for sure'),
    call_id: z.string().optional().describe('The call that was written down; where Twilio did not place it for sure'),
  })
  .meta({
    example: {
      type: 'urn:speech-assistant:error:auth.not_authenticated',
      title: 'Unauthorized',
      status: 401,
      detail: 'Not authenticated',
      status_code: 401,
      code: 'auth.not_authenticated',
      request_id: EXAMPLE_REQUEST_ID,
    },
  });

/** The shape of every error of this API (RFC 9457). */
export class ProblemDto extends createZodDto(problemSchema) {}

/** An error as it is thrown, or a number with words of its own and errors as its examples. */
export type ProblemAnswer = AppError | [status: number, description: string, ...examples: AppError[]];

/** The examples of an error answer, by code; written by the same code that answers. */
export function problemExamples(errors: readonly Error[]): Record<string, { value: Problem }> {
  const problems = errors.map((error) => toProblem(error, EXAMPLE_REQUEST_ID).problem);
  return Object.fromEntries(problems.map((value) => [value.code, { value }]));
}

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/**
 * The error answers that are a route's own. What all routes of a kind can answer (401, 413, 415, 429, 500, 503, …) is
 * added by src/general/openapi-answers.ts.
 */
export function ApiProblems(...answers: ProblemAnswer[]) {
  return applyDecorators(
    ApiExtraModels(ProblemDto),
    ...answers
      .map((given) =>
        given instanceof AppError ? ([STATUS_OF_KIND[given.kind], given.detail, given] as const) : given,
      )
      .map(([status, description, ...examples]) =>
        ApiResponse({
          status,
          description,
          content: {
            [PROBLEM_MEDIA_TYPE]: {
              schema: { $ref: getSchemaPath(ProblemDto) },
              ...(examples.length === 0 ? {} : { examples: problemExamples(examples) }),
            },
          },
        }),
      ),
  );
}

/** The rows of one page; how many there are in all stands in a header. */
export const ApiPage = (row: Type) =>
  ApiOkResponse({
    type: [row],
    headers: {
      [TOTAL_COUNT_HEADER]: {
        description: 'How many there are in all, whatever `limit` and `offset` say',
        schema: { type: 'integer', minimum: 0, example: 1 },
      },
    },
  });

/** The header of routes that are marked `@Idempotent()`. */
export const ApiIdempotencyKey = () =>
  ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: 'The same key and body give the stored answer for 24 hours, with `Idempotent-Replayed: true`',
    schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[!-~]{1,255}$', example: 'order-4711' },
  });

/** The name of the security scheme of webhooks. */
export const CARRIER_SCHEME = 'carrier';

/** Opened by Twilio's signature instead of a token. */
export const ApiCarrierSignature = () => ApiSecurity(CARRIER_SCHEME);

export const WITHOUT_DATABASE = 'speech-assistant:openapi-without-database';

/** The route also answers while the database is down. */
export const ApiWithoutDatabase = () => SetMetadata(WITHOUT_DATABASE, true);
