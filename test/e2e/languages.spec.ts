import { AccountsService } from '../../src/auth/accounts.service';
import { PhoneNumbers } from '../../src/calls/phone-numbers.service';
import { DEMO_USER } from '../../src/demo-user';
import { api, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { ring } from '../support/live-call';
import { PhoneCall, startTestSandbox, TestSandbox } from '../support/sandbox';
import { until } from '../support/until';

/** In which language is spoken, from the welcome to the end. */

jest.setTimeout(120_000);

const NUMBER = '+12025550000';

let sandbox: TestSandbox;
let server: StartedApp;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  server = await startApp({ env: { ...sandbox.env, DEMO_DURATION_SECONDS: '45' } });
  await server.app.get(AccountsService).ensureDemoUser(DEMO_USER);
  await server.app.get(PhoneNumbers).setUpPlatformNumber();
});
afterAll(async () => {
  await server.close();
  await sandbox.close();
});

const client = () => api(server.url);
const scenario = async (token: string, language: string) =>
  (
    await client().post<{ scenario_id: string }>(
      '/realtime/custom-scenario',
      {
        persona: 'A friendly person at the reception.',
        prompt: 'Find out what they want and say goodbye.',
        voice_type: 'warm_engaging',
        temperature: 0.5,
        language,
      },
      { token },
    )
  ).body.scenario_id;
const told = ({ heard }: PhoneCall) => heard.map(({ text }) => text).join(' ');
/** What the simulated models were told to say, and were told they are. */
const saidByModel = async () =>
  (await sandbox.sessions()).flatMap(({ items }) => items.map(({ transcript }) => transcript ?? '')).join('\n');

describe('somebody who speaks Spanish', () => {
  it('and rings the demo is disclosed to in Spanish, and sent off in it; the call says which language it was', async () => {
    const sid = await sandbox.ring({
      from: '+12025550143',
      to: NUMBER,
      digits: '1',
      // Enough to talk until the limit.
      says: [
        'Hola, buenos días, quisiera hablar con usted, por favor.',
        ...Array.from({ length: 20 }, (_, at) => `Sí, muy bien, gracias, y otra cosa, la número ${at}.`),
      ],
    });
    const { body } = await client().post<{ access_token: string }>('/auth/login', {
      email: DEMO_USER.email,
      password: DEMO_USER.password,
    });
    const call = await until(
      async () => (await client().get(`/calls/${sid}`, { token: body.access_token })).body,
      (told) => told['status'] === 'completed' && told['ended_reason'] !== null,
      { withinMs: 90_000, what: 'the end of the demo' },
    );
    expect(call).toMatchObject({ spoken_language: 'es', is_demo: true, ended_reason: 'demo_limit' });
    // As it was heard on the phone, one after the other.
    const heard = told(await sandbox.call(sid));
    const at = [
      'Welcome. You are about to talk',
      'Hello, this is an automated assistant',
      'le habla un asistente automático',
      'se ha acabado el tiempo de esta llamada',
    ].map((words) => heard.indexOf(words));
    expect(at).toEqual([...at].filter((place) => place >= 0).sort((a, b) => a - b));
    const found = await client().get<{ call_sid: string }[]>('/calls?language=es', { token: body.access_token });
    expect(found.body.map(({ call_sid: each }) => each)).toEqual([sid]);
    expect((await client().get<unknown[]>('/calls?language=fr', { token: body.access_token })).body).toEqual([]);
  });
});

describe('a scenario', () => {
  it('of a language speaks it from the first word, and the call says so', async () => {
    const user = await signUp(server.url);
    const {
      placed,
      over,
      until: when,
    } = await ring(server, user, '+12025550106', {
      scenario: await scenario(user.token, 'de'),
    });
    await when(({ transcript }) => transcript.length > 0, 'the first words');
    await api(sandbox.url).post(`/sandbox/calls/${placed.call_sid}/hangup`);
    await over();
    expect(await saidByModel()).toContain('hier spricht ein automatischer Assistent');
  });

  it('may leave it to whoever is on the line; nothing else is a language', async () => {
    const { token } = await signUp(server.url);
    const id = await scenario(token, 'AUTO');
    expect((await client().get(`/custom-scenarios/${id}`, { token })).body).toMatchObject({ language: 'auto' });
    expect(await scenario(token, 'automatic language')).toBeUndefined();
  });
});

describe('a number that is claimed', () => {
  it('speaks the language of its scenario before the agent does', async () => {
    const user = await signUp(server.url);
    const claimed = await client().post<{ id: number }>(
      '/phone-numbers',
      { phone_number: NUMBER, scenario: await scenario(user.token, 'fr-FR'), mode: 'demo' },
      { token: user.token },
    );
    try {
      const sid = await sandbox.ring({ from: '+12025550144', to: NUMBER });
      const call = await until(
        () => sandbox.call(sid),
        (each) => /touche/.test(told(each)),
        { withinMs: 60_000, what: 'the welcome' },
      );
      expect(told(call)).toContain('Vous allez parler avec un assistant automatique');
      expect(call.twiml.join()).toContain('<Say language="fr-FR" voice="Polly.Lea-Neural">Bienvenue.');
    } finally {
      await client().delete(`/phone-numbers/${claimed.body.id}`, { token: user.token });
    }
  });
});

describe('a number that nobody answers', () => {
  it('says so in DEFAULT_LANGUAGE, in the accent of its region', async () => {
    // No demo account is set up here.
    const other = await startApp({ env: { ...sandbox.env, DEFAULT_LANGUAGE: 'es-MX' } });
    try {
      await other.app.get(PhoneNumbers).setUpPlatformNumber();
      const sid = await sandbox.ring({ from: '+12025550145', to: NUMBER });
      const call = await until(
        () => sandbox.call(sid),
        ({ status }) => status === 'completed',
        { withinMs: 60_000, what: 'the end' },
      );
      expect(told(call)).toContain('Nadie responde en este número');
      expect(call.twiml.join()).toContain('<Say language="es-MX" voice="Polly.Mia-Neural">');
    } finally {
      await other.close();
    }
  });
});
