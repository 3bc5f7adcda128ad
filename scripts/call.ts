/**
 * npm run call -- <number> [scenario]
 *
 * Places a call on the running server as the demo user and prints the conversation turn by turn as it happens.
 * Another server or user: SPEECH_ASSISTANT_URL, CALL_EMAIL, CALL_PASSWORD. A longer or shorter limit: CALL_SECONDS.
 */
import { DEMO_USER } from '../src/demo-user';

interface Turn {
  role: 'agent' | 'customer' | 'operator';
  text: string;
  generated_text: string | null;
  start_time: number;
  interrupted: boolean;
  latency_ms: number | null;
}

interface Call {
  id: string;
  call_sid: string | null;
  status: string;
  ended_reason: string | null;
  phone_number: string;
  call_duration: number | null;
  transcript: Turn[];
  order_items: unknown[] | null;
  latency: { p50_ms: number | null } | null;
  error: { detail?: string } | null;
}

interface Problem {
  detail?: string;
}

const BASE_URL = process.env['SPEECH_ASSISTANT_URL'] ?? `http://127.0.0.1:${process.env['PORT'] ?? '5050'}`;
/** A first call is a try: somebody who talks without end is not listened to for half an hour. */
const CALL_SECONDS = Number(process.env['CALL_SECONDS'] ?? '90');
const POLL_MS = 300;
const LAST_WORDS_MS = 2000;
/** Ringing before and settling after the call itself. */
const RING_AND_END_MS = 120_000;
const OVER = ['completed', 'busy', 'no-answer', 'failed', 'canceled'];

class Refusal extends Error {
  constructor(
    readonly status: number,
    detail: string,
    readonly retryAfterSeconds: number,
  ) {
    super(detail);
  }
}

async function request<T>(method: string, path: string, token?: string, body?: object): Promise<T> {
  const response = await fetch(BASE_URL + path, {
    method,
    headers: {
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer: unknown = await response.json();
  if (!response.ok) {
    const detail = (answer as Problem).detail ?? `The server answered ${response.status}.`;
    throw new Refusal(response.status, detail, Number(response.headers.get('retry-after') ?? 0));
  }
  return answer as T;
}

const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));

/** A rate limit is no reason to give up: says how long it takes and waits. */
async function patiently<T>(what: () => Promise<T>): Promise<T> {
  while (true) {
    try {
      return await what();
    } catch (error) {
      if (!(error instanceof Refusal) || error.status !== 429 || error.retryAfterSeconds === 0) throw error;
      console.log(`${error.message} Trying again in ${error.retryAfterSeconds} s …`);
      await sleep(error.retryAfterSeconds * 1000);
    }
  }
}

function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  return `${String(Math.floor(whole / 60)).padStart(2, '0')}:${String(whole % 60).padStart(2, '0')}`;
}

function printTurn(turn: Turn): void {
  const latency = turn.latency_ms === null ? '' : `  (answered in ${turn.latency_ms} ms)`;
  const cut = turn.interrupted ? ' — interrupted; only this much was heard' : '';
  console.log(`${clock(turn.start_time)}  ${turn.role.padEnd(8)}  ${turn.text}${cut}${latency}`);
}

async function signIn(): Promise<string> {
  const email = process.env['CALL_EMAIL'] ?? DEMO_USER.email;
  const password = process.env['CALL_PASSWORD'] ?? DEMO_USER.password;
  const session = await patiently(() =>
    request<{ access_token: string }>('POST', '/auth/login', undefined, { email, password }),
  );
  return session.access_token;
}

async function follow(call: Call, token: string): Promise<Call> {
  let now = call;
  let status = '';
  let isOver = false;
  const giveUpAt = Date.now() + CALL_SECONDS * 1000 + RING_AND_END_MS;
  const printed = new Set<string>();
  while (true) {
    if (now.status !== status) {
      status = now.status;
      console.log(`        ${status}${now.error?.detail === undefined ? '' : `: ${now.error.detail}`}`);
    }
    for (const turn of now.transcript) {
      const key = `${turn.role}@${turn.start_time}`;
      if (printed.has(key)) continue;
      printed.add(key);
      printTurn(turn);
    }
    if (isOver) return now;
    isOver = OVER.includes(now.status) && now.ended_reason !== null;
    if (Date.now() > giveUpAt) throw new Error('The call does not come to an end; look at it later under its address.');
    // The last words are still being recognised when the phone is put down.
    await sleep(isOver ? LAST_WORDS_MS : POLL_MS);
    now = await patiently(() => request<Call>('GET', `/calls/${call.id}`, token));
  }
}

async function main(): Promise<void> {
  const [number, scenario = 'sales'] = process.argv.slice(2);
  if (number === undefined) {
    console.error('Usage: npm run call -- <number> [scenario]   for example: npm run call -- "+1 202 555 0100" sales');
    process.exitCode = 2;
    return;
  }
  const token = await signIn();
  const placed = await patiently(() =>
    request<Call>('POST', '/calls', token, {
      phone_number: number,
      scenario,
      record: true,
      max_duration_seconds: CALL_SECONDS,
    }),
  );
  console.log(
    `Calling ${placed.phone_number} as "${scenario}", for ${CALL_SECONDS} s at most (${placed.call_sid ?? placed.id})`,
  );
  const over = await follow(placed, token);

  console.log(`\nEnded: ${over.ended_reason ?? 'unknown'} after ${over.call_duration ?? 0} s.`);
  if (over.latency?.p50_ms != null) console.log(`Response latency: ${over.latency.p50_ms} ms (median).`);
  if (over.order_items !== null && over.order_items.length > 0) console.log('Order:', JSON.stringify(over.order_items));
  const health = await request<{ sandbox: { enabled: boolean; control_url: string | null } }>('GET', '/health');
  const wasAnswered = over.call_duration !== null && over.call_duration > 0;
  if (health.sandbox.enabled && health.sandbox.control_url !== null && over.call_sid !== null && wasAnswered) {
    console.log(`Recording:  ${health.sandbox.control_url}/sandbox/calls/${over.call_sid}/audio.wav`);
  }
  if (over.status !== 'completed') process.exitCode = 1;
  console.log(`Transcript: ${BASE_URL}/calls/${over.call_sid ?? over.id} (with the demo user's token)`);
}

main().catch((error: unknown) => {
  const unreachable = error instanceof TypeError && error.message === 'fetch failed';
  if (unreachable) console.error(`No server answers at ${BASE_URL}. Start it with: npm start`);
  else console.error(error instanceof Refusal ? error.message : error);
  process.exitCode = 1;
});
