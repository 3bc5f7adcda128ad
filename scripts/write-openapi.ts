import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createApp } from '../src/bootstrap';
import { readConfig } from '../src/config/app-config';
import { openApiDocument } from '../src/general/openapi';

/** The document needs the routes alone: nothing is connected, so the values only have to be well formed. */
const PLACEHOLDERS = {
  NODE_ENV: 'test',
  LOG_LEVEL: 'silent',
  SECRET_KEY: 'not a secret: the document is made without serving anything',
  DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'none',
  TWILIO_PHONE_NUMBER: '+12025550000',
  OPENAI_API_KEY: 'none',
};

/** Writes the OpenAPI document of the routes as they are in the code. */
async function main(path: string): Promise<void> {
  const app = await createApp(readConfig(PLACEHOLDERS), { preview: true });
  const document = openApiDocument(app);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify(document, null, 2)}\n`);
  console.log(`${path}: ${Object.keys(document.paths).length} paths`);
}

main(process.argv[2] ?? 'docs/openapi.json').catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
