import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  LanguageModel,
  LanguageModelError,
  Talk,
  TalkPart,
} from '../../src/integrations/language-model/language-model';
import { SimulationRunner } from '../../src/simulations/simulation-runner.service';
import { api, SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { startTestSandbox, TestSandbox } from '../support/sandbox';
import { until } from '../support/until';

/** Scenarios that are tried out by callers whom a model plays. */

jest.setTimeout(120_000);

interface Report {
  id: string;
  status: string;
  total: number;
  passed: number;
  failed: number;
  broken: number;
  pass_rate: number | null;
  runs: {
    caller: string;
    state: string;
    reason: string | null;
    end: string | null;
    lines: { role: string; said: string; heard: string | null }[];
    tools: { name: string; arguments: string }[];
    checks: { passed: boolean; reason: string }[];
  }[];
}

let sandbox: TestSandbox;
let server: StartedApp;
let user: SignedUp;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  server = await startApp({ env: sandbox.env });
});
beforeEach(async () => {
  await sandbox.noFaults();
  user = await signUp(server.url);
});
afterEach(() => jest.restoreAllMocks());
afterAll(async () => {
  await server.close();
  await sandbox.close();
});

const SAM = { name: 'Sam', persona: 'Sam has little time.', goal: 'Find out when the shop opens.' };
const client = () => api(server.url);
const create = (body: object = {}, scenario = 'receptionist', who = user) =>
  client().post<Report>(
    `/scenarios/${scenario}/simulations`,
    { callers: [SAM], checks: [{ type: 'said', text: 'nine' }], ...body },
    who,
  );
const report = async (id: string, scenario = 'receptionist', who = user) =>
  (await client().get<Report>(`/scenarios/${scenario}/simulations/${id}`, who)).body;
const done = (id: string, scenario = 'receptionist') =>
  until(
    () => report(id, scenario),
    ({ status }) => status === 'done',
    { what: 'the report', withinMs: 60_000 },
  );
const words = (delta: string): TalkPart => ({ kind: 'text', delta });
const calls = (name: string, given: object = {}): TalkPart => ({
  kind: 'call',
  callId: 'call_1',
  name,
  arguments: JSON.stringify(given),
});

/** The model plays both: what the caller says in turn, and what the agent does. */
function plays(caller: TalkPart[][], agent: TalkPart[][], verdict = { passed: true, reason: 'The caller knows.' }) {
  const model = server.app.get(LanguageModel);
  const talks: Talk[] = [];
  jest.spyOn(model, 'converse').mockImplementation(async function* (talk) {
    talks.push({ ...talk, lines: [...talk.lines] });
    const isCaller = talk.tools.some(({ name }) => name === 'hang_up');
    for (const part of (isCaller ? caller : agent).shift() ?? []) yield await Promise.resolve(part);
  });
  jest.spyOn(model, 'answer').mockResolvedValue(verdict);
  return talks;
}

