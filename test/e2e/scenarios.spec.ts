import { DEFAULT_INTERRUPTION, interruptionOf } from '../../src/scenarios/agent';
import { ScenariosService } from '../../src/scenarios/scenarios.service';
import { api, SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';

let server: StartedApp;
let client: ReturnType<typeof api>;
let user: SignedUp;

beforeAll(async () => {
  server = await startApp();
  client = api(server.url);
});
beforeEach(async () => {
  user = await signUp(server.url);
});
afterAll(() => server.close());

const SCENARIO = {
  persona: 'You are Mia, a friendly advisor for solar panels.',
  prompt: 'Find out whether the person owns a house with a roof.',
  voice_type: 'warm_engaging',
  temperature: 0.7,
};

const INTERRUPTION = { protect: 'nothing', min_speech_ms: 0, ignore_words: [], resume_after_false_alarm: false };

const create = (body: object = {}, token = user.token) =>
  client.post('/realtime/custom-scenario', { ...SCENARIO, ...body }, { token });

async function aScenarioId(body: object = {}, token = user.token): Promise<string> {
  return String((await create(body, token)).body['scenario_id']);
}

describe('a scenario of one’s own', () => {
  it('is made, with what will not be applied', async () => {
    const before = Math.floor(Date.now() / 1000);
    const { status, body } = await create();
    expect(status).toBe(201);
    expect(body).toEqual({
      scenario_id: expect.stringMatching(new RegExp(`^custom_${user.userId}_\\d{10}$`)) as string,
      message: 'Custom scenario created successfully',
      not_applied: [expect.stringMatching(/^temperature: /) as string],
    });
    const seconds = Number(String(body['scenario_id']).split('_')[2]);
    expect(seconds).toBeGreaterThanOrEqual(before);
    expect(seconds).toBeLessThanOrEqual(before + 5);
  });

  it('is read with everything that was given, and its defaults', async () => {
    const id = await aScenarioId();
    const { status, body } = await client.get(`/custom-scenarios/${id}`, { token: user.token });
    expect(status).toBe(200);
    expect(body).toEqual({
      id: expect.any(Number) as number,
      scenario_id: id,
      ...SCENARIO,
      voice: 'ballad',
      name: null,
      greeting: null,
      who_speaks_first: 'agent',
      language: 'en-US',
      max_duration_seconds: null,
      voicemail_message: null,
      extraction_schema: null,
      sends_texts: false,
      follow_up_text: null,
      interruption: INTERRUPTION,
      not_applied: [expect.any(String) as string],
      created_at: expect.stringMatching(/Z$/) as string,
      updated_at: expect.stringMatching(/Z$/) as string,
    });
  });

  it('takes everything optional', async () => {
    const optional = {
      name: 'Solar',
      greeting: 'Do you have a minute?',
      who_speaks_first: 'customer',
      language: 'pt-br',
      max_duration_seconds: 120,
      voicemail_message: 'Please call back.',
      extraction_schema: { type: 'object', properties: { owns_house: { type: 'boolean' } } },
      interruption: {
        protect: 'opening',
        min_speech_ms: 2000,
        ignore_words: ['mhm', 'うん'],
        resume_after_false_alarm: true,
      },
      voice_type: 'verse',
    };
    const id = await aScenarioId(optional);
    const { body } = await client.get(`/custom-scenarios/${id}`, { token: user.token });
    expect(body).toMatchObject({ ...optional, language: 'pt-BR', voice: 'verse' });
  });

  it('is listed, newest first', async () => {
    const ids = [await aScenarioId(), await aScenarioId(), await aScenarioId()];
    expect(new Set(ids).size).toBe(3);
    const { body } = await client.get<{ scenario_id: string }[]>('/custom-scenarios', { token: user.token });
    expect(body.map(({ scenario_id }) => scenario_id)).toEqual(ids.reverse());
  });

  it('is changed in part', async () => {
    const id = await aScenarioId({ greeting: 'Hello!' });
    const put = (body: object) => client.put(`/custom-scenarios/${id}`, body, { token: user.token });
    const { status, body } = await put({ voice_type: 'concerned_female', temperature: 0, greeting: null });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      ...SCENARIO,
      voice_type: 'concerned_female',
      voice: 'coral',
      temperature: 0,
      greeting: null,
    });
    expect((await put({})).body).toMatchObject({ voice_type: 'concerned_female' });
    expect((await put({ voice_type: 'robot' })).status).toBe(400);
    expect((await put({ persona: 'short' })).status).toBe(422);
    expect((await put({ scenario_id: 'custom_1_1' })).status).toBe(422);
    expect((await client.get(`/custom-scenarios/${id}`, { token: user.token })).body).toMatchObject({ voice: 'coral' });
  });

  it('says what it takes to interrupt it, filled with defaults, as a whole or not at all', async () => {
    const id = await aScenarioId({ interruption: { protect: 'disclosure', ignore_words: [' mhm '] } });
    const path = `/custom-scenarios/${id}`;
    const put = async (body: object) => (await client.put(path, body, { token: user.token })).body['interruption'];
    const agent = () => server.app.get(ScenariosService).resolveAgent({ userId: user.userId }, id);

    const given = { ...INTERRUPTION, protect: 'disclosure', ignore_words: ['mhm'] };
    expect((await client.get(path, { token: user.token })).body['interruption']).toEqual(given);
    expect((await agent()).interruption).toEqual({
      protect: 'disclosure',
      minSpeechMs: 0,
      ignoreWords: ['mhm'],
      resumesAfterFalseAlarm: false,
    });
    expect(await put({ greeting: 'Hello!' })).toEqual(given);
    expect(await put({ interruption: { min_speech_ms: 300 } })).toEqual({ ...INTERRUPTION, min_speech_ms: 300 });
    expect(await put({ interruption: {} })).toEqual(INTERRUPTION);
    expect(await put({ interruption: { resume_after_false_alarm: true } })).toMatchObject({
      resume_after_false_alarm: true,
    });
    expect(await put({ interruption: null })).toEqual(INTERRUPTION);
    expect(interruptionOf(await agent())).toEqual(DEFAULT_INTERRUPTION);
  });

  it('is deleted', async () => {
    const id = await aScenarioId();
    const { status, body } = await client.delete(`/custom-scenarios/${id}`, { token: user.token });
    expect(status).toBe(200);
    expect(body).toEqual({ message: 'Custom scenario deleted successfully' });
    expect((await client.get(`/custom-scenarios/${id}`, { token: user.token })).status).toBe(404);
    expect((await client.delete(`/custom-scenarios/${id}`, { token: user.token })).status).toBe(404);
  });

  it('is nobody else’s: the same 404 as for one that is not there', async () => {
    const other = await signUp(server.url);
    const foreign = await aScenarioId({}, other.token);
    for (const id of [foreign, 'custom_1_1', 'nonsense', '1', '%20']) {
      for (const answer of [
        await client.get(`/custom-scenarios/${id}`, { token: user.token }),
        await client.put(`/custom-scenarios/${id}`, { temperature: 1 }, { token: user.token }),
        await client.delete(`/custom-scenarios/${id}`, { token: user.token }),
      ]) {
        expect(answer.status).toBe(404);
        expect(answer.body).toMatchObject({ detail: 'Custom scenario not found', code: 'scenario.not_found' });
      }
    }
    expect((await client.get('/custom-scenarios', { token: user.token })).body).toEqual([]);
    expect((await client.get(`/custom-scenarios/${foreign}`, { token: other.token })).body).toMatchObject(SCENARIO);
  });

  it('is one of at most twenty', async () => {
    const answers = await Promise.all(Array.from({ length: 26 }, () => create()));
    const made = answers.filter(({ status }) => status === 201).map(({ body }) => body['scenario_id']);
    expect(made).toHaveLength(20);
    expect(new Set(made).size).toBe(20);
    for (const { body } of answers.filter(({ status }) => status !== 201)) {
      expect(body).toMatchObject({
        status_code: 400,
        detail: 'You have reached the maximum limit of 20 custom scenarios',
      });
    }
    await client.delete(`/custom-scenarios/${String(made[0])}`, { token: user.token });
    expect((await create()).status).toBe(201);
  });

  it('needs a voice that exists', async () => {
    const { status, body } = await create({ voice_type: 'robot' });
    expect(status).toBe(400);
    expect(body['detail']).toBe(
      'Voice type must be one of: aggressive_male, concerned_female, elderly_female, professional_neutral, gentle_supportive, warm_engaging, deep_authoritative, energetic_upbeat, clear_optimistic, calm_confident, alloy, ash, ballad, coral, echo, sage, shimmer, verse, marin, cedar',
    );
  });

  it.each([
    ['no persona', { persona: undefined }],
    ['a persona of nine characters', { persona: 'x'.repeat(9) }],
    ['a persona of blanks', { persona: ' '.repeat(50) }],
    ['an endless persona', { persona: 'x'.repeat(5001) }],
    ['no prompt', { prompt: undefined }],
    ['an endless prompt', { prompt: 'x'.repeat(5001) }],
    ['a persona that is a number', { persona: 1234567890 }],
    ['no voice', { voice_type: undefined }],
    ['a voice that is a list', { voice_type: ['ash'] }],
    ['no temperature', { temperature: undefined }],
    ['a temperature below', { temperature: -0.1 }],
    ['a temperature above', { temperature: 1.21 }],
    ['a temperature as text', { temperature: '0.7' }],
    ['a strange beginner', { who_speaks_first: 'nobody' }],
    ['a language that is none', { language: 'klingonish-x-' }],
    ['a call of nine seconds', { max_duration_seconds: 9 }],
    ['a call of an hour and a second', { max_duration_seconds: 3601 }],
    ['half a second', { max_duration_seconds: 10.5 }],
    ['a schema that is a list', { extraction_schema: [] }],
    ['a schema without properties', { extraction_schema: { type: 'object' } }],
    [
      'an endless schema',
      { extraction_schema: { type: 'object', properties: { a: { description: 'x'.repeat(20_000) } } } },
    ],
    ['a strange protection', { interruption: { protect: 'everything' } }],
    ['speech of less than nothing', { interruption: { min_speech_ms: -1 } }],
    ['speech of more than two seconds', { interruption: { min_speech_ms: 2001 } }],
    ['half a millisecond', { interruption: { min_speech_ms: 0.5 } }],
    ['an empty word to ignore', { interruption: { ignore_words: ['mhm', ' '] } }],
    ['a word to ignore without letters', { interruption: { ignore_words: ['…'] } }],
    ['an endless word to ignore', { interruption: { ignore_words: ['x'.repeat(41)] } }],
    ['fifty-one words to ignore', { interruption: { ignore_words: Array.from({ length: 51 }, () => 'mhm') } }],
    ['NUL in a word to ignore', { interruption: { ignore_words: ['m\0hm'] } }],
    ['a resume as text', { interruption: { resume_after_false_alarm: 'yes' } }],
    ['an unknown member of the interruption', { interruption: { protects: 'nothing' } }],
    ['an interruption in a word', { interruption: 'nothing' }],
    ['an unknown member', { mood: 'good' }],
    ['NUL in the persona', { persona: 'You are \0 somebody.' }],
    ['half a surrogate pair in the prompt', { prompt: 'Find out \ud800 something.' }],
    ['NUL in the schema', { extraction_schema: { type: 'object', properties: { 'a\0': {} } } }],
  ])('is refused with %s', async (_, body) => {
    const { status, body: problem } = await create(body);
    expect(status).toBe(422);
    expect(problem).toMatchObject({ status_code: 422, errors: expect.any(Array) as unknown[] });
  });

  it.each([
    ['ten characters', { persona: 'x'.repeat(10), prompt: 'x'.repeat(10) }],
    ['five thousand characters', { persona: 'x'.repeat(5000), prompt: '✨'.repeat(5000) }],
    ['the ends of the scales', { temperature: 1.2, max_duration_seconds: 10 }],
    ['fifty words to ignore', { interruption: { ignore_words: Array.from({ length: 50 }, () => 'x'.repeat(40)) } }],
    ['no words about its interruption', { interruption: null }],
    ['the other ends of the scales', { temperature: 0, max_duration_seconds: 3600 }],
  ])('may have %s', async (_, body) => {
    expect((await create(body)).status).toBe(201);
  });

  it('needs to be signed in', async () => {
    for (const path of ['/custom-scenarios', '/scenarios', '/voices'])
      expect((await client.get(path)).status).toBe(401);
    expect((await client.post('/realtime/custom-scenario', SCENARIO)).status).toBe(401);
  });

  it('goes with its user', async () => {
    await aScenarioId();
    expect((await client.delete('/users/me', { token: user.token })).status).toBe(204);
  });
});

