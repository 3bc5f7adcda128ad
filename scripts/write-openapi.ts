import { mkdir, readFile, writeFile } from 'node:fs/promises';
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

const DEFAULT_PATH = 'docs/openapi.json';

/**
 * Writes the OpenAPI document of the routes as they are in the code; with `--check` it only says whether the written one
 * still agrees.
 */
async function main(options: string[]): Promise<void> {
  const path = options.find((option) => !option.startsWith('--')) ?? DEFAULT_PATH;
  const app = await createApp(readConfig(PLACEHOLDERS), { preview: true });
  const text = `${JSON.stringify(openApiDocument(app), null, 2)}\n`;
  if (options.includes('--check')) {
    if ((await readFile(path, 'utf8')) !== text) throw new Error(`${path} does not show the routes: npm run openapi`);
    return;
  }
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
