import { Telephony } from '../../src/integrations/telephony/telephony';
import { TwilioTelephony } from '../../src/integrations/telephony/twilio/twilio-telephony';
import { readConfig } from '../../src/config/app-config';
import { signUp } from '../support/api';
import { startApp } from '../support/app';
import { ring } from '../support/live-call';
import { startTestSandbox } from '../support/sandbox';
import { aCallResource, aCallSid, ScriptedTwilio } from '../support/scripted-twilio';
import { until } from '../support/until';

/** What the carrier says in our place when we cannot speak any more. */

const SENTENCE = 'I am sorry, something went wrong here. Goodbye.';

describe('a farewell, as Twilio is asked for it', () => {
  let twilio: ScriptedTwilio;
  let telephony: Telephony;

  beforeAll(async () => {
    twilio = await ScriptedTwilio.start();
    const env = { ...twilio.env, TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`, OPENAI_API_KEY: 'sk-test' };
    telephony = new TwilioTelephony(readConfig(env));
  });
  afterAll(() => twilio.close());

  function aCallThatIs(status: string): string {
    const sid = aCallSid();
    twilio.calls.set(sid, aCallResource(sid, '+12025550100', '+12025550000', { status }));
    return sid;
  }

  it('replaces the instructions of the live call', async () => {
    const sid = aCallThatIs('in-progress');
    expect(await telephony.farewell(sid, SENTENCE, 'de')).toBe(true);
    const { path, form } = twilio.requests.at(-1) ?? { path: '', form: new URLSearchParams() };
    expect(path).toContain(`/Calls/${sid}.json`);
    expect([...form.keys()]).toEqual(['Twiml']);
    expect(form.get('Twiml')).toContain(
      `<Response><Say language="de-DE" voice="Polly.Vicki-Neural">${SENTENCE}</Say><Hangup/></Response>`,
    );
    expect(twilio.hangUps).toEqual([]);
  });

  it.each(['completed', 'not known'])('of a call that is %s is too late, and no error', async (status) => {
    const sid = status === 'completed' ? aCallThatIs(status) : aCallSid();
    expect(await telephony.farewell(sid, SENTENCE, 'en-US')).toBe(false);
  });

  it('that fails says so', async () => {
    const sid = aCallThatIs('in-progress');
    twilio.readStatus = 401;
    await expect(telephony.farewell(sid, SENTENCE, 'en-US')).rejects.toThrow('Internal error');
    twilio.readStatus = 200;
  });
});

it('is heard on the phone, whose media stream ends with it', async () => {
  const sandbox = await startTestSandbox();
  const server = await startApp({ env: sandbox.env });
  const user = await signUp(server.url);
  const call = await ring(server, user, '+12025550121');
  await call.until(({ transcript }) => transcript.length > 0, 'a first turn');
  expect(await server.app.get(Telephony).farewell(call.placed.call_sid, SENTENCE, 'en-US')).toBe(true);
  const phone = await until(
    () => sandbox.call(call.placed.call_sid),
    ({ status }) => status === 'completed',
  );
  expect(phone.heard.map(({ text }) => text).join(' ')).toMatch(/something went wrong here\W+goodbye/i);
  expect(phone.notices).toEqual([]);
  await server.close();
  await sandbox.close();
}, 60_000);
