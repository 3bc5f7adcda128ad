import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { PoolClient, QueryResult } from 'pg';
import { DataSource, EntityManager, ObjectLiteral, QueryResult as QueryResultOf, QueryRunner } from 'typeorm';
import { NotAuthenticated } from '../common/app-error';
import type { Owner } from '../common/owner';
import { Pipeline, RowsOf, Statement } from './pipeline';
import { APP_ROLE } from './row-level-security';

/**
 * What stands before the statements of a pipeline: the role and the user id (and no writing), for this transaction only;
 * then whoever is gone or switched off is put out again, which leaves no user id, so that the statements behind see no rows
 * and may write none.
 */
const ENTER: Statement<object> = {
  name: 'owner-enter',
  text: `SELECT set_config('role', '${APP_ROLE}', true), set_config('app.user_id', $1, true)`,
  values: [],
};
const ENTER_READING: Statement<object> = {
  name: 'owner-enter-reading',
  text: `SELECT set_config('transaction_read_only', 'on', true), set_config('role', '${APP_ROLE}', true), set_config('app.user_id', $1, true)`,
  values: [],
};
const PUT_OUT: Statement<object> = {
  name: 'owner-put-out',
  text: `SELECT set_config('app.user_id', '', true) WHERE NOT EXISTS (SELECT FROM users WHERE id = $1::integer AND is_active)`,
  values: [],
};

/** PostgreSQL's insufficient_privilege, which is also what a policy's check says. */
const POLICY_VIOLATED = '42501';

/**
 * The only door to owned tables. Whatever runs inside `asOwner` or `readAsOwner` sees and writes the rows of that user and no
 * others: PostgreSQL decides, by the policies of row-level-security.ts. Never await a provider (Twilio, OpenAI, …) inside.
 */
@Injectable()
export class Database {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /**
   * One unit of work of one user, in one transaction. Begin, role, user id and the check that the user still exists
   * travel in one round trip. What `work` throws rolls everything back and is thrown on as it is.
   * @throws NotAuthenticated when the user is gone or switched off (a token outlives its user by up to 30 minutes)
   */
  async asOwner<T>(owner: Owner, work: (tx: EntityManager) => Promise<T>): Promise<T> {
    const userId = wholeUserId(owner);
    return this.inTransaction(
      `BEGIN; SET LOCAL ROLE ${APP_ROLE}; SELECT set_config('app.user_id', '${userId}', true); SELECT 1 FROM users WHERE id = ${userId} AND is_active`,
      (results) => {
        if (results.at(-1)?.rowCount !== 1) throw new NotAuthenticated();
      },
      work,
    );
  }

  /**
   * The same for reading alone, where each question is known before the first answer (a row by its id, a page with its
   * total): everything from role to rows travels in one round trip, and a statement that writes fails. For anything that
   * looks at one row to decide about the next, `asOwner`.
   * @throws NotAuthenticated as `asOwner` does
   */
  async readAsOwner<const Statements extends readonly Statement<unknown>[]>(
    owner: Owner,
    ...statements: Statements
  ): Promise<RowsOf<Statements>> {
    return this.inPipeline(ENTER_READING, owner, statements);
  }

  /**
   * The same for writing what needs no look at anything before, such as one more row; all of it or nothing is written.
   * @throws NotAuthenticated as `asOwner` does
   */
  async writeAsOwner<const Statements extends readonly Statement<unknown>[]>(
    owner: Owner,
    ...statements: Statements
  ): Promise<RowsOf<Statements>> {
    try {
      return await this.inPipeline(ENTER, owner, statements);
    } catch (error) {
      // A row without a user, because the user was put out before it.
      if ((error as { code?: unknown }).code === POLICY_VIOLATED) throw new NotAuthenticated();
      throw error;
    }
  }

  private async inPipeline<const Statements extends readonly Statement<unknown>[]>(
    enter: Statement<object>,
    owner: Owner,
    statements: Statements,
  ): Promise<RowsOf<Statements>> {
    const values = [wholeUserId(owner)];
    const runner = this.dataSource.createQueryRunner() as PooledRunner;
    const client = (await runner.connect()) as PoolClient;
    const before = [
      { ...enter, values },
      { ...PUT_OUT, values },
    ];
    let unusable: Error | undefined;
    try {
      const [, putOut = [], ...rows] = await send(client, [...before, ...statements]);
      if (putOut.length === 0) return rows as RowsOf<Statements>;
    } catch (error) {
      // The stack of a database error is that of the socket; this one tells who asked.
      if (error instanceof Error) Error.captureStackTrace(error);
      // PostgreSQL has rolled back already; this asks whether it still answers.
      unusable = await rollBack(client);
      throw error;
    } finally {
      await runner.releasePostgresConnection(unusable);
    }
    throw new NotAuthenticated();
  }

