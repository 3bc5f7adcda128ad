import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { schemaDrift } from '../src/database/schema-drift';
import { withScratchDatabase } from './scratch-database';

/**
 * Drafts a migration from what the entities have and the migrations do not make yet:
 * npm run migration:generate -- migrations/CallNotes
 * It is a draft: read it, trim it, and put each table with an owner under `ownTable`.
 */
async function main(argument = ''): Promise<void> {
  const name = basename(argument).replace(/\.ts$/, '');
  if (!/^[A-Z][A-Za-z]+$/.test(name)) {
    throw new Error('Say what changes, in CamelCase: npm run migration:generate -- migrations/CallNotes');
  }
  const { up, down } = await withScratchDatabase(schemaDrift);
  if (up.length === 0) {
    console.log('There is nothing to migrate: the migrations make what the entities describe.');
    return;
  }
  const timestamp = Date.now();
  const path = join('migrations', `${timestamp}-${name}.ts`);
  await writeFile(path, draft(`${name}${timestamp}`, up, down), { flag: 'wx' });
  console.log(`Wrote ${path}. Read it, trim it, and put each table with an owner under ownTable().`);
}

function draft(className: string, up: string[], down: string[]): string {
  const run = (statements: string[]) =>
    statements.map((sql) => `    await queryRunner.query(\`${sql.replace(/[\\`]|\$\{/g, '\\$&')}\`);`).join('\n');
  return `import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Say here what changes, and why. */
export class ${className} implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
${run(up)}
  }

  async down(queryRunner: QueryRunner): Promise<void> {
${run(down)}
  }
}
`;
}

main(process.argv[2]).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
