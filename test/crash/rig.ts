import { setTimeout as sleep } from 'node:timers/promises';
import { startScratchServer } from '../../scripts/scratch-database';
import { migrate } from '../../src/database/migrate';
import { isFinished, type ScheduledCallStatus } from '../../src/scheduling/scheduled-call-status';
import { api, type SignedUp, signUp } from '../support/api';
import { startTestSandbox, type TestSandbox } from '../support/sandbox';
import { until } from '../support/until';
import { CarrierGate } from './carrier-gate';
import { Fleet, type RunningServer } from './fleet';
import { HeldDatabase } from './held-database';
import { type CarriedCall, evidenceOf, judge, type PlayedRound, type ScheduledBody, type Verdict } from './judge';
import type { PlannedRound } from './plan';
import { PublicDoor } from './public-door';

/** So many run unless they have just been killed. */
const SERVERS = 2;
/** Placings of one user queue up, and one that is kept at a point keeps the others waiting. */
const USERS = 8;
const DUE_IN_MS = 1_000;
/** A killed process may have had the job; then it is given again after 20 s, which is not what a round waits for. */
const AT_POINT_WITHIN_MS = 15_000;
/** 90 s until an attempt counts as absent and rounds of 15 s, then a pause, the call, and its end without a callback. */
const OVER_WITHIN_MS = 240_000;
const LOOK_EVERY_MS = 2_000;
const LOOK_AT_POINT_EVERY_MS = 10;
/** Before an access token expires, which it does after half an hour. */
const TOKEN_FOR_MS = 20 * 60_000;

const RING_SECONDS = 5;
const CARRIER = { SANDBOX_RING_MS: '600000', SANDBOX_CALLS_PER_SECOND: '1000' };
const UNLIMITED = '1000000';
const SETTINGS = {
  SECRET_KEY: 'the secret key of the crash rig, which is long enough',
  SANDBOX: 'false',
  LOG_LEVEL: 'error',
  DATABASE_POOL_SIZE: '10',
  RATE_LIMIT_AUTH: UNLIMITED,
  RATE_LIMIT_CALLS: UNLIMITED,
  RATE_LIMIT_DEFAULT: UNLIMITED,
  MAX_CONCURRENT_CALLS: '100000',
  MAX_CALLS_PER_DAY: UNLIMITED,
  MAX_EVENT_LOOP_DELAY_MS: '0',
  DIAL_RATE_PER_SECOND: '1000',
  // Nobody picks up: a call costs no conversation.
  RING_TIMEOUT_SECONDS: String(RING_SECONDS),
  TRANSCRIPT_INSIGHTS: 'false',
  CALL_ANALYSIS: 'false',
};

/** Everything that a run needs, started in order and stopped in the opposite one. */
export class CrashRig {
  private users: { user: SignedUp; untilMs: number }[] = [];

  private constructor(
    private readonly sandbox: TestSandbox,
    private readonly database: HeldDatabase,
    private readonly gate: CarrierGate,
    private readonly door: PublicDoor,
    readonly fleet: Fleet,
  ) {}

  static async start(dist: string, dataDir: string, undo: (() => Promise<unknown>)[]): Promise<CrashRig> {
    const scratch = await startScratchServer();
    undo.push(() => scratch.remove());
    await migrate(scratch.url, () => undefined);
    const database = await HeldDatabase.open(scratch.url);
    undo.push(() => database.close());
    const sandbox = await startTestSandbox(CARRIER);
    undo.push(() => sandbox.close());
    const gate = new CarrierGate(sandbox.url);
    const door = await PublicDoor.open(() => anyOf(fleet.up, Math.random())?.url);
    undo.push(() => door.close());
    const env = { ...(sandbox.env as Record<string, string>), ...SETTINGS, DATA_DIR: dataDir, PUBLIC_URL: door.url };
    const fleet: Fleet = new Fleet({ dist, databaseUrl: scratch.url, env, gate });
    undo.push(() => fleet.close());
    await fleet.fill(SERVERS);
    const [server] = await fleet.atLeast(1);
    const rig = new CrashRig(sandbox, database, gate, door, fleet);
    for (let at = 0; at < USERS; at += 1) {
      rig.users.push({ user: await signUp(server?.url ?? ''), untilMs: performance.now() + TOKEN_FOR_MS });
    }
    return rig;
  }

  async play(round: PlannedRound, at: number): Promise<PlayedRound> {
    const { point, phoneNumber } = round;
    const servers = await this.fleet.atLeast(point.hold.by === 'moment' && point.hold.kills === 'one of two' ? 2 : 1);
    const { url } = anyOf(servers, round.draw) as RunningServer;
    const user = await this.signedIn(at % USERS, url);
    // What the carrier tells would go on with the call by another way, before the process is dead.
    if (point.hold.by !== 'moment') this.door.ignore(phoneNumber);
    const victims = await this.prepare(round, user.userId);
    const dueAt = new Date(Date.now() + DUE_IN_MS);
    const scheduledCallId = await schedule(url, user, phoneNumber, dueAt);
    let missed: string | null = null;
    const doomed = await victims(dueAt).catch((error: unknown) => {
      missed = error instanceof Error ? error.message : String(error);
      return [];
    });
    const killedAtMs = Date.now();
    await Promise.all(doomed.map((server) => this.kill(server)));
    await this.database.letGo();
    this.gate.letGo(phoneNumber);
    if (!round.isUntold) this.door.hear(phoneNumber);
    await this.fleet.fill(SERVERS);
    const killed = doomed.map(({ name }) => name);
    return { point, phoneNumber, user, scheduledCallId, killedAtMs, killed, missed };
  }