  /**
   * Makes a user: the same as `asOwner` for an id whose row is only about to be inserted. For registration, for the demo user that is made active again, and for what is done to the rows of users who are switched off.
   */
  async asNewOwner<T>(owner: Owner, work: (tx: EntityManager) => Promise<T>): Promise<T> {
    return this.inTransaction(
      `BEGIN; SET LOCAL ROLE ${APP_ROLE}; SELECT set_config('app.user_id', '${wholeUserId(owner)}', true)`,
      () => undefined,
      work,
    );
  }

  /**
   * A question that must be answered before the owner is known ("whose call is CA…?"). It runs without a user, so owned
   * tables show no rows; what it may learn is what the `lookup_…` functions of the migrations give away. One round trip:
   * connections are in the application's role from the start (data-source.ts).
   */
  async lookup<Row extends ObjectLiteral>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
    return this.unowned<Row>(sql, parameters);
  }

  /**
   * What belongs to no user: jobs, the pace of dialling. It runs without a user, as `lookup` does; writing gives back the rows
   * of RETURNING like anything else.
   */
  async unowned<Row extends ObjectLiteral>(sql: string, parameters?: unknown[]): Promise<Row[]> {
    const runner = this.dataSource.createQueryRunner();
    try {
      // Unstructured, TypeORM answers an UPDATE with rows and their number.
      const { records } = (await runner.query(sql, parameters, true)) as QueryResultOf<Row>;
      return records;
    } finally {
      await runner.release();
    }
  }

  private async inTransaction<T>(
    begin: string,
    accept: (results: QueryResult[]) => void,
    work: (tx: EntityManager) => Promise<T>,
  ): Promise<T> {
    const runner = this.dataSource.createQueryRunner() as PooledRunner;
    const client = (await runner.connect()) as PoolClient;
    let unusable: Error | undefined;
    try {
      accept((await client.query(begin)) as unknown as QueryResult[]);
      isInTransaction(runner, true);
      const result = await work(runner.manager);
      isInTransaction(runner, false);
      await commit(client);
      return result;
    } catch (error) {
      isInTransaction(runner, false);
      unusable = await rollBack(client);
      throw error;
    } finally {
      await runner.releasePostgresConnection(unusable);
    }
  }
}

function send(client: PoolClient, statements: readonly Statement<unknown>[]): Promise<unknown[][]> {
  return new Promise((resolve, reject) => {
    client.query(
      new Pipeline(statements, (error, rows) => {
        if (error === undefined) resolve(rows);
        else reject(error as Error);
      }),
    );
  });
}

/** TypeORM's runner, which takes an error as the reason to throw its connection away rather than back into the pool. */
type PooledRunner = QueryRunner & { releasePostgresConnection(unusable: Error | undefined): Promise<void> };

/**
 * TypeORM's own startTransaction costs a round trip of its own and the settings another. We begin by one simple query
 * and tell the runner, so that what it does inside (save, nested transaction) uses savepoints of this transaction.
 */
function isInTransaction(runner: QueryRunner, isActive: boolean): void {
  Object.assign(runner, { isTransactionActive: isActive, transactionDepth: isActive ? 1 : 0 });
}

/** After an error that the work swallowed PostgreSQL answers COMMIT with ROLLBACK, and does not call it an error. */
async function commit(client: PoolClient): Promise<void> {
  const { command } = await client.query('COMMIT');
  if (command !== 'COMMIT') {
    throw new Error('The transaction was rolled back: a statement in it had failed and the error was swallowed.');
  }
}

/** @returns the reason why the connection cannot be used again: it may still be inside the transaction */
async function rollBack(client: PoolClient): Promise<Error | undefined> {
  try {
    await client.query('ROLLBACK');
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function wholeUserId(owner: Owner): number {
  if (!Number.isSafeInteger(owner.userId) || owner.userId < 1) {
    throw new Error(`An owner needs a positive integer user id, got ${String(owner.userId)}`);
  }
  return owner.userId;
}
