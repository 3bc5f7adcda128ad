import type { INestApplication } from '@nestjs/common';
import { ModulesContainer, Reflector } from '@nestjs/core';
import { getSchemaPath, OpenAPIObject } from '@nestjs/swagger';
import { AppError, NotAuthenticated } from '../common/app-error';
import { IdempotencyInProgress, IdempotencyKeyReused } from '../common/idempotency.guard';
import { IS_IDEMPOTENT } from '../common/idempotency.guard';
import { PROBLEM_MEDIA_TYPE, problemExamples, ProblemDto, WITHOUT_DATABASE } from '../common/openapi.decorators';
import { HTTP_STATUS } from '../common/problem';
import { IS_PUBLIC } from '../common/public.decorator';
import { RATE_LIMIT_GROUP } from '../common/rate-limit.decorator';
import { RateLimited } from '../common/rate-limit.guard';

export type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Response = Exclude<NonNullable<Operation['responses'][string]>, { $ref: string }>;
type Headers = NonNullable<Response['headers']>;

/** What the guards know of a route; the document says the same because it reads the same marks. */
export interface RouteTraits {
  readonly isPublic: boolean;
  readonly isRateLimited: boolean;
  readonly isIdempotent: boolean;
  readonly usesDatabase: boolean;
}

/** The name of a route in the document. */
export const operationId = (controller: string, method: string) => `${controller.replace(/Controller$/, '')}_${method}`;

/** The traits of every route, by operation id. */
export function routeTraits(app: INestApplication): Map<string, RouteTraits> {
  const reflector = new Reflector();
  const all = new Map<string, RouteTraits>();
  for (const module of app.get(ModulesContainer).values()) {
    for (const { metatype } of module.controllers.values()) {
      if (typeof metatype !== 'function') continue;
      const handlers = Object.entries(Object.getOwnPropertyDescriptors(metatype.prototype as object));
      for (const [name, { value }] of handlers as [string, TypedPropertyDescriptor<() => unknown>][]) {
        if (typeof value !== 'function' || name === 'constructor') continue;
        const mark = (key: string) => reflector.getAllAndOverride<unknown>(key, [value, metatype]);
        all.set(operationId(metatype.name, name), {
          isPublic: mark(IS_PUBLIC) === true,
          isRateLimited: mark(RATE_LIMIT_GROUP) !== 'none',
          isIdempotent: mark(IS_IDEMPOTENT) !== undefined,
          usesDatabase: mark(WITHOUT_DATABASE) !== true,
        });
      }
    }
  }
  return all;
}

interface GeneralAnswer {
  /** Undefined: the reason phrase says it. */
  description?: string;
  errors: Error[];
}

const BROKEN_BODY: GeneralAnswer = {
  description: 'The request cannot be read: its address or its body is broken',
  errors: [new AppError('invalid', 'request.malformed', 'Body is not valid JSON.')],
};
const BROKEN_ADDRESS: GeneralAnswer = {
  description: 'The address cannot be read',
  errors: [new AppError('invalid', 'request.malformed', 'The address of this request is malformed.')],
};
const TOO_LARGE: GeneralAnswer = {
  description: 'The body is too large',
  errors: [new AppError('too-large', 'request.too_large', 'The body of the request is too large.')],
};
const UNSUPPORTED_TYPE: GeneralAnswer = {
  description: 'The content type of the body is not one that is read here',
  errors: [
    new AppError('unsupported-type', 'request.unsupported_type', 'The content type of the request is not supported.'),
  ],
};
const NOT_VALID: GeneralAnswer = {
  description: 'The shape, type, length or range of something is wrong; `errors` names each',
  errors: [
    new AppError(
      'unprocessable',
      'request.invalid',
      'The request is not valid: name: must have at most 200 characters',
      {
        errors: [{ field: 'name', message: 'must have at most 200 characters' }],
      },
    ),
  ],
};
const NOT_SIGNED_IN: GeneralAnswer = {
  description: 'There is no access token, or it is not valid any more',
  errors: [new NotAuthenticated()],
};
const TOO_OFTEN: GeneralAnswer = {
  description: 'Too many requests within a minute',
  errors: [new RateLimited(60, 12)],
};
const OUR_FAULT: GeneralAnswer = { description: 'Our fault', errors: [new Error('unforeseen')] };
const NO_DATABASE: GeneralAnswer = {
  description: 'The database cannot be reached; try again',
  errors: [new AppError('unavailable', 'database.unavailable', 'The database cannot be reached. Please try again.')],
};
const KEY_IN_PROGRESS: GeneralAnswer = {
  description: 'The first request with this `Idempotency-Key` has not been answered yet',
  errors: [new IdempotencyInProgress()],
};
const KEY_REUSED: GeneralAnswer = { errors: [new IdempotencyKeyReused()] };