  /** One server, until everything is over. @returns what became of each round */
  async settle(rounds: readonly PlayedRound[]): Promise<Verdict[]> {
    const [last, ...others] = await this.fleet.atLeast(1);
    for (const server of new Set([...others, ...this.fleet.all])) if (server !== last) await this.kill(server);
    const url = last?.url ?? '';
    let told: number | undefined;
    for (const giveUpAt = performance.now() + OVER_WITHIN_MS; ;) {
      const open = await this.open(url);
      if (open !== told) progress(`${open} of ${rounds.length} scheduled calls are not over`);
      told = open;
      if (open === 0 || performance.now() > giveUpAt) break;
      await sleep(LOOK_EVERY_MS);
      await this.fleet.atLeast(1);
    }
    const { body: carried } = await api(this.sandbox.url).get<CarriedCall[]>('/sandbox/calls');
    const onceUnknown = await this.database.onceUnknown();
    const verdicts: Verdict[] = [];
    for (const [at, round] of rounds.entries()) {
      const { token, userId } = await this.signedIn(at % USERS, url);
      const rows = await this.database.callsTo(userId, round.phoneNumber);
      const askedBy = this.gate.askerOf(round.phoneNumber);
      const wasUnknown = onceUnknown.has(round.phoneNumber);
      verdicts.push(judge(round, await evidenceOf(url, round, token, { carried, rows, askedBy, wasUnknown })));
    }
    return verdicts;
  }

  /** Sees to it that the process that dials stays at the point. @returns what waits for that and tells who dies */
  private async prepare(
    { point: { hold }, phoneNumber, momentMs, draw }: PlannedRound,
    userId: number,
  ): Promise<(dueAt: Date) => Promise<RunningServer[]>> {
    switch (hold.by) {
      case 'statement':
        await this.database.arm(phoneNumber, hold.statement);
        return async () => [await this.keptServer()];
      case 'carrier': {
        const reached = this.gate.hold(phoneNumber, hold.fate);
        return async () => [this.fleet.named(await withinLimit(reached))];
      }
      case 'row': {
        const answered = this.gate.hold(phoneNumber, 'answered', () => this.database.lockCall(userId, phoneNumber));
        return async () => {
          await withinLimit(answered);
          return [await this.keptServer()];
        };
      }
      case 'moment':
        return async (dueAt) => {
          await sleep(dueAt.getTime() + momentMs - Date.now());
          if (hold.kills === 'all') return this.fleet.all;
          return [anyOf(this.fleet.up, draw) as RunningServer];
        };
    }
  }

  private async keptServer(): Promise<RunningServer> {
    for (const giveUpAt = Date.now() + AT_POINT_WITHIN_MS; Date.now() < giveUpAt;) {
      const name = await this.database.kept();
      if (name !== null) return this.fleet.named(name);
      await sleep(LOOK_AT_POINT_EVERY_MS);
    }
    throw new Error('Nobody came there.');
  }

  private async kill(server: RunningServer): Promise<void> {
    await this.fleet.kill(server);
    await this.database.cutOff(server.name);
  }

  private async open(url: string): Promise<number> {
    let open = 0;
    for (const at of this.users.keys()) {
      const { token } = await this.signedIn(at, url);
      for (let offset = 0, total = 1; offset < total; offset += 200) {
        const page = await api(url).get<ScheduledBody[]>(`/scheduled-calls?limit=200&offset=${offset}`, { token });
        if (page.status !== 200) throw new Error(page.text);
        total = Number(page.headers.get('x-total-count'));
        open += page.body.filter(({ status }) => !isFinished(status as ScheduledCallStatus)).length;
      }
    }
    return open;
  }

  private async signedIn(at: number, url: string): Promise<SignedUp> {
    const one = this.users[at];
    if (one === undefined) throw new Error(`There is no user ${at}.`);
    if (performance.now() > one.untilMs) {
      const { email, password } = one.user;
      const { status, text, body } = await api(url).post<{ access_token: string }>('/auth/login', { email, password });
      if (status !== 200) throw new Error(text);
      one.user = { ...one.user, token: body.access_token };
      one.untilMs = performance.now() + TOKEN_FOR_MS;
    }
    return one.user;
  }
}

async function schedule(url: string, { token }: SignedUp, phoneNumber: string, dueAt: Date): Promise<number> {
  const { status, text, body } = await api(url).post<{ id: number }>(
    '/schedule-call',
    { phone_number: phoneNumber, scenario: 'sales', scheduled_time: dueAt.toISOString() },
    { token },
  );
  if (status !== 201) throw new Error(`The call could not be scheduled: ${text}`);
  return body.id;
}

async function withinLimit<T>(moment: Promise<T>): Promise<T> {
  let arrived: { value: T } | undefined;
  moment.then(
    (value) => (arrived = { value }),
    () => undefined,
  );
  const { value } = (await until(
    () => Promise.resolve(arrived),
    (is) => is !== undefined,
    { withinMs: AT_POINT_WITHIN_MS, what: 'a create at the carrier' },
  )) as { value: T };
  return value;
}

function anyOf<T>(all: readonly T[], draw: number): T | undefined {
  return all[Math.floor(draw * all.length)];
}

export function progress(line: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`);
}
