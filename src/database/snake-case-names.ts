import { DefaultNamingStrategy, type Table } from 'typeorm';

/**
 * Properties are camelCase in TypeScript and columns snake_case in SQL: `callSid` is `call_sid`. Keys and indexes are
 * called what PostgreSQL itself calls them, so that a migration written by hand need not name them.
 */
export class SnakeCaseNames extends DefaultNamingStrategy {
  override tableName(className: string, customName: string | undefined): string {
    return customName ?? snakeCase(className);
  }

  override columnName(propertyName: string, customName: string | undefined, embeddedPrefixes: string[]): string {
    return [...embeddedPrefixes.map(snakeCase), customName ?? snakeCase(propertyName)].join('_');
  }

  override joinColumnName(relationName: string, referencedColumnName: string): string {
    return `${snakeCase(relationName)}_${referencedColumnName}`;
  }

  override primaryKeyName(table: Table | string): string {
    return constraintName(table, [], 'pkey');
  }

  override foreignKeyName(table: Table | string, columns: string[]): string {
    return constraintName(table, columns, 'fkey');
  }

  override uniqueConstraintName(table: Table | string, columns: string[]): string {
    return constraintName(table, columns, 'key');
  }

  override indexName(table: Table | string, columns: string[]): string {
    return constraintName(table, columns, 'idx');
  }
}

function constraintName(table: Table | string, columns: string[], kind: string): string {
  const name = typeof table === 'string' ? table : table.name;
  return [name.split('.').at(-1), ...columns, kind].join('_');
}

/** `userId` to `user_id`, `smsURL` to `sms_url`. */
export function snakeCase(name: string): string {
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .toLowerCase();
}
