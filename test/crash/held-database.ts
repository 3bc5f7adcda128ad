import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { APP_ROLE } from '../../src/database/row-level-security';

/** Any number that nothing else uses on this database. */
const HOLD_LOCK = 7_263_650_901;
const LOOK_EVERY_MS = 10;
const CUT_LIMIT_MS = 10_000;

/**
 * The statements at which a dialling can be kept, as triggers see them. Each comes when everything before it is committed,
 * and is not done itself.
 */
const STATEMENTS = {
  claim: { table: 'scheduled_calls', when: `OLD.status = 'scheduled' AND NEW.status = 'dialing'` },
  intent: { table: 'calls', when: null },
  asking: { table: 'calls', when: `OLD.dial_state = 'intended' AND NEW.dial_state = 'asked'` },
  sid: { table: 'calls', when: 'OLD.call_sid IS NULL AND NEW.call_sid IS NOT NULL' },
  note: {
    table: 'scheduled_calls',
    when: `OLD.status = 'dialing' AND NEW.status = 'dialing' AND OLD.claim = NEW.claim AND OLD.check_at <> NEW.check_at`,
  },
} as const satisfies Record<string, { table: string; when: string | null }>;

export type HeldStatement = keyof typeof STATEMENTS;

/** A call of the product, as its row says. */
export interface CallRow {
  id: string;
  call_sid: string | null;
  dial_state: string;
  status: string;
}

/**
 * The database of the servers that die, with triggers of the rig: a statement about the armed number waits for a lock that is
 * never given up. The product does not know of it.
 */
export class HeldDatabase {
  private constructor(
    private readonly client: Client,
    /** Has the lock that armed statements wait for. */
    private readonly holder: Client,
    private readonly holderPid: number,
  ) {}

  static async open(url: string): Promise<HeldDatabase> {
    const [client, holder] = [new Client({ connectionString: url }), new Client({ connectionString: url })];
    try {
      await Promise.all([client.connect(), holder.connect()]);
      await client.query(INSTALL);
      await holder.query('SELECT pg_advisory_lock($1)', [HOLD_LOCK]);
      const { rows } = await holder.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      return new HeldDatabase(client, holder, rows[0]?.pid ?? 0);
    } catch (error) {
      await Promise.allSettled([client.end(), holder.end()]);
      throw error;
    }
  }

  async arm(phoneNumber: string, statement: HeldStatement): Promise<void> {
    await this.client.query('INSERT INTO crash.armed VALUES ($1, $2)', [phoneNumber, statement]);
  }

  /** Keeps everybody from the row of the call to a number, until `letGo`. */
  async lockCall(userId: number, phoneNumber: string): Promise<void> {
    await this.holder.query(
      `BEGIN; SET LOCAL ROLE ${APP_ROLE}; SELECT set_config('app.user_id', '${Number(userId)}', true)`,
    );
    const { rowCount } = await this.holder.query('SELECT id FROM calls WHERE phone_number = $1 FOR UPDATE', [
      phoneNumber,
    ]);
    if (rowCount !== 1)
      throw new Error(`There are ${rowCount ?? 0} calls to ${phoneNumber}, and one was to be locked.`);
  }

  /** Which server waits at a hold; null: none does. */
  async kept(): Promise<string | null> {
    const { rows } = await this.client.query<{ application_name: string }>(
      'SELECT application_name FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid))',
      [this.holderPid],
    );
    return rows[0]?.application_name ?? null;
  }

  /** Of a process that is dead: what it had sent, and what waits at a hold, can never be committed afterwards. */
  async cutOff(server: string): Promise<void> {
    for (const giveUpAt = Date.now() + CUT_LIMIT_MS; ;) {
      const { rowCount } = await this.client.query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1',
        [server],
      );
      if (rowCount === 0) return;
      if (Date.now() > giveUpAt) throw new Error(`Connections of ${server} cannot be ended.`);
      await sleep(LOOK_EVERY_MS);
    }
  }

  /** Only once whoever was kept is cut off: a statement that waits would go on otherwise. */
  async letGo(): Promise<void> {
    await this.client.query('DELETE FROM crash.armed');
    await this.holder.query('ROLLBACK');
  }

  async callsTo(userId: number, phoneNumber: string): Promise<CallRow[]> {
    await this.client.query(
      `BEGIN; SET LOCAL ROLE ${APP_ROLE}; SELECT set_config('app.user_id', '${Number(userId)}', true)`,
    );
    try {
      const { rows } = await this.client.query<CallRow>(
        'SELECT id, call_sid, dial_state, status FROM calls WHERE phone_number = $1 ORDER BY created_at',
        [phoneNumber],
      );
      return rows;
    } finally {
      await this.client.query('ROLLBACK');
    }
  }

  /** Numbers whose scheduled call was shown as `outcome_unknown`, be it for a while. */
  async onceUnknown(): Promise<Set<string>> {
    const { rows } = await this.client.query<{ phone_number: string }>('SELECT phone_number FROM crash.unknown');
    return new Set(rows.map(({ phone_number: phoneNumber }) => phoneNumber));
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.client.end(), this.holder.end()]);
  }
}

/** The application's role may not touch the tables: the functions do so as their owner. */
const INSTALL = [
  'CREATE SCHEMA crash',
  'CREATE TABLE crash.armed (phone_number text, statement text)',
  `CREATE FUNCTION crash.hold() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
   BEGIN
     IF EXISTS (SELECT FROM crash.armed WHERE phone_number = NEW.phone_number AND statement = TG_ARGV[0]) THEN
       PERFORM pg_advisory_xact_lock(${HOLD_LOCK});
     END IF;
     RETURN NEW;
   END $$`,
  'CREATE TABLE crash.unknown (phone_number text)',
  `CREATE FUNCTION crash.note_unknown() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
   BEGIN
     INSERT INTO crash.unknown VALUES (NEW.phone_number);
     RETURN NULL;
   END $$`,
  `CREATE TRIGGER crash_unknown AFTER UPDATE ON scheduled_calls FOR EACH ROW
   WHEN (OLD.status <> 'outcome_unknown' AND NEW.status = 'outcome_unknown') EXECUTE FUNCTION crash.note_unknown()`,
  ...Object.entries(STATEMENTS).map(
    ([name, { table, when }]) =>
      `CREATE TRIGGER crash_${name} BEFORE ${when === null ? 'INSERT' : 'UPDATE'} ON ${table} FOR EACH ROW
       ${when === null ? '' : `WHEN (${when})`} EXECUTE FUNCTION crash.hold('${name}')`,
  ),
].join(';\n');
