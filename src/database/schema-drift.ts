import { DataSource } from 'typeorm';
import { migrationOptions } from './data-source';

/** Statements that lead from the one to the other; both empty when they agree. */
export interface SchemaDrift {
  /** From what the migrations made to what the entities describe. */
  up: string[];
  down: string[];
}

/** Compares a migrated database with the entities. Policies, grants and functions are nothing that entities know. */
export async function schemaDrift(url: string): Promise<SchemaDrift> {
  const dataSource = await new DataSource(migrationOptions(url)).initialize();
  try {
    const { upQueries, downQueries } = await dataSource.driver.createSchemaBuilder().log();
    return {
      up: upQueries.map(({ query }) => query),
      down: downQueries.map(({ query }) => query).reverse(),
    };
  } finally {
    await dataSource.destroy();
  }
}
