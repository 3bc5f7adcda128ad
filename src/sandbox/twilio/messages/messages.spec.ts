import { OWN_NUMBER, SandboxFixture, until } from '../../spec-support/sandbox-fixture';
import { segmentsOf } from './segments';

const PERSON = '+12025550142';
let fixture: SandboxFixture;

beforeAll(async () => {
  fixture = await SandboxFixture.start();
});
afterAll(() => fixture.close());

const send = (fields: object = {}) =>
  fixture.client.messages.create({ to: PERSON, from: OWN_NUMBER, body: 'Hello', ...fields });

it('takes a text, shows it, and delivers it', async () => {
  const sent = await send();
  expect(sent).toMatchObject({ status: 'queued', direction: 'outbound-api', numSegments: '1', errorCode: null });
  expect(sent.sid).toMatch(/^SM[0-9a-f]{32}$/);
  const now = () => fixture.client.messages(sent.sid).fetch();
  await until('the delivery', async () => (await now()).status === 'delivered');
  expect((await now()).dateSent).toBeInstanceOf(Date);
  const found = await fixture.client.messages.list({ to: PERSON, from: OWN_NUMBER });
  expect(found.map(({ sid }) => sid)).toEqual([sent.sid]);
  expect(await fixture.client.messages.list({ to: '+12025550143' })).toEqual([]);
});

it.each([
  [{ to: '+12025550104' }, 21211],
  [{ to: '123' }, 21211],
  [{ to: OWN_NUMBER }, 21266],
  [{ from: '+12025550199' }, 21606],
  [{ body: ' ' }, 21602],
  [{ body: 'x'.repeat(1601) }, 21617],
  [{ statusCallback: 'nowhere' }, 21609],
  [{ mediaUrl: ['https://example.com/a.png'] }, 20001],
])('refuses %j', async (fields, code) => {
  await expect(send(fields)).rejects.toMatchObject({ code, status: 400 });
});

it('keeps to STOP by the pair of numbers, and answers by itself', async () => {
  const person = '+12025550177';
  const tell = (body: string) => fixture.control('POST', '/sms', { from: person, to: OWN_NUMBER, body });
  await tell('please stop');
  await send({ to: person });
  await tell('STOP');
  await expect(send({ to: person })).rejects.toMatchObject({ code: 21610 });
  await send();
  await tell('START');
  await send({ to: person });
});

it('counts parts as they travel', () => {
  expect(
    ['x'.repeat(160), 'x'.repeat(161), '€'.repeat(80), 'ж'.repeat(70), 'ж'.repeat(71), ''].map(segmentsOf),
  ).toEqual([1, 2, 1, 1, 2, 1]);
});