describe('a simulation', () => {
  it('has each caller call as often as it is told, and reports what came of it', async () => {
    const talks = plays(
      [[words('When do you open?')], [words('Thank you, goodbye.'), calls('hang_up')]],
      [[words('We open at nine.')]],
    );
    const checks = [
      { type: 'said', text: 'at NINE' },
      { type: 'not_said', text: 'discount' },
      { type: 'tool_not_called', tool: 'record_order' },
      { type: 'outcome', expected: 'The caller knows when the shop opens.' },
    ];
    const made = await create({ checks });
    expect([made.status, made.body]).toMatchObject([202, { status: 'running', total: 1, pass_rate: null }]);
    const { runs, ...sum } = await done(made.body.id);
    expect(sum).toMatchObject({ passed: 1, failed: 0, broken: 0, pass_rate: 1 });
    const [run] = runs;
    expect(run).toMatchObject({ caller: 'Sam', state: 'passed', reason: null, end: 'caller_hung_up' });
    expect(run?.checks.map(({ passed }) => passed)).toEqual([true, true, true, true]);
    expect(run?.lines.map(({ role, said }) => [role, said])).toEqual([
      ['agent', expect.stringContaining('automated assistant')],
      ['caller', 'When do you open?'],
      ['agent', 'We open at nine.'],
      ['caller', 'Thank you, goodbye.'],
    ]);
    // Each is shown the other as the one who speaks to it.
    expect(talks[1]?.lines.at(-1)).toEqual({ role: 'user', text: 'When do you open?' });
    expect(talks[2]?.lines.at(-1)).toEqual({ role: 'user', text: 'We open at nine.' });
    expect(talks[0]?.instructions).toContain('Sam has little time.');
  });

  it('fails a call that does not show what it must, and says why', async () => {
    plays(
      [[words('A pizza, please.')], [words('Bye.'), calls('hang_up')]],
      [[words('At ten, with a discount.'), calls('record_order', { items: [{ name: 'pizza', quantity: 1 }] })]],
      { passed: false, reason: 'Nobody knows.' },
    );
    const checks = [
      { type: 'said', text: 'nine' },
      { type: 'not_said', text: 'discount' },
      { type: 'tool_called', tool: 'record_order' },
      { type: 'tool_called', tool: 'end_call' },
      { type: 'outcome', expected: 'The caller has ordered.' },
    ];
    const { body } = await create({ checks }, 'restaurant_order');
    const { runs, ...sum } = await done(body.id, 'restaurant_order');
    expect(sum).toMatchObject({ passed: 0, failed: 1, pass_rate: 0 });
    expect(runs[0]).toMatchObject({ state: 'failed', reason: 'The agent did not say “nine”.' });
    expect(runs[0]?.tools).toEqual([{ name: 'record_order', arguments: '{"items":[{"name":"pizza","quantity":1}]}' }]);
    expect(runs[0]?.checks).toMatchObject([
      { passed: false },
      { passed: false, reason: 'The agent said: “At ten, with a discount.”' },
      { passed: true, reason: 'record_order was called 1 time.' },
      { passed: false, reason: 'end_call was not called.' },
      { passed: false, reason: 'Nobody knows.' },
    ]);
  });

  it('ends where the agent hangs up, and after so many lines', async () => {
    plays([[words('Hello?')]], [[words('Goodbye.'), calls('end_call')]]);
    const first = await create({ checks: [{ type: 'tool_called', tool: 'end_call' }] });
    expect((await done(first.body.id)).runs[0]).toMatchObject({ state: 'passed', end: 'agent_hung_up' });
    jest.restoreAllMocks();
    const many = (text: string) => Array.from({ length: 40 }, () => [words(text)]);
    plays(many('And then?'), many('And then.'));
    const second = await create({ max_turns: 3, checks: [{ type: 'said', text: 'and then' }] });
    const [run] = (await done(second.body.id)).runs;
    expect([run?.end, run?.lines.filter(({ role }) => role === 'caller').length]).toEqual(['too_long', 3]);
  });

  it('is played by the simulated model, in text and through audio', async () => {
    for (const through of ['text', 'audio']) {
      const { body } = await create({
        through,
        max_turns: 2,
        checks: [{ type: 'not_said', text: 'xylophone' }],
        runs: 2,
      });
      const { runs, passed, total } = await done(body.id);
      expect([passed, total]).toEqual([2, 2]);
      expect(runs.every(({ lines }) => lines.length >= 2)).toBe(true);
      expect(runs.flatMap(({ lines }) => lines).every(({ heard }) => (heard === null) === (through === 'text'))).toBe(
        true,
      );
    }
  });

  it('goes on after a trouble that passes, and gives up on one that does not', async () => {
    plays([[words('Hello?')], [words('Bye.'), calls('hang_up')]], [[words('At nine.')]]);
    const converse = server.app.get(LanguageModel).converse as unknown as jest.Mock;
    converse.mockImplementationOnce(() => {
      throw new LanguageModelError('The language model is busy or cannot be reached.', 'moment');
    });
    const { body } = await create();
    const runner = server.app.get(SimulationRunner);
    await until(
      () => runner.makeAll(new Date(Date.now() + 30_000)).then(() => report(body.id)),
      ({ status }) => status === 'done',
      { what: 'the second try', withinMs: 60_000 },
    );
    expect((await report(body.id)).runs[0]?.state).toBe('passed');
    jest.restoreAllMocks();
    jest.spyOn(server.app.get(LanguageModel), 'converse').mockImplementation(() => {
      throw new LanguageModelError('The language model did not take the question.', 'question');
    });
    const hopeless = await create();
    expect((await done(hopeless.body.id)).runs[0]).toMatchObject({
      state: 'broken',
      reason: 'The language model did not take the question.',
    });
  });

  it('whose server died is made by another, once', async () => {
    plays([[words('Hello?')], [words('Bye.'), calls('hang_up')]], [[words('At nine.')]]);
    jest.spyOn(server.app.get(SimulationRunner), 'callForOne').mockReturnValue();
    const { body } = await create();
    await server.sql(
      user.userId,
      `UPDATE simulation_runs SET tries = 1, due_at = now() + interval '30 seconds' WHERE simulation_id = $1`,
      [body.id],
    );
    const runner = server.app.get(SimulationRunner);
    await runner.makeAll();
    expect((await report(body.id)).status).toBe('running');
    const later = new Date(Date.now() + 60_000);
    await Promise.all([runner.makeAll(later), runner.makeAll(later)]);
    expect(await done(body.id)).toMatchObject({ passed: 1, total: 1 });
  });

  it.each<[string, object, number]>([
    ['nobody', { callers: [] }, 422],
    ['no check', { checks: [] }, 422],
    ['an unknown check', { checks: [{ type: 'thought', text: 'x' }] }, 422],
    ['too many calls', { runs: 21 }, 422],
    ['a NUL', { callers: [{ ...SAM, goal: 'a\u0000' }] }, 422],
  ])('with %s is refused in words', async (_, body, status) => {
    expect((await create(body)).status).toBe(status);
  });

  it('is each user’s own, of a scenario that they have, and not without end', async () => {
    plays([], []);
    const other = await signUp(server.url);
    const { body } = await create();
    const foreign = await client().get(`/scenarios/receptionist/simulations/${body.id}`, other);
    expect([foreign.status, foreign.body['code']]).toEqual([404, 'simulation.not_found']);
    expect((await client().get<object[]>('/scenarios/receptionist/simulations', other)).body).toEqual([]);
    expect((await client().get<object[]>('/scenarios/receptionist/simulations', user)).body).toHaveLength(1);
    expect((await create({}, 'nothing_like_it')).status).toBe(400);
    expect((await create({}, 'custom_1_1')).status).toBe(404);
    jest.spyOn(server.app.get(SimulationRunner), 'makeAll').mockResolvedValue();
    const callers = Array.from({ length: 10 }, () => SAM);
    expect((await create({ callers, runs: 20 }, 'receptionist', other)).status).toBe(202);
    const more = await create({}, 'receptionist', other);
    expect([more.status, (more.body as unknown as { code: string }).code]).toEqual([409, 'simulation.too_many']);
    await server.sql(other.userId, 'DELETE FROM simulations');
    jest.restoreAllMocks();
    plays([], []);
    await done(body.id);
  });
});

