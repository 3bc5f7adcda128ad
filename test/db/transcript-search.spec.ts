import type { Client } from 'pg';
import { DataSource } from 'typeorm';
import { Database } from '../../src/database/database';
import { migrationOptions } from '../../src/database/data-source';
import { migrate } from '../../src/database/migrate';
import { APP_ROLE } from '../../src/database/row-level-security';
import { FOUND_BEGIN, FOUND_END, TranscriptFilter } from '../../src/transcripts/enhanced-transcripts.repository';
import { EnhancedTranscripts } from '../../src/transcripts/enhanced-transcripts.service';
import { searchTerms } from '../../src/transcripts/search-terms';
import { foundStored } from '../../src/transcripts/stored-transcripts.repository';
import { connectAsApp, connectAsOwner, freshDatabase, type TestDatabase } from '../support/test-database';

/** What is found of what was said, and what is shown of it. */

jest.setTimeout(60_000);

const OWNER = { userId: 7 };

let database: TestDatabase;
let admin: Client;
let dataSource: DataSource;
let db: Database;
let transcripts: EnhancedTranscripts;

beforeAll(async () => {
  database = await freshDatabase();
  admin = await connectAsOwner(database.url);
  dataSource = await connectAsApp(database.url);
  db = new Database(dataSource);
  transcripts = new EnhancedTranscripts(db);
  await insertUser(admin);
});
beforeEach(() =>
  db.asOwner(OWNER, async (tx) => {
    await tx.query('DELETE FROM enhanced_transcripts');
    await tx.query('DELETE FROM stored_twilio_transcripts');
  }),
);
afterAll(async () => {
  await dataSource?.destroy();
  await admin?.end();
  await database?.drop();
});

async function insertUser(client: Client): Promise<void> {
  await client.query(`BEGIN; SET LOCAL ROLE ${APP_ROLE}; SELECT set_config('app.user_id', '${OWNER.userId}', true);
    INSERT INTO users (id, email) VALUES (${OWNER.userId}, 'sam@example.com'); COMMIT`);
}

const INSERT = `INSERT INTO enhanced_transcripts (user_id, transcript_sid, source, call_date, duration, call_direction,
    language_code, participant_count, conversation_turns, total_words, participant_info, conversation_flow, summary_data,
    full_text, agent_speaking_ms, customer_speaking_ms, longest_monologue_ms, interruptions, latencies_ms, search_config, search)
  SELECT ${OWNER.userId}, 'GT' || md5($1), 'twilio', now(), 60, 'inbound', 'en-US', 2, 1, 1, '{}', '[]', '{}', $1, 0, 0, 0, 0, '{}', $2`;

function said(text: string, config = 'english'): Promise<unknown> {
  return db.asOwner(OWNER, (tx) => tx.query(`${INSERT}, transcript_words(${OWNER.userId}, $2, $1)`, [text, config]));
}

async function find(q: string, filter: TranscriptFilter = {}, limit = 50, skip = 0) {
  const { rows, total, hasMore } = await transcripts.list(OWNER, { q, ...filter }, { limit, skip });
  return { snippets: rows.map(({ snippet }) => shown(snippet)), total, hasMore };
}

function shown(snippet: string | null): string {
  return (snippet ?? '').replaceAll(FOUND_BEGIN, '[').replaceAll(FOUND_END, ']');
}

async function isFound(q: string): Promise<boolean> {
  return (await find(q)).total === 1;
}

/** So many words that nobody looks for, in sentences. */
const filler = (words: number) =>
  Array.from({ length: words }, (_, at) => `word${at % 90}${at % 9 ? '' : '.'}`).join(' ');

