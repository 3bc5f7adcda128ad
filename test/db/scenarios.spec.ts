import { Database } from '../../src/database/database';
import { MAX_CUSTOM_SCENARIOS, ScenariosService } from '../../src/scenarios/scenarios.service';
import { signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';

let server: StartedApp;
let scenarios: ScenariosService;

beforeAll(async () => {
  server = await startApp();
  scenarios = server.app.get(ScenariosService);
});
afterAll(() => server.close());

const FIELDS = {
  persona: 'You are Mia, a friendly advisor.',
  prompt: 'Find out what the person needs.',
  voice_type: 'calm_confident',
  temperature: 0.7,
};

describe('scenarios', () => {
  it('have different ids in one second, counted on from it', async () => {
    const owner = { userId: (await signUp(server.url)).userId };
    const made = await Promise.all(Array.from({ length: 5 }, () => scenarios.create(owner, FIELDS)));
    const seconds = made.map(({ scenarioId }) => Number(scenarioId.split('_')[2])).sort((a, b) => a - b);
    const first = seconds[0] ?? 0;
    expect(new Set(seconds).size).toBe(5);
    expect((seconds[4] ?? 0) - first).toBeLessThan(8);
  });

  it('are limited for each user by itself, also when all come at once', async () => {
    const owners = await Promise.all([1, 2].map(async () => ({ userId: (await signUp(server.url)).userId })));
    const results = await Promise.allSettled(
      Array.from({ length: 50 }, (_, at) => scenarios.create(owners[at % 2] ?? { userId: 0 }, FIELDS)),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(2 * MAX_CUSTOM_SCENARIOS);
    for (const owner of owners) expect(await scenarios.list(owner)).toHaveLength(MAX_CUSTOM_SCENARIOS);
  });

  it('become agents: built-in ones by name, own ones by id', async () => {
    const owner = { userId: (await signUp(server.url)).userId };
    expect(await scenarios.resolveAgent(owner, 'sales')).toMatchObject({ scenarioName: 'sales', voice: 'verse' });
    const { scenarioId } = await scenarios.create(owner, { ...FIELDS, greeting: 'Hi!', max_duration_seconds: 60 });
    expect(await scenarios.resolveAgent(owner, scenarioId)).toEqual({
      scenarioName: scenarioId,
      displayName: 'Custom scenario',
      persona: FIELDS.persona,
      prompt: FIELDS.prompt,
      voice: 'cedar',
      voiceType: 'calm_confident',
      temperature: 0.7,
      greeting: 'Hi!',
      whoSpeaksFirst: 'agent',
      language: 'en-US',
      maxDurationSeconds: 60,
      voicemailMessage: null,
      tools: ['end_call'],
      extractionSchema: null,
    });
    const other = { userId: (await signUp(server.url)).userId };
    await expect(scenarios.resolveAgent(other, scenarioId)).rejects.toMatchObject({ code: 'scenario.not_found' });
    await expect(scenarios.resolveAgent(owner, 'toString')).rejects.toMatchObject({ code: 'scenario.invalid' });
  });

  it('go with their user', async () => {
    const owner = { userId: (await signUp(server.url)).userId };
    await scenarios.create(owner, FIELDS);
    const db = server.app.get(Database);
    await db.asOwner(owner, (tx) => tx.query('DELETE FROM users WHERE id = $1', [owner.userId]));
    const left = await db.asNewOwner(owner, (tx) => tx.query<object[]>('SELECT id FROM custom_scenarios'));
    expect(left).toEqual([]);
  });
});