describe('what is there already', () => {
  it('is eight scenarios', async () => {
    const { body } = await client.get<{ name: string }[]>('/scenarios', { token: user.token });
    expect(body.map(({ name }) => name)).toEqual([
      'default',
      'sales',
      'support',
      'appointment_reminder',
      'survey',
      'receptionist',
      'restaurant_order',
      'calendar_assistant',
    ]);
    expect(body.find(({ name }) => name === 'restaurant_order')).toMatchObject({
      tools: ['end_call', 'record_order'],
      interruption: INTERRUPTION,
    });
    expect(body.find(({ name }) => name === 'appointment_reminder')).toMatchObject({
      interruption: { ...INTERRUPTION, protect: 'disclosure' },
    });
  });

  it('is twenty names of voices', async () => {
    const { body } = await client.get<object[]>('/voices', { token: user.token });
    expect(body).toHaveLength(20);
    expect(body[0]).toEqual({ voice_type: 'aggressive_male', voice: 'ash', description: expect.any(String) as string });
  });
});

describe('making many', () => {
  it('is limited by the minute', async () => {
    const slow = await startApp({ env: { RATE_LIMIT_SCENARIOS: '10' } });
    try {
      const { token } = await signUp(slow.url);
      const answers = [];
      for (let at = 0; at < 11; at += 1) {
        answers.push(await api(slow.url).post('/realtime/custom-scenario', SCENARIO, { token }));
      }
      expect(answers.map(({ status }) => status)).toEqual([...Array.from({ length: 10 }, () => 201), 429]);
      expect(answers[10]?.body['detail']).toMatch(/^Rate limit exceeded/);
    } finally {
      await slow.close();
    }
  });
});