/** The headers that are described once and named by the answers that have them. */
export const HEADERS: Headers = {
  'X-Request-Id': {
    description: 'The id of this request, also in `request_id` of errors; one that you send is kept',
    schema: { type: 'string', example: '5f0c7f3e-7b5c-4d6a-9f6e-0a3a5f1c2b7d' },
  },
  'RateLimit-Limit': {
    description: 'How many requests of this kind a minute allows',
    schema: { type: 'integer', example: 60 },
  },
  'RateLimit-Remaining': {
    description: 'How many are left within this minute',
    schema: { type: 'integer', example: 59 },
  },
  'RateLimit-Reset': { description: 'Seconds until all are there again', schema: { type: 'integer', example: 60 } },
  'Retry-After': {
    description: 'Seconds after which trying again makes sense',
    schema: { type: 'integer', minimum: 1, example: 5 },
  },
  'Idempotent-Replayed': {
    description: '`true` where this is the stored answer to an earlier request with the same `Idempotency-Key`',
    schema: { type: 'string', enum: ['true'], example: 'true' },
  },
  'WWW-Authenticate': {
    description: 'How to sign in',
    schema: { type: 'string', enum: ['Bearer'], example: 'Bearer' },
  },
};

const RATE_LIMIT_HEADERS = ['RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset'];

/** The errors that an `Idempotency-Key` keeps: they tell what became of the request, not "not now". */
const KEPT_ERRORS = new Set([400, 404, 422, 502]);

/** Adds what all routes of this kind can answer, and the headers of every answer. */
export function completeAnswers(operation: Operation, traits: RouteTraits): void {
  for (const [status, answer] of generalAnswers(operation, traits)) addAnswer(operation, status, answer);
  for (const [key, response] of Object.entries(operation.responses)) {
    if (response === undefined || '$ref' in response) continue;
    const status = Number(key);
    response.description ||= HTTP_STATUS[status] ?? '';
    const names = headerNames(status, response, traits);
    response.headers = {
      ...response.headers,
      ...Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }])),
    };
  }
}

function generalAnswers(operation: Operation, traits: RouteTraits): [status: number, answer: GeneralAnswer][] {
  const parameters = operation.parameters ?? [];
  const hasBody = operation.requestBody !== undefined;
  const isInPath = parameters.some((parameter) => 'in' in parameter && parameter.in === 'path');
  const answers: [boolean, number, GeneralAnswer][] = [
    [hasBody, 400, BROKEN_BODY],
    [isInPath && !hasBody, 400, BROKEN_ADDRESS],
    [!traits.isPublic, 401, NOT_SIGNED_IN],
    [traits.isIdempotent, 409, KEY_IN_PROGRESS],
    [hasBody, 413, TOO_LARGE],
    [hasBody, 415, UNSUPPORTED_TYPE],
    [hasBody || parameters.length > 0, 422, NOT_VALID],
    [traits.isIdempotent, 422, KEY_REUSED],
    [traits.isRateLimited, 429, TOO_OFTEN],
    [true, 500, OUR_FAULT],
    [traits.usesDatabase, 503, NO_DATABASE],
  ];
  return answers.filter(([applies]) => applies).map(([, status, answer]) => [status, answer]);
}

/** What the route says of itself comes first. */
function addAnswer(operation: Operation, status: number, { description, errors }: GeneralAnswer): void {
  const own = operation.responses[status];
  if (own !== undefined && '$ref' in own) return;
  const descriptions = [own?.description, description].filter((text) => text !== undefined && text !== '');
  const content = own?.content?.[PROBLEM_MEDIA_TYPE];
  operation.responses[status] = {
    ...own,
    description: descriptions.join('. Also: '),
    content: {
      ...own?.content,
      [PROBLEM_MEDIA_TYPE]: {
        schema: { $ref: getSchemaPath(ProblemDto) },
        examples: { ...content?.examples, ...problemExamples(errors) },
      },
    },
  };
}

function headerNames(status: number, response: Response, traits: RouteTraits): string[] {
  const isSuccess = status < 400;
  const isProblem = response.content?.[PROBLEM_MEDIA_TYPE] !== undefined;
  const mayBeReplay = traits.isIdempotent && (isSuccess || KEPT_ERRORS.has(status));
  return [
    'X-Request-Id',
    ...(traits.isRateLimited && (isSuccess || status === 429) ? RATE_LIMIT_HEADERS : []),
    ...((isProblem && (status === 429 || status === 503)) || (traits.isIdempotent && status === 409)
      ? ['Retry-After']
      : []),
    ...(status === 401 ? ['WWW-Authenticate'] : []),
    ...(mayBeReplay ? ['Idempotent-Replayed'] : []),
  ];
}
