import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import type { Environment } from '../../src/config/app-config';
import { readConfig } from '../../src/config/app-config';
import type { Finding } from '../../src/common/finding';
import { Telephony } from '../../src/integrations/telephony/telephony';
import { isWell, lookAtAll, reportOf } from '../../src/doctor-report';
import { StartedApp, startApp } from '../support/app';
import { startTestSandbox, TestSandbox } from '../support/sandbox';

/** What `npm run doctor` finds, with the simulated providers in the place of real ones. */

let sandbox: TestSandbox;
let server: StartedApp;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  server = await startApp({ env: sandbox.env });
});
beforeEach(() => sandbox.noFaults());
afterAll(async () => {
  await server.close();
  await sandbox.close();
});

function look(env: Environment = {}): Promise<Finding[]> {
  return lookAtAll(
    readConfig({
      NODE_ENV: 'test',
      SECRET_KEY: randomBytes(32).toString('base64url'),
      DATABASE_URL: server.database.url,
      ...sandbox.env,
      PUBLIC_URL: server.url,
      ...env,
    }),
  );
}

const about = (findings: Finding[], subject: string) => findings.filter((finding) => finding.subject === subject);

async function setNumber(url: string): Promise<void> {
  const telephony = server.app.get(Telephony);
  const number = await telephony.findNumber('+12025550000');
  if (number === null) throw new Error('The sandbox has no such number.');
  await telephony.setNumberWebhooks(number.sid, {
    voiceUrl: `${url}/incoming-call`,
    statusCallbackUrl: `${url}/call-status`,
    smsUrl: `${url}/incoming-sms`,
  });
}

describe('the doctor', () => {
  it('finds nothing to mend where all is well', async () => {
    await setNumber(server.url);
    const findings = await look();
    expect(findings.filter(({ verdict }) => verdict === 'failure')).toEqual([]);
    expect(isWell(findings)).toBe(true);
    for (const subject of [
      'Database',
      'Isolation',
      'Twilio account',
      'Twilio number',
      'Twilio countries',
      'OpenAI key',
    ]) {
      expect([subject, about(findings, subject).map(({ verdict }) => verdict)]).toEqual([subject, ['ok']]);
    }
    expect(about(findings, 'OpenAI models').map(({ verdict }) => verdict)).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(about(findings, 'Google client')[0]).toMatchObject({ verdict: 'ok' });
    expect(reportOf(findings)).toContain('✓ Database');
  });

  it.each<[string, Environment, string, Finding['verdict'], RegExp]>([
    [
      'a token of another account',
      { TWILIO_AUTH_TOKEN: 'f'.repeat(32) },
      'Twilio account',
      'failure',
      /TWILIO_AUTH_TOKEN is not the token/,
    ],
    [
      'a number that is not ours',
      { TWILIO_PHONE_NUMBER: '+12025559999' },
      'Twilio number',
      'failure',
      /not one of this/,
    ],
    [
      'a country that is not dialled',
      { ALLOWED_COUNTRIES: 'US,KP' },
      'Twilio countries',
      'failure',
      /does not dial KP/,
    ],
    [
      'a service that is not there',
      { USE_TWILIO_VOICE_INTELLIGENCE: 'true', TWILIO_VOICE_INTELLIGENCE_SID: `GA${'0'.repeat(32)}` },
      'Voice Intelligence',
      'failure',
      /cannot be used/,
    ],
    ['an address where nobody is', { PUBLIC_URL: 'http://127.0.0.1:9' }, 'PUBLIC_URL', 'failure', /PUBLIC_URL/],
    ['a wrong key', { OPENAI_API_KEY: 'sk-wrong' }, 'OpenAI key', 'failure', /does not know OPENAI_API_KEY/],
    ['a model that is not there', { OPENAI_TEXT_MODEL: 'gpt-none' }, 'OpenAI models', 'failure', /no model gpt-none/],
    ['a wrong client', { GOOGLE_CLIENT_SECRET: 'wrong' }, 'Google client', 'failure', /does not know GOOGLE_CLIENT_ID/],
    [
      'a wrong key of the mail service',
      { RESEND_API_KEY: 're_wrong' },
      'Mail',
      'failure',
      /does not take RESEND_API_KEY/,
    ],
    ['a sender of another domain', { MAIL_FROM: 'me@elsewhere.test' }, 'Mail', 'failure', /not one of the account/],
    ["a sender that is everybody's", { MAIL_FROM: 'onboarding@resend.dev' }, 'Mail', 'warning', /set MAIL_FROM/],
    ['no mail service', { RESEND_API_KEY: '' }, 'Mail', 'off', /no mails are sent/],
    [
      'no database there',
      { DATABASE_URL: 'postgres://nobody:secret@127.0.0.1:9/none' },
      'Database',
      'failure',
      /cannot be reached as nobody/,
    ],
    ['a demo that cannot answer', { DEMO_SCENARIO: 'salse' }, 'Demo', 'failure', /none that is built in/],
    ['no Redis there', { REDIS_URL: 'redis://127.0.0.1:9' }, 'Redis', 'failure', /does not answer/],
  ])('names %s', async (_, env, subject, verdict, sentence) => {
    const [first] = about(await look(env), subject).filter((finding) => finding.verdict !== 'ok');
    expect(first).toMatchObject({ verdict, sentence: expect.stringMatching(sentence) as string });
    expect(JSON.stringify(first)).not.toContain('secret@');
  });

  it('says until when a model is there', async () => {
    const findings = await look({ OPENAI_REALTIME_MODEL: 'gpt-realtime' });
    // OpenAI has said so; before the end it is a warning, and after it a failure.
    const sentence = expect.stringMatching(/gpt-realtime end(s|ed) on 2027-01-20/) as string;
    expect(about(findings, 'OpenAI models')[0]).toMatchObject({ sentence });
  });

  it('sees that people who ring the number are sent elsewhere', async () => {
    await setNumber('https://elsewhere.example.com');
    const findings = about(await look(), 'Twilio number');
    expect(findings[0]).toMatchObject({ verdict: 'warning', sentence: expect.stringContaining('elsewhere') as string });
  });

  it('asks providers that are down without falling over', async () => {
    for (const provider of ['twilio', 'openai']) await sandbox.fault(provider, 'http_500', { count: 10 });
    const findings = await look();
    expect(about(findings, 'Twilio account')[0]).toMatchObject({ verdict: 'failure' });
    expect(about(findings, 'OpenAI key')[0]).toMatchObject({ verdict: 'failure' });
  });

  it('sees isolation that somebody has switched off', async () => {
    const owner = new Client({ connectionString: server.database.url });
    await owner.connect();
    try {
      await owner.query('ALTER TABLE feedback NO FORCE ROW LEVEL SECURITY');
      expect(about(await look(), 'Isolation')[0]).toMatchObject({
        verdict: 'failure',
        sentence: expect.stringContaining('feedback') as string,
      });
    } finally {
      await owner.query('ALTER TABLE feedback FORCE ROW LEVEL SECURITY');
      await owner.end();
    }
  });
});