describe('characters that are no letters', () => {
  const TEXT = 'Sure—let me check. I don’t see your order…sorry, it’s “gone”!';

  it.each([
    'sure',
    'let',
    '"let me check"',
    '"sure let me"',
    'sorry',
    `don't`,
    'don’t',
    '"I don’t see"',
    'gone',
    'order',
    `it's`,
  ])('do not hide %s between typographic ones', async (q) => {
    await said(TEXT);
    expect(await isFound(q)).toBe(true);
  });

  it.each([
    ['cómo', '¿Cómo está? ¡Bien!'.toLowerCase(), 'spanish'],
    ['bien', '¿Cómo está? ¡Bien!', 'spanish'],
    ['maison', 'Oui, «maison» — voilà', 'french'],
    ['voilà', 'Oui, « maison » – voilà', 'french'],
    ['gut', 'Er sagte „gut“', 'german'],
    ['50', 'It is €50', 'english'],
    ['e-mail', 'By e‑mail', 'english'],
    ['您好', '你好。您好！', 'simple'],
    ['テスト', '「テスト」です', 'simple'],
    ['مرحبا', 'نعم، مرحبا؟', 'arabic'],
    ['नमस्ते', 'हाँ।नमस्ते', 'hindi'],
    ['thanks', 'Thanks👍', 'english'],
  ])('do not hide %s in %s', async (q, text, config) => {
    await said(text, config);
    expect(await isFound(q)).toBe(true);
  });

  it('are shown as they were said', async () => {
    await said(TEXT);
    expect((await find('sorry')).snippets).toEqual(['Sure—let me check. I don’t see your order…[sorry], it’s “gone”!']);
    expect((await find(`don't`)).snippets).toEqual(['Sure—let me check. I [don]’[t] see your order…sorry, it’s “gone']);
    await said(`“One—day” ${filler(200)} I don’t…know ${filler(200)}`);
    const [snippet] = (await find('know one')).snippets;
    expect(snippet).toContain('don’t…[know]');
    expect(snippet).toContain('“[One]—day”');
  });

  it('are as many in the plain text, all of them ASCII', async () => {
    const marks = '‘’ʼ“”„«»–—‑−…、。，！？：；（）「」·\u00a0\u202f¿¡‹›•€👍';
    const { rows } = await admin.query<{ plain: string }>('SELECT plain_text($1) AS plain', [`a${marks}é`]);
    expect(rows[0]?.plain).toHaveLength([...`a${marks}é`].length);
    expect(rows[0]?.plain).toMatch(/^a[ '-]+é$/);
  });
});

it('a text that was kept before is found by the words beside such characters', async () => {
  const before = await freshDatabase();
  try {
    const owner = await connectAsOwner(before.url);
    const source = await new DataSource(migrationOptions(before.url)).initialize();
    for (;;) {
      const [{ name = '' } = {}] = await source.query<{ name: string }[]>(
        'SELECT name FROM migrations ORDER BY id DESC LIMIT 1',
      );
      if (name === 'Transcripts1763700005000') break;
      await source.undoLastMigration();
    }
    await source.destroy();
    await insertUser(owner);
    await owner.query(`BEGIN; SET LOCAL ROLE ${APP_ROLE}; SELECT set_config('app.user_id', '${OWNER.userId}', true)`);
    await owner.query(
      `${INSERT}, owned_words(${OWNER.userId}, to_tsvector('simple', $1) || to_tsvector($2::text::regconfig, $1))`,
      ['Sure—let me check.', 'english'],
    );
    await owner.query('COMMIT');
    await owner.end();
    await migrate(before.url, () => undefined);
    const app = await connectAsApp(before.url);
    const { total } = await new EnhancedTranscripts(new Database(app)).list(OWNER, { q: 'let' }, { limit: 1, skip: 0 });
    await app.destroy();
    expect(total).toBe(1);
  } finally {
    await before.drop();
  }
});

describe('words', () => {
  it('behind one that is too long to be kept are found', async () => {
    await said(`Before ${'x'.repeat(2045)} ${'y'.repeat(2001)} behind. ${filler(100)} Goodbye`);
    for (const q of ['before', 'behind', 'goodbye']) expect([q, await isFound(q)]).toEqual([q, true]);
  });

  it('of several parts go on at the end alone', async () => {
    await said(`I don't know his e-mail. O'Brien does.`);
    for (const q of [`don't`, 'e-ma', 'e-mail', `o'br`, '(e-mail)']) expect([q, await isFound(q)]).toEqual([q, true]);
    await said('The donkeys are on trial, every man knows it.');
    for (const q of [`don't`, 'e-ma']) expect([q, await isFound(q)]).toEqual([q, true]);
  });

  it('of one letter or figure are words and no beginnings', async () => {
    await said('Vitamin B and 5 others');
    for (const q of ['b', 'B', '5', 'vitamin b']) expect([q, await isFound(q)]).toEqual([q, true]);
    expect((await find('b')).snippets).toEqual(['Vitamin [B] and 5 others']);
    for (const q of ['v', 'o', '好']) expect([q, await isFound(q)]).toEqual([q, false]);
    await said('好的', 'simple');
    expect((await find('好')).total).toBe(1);
  });

  it('are looked for once, however often they are typed', () => {
    expect(searchTerms('Sorry sorry* "so sorry" SORRY "So sorry"').map(({ kind }) => kind)).toEqual([
      'prefix',
      'phrase',
    ]);
  });
});

describe('the total', () => {
  it('is told of a page without rows too, and of what else is asked', async () => {
    for (let at = 0; at < 5; at++) await said(`Refund number ${at}`);
    expect(await find('refund', {}, 2)).toMatchObject({ total: 5, hasMore: true, snippets: { length: 2 } });
    expect(await find('refund', {}, 2, 4)).toMatchObject({ total: 5, hasMore: false, snippets: { length: 1 } });
    expect(await find('refund', {}, 2, 7)).toEqual({ total: 5, hasMore: false, snippets: [] });
    expect(await find('refund', { callDirection: 'outbound' })).toMatchObject({ total: 0 });
    expect(await find('refund', { from: new Date(Date.now() - 60_000), callDirection: 'inbound' })).toMatchObject({
      total: 5,
    });
    expect(await find('nothing')).toEqual({ total: 0, hasMore: false, snippets: [] });
    expect(await find('!!!')).toEqual({ total: 0, hasMore: false, snippets: [] });
  });

  it('of stored transcripts comes with their page', async () => {
    for (let at = 0; at < 5; at++) await said(`Refund number ${at}`);
    await db.asOwner(OWNER, (tx) =>
      tx.query(`INSERT INTO stored_twilio_transcripts (user_id, transcript_sid, state, status, date_created, date_updated, full_text)
        SELECT user_id, transcript_sid, 'stored', 'completed', call_date, call_date, full_text FROM enhanced_transcripts`),
    );
    const stored = async (
      q: string,
      filter: { limit: number; status?: string; after?: { dateCreated: Date; id: number } },
    ) => {
      const [rows] = await db.readAsOwner(OWNER, foundStored(OWNER, q, filter));
      const there = rows.filter((row) => row.id !== null);
      return { total: rows[0]?.total, texts: there.map(({ fullText }) => fullText), more: there.at(-1)?.hasMore };
    };
    expect(await stored('refund', { limit: 2 })).toEqual({
      total: 5,
      texts: ['Refund number 4', 'Refund number 3'],
      more: true,
    });
    expect(await stored('refund', { limit: 5 })).toMatchObject({ total: 5, more: false });
    const after = { dateCreated: new Date(0), id: 1 };
    expect(await stored('refund', { limit: 2, after })).toEqual({ total: 5, texts: [], more: undefined });
    expect(await stored('refund', { limit: 2, status: 'failed' })).toMatchObject({ total: 0 });
    expect(await stored('nothing', { limit: 2 })).toMatchObject({ total: 0, texts: [] });
  });

  it('takes one look into the index of words', async () => {
    const only = await connectAsApp(database.url, 1);
    try {
      const looks = async () => {
        await only.query('SELECT pg_stat_force_next_flush()');
        const { rows } = await admin.query<{ looks: number }>(
          `SELECT idx_scan::integer AS looks FROM pg_stat_user_indexes WHERE indexrelname = 'enhanced_transcripts_search_idx'`,
        );
        return rows[0]?.looks ?? 0;
      };
      for (let at = 0; at < 300; at++) await said(`Refund number ${at}. ${filler(100)}`);
      await admin.query('VACUUM ANALYZE enhanced_transcripts');
      const before = await looks();
      await new EnhancedTranscripts(new Database(only)).list(OWNER, { q: 'number' }, { limit: 50, skip: 0 });
      expect(await looks()).toBe(before + 1);
    } finally {
      await only.destroy();
    }
  });
});

describe('what is shown of a long text', () => {
  const around = (middle: string) => `${filler(5000)} ${middle} ${filler(5000)}`;

  it.each([
    ['a word', 'subscription', 'They cancelled my subscription today', '[subscription] today'],
    ['a beginning', 'subscr', 'They cancelled my subscription today', '[subscription] today'],
    ['a form', 'cancelling', 'They cancelled my subscription today', '[cancelled] my'],
    ['a word that the rules of the language pass over', 'do', 'Just do it now', '[do] it now'],
    ['such a word beside another', 'do subscription', 'Just do my subscription now', '[do] my [subscription] now'],
    ['a phrase', '"my subscription"', 'They cancelled my subscription today', '[my] [subscription] today'],
    ['a phrase over a stop and a line', '"yes please"', 'I said: yes.\nPlease come', '[yes].\n[Please] come'],
    ['a word behind one that it is a part of', 'let', `outlet ${filler(300)} let me see`, '[let] me see'],
    ['a form that begins otherwise', 'die', `${filler(300)} the dying man`, '[dying] man'],
    ['a form that is shorter', 'going', `golden ${filler(300)} they go now`, '[go] now'],
    ['words far from each other', 'subscription refund', `my refund ${filler(900)} a subscription now`, '[refund]'],
    ['the other one', 'subscription refund', `my refund ${filler(900)} a subscription now`, '[subscription]'],
    [
      'each word that begins so',
      'order',
      'They ordered two; my orders, an order-form; reorder',
      'They [ordered] two; my [orders], an [order]-form; reorder',
    ],
    ['each of several words', 'my today', 'They cancelled my subscription today', '[my] subscription [today]'],
    ['a word beside a letter that ASCII has not', 'tr', 'un étré très long', 'un étré [très] long'],
    ['a beginning with such a letter', 'été', 'un été très long', 'un [été] très'],
    ['a number', '50', 'It is €50, 50.25 and 150', '€[50], [50].25 and 150'],
    ['a word of few letters', 'ok', `oklahoma ${filler(300)} ok then`, '[oklahoma]'],
  ])('has %s', async (_, q, text, expected) => {
    await said(around(text));
    const { snippets } = await find(q);
    expect(snippets).toEqual([expect.stringContaining(expected)]);
    expect(snippets[0]?.length).toBeLessThan(500);
  });

  it('has its last word', async () => {
    await said(`${filler(5000)} goodbye`);
    expect((await find('goodbye')).snippets).toEqual([expect.stringMatching(/\[goodbye\]$/)]);
  });

  it('has a word of a language without blanks', async () => {
    await said(`${'好的'.repeat(400)}。您好我想取消${'好的'.repeat(200)}`, 'simple');
    const { snippets } = await find('您好');
    expect(snippets[0]).toContain('[您好');
  });

  it('is the beginning where nothing can be marked', async () => {
    await said(`<b class="refund">Hello</b> there, ${filler(400)}`);
    const { snippets, total } = await find('hello');
    expect([total, snippets[0]?.includes('[Hello]')]).toEqual([1, true]);
  });
});

it('what rows are looked for by stays in them, however long they are', async () => {
  const inRow = ['transcript_sid', 'source', 'call_direction', 'scenario_name', 'language_code', 'search_config'];
  await said(filler(50_000));
  await db.asOwner(OWNER, (tx) =>
    tx.query(
      `UPDATE enhanced_transcripts SET notes = $1, participant_info = to_jsonb($1::text), scenario_name = $2, latencies_ms = $3`,
      [filler(3000), 'scenario '.repeat(8), Array.from({ length: 300 }, (_, at) => at * 7919)],
    ),
  );
  const lies = (column: string) => `pg_column_toast_chunk_id(${column}) IS NOT NULL AS ${column}`;
  const beside = await db.asOwner(OWNER, (tx) =>
    tx.query<Record<string, boolean>[]>(
      `SELECT ${['full_text', 'participant_info', ...inRow].map(lies).join(', ')} FROM enhanced_transcripts`,
    ),
  );
  expect(beside).toEqual([
    { full_text: true, participant_info: true, ...Object.fromEntries(inRow.map((name) => [name, false])) },
  ]);
});
