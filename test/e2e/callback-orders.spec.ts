import { aCall } from '../support/a-call';
import { SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { ScriptedTwilio, webhook } from '../support/scripted-twilio';

/** A call of six callbacks, in each of the 720 orders in which they may come, repeated and among forged ones: one end. */

jest.setTimeout(300_000);

const AT_ONCE = 10;
/** How long ago each call began: time for its last callback, and long before a call without a sid is given up as absent. */
const BEGAN_BEFORE_MS = 20_000;

let twilio: ScriptedTwilio;
let server: StartedApp;
let user: SignedUp;

beforeAll(async () => {
  twilio = await ScriptedTwilio.start();
  server = await startApp({ env: twilio.env });
  user = await signUp(server.url);
});
afterAll(async () => {
  await server.close();
  await twilio.close();
});

interface Callback {
  path: (attempt: string) => string;
  fields: Record<string, string>;
  /** When it happened, after the call's beginning, for those that say it. */
  seconds?: number;
}

function status(name: string, sequence: number, more: Record<string, string> = {}): Callback {
  return {
    path: (attempt) => `/call-status?attempt=${attempt}`,
    fields: {
      CallStatus: name,
      SequenceNumber: String(sequence),
      CallbackSource: 'call-progress-events',
      ...more,
    },
    seconds: sequence * 5,
  };
}

const CALLBACKS: readonly Callback[] = [
  status('initiated', 0),
  status('ringing', 1),
  status('in-progress', 2),
  status('completed', 3, { CallDuration: '42', Duration: '1', SipResponseCode: '200' }),
  { path: (attempt) => `/twilio/amd/${attempt}`, fields: { AnsweredBy: 'human', MachineDetectionDuration: '1800' } },
  {
    path: (attempt) => `/recording-status?attempt=${attempt}`,
    fields: {
      RecordingStatus: 'completed',
      RecordingDuration: '41',
      RecordingChannels: '2',
      RecordingUrl: 'http://evil.example/',
    },
  },
];

function ordersOf<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((first, at) =>
    ordersOf(items.filter((_, other) => other !== at)).map((rest) => [first, ...rest]),
  );
}

const ORDERS = ordersOf(CALLBACKS);

/** Lets them come in this order, one of them twice and one forged; what is there in the end, without what is each call's own. */
async function endOf(order: Callback[], number: number): Promise<string> {
  const began = Math.floor(Date.now() / 1000) * 1000 - BEGAN_BEFORE_MS;
  const {
    id,
    call_sid: sid,
    attempt_id: attempt,
  } = await aCall(server, user.userId, {
    status: 'queued',
    ended_reason: null,
    record: true,
    words_version: 0,
    dial_state: 'asked',
    // A callback may be the first to name it.
    call_sid: null,
    asked_at: new Date(began - 1000),
  });
  const callSid = `CA${number.toString(16).padStart(32, '0')}`;
  const recordingSid = `RE${number.toString(16).padStart(32, '0')}`;
  expect(sid).toBeNull();
  const send = async ({ path, fields, seconds }: Callback, signature?: string) => {
    const all = {
      CallSid: callSid,
      ...fields,
      ...(seconds === undefined ? {} : { Timestamp: new Date(began + seconds * 1000).toUTCString() }),
      ...('RecordingStatus' in fields ? { RecordingSid: recordingSid } : {}),
    };
    return (await webhook(server, path(String(attempt)), all, signature)).status;
  };
  const repeated = order[number % order.length];
  for (const [place, callback] of order.entries()) {
    if (place === number % order.length) {
      expect(
        await send(
          { ...callback, fields: { ...callback.fields, CallStatus: 'failed', RecordingStatus: 'absent' } },
          'forged',
        ),
      ).toBe(403);
    }
    expect(await send(callback)).toBe(200);
    if (place === 3 && repeated !== undefined) expect(await send(repeated)).toBe(200);
  }
  const [call] = await server.sql(
    user.userId,
    `SELECT status, ended_reason, dial_state, answered_by, call_duration, call_sid = $2 AS is_bound,
       extract(epoch FROM started_at - $3)::float AS started_after, extract(epoch FROM answered_at - $3)::float AS answered_after,
       extract(epoch FROM ended_at - $3)::float AS ended_after, error_code FROM calls WHERE id = $1`,
    [id, callSid, new Date(began)],
  );
  const recordings = await server.sql(
    user.userId,
    `SELECT recording_sid = $2 AS is_bound, duration_seconds, channels, state <> 'absent' AS is_there FROM recordings WHERE call_id = $1`,
    [id, recordingSid],
  );
  return JSON.stringify({ call, recordings });
}

it('has one end in each of the 720 orders', async () => {
  expect(ORDERS).toHaveLength(720);
  const ends = new Map<string, Callback[]>();
  const waiting = [...ORDERS.entries()];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const [number, order] = next;
        const end = await endOf(order, number);
        if (!ends.has(end)) ends.set(end, order);
      }
    }),
  );
  const [end = '{}'] = ends.keys();
  const told = [...ends].map(([other, order]) => ({
    end: other,
    order: order.map(({ fields }) => Object.values(fields)[0]),
  }));
  expect(told).toHaveLength(1);
  expect(JSON.parse(end)).toEqual({
    call: {
      status: 'completed',
      ended_reason: 'customer_hung_up',
      dial_state: 'placed',
      answered_by: 'human',
      call_duration: 42,
      is_bound: true,
      started_after: 0,
      answered_after: 10,
      ended_after: 15,
      error_code: null,
    },
    recordings: [{ is_bound: true, duration_seconds: 41, channels: 2, is_there: true }],
  });
});
