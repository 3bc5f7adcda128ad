import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { cleanupOpenApiDoc } from 'nestjs-zod';
import { CARRIER_SCHEME } from '../common/openapi.decorators';
import { completeAnswers, HEADERS, Operation, operationId, routeTraits } from './openapi-answers';
import { PRODUCT_VERSION } from './product-version';

const BEARER = 'bearer';

/** A second way to the same token: it lets Swagger UI's Authorize sign in by itself. */
const PASSWORD = 'password';

const METHODS = ['get', 'put', 'post', 'patch', 'delete'] as const;

const DESCRIPTION = `AI voice agents that talk on the phone and in the browser. Each signed-up user owns scenarios and lets
them call; transcripts are written while people talk.

Sign in with \`POST /auth/login\` and send the access token as \`Authorization: Bearer …\`. Errors are
\`application/problem+json\` (RFC 9457). Requests are limited per user and minute, see the \`RateLimit-*\` headers. What rings
a phone or costs money takes an \`Idempotency-Key\`.

WebSockets live on the same port: \`/media-stream/{scenario}\` for Twilio Media Streams, and
\`/ws/voice-agent/{session_id}?mode=realtime\` for browsers (docs/browser-sockets.md), with a ticket of POST /auth/ws-ticket.`;

const TAGS: [name: string, description: string][] = [
  ['auth', 'Signing up, in and out; tickets for sockets'],
  ['users', 'Who is signed in'],
  ['scenarios', 'What an agent is: persona, prompt, voice'],
  ['calls', 'Placing calls, watching them, reading what was said'],
  ['webhooks', 'What happens, told to systems of your own'],
  ['sms', 'Texts, sent and received'],
  ['carrier webhooks', 'What Twilio tells and asks; nobody else can call these'],
  ['general', 'The state of the server'],
];

/** The OpenAPI 3.1 document of the app, made from its routes and zod schemas; needs no database. */
export function openApiDocument(app: INestApplication): OpenAPIObject {
  const base = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Speech Assistant')
    .setDescription(DESCRIPTION)
    .setVersion(PRODUCT_VERSION)
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/')
    .addBearerAuth(
      { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'The `access_token` of `POST /auth/login`' },
      BEARER,
    )
    .addOAuth2(
      {
        type: 'oauth2',
        description: 'The same token by a password grant',
        flows: { password: { tokenUrl: '/auth/login', scopes: {} } },
      },
      PASSWORD,
    )
    .addApiKey(
      {
        type: 'apiKey',
        in: 'header',
        name: 'X-Twilio-Signature',
        description: 'Twilio signs the address and the fields with the auth token of the account',
      },
      CARRIER_SCHEME,
    );
  for (const [name, description] of TAGS) base.addTag(name, description);

  const raw = SwaggerModule.createDocument(app, base.build(), {
    operationIdFactory: operationId,
  });
  restoreNullable(raw.components?.schemas ?? {});
  const document = cleanupOpenApiDoc(raw, { version: '3.1' });
  document.components = { ...document.components, headers: HEADERS };
  const traits = routeTraits(app);
  for (const item of Object.values(document.paths)) {
    for (const method of METHODS) {
      const operation = item[method];
      const route = traits.get(operation?.operationId ?? '');
      if (operation === undefined || route === undefined) continue;
      secure(operation, route.isPublic);
      completeAnswers(operation, route);
    }
  }
  dropIntegerBounds(document);
  return document;
}

/** Says of every operation what opens it; an empty list means that nothing needs to. */
function secure(operation: Operation, isPublic: boolean): void {
  operation.security = isPublic ? (operation.security ?? []) : [{ [BEARER]: [] }, { [PASSWORD]: [] }];
}

/** nestjs-zod's mark on a property whose type is not one word. */
const TYPE_WAS_NO_WORD = 'x-nestjs_zod-empty-type';

/**
 * zod writes `type: ["string", "null"]`, which @nestjs/swagger takes for "a list of strings". The mark tells the two
 * apart, as long as it is still there.
 */
function restoreNullable(schemas: Record<string, object>): void {
  for (const schema of Object.values(schemas)) {
    if (!('properties' in schema)) continue;
    for (const property of Object.values(schema.properties as Record<string, Record<string, unknown>>)) {
      const { items } = property;
      if (property[TYPE_WAS_NO_WORD] !== true || property['type'] !== 'array') continue;
      if (typeof items !== 'object' || items === null || !('type' in items)) continue;
      delete property['items'];
      Object.assign(property, items, { type: [items.type, 'null'] });
    }
  }
}

/** The bounds of JavaScript's integers, which zod writes at every integer and which tell nobody anything. */
function dropIntegerBounds(node: unknown): void {
  if (typeof node !== 'object' || node === null) return;
  if ('minimum' in node && node.minimum === Number.MIN_SAFE_INTEGER) delete node.minimum;
  if ('maximum' in node && node.maximum === Number.MAX_SAFE_INTEGER) delete node.maximum;
  for (const child of Object.values(node)) dropIntegerBounds(child);
}
