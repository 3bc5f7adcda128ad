import { SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { CallBody, ring } from '../support/live-call';
import { PhoneCall, startTestSandbox, TestSandbox } from '../support/sandbox';

/** What goes wrong on the carrier's side of a live stream: it ends that call with a code and a reason, and no other. */

const WHOLE_CALL_MS = 120_000;
/** One speech engine serves all phones and models of a test. */
const BETWEEN_CALLS_MS = 700;

/** What the stream does, and the code that it is closed with; null where nobody is there to be told. */
const TROUBLES = {
  binary: 1003,
  oversized: 1009,
  malformed: 1007,
  fragmented: 1008,
  flood: 1008,
  half_open: null,
  cut_media: null,
} as const;
type Trouble = keyof typeof TROUBLES;
const NAMES = Object.keys(TROUBLES) as Trouble[];

let sandbox: TestSandbox;
let server: StartedApp;
let user: SignedUp;
const calls = {} as Record<Trouble | 'unharmed', CallBody>;
const phones = {} as Record<Trouble | 'unharmed', PhoneCall>;

async function through(name: Trouble | 'unharmed', number: string): Promise<void> {
  const call = await ring(server, user, number);
  const { call_sid } = call.placed;
  if (name !== 'unharmed') {
    await call.until(({ transcript }) => transcript.length >= 2, 'a conversation under way', 60_000);
    await sandbox.fault('twilio', name, { call_sid });
  }
  calls[name] = await call.over(WHOLE_CALL_MS);
  phones[name] = await sandbox.call(call_sid);
}

beforeAll(async () => {
  sandbox = await startTestSandbox();
  server = await startApp({ env: { ...sandbox.env, MAX_CONCURRENT_CALLS: '50' } });
  user = await signUp(server.url);
  await Promise.all(
    (['unharmed', ...NAMES] as const).map(async (name, index) => {
      await new Promise((done) => setTimeout(done, index * BETWEEN_CALLS_MS));
      await through(name, `+120255501${30 + index}`);
    }),
  );
}, WHOLE_CALL_MS + 60_000);

afterAll(async () => {
  await server.close();
  await sandbox.close();
});

if (process.env['SHOW_CALLS'] === '1') {
  afterAll(() => process.stdout.write(`${JSON.stringify({ calls, phones }, null, 1)}\n`));
}

describe('a media stream in trouble', () => {
  it.each(NAMES)('ends its call as carrier_error (%s)', (name) => {
    expect(calls[name]).toMatchObject({ status: 'completed', ended_reason: 'carrier_error' });
  });

  it.each(NAMES)('is told to whoever is on the phone, once, before it is over (%s)', (name) => {
    const heard = phones[name].heard.map(({ text }) => text.toLowerCase()).join(' ');
    expect(heard.split('technical problem')).toHaveLength(2);
    expect(phones[name].heard.at(-1)?.text.toLowerCase()).toContain('goodbye');
  });

  it.each(NAMES)('loses nothing of what was said before (%s)', (name) => {
    expect(calls[name].transcript.length).toBeGreaterThanOrEqual(2);
  });

  it.each(NAMES.filter((name) => TROUBLES[name] !== null))('is closed with a code that says why (%s)', (name) => {
    expect(phones[name].stream?.close_code).toBe(TROUBLES[name]);
  });

  it('touches no other call', () => {
    expect(['agent_ended', 'customer_hung_up']).toContain(calls.unharmed.ended_reason);
    expect(calls.unharmed.transcript.length).toBeGreaterThanOrEqual(6);
  });
});
