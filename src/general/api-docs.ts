import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { openApiDocument } from './openapi';

const REDOC_SCRIPT = '/redoc/redoc.standalone.js';

const REDOC_PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Speech Assistant API</title>
    <style>body { margin: 0 }</style>
  </head>
  <body>
    <redoc spec-url="/openapi.json"></redoc>
    <script src="${REDOC_SCRIPT}"></script>
  </body>
</html>
`;

/** The only file that the ReDoc bundle would fetch from elsewhere: a logo, replaced by an empty picture. */
const REDOC_LOGO = /https:\/\/cdn\.redoc\.ly\/redoc\/[\w.-]+\.svg/g;
const EMPTY_PICTURE = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E".replace(/'/g, '%22');

const CACHED_FOR_A_DAY = 'public, max-age=86400';

/** `/docs` (Swagger UI), `/redoc` and `/openapi.json`, all from files of our own: the pages work without the internet. */
export function serveApiDocs(app: NestFastifyApplication): void {
  let document: OpenAPIObject | undefined;
  SwaggerModule.setup('docs', app, () => (document ??= openApiDocument(app)), {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: 'Speech Assistant API',
    swaggerOptions: { persistAuthorization: true, displayRequestDuration: true, tryItOutEnabled: true },
  });

  let script: Promise<string> | undefined;
  const fastify = app.getHttpAdapter().getInstance();
  fastify.get('/redoc', (_, reply) => reply.type('text/html; charset=utf-8').send(REDOC_PAGE));
  fastify.get(REDOC_SCRIPT, async (_, reply) => {
    script ??= readRedoc();
    return reply
      .type('text/javascript; charset=utf-8')
      .header('Cache-Control', CACHED_FOR_A_DAY)
      .send(await script);
  });
}

async function readRedoc(): Promise<string> {
  const path = createRequire(__filename).resolve('redoc/bundles/redoc.standalone.js');
  return (await readFile(path, 'utf8')).replace(REDOC_LOGO, EMPTY_PICTURE);
}
