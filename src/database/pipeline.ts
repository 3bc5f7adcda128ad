import { type Connection, types } from 'pg';

export interface Statement<Row> {
  /**
   * Each connection prepares it once and keeps it under this name; for texts of which there are few. Without a name it is
   * parsed each time. 63 characters at most.
   */
  name?: string;
  text: string;
  values: readonly (string | number | null)[];
  /** Never there: tells the compiler what comes back. */
  readonly row?: Row;
}

/** The rows of each statement, in the order of the statements. */
export type RowsOf<Statements extends readonly Statement<unknown>[]> = {
  [At in keyof Statements]: Statements[At] extends Statement<infer Row> ? Row[] : never;
};

interface Column {
  name: string;
  parse: (text: string) => unknown;
}

/** By name: the text, and the shape of its rows. */
type Prepared = Map<string, { text: string; columns: Column[] }>;

const preparedOn = new WeakMap<Connection, Prepared>();

/** The typings ask for an argument that `pg` no longer takes. */
const MORE = true;

/**
 * Several statements in one message, one implicit transaction and one answer: they are written without waiting, with a
 * single Sync behind the last. When one fails PostgreSQL skips the rest and rolls back; at the Sync the transaction is
 * over in any case, so nothing of it is left on the connection.
 * https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING
 *
 * A query object as `pg` knows it from pg-cursor: `client.query` calls `submit` when the connection is free, then a
 * `handle…` method for each message that comes back.
 */
export class Pipeline {
  private readonly rows: unknown[][];
  private readonly columns: Column[][];
  private prepared: Prepared = new Map();
  /** Which statement the messages belong to that come next. */
  private at = 0;
  private failure: unknown;

  /** @param onDone called once, with an error or with the rows of each statement */
  constructor(
    private readonly statements: readonly Statement<unknown>[],
    private readonly onDone: (error: unknown, rows: unknown[][]) => void,
  ) {
    this.rows = statements.map(() => []);
    this.columns = statements.map(() => []);
  }

  submit(connection: Connection): void {
    this.prepared = preparedOn.get(connection) ?? (new Map() as Prepared);
    preparedOn.set(connection, this.prepared);
    connection.stream.cork();
    for (const [at, { name = '', text, values }] of this.statements.entries()) {
      const prepared = this.prepared.get(name);
      if (prepared?.text === text) {
        this.columns[at] = prepared.columns;
      } else {
        this.prepared.delete(name);
        // Closing what is not there is no error, and what a failure made us forget may be there.
        connection.close({ type: 'S', name }, MORE);
        connection.parse({ name, text, types: [] }, MORE);
        connection.describe({ type: 'S', name }, MORE);
      }
      connection.bind({ statement: name, values: values.map(toText) }, MORE);
      connection.execute(null, MORE);
    }
    connection.sync();
    connection.stream.uncork();
  }

  /** Comes before the rows of a statement that was not prepared. */
  handleRowDescription({ fields }: { fields: { name: string; dataTypeID: number }[] }): void {
    this.columns[this.at] = fields.map(({ name, dataTypeID }) => ({ name, parse: parserOf(dataTypeID) }));
  }

  handleDataRow({ fields }: { fields: (string | null)[] }): void {
    if (this.failure !== undefined) return;
    try {
      this.rows[this.at]?.push(toRow(this.columns[this.at] ?? [], fields));
    } catch (error) {
      // Thrown here it would end the process: it waits until the answer is complete.
      this.failure = error;
    }
  }

  handleCommandComplete(): void {
    this.at += 1;
  }

  /** Of the database or of the connection; no other message comes after it. */
  handleError(error: unknown): void {
    // What was prepared before the failure is not told apart from what was not: next time all of it is prepared anew.
    this.prepared.clear();
    this.onDone(error, this.rows);
  }

  handleReadyForQuery(): void {
    for (const [at, { name, text }] of this.statements.entries()) {
      if (name !== undefined) this.prepared.set(name, { text, columns: this.columns[at] ?? [] });
    }
    this.onDone(this.failure, this.rows);
  }
}

function toRow(columns: Column[], fields: (string | null)[]): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (let at = 0; at < columns.length; at += 1) {
    const column = columns[at];
    const text = fields[at];
    if (column !== undefined) row[column.name] = text === null || text === undefined ? null : column.parse(text);
  }
  return row;
}

function parserOf(dataTypeId: number): (text: string) => unknown {
  return types.getTypeParser(dataTypeId, 'text') as (text: string) => unknown;
}

function toText(value: string | number | null): string | null {
  return value === null ? null : String(value);
}
