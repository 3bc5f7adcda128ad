import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { cleanupOpenApiDoc } from 'nestjs-zod';
import { PRODUCT_VERSION } from './product-version';

const BEARER = 'bearer';

/** The password flow is a second way to the same token: it lets Swagger UI's Authorize sign in by itself. */
const PASSWORD = 'password';

const DESCRIPTION = `AI voice agents that talk on the phone and in the browser. Each signed-up user owns scenarios and lets
them call; transcripts are written while people talk.

Sign in with \`POST /auth/login\` and send the access token as \`Authorization: Bearer …\`. Errors are
\`application/problem+json\` (RFC 9457). Requests are limited per user and minute, see the \`RateLimit-*\` headers. What rings
a phone or costs money takes an \`Idempotency-Key\`.`;

/** The OpenAPI 3.1 document of the app, made from its routes and zod schemas; needs no database. */
export function openApiDocument(app: INestApplication): OpenAPIObject {
  const base = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Speech Assistant')
    .setDescription(DESCRIPTION)
    .setVersion(PRODUCT_VERSION)
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }, BEARER)
    .addOAuth2({ type: 'oauth2', flows: { password: { tokenUrl: '/auth/login', scopes: {} } } }, PASSWORD)
    .build();
  const document = cleanupOpenApiDoc(
    SwaggerModule.createDocument(app, base, {
      operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '')}_${method}`,
    }),
    { version: '3.1' },
  );
  for (const item of Object.values(document.paths)) {
    for (const operation of Object.values(item) as { security?: Record<string, string[]>[] }[]) {
      if (operation.security?.some((way) => BEARER in way)) operation.security.push({ [PASSWORD]: [] });
    }
  }
  return document;
}
