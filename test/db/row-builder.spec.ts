import type { Client } from 'pg';
import { ownTable } from '../../src/database/row-level-security';
import { insertAnyRow } from '../support/row-builder';
import { connectAsOwner, freshDatabase, type TestDatabase } from '../support/test-database';

/** A machine under load takes its time over disks and processes. */
jest.setTimeout(30_000);

/** Whatever a later migration may think of. */
const TABLES = [
  `CREATE TYPE mood AS ENUM ('glad', 'sad')`,
  `CREATE DOMAIN short_text AS varchar(5)`,
  `CREATE TABLE shelves (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, label text NOT NULL)`,
  `CREATE TABLE books (
    user_id integer NOT NULL REFERENCES users (id),
    id uuid NOT NULL,
    shelf_id bigint NOT NULL REFERENCES shelves (id),
    written_by integer NOT NULL REFERENCES users (id),
    continues uuid,
    title short_text NOT NULL,
    mood mood NOT NULL,
    tags text[] NOT NULL,
    kind text NOT NULL CHECK (kind IN ('novel', 'poem')),
    author_phone text NOT NULL CHECK (author_phone ~ '^\\+[1-9][0-9]{6,14}$'),
    pages integer NOT NULL CHECK (pages BETWEEN 10 AND 20),
    sold_at timestamptz,
    price numeric,
    CHECK ((sold_at IS NULL) <> (price IS NULL)),
    words integer GENERATED ALWAYS AS (pages * 300) STORED,
    PRIMARY KEY (user_id, id),
    FOREIGN KEY (user_id, continues) REFERENCES books (user_id, id)
  )`,
  ...ownTable('books'),
  `CREATE TABLE reviews (
    user_id integer PRIMARY KEY REFERENCES users (id),
    book_id uuid NOT NULL,
    FOREIGN KEY (user_id, book_id) REFERENCES books (user_id, id)
  )`,
  ...ownTable('reviews'),
];

describe('the builder of any row', () => {
  let database: TestDatabase;
  let client: Client;

  beforeAll(async () => {
    database = await freshDatabase();
    client = await connectAsOwner(database.url);
    for (const statement of TABLES) await client.query(statement);
    await insertAnyRow(client, 'users', 7);
  });

  afterAll(async () => {
    await client?.end();
    await database?.drop();
  });

  it('fills in types, parents and what the checks ask for', async () => {
    const book = await insertAnyRow(client, 'books', 7);
    expect(book).toMatchObject({ user_id: 7, written_by: 7, mood: 'glad', tags: [], continues: null });
    expect(book.words).toBe(Number(book.pages) * 300);
  });

  it('finds the row again where a user can have one only', async () => {
    const review = await insertAnyRow(client, 'reviews', 7);
    expect(await insertAnyRow(client, 'reviews', 7)).toEqual(review);
  });

  it('says which check it could not satisfy', async () => {
    await client.query(`CREATE TABLE riddles (answer integer NOT NULL CHECK (answer % 2 = 1 AND answer % 2 = 0))`);
    await expect(insertAnyRow(client, 'riddles', 7)).rejects.toThrow(
      /CHECK constraints of riddles .*riddles_answer_check/,
    );
  });
});
