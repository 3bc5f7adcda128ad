import { DialSettlement } from '../../src/calls/dial-settlement.service';
import { api, SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { startTestSandbox, TestSandbox } from '../support/sandbox';
import { until } from '../support/until';

/** Twilio's clock is not ours: a call whose placing nobody told us of is found in its list all the same. */

let sandbox: TestSandbox;
let server: StartedApp;
let user: SignedUp;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  server = await startApp({ env: sandbox.env });
  user = await signUp(server.url);
});
afterEach(() => sandbox.noFaults());
afterAll(async () => {
  await server.close();
  await sandbox.close();
});

const NOT_ANSWERED = '+12025550102';

it.each([120, -120])('a call is found and bound when Twilio’s clock is %i s ahead', async (aheadSeconds) => {
  await sandbox.setClock(aheadSeconds);
  await sandbox.fault('twilio', 'lose_answer', { number: NOT_ANSWERED });
  // Nor does a callback tell.
  await sandbox.fault('twilio', 'lose_webhook', { number: NOT_ANSWERED, count: 10 });
  const client = api(server.url);
  const placed = await client.post('/calls', { phone_number: NOT_ANSWERED, scenario: 'sales' }, { token: user.token });
  expect(placed.body).toMatchObject({ code: 'carrier.outcome_unknown' });
  const [phone] = await until(
    () => sandbox.calls(),
    ([newest]) => newest?.status === 'no-answer',
  );

  await server.app.get(DialSettlement).settle(new Date(Date.now() + 40_000));

  const { body } = await client.get(`/calls/${String(placed.body['call_id'])}`, { token: user.token });
  expect(body).toMatchObject({ dial_state: 'placed', call_sid: phone?.call_sid, status: 'no-answer' });
});