describe('npm run simulate', () => {
  const run = (...args: string[]) =>
    new Promise<{ code: number; out: string }>((resolve) => {
      const script = [
        '-r',
        './test/support/swc-register.cjs',
        'scripts/simulate.ts',
        '--url',
        server.url,
        '--token',
        user.token,
      ];
      execFile(process.execPath, [...script, ...args], (error, out, err) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, out: out + err });
      });
    });

  it('says by its exit code whether enough has passed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'speech-assistant-simulate-'));
    try {
      const plan = join(folder, 'plan.json');
      const talk = () =>
        plays([[words('When do you open?')], [words('Bye.'), calls('hang_up')]], [[words('We open at nine.')]]);
      await writeFile(plan, JSON.stringify({ callers: [SAM], checks: [{ type: 'said', text: 'nine' }] }));
      talk();
      const passed = await run('--scenario', 'receptionist', '--plan', plan);
      expect([passed.code, passed.out]).toEqual([0, expect.stringContaining('1 of 1 passed')]);
      jest.restoreAllMocks();
      await writeFile(plan, JSON.stringify({ callers: [SAM], checks: [{ type: 'said', text: 'ten' }] }));
      talk();
      const failed = await run('--scenario', 'receptionist', '--plan', plan);
      expect([failed.code, failed.out]).toEqual([1, expect.stringContaining('The agent did not say “ten”.')]);
      const unknown = await run('--scenario', 'nothing_like_it', '--plan', plan);
      expect([unknown.code, unknown.out]).toEqual([2, expect.stringContaining('scenario')]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
