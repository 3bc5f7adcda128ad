import { existsSync, utimesSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/database/embedded-postgres';
import { birthOf, isRunning, processSpace } from '../../src/database/running-process';
import { aProject, killProcess, libraryLinks, openToAll, spawnOwner, startOwner } from '../support/postgres-owner';
import { connectAsOwner } from '../support/test-database';

/** A machine under load takes its time over disks and processes. */
jest.setTimeout(60_000);

const runsAsRoot = process.getuid?.() === 0;

describe('the embedded PostgreSQL', () => {
  let scratch: string;
  let dataDir: string;
  const started: EmbeddedPostgres[] = [];

  async function start(onExit?: (reason: string) => void): Promise<EmbeddedPostgres> {
    const postgres = await startEmbeddedPostgres({ dataDir, onExit, log: () => undefined });
    started.push(postgres);
    return postgres;
  }

  beforeAll(async () => {
    scratch = await openToAll(await mkdtemp(join(tmpdir(), 'speech-assistant-test-embedded-')));
    dataDir = join(scratch, 'data');
    const postgres = await start();
    await remember(postgres.url, 'made by the first start');
    await postgres.stop();
  });

  afterEach(async () => {
    for (const postgres of started.splice(0)) await postgres.stop();
  });

  afterAll(async () => {
    await rm(scratch, { recursive: true, force: true });
  });

  it('keeps its data over a stop and leaves nothing running or locked behind', async () => {
    const postgres = await start();
    expect(await remembered(postgres.url)).toContain('made by the first start');
    await postgres.stop();
    expect(isRunning(postgres.pid)).toBe(false);
    expect((await readdir(dataDir)).sort()).toEqual(['postgres', 'postgres.password']);
    expect(existsSync(join(dataDir, 'postgres', 'postmaster.pid'))).toBe(false);
  });

  it('gives away neither its password nor the rights of a superuser', async () => {
    const { url } = await start();
    expect((await stat(join(dataDir, 'postgres.password'))).mode & 0o777).toBe(0o600);
    const client = await connectAsOwner(url);
    const { rows } = await client.query(
      'SELECT rolname, rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = current_user',
    );
    await client.end();
    expect(rows).toEqual([{ rolname: 'speech_assistant', rolsuper: false, rolbypassrls: false, rolcreaterole: true }]);
    const asSuperuser = new URL(url);
    asSuperuser.username = 'postgres';
    await expect(connectAsOwner(asSuperuser.toString())).rejects.toThrow('no pg_hba.conf entry');
  });

  it('refuses a folder that a live process uses, in a sentence that says which', async () => {
    await start();
    await expect(start()).rejects.toThrow(
      `The data folder ${dataDir} is in use by process ${process.pid}. Stop that process, or give this one a folder of its own with DATA_DIR.`,
    );
    await expect(startOwner({ dataDir })).rejects.toThrow(`is in use by process ${process.pid}.`);
  });

  it('stops the server of a process that was killed, and starts over its data', async () => {
    const owner = await startOwner({ dataDir });
    await remember(owner.url, 'written before the kill');
    await owner.kill();
    expect(isRunning(owner.postgresPid)).toBe(true);
    const postgres = await start();
    expect(isRunning(owner.postgresPid)).toBe(false);
    expect(await remembered(postgres.url)).toContain('written before the kill');
  });

  it('starts after the server and its owner were both killed', async () => {
    const owner = await startOwner({ dataDir });
    await remember(owner.url, 'written before both were killed');
    process.kill(owner.postgresPid, 'SIGKILL');
    await owner.kill();
    const postgres = await start();
    expect(await remembered(postgres.url)).toContain('written before both were killed');
  });

  it('says so when the server dies under it, and starts again over its data', async () => {
    let report: (reason: string) => void = () => undefined;
    const died = new Promise<string>((resolve) => (report = resolve));
    process.kill((await start(report)).pid, 'SIGKILL');
    expect(await died).toMatch(/^The embedded PostgreSQL in .* ended unexpectedly \(SIGKILL\)\.$/);
    const postgres = await start();
    expect(await remembered(postgres.url)).toContain('made by the first start');
  });

  it('is not stopped by locks whose process numbers belong to somebody else by now', async () => {
    const stale = { pid: process.pid, birth: 'long ago', space: processSpace(), nonce: '1' };
    await writeFile(join(dataDir, 'postgres.lock'), JSON.stringify(stale));
    await writeFile(join(dataDir, 'postgres', 'postmaster.pid'), `${process.pid}\n${join(dataDir, 'postgres')}\n`);
    await expect(start()).resolves.toHaveProperty('pid');
  });

  it('is not stopped by a lock of a machine that lost power', async () => {
    const stale = { pid: process.pid, birth: birthOf(process.pid), space: 'an earlier boot', nonce: '1' };
    const lock = join(dataDir, 'postgres.lock');
    await writeFile(lock, JSON.stringify(stale));
    const minuteAgo = new Date(Date.now() - 61_000);
    await utimes(lock, minuteAgo, minuteAgo);
    await expect(start()).resolves.toHaveProperty('pid');
  });

  it('refuses a folder that another container keeps alive', async () => {
    const lock = join(dataDir, 'postgres.lock');
    await writeFile(lock, JSON.stringify({ pid: 1, birth: '1', space: 'another container', nonce: '1' }));
    const heartbeat = setInterval(() => utimesSync(lock, new Date(), new Date()), 20);
    try {
      await expect(start()).rejects.toThrow('is in use by process 1 of another container or machine.');
    } finally {
      clearInterval(heartbeat);
      await rm(lock);
    }
  });

  it('makes a new password when the file is lost, and makes the cluster follow one that was put back', async () => {
    const file = join(dataDir, 'postgres.password');
    await rm(file);
    await (await start()).stop();
    await writeFile(file, `${'0123456789abcdef'.repeat(3)}\n`, { mode: 0o600 });
    const postgres = await start();
    expect(postgres.url).toContain('0123456789abcdef');
    expect(await remembered(postgres.url)).toContain('made by the first start');
  });

  it('says when the data were made by another version', async () => {
    const file = join(dataDir, 'postgres', 'PG_VERSION');
    const version = await readFile(file, 'utf8');
    await writeFile(file, '9\n');
    try {
      await expect(start()).rejects.toThrow('was made by PostgreSQL 9 and cannot be opened by');
    } finally {
      await writeFile(file, version);
    }
  });

  it('begins again when it was killed while making its first database', async () => {
    const folder = join(scratch, 'interrupted');
    await mkdir(folder);
    const child = spawnOwner({ dataDir: folder });
    while (!(await readdir(folder)).some((name) => name.startsWith('postgres.new-'))) await sleep(5);
    await killProcess(child);
    const postgres = await startEmbeddedPostgres({ dataDir: folder, log: () => undefined, durable: false });
    await postgres.stop();
    expect((await readdir(folder)).sort()).toEqual(['postgres', 'postgres.password']);
  });

  it('creates the library links that npm left out', async () => {
    const folder = await openToAll(await mkdtemp(join(scratch, 'links-')));
    const { native } = await aProject(folder);
    const links = await libraryLinks(native);
    for (const link of links) await rm(link);
    const owner = await startOwner({ dataDir: join(folder, 'data'), project: folder });
    process.kill(owner.postgresPid, 'SIGQUIT');
    await owner.kill();
    expect(links.filter((link) => !existsSync(link))).toEqual([]);
  });

  (runsAsRoot ? describe : describe.skip)('run by root below a folder that others cannot enter', () => {
    let closed: string;
    let sharedFolder: string;

    beforeAll(async () => {
      closed = await mkdtemp(join(scratch, 'closed-'));
      sharedFolder = join(scratch, 'shared');
      await aProject(closed);
    });

    it('runs a copy of the programs over data kept elsewhere, and finds both again', async () => {
      const options = { dataDir: join(closed, 'data'), project: closed, sharedFolder };
      expect((await stat(closed)).mode & 0o777).toBe(0o700);
      const first = await startOwner(options);
      await remember(first.url, 'from below');
      const place = (await readFile(join(options.dataDir, 'postgres.location'), 'utf8')).trim();
      expect(existsSync(join(place, 'postgres', 'PG_VERSION'))).toBe(true);
      await first.kill();

      // A cleaner of old files went through the copy.
      const [copy = ''] = (await readdir(sharedFolder)).filter((name) => name.startsWith('postgres-programs-'));
      await rm(join(sharedFolder, copy, 'native', 'share', 'postgresql', 'postgres.bki'));
      const second = await startOwner(options);
      expect(await remembered(second.url)).toEqual(['from below']);
      process.kill(second.postgresPid, 'SIGQUIT');
      await second.kill();

      await rm(place, { recursive: true });
      await expect(startOwner(options)).rejects.toThrow(`the database lies in ${place}, which is not there`);
    });
  });
});

async function remember(url: string, text: string): Promise<void> {
  const client = await connectAsOwner(url);
  await client.query('CREATE TABLE IF NOT EXISTS notes (text text)');
  await client.query('INSERT INTO notes VALUES ($1)', [text]);
  await client.end();
}

async function remembered(url: string): Promise<string[]> {
  const client = await connectAsOwner(url);
  const { rows } = await client.query<{ text: string }>('SELECT text FROM notes');
  await client.end();
  return rows.map(({ text }) => text);
}
