import { schemaDrift } from '../src/database/schema-drift';
import { withScratchDatabase } from './scratch-database';

/** Fails when the entities describe something else than the migrations make. Run on the build: npm run drift */
async function main(): Promise<void> {
  const { up } = await withScratchDatabase(schemaDrift);
  if (up.length === 0) {
    console.log('The migrations make what the entities describe.');
    return;
  }
  console.error('The migrations do not make what the entities describe. Missing:');
  for (const statement of up) console.error(`  ${statement};`);
  console.error('Draft a migration with: npm run migration:generate -- migrations/<Name>');
  process.exitCode = 1;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
