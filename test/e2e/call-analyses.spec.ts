import { LanguageModel, LanguageModelError } from '../../src/integrations/language-model/language-model';
import { CallAnalyst } from '../../src/transcripts/call-analyst.service';
import { TranscriptMaker } from '../../src/transcripts/transcript-maker.service';
import { aCall, aTurn } from '../support/a-call';
import { api, SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { startTestSandbox, TestSandbox } from '../support/sandbox';
import { until } from '../support/until';

/** What is read out of calls that are over. */

let sandbox: TestSandbox;
let server: StartedApp;
let client: ReturnType<typeof api>;
let user: SignedUp;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  server = await startApp({ env: { ...sandbox.env, CALL_ANALYSIS: 'true' } });
  client = api(server.url);
});
beforeEach(async () => {
  await sandbox.noFaults();
  user = await signUp(server.url);
});
afterAll(async () => {
  await server.close();
  await sandbox.close();
});

interface ToldCall {
  summary: string | null;
  outcome: string | null;
  outcome_reason: string | null;
  open_promises: string[];
  customer_name: string | null;
  delivery_address: string | null;
  restaurant_id: string | null;
  order_items: { name: string; quantity: number }[] | null;
  extracted: Record<string, unknown> | null;
  extraction_error: string | null;
  analysed_at: string | null;
  analysis_error: string | null;
}

const minutesFromNow = (minutes: number) => new Date(Date.now() + minutes * 60_000);
const told = async (callId: string) => (await client.get<ToldCall>(`/calls/${callId}`, { token: user.token })).body;
const note = (callId: string, notes: object) => client.patch(`/calls/${callId}`, notes, { token: user.token });
const makeTranscripts = () => server.app.get(TranscriptMaker).makeAll(minutesFromNow(2));
const readAll = (now = minutesFromNow(0.5)) => server.app.get(CallAnalyst).makeAll(now);

type Line = [role: 'agent' | 'customer', text: string];

const ORDER: Line[] = [
  ['agent', 'What would you like to order today?'],
  ['customer', 'Two margherita pizzas and one cola, please. Deliver it to 12 Long Street.'],
  ['agent', 'Under which name?'],
  ['customer', 'My name is Sam Doe.'],
  ['agent', 'I will send you a confirmation by mail.'],
];

/** A call that is over, whose transcript is made. */
async function aConversation(lines: Line[], columns: Record<string, unknown> = {}): Promise<string> {
  const call = await aCall(server, user.userId, {
    answered_at: '2026-11-20T10:00:00Z',
    ended_at: '2026-11-20T10:03:00Z',
    call_duration: 180,
    ...columns,
  });
  for (const [sequence, [role, text]] of lines.entries()) {
    await aTurn(server, user.userId, call.id, {
      sequence,
      item_id: `item_${sequence}`,
      role,
      text,
      start_ms: sequence * 1000,
    });
  }
  await makeTranscripts();
  return call.id;
}

/** The agent of a call as it is kept, with a schema of what to pull out. */
async function withSchema(callId: string, schema: object): Promise<void> {
  await server.sql(
    user.userId,
    `UPDATE calls SET agent = agent || jsonb_build_object('extractionSchema', $1::jsonb) WHERE id = $2`,
    [JSON.stringify(schema), callId],
  );
}

const object = (properties: object, more: object = {}) => ({ type: 'object', properties, ...more });

describe('a call that is over', () => {
  it('is summed up, and says what became of it and what was promised and not done', async () => {
    const callId = await aConversation(ORDER, { variables: JSON.stringify({ restaurant_id: 'r-7' }) });
    expect(await told(callId)).toMatchObject({ summary: null, outcome: null, analysed_at: null, open_promises: [] });
    await readAll();
    const call = await told(callId);
    expect(call).toMatchObject({
      outcome: 'reached',
      open_promises: ['I will send you a confirmation by mail.'],
      order_items: [
        { name: 'margherita pizza', quantity: 2 },
        { name: 'cola', quantity: 1 },
      ],
      customer_name: 'Sam Doe',
      delivery_address: '12 Long Street',
      restaurant_id: 'r-7',
      analysis_error: null,
    });
    expect(call.summary).not.toBe('');
    expect(call.analysed_at).not.toBeNull();
  });

  it('is not read where nobody answered or nothing was said', async () => {
    const quiet = await aConversation([]);
    const busy = await aConversation([], { answered_at: null, status: 'busy', ended_reason: 'busy' });
    const asked = await sandbox.requestsTo('/v1/responses');
    await readAll(minutesFromNow(60));
    expect(await sandbox.requestsTo('/v1/responses')).toBe(asked);
    for (const callId of [quiet, busy]) expect(await told(callId)).toMatchObject({ summary: null, analysed_at: null });
  });

  it('read again, does not take what it found before for something that was done', async () => {
    const promise: Line[] = [...ORDER.slice(0, 2), ['agent', 'I will put down the pizza and the cola.']];
    const callId = await aConversation(promise);
    await readAll();
    expect(await told(callId)).toMatchObject({ open_promises: [promise[2]?.[1]], order_items: [{}, {}] });
    await server.sql(user.userId, 'UPDATE calls SET words_version = words_version + 1');
    await makeTranscripts();
    await readAll();
    expect(await told(callId)).toMatchObject({ open_promises: [promise[2]?.[1]] });
  });

  it('keeps what its owner has written, emptied fields as well', async () => {
    const callId = await aConversation(ORDER);
    await note(callId, { customer_name: 'Samuel Doe', delivery_address: null });
    await readAll();
    expect(await told(callId)).toMatchObject({
      customer_name: 'Samuel Doe',
      delivery_address: null,
      order_items: [{ name: 'margherita pizza' }, { name: 'cola' }],
    });
  });

  it('is read again when more of it is written down, and not otherwise', async () => {
    const callId = await aConversation(ORDER.slice(0, 3));
    await readAll();
    expect(await told(callId)).toMatchObject({ customer_name: null, order_items: [{ quantity: 2 }, {}] });
    const asked = await sandbox.requestsTo('/v1/responses');
    await readAll(minutesFromNow(600));
    expect(await sandbox.requestsTo('/v1/responses')).toBe(asked);

    for (const [at, [role, text]] of ORDER.slice(3).entries()) {
      const sequence = at + 3;
      await aTurn(server, user.userId, callId, {
        sequence,
        item_id: `item_${sequence}`,
        role,
        text,
        start_ms: sequence * 1000,
      });
    }
    await server.sql(user.userId, 'UPDATE calls SET words_version = words_version + 1');
    await makeTranscripts();
    await readAll();
    expect(await told(callId)).toMatchObject({ customer_name: 'Sam Doe', order_items: [{ quantity: 2 }, {}] });
  });

  it('is read once, however many servers look at it', async () => {
    await aConversation(ORDER);
    const other = await startApp({
      env: { ...sandbox.env, CALL_ANALYSIS: 'true' },
      database: server.database,
    });
    try {
      const asked = await sandbox.requestsTo('/v1/responses');
      const soon = minutesFromNow(0.5);
      await Promise.all([readAll(soon), other.app.get(CallAnalyst).makeAll(soon), readAll(soon)]);
      expect(await sandbox.requestsTo('/v1/responses')).toBe(asked + 1);
    } finally {
      await other.close();
    }
  });

  it('waits while the model is down, and says so', async () => {
    const callId = await aConversation(ORDER);
    await sandbox.fault('openai', 'http_500', { count: 2 });
    await readAll();
    expect((await told(callId)).analysis_error).toBe('The language model is busy or cannot be reached.');
    await sandbox.noFaults();
    await until(
      async () => {
        await readAll(minutesFromNow(5));
        return told(callId);
      },
      (call) => call.analysed_at !== null,
    );
    expect(await told(callId)).toMatchObject({ analysis_error: null, outcome: 'reached' });
  });
});

describe('what a scenario wants to know of a call', () => {
  it('is pulled out, and fits its schema', async () => {
    const callId = await aConversation(ORDER);
    await withSchema(
      callId,
      object({ customer_name: { type: 'string', pattern: '^[A-Z]' }, delivery_address: { type: 'string' } }),
    );
    await readAll();
    expect(await told(callId)).toMatchObject({
      extracted: { customer_name: 'Sam Doe', delivery_address: '12 Long Street' },
      extraction_error: null,
      outcome: 'reached',
    });
  });

  it('is not kept where it does not fit, and the call says why; the summary is there all the same', async () => {
    const callId = await aConversation(ORDER);
    await withSchema(
      callId,
      object({ customer_name: { type: 'string', pattern: '^Q' } }, { required: ['customer_name'] }),
    );
    const asked = await sandbox.requestsTo('/v1/responses');
    await readAll();
    expect(await told(callId)).toMatchObject({
      extracted: null,
      extraction_error:
        'What was found does not fit the extraction_schema of the scenario: customer_name must match pattern "^Q".',
      outcome: 'reached',
    });
    // Once for the call, twice for what it wants to know.
    expect(await sandbox.requestsTo('/v1/responses')).toBe(asked + 3);
  });

  it('is asked for again by itself where the model goes away in between', async () => {
    const callId = await aConversation(ORDER);
    await withSchema(callId, object({ customer_name: { type: 'string' } }));
    const asked = await sandbox.requestsTo('/v1/responses');
    // The first question is answered; the second is not, however often it is put.
    const model = server.app.get(LanguageModel);
    const away = new LanguageModelError('The language model is busy or cannot be reached.', 'moment');
    const answerBySchema = jest.spyOn(model, 'answerBySchema').mockRejectedValueOnce(away);
    await readAll();
    expect(await told(callId)).toMatchObject({ outcome: 'reached', extracted: null, analysis_error: away.message });
    answerBySchema.mockRestore();
    await readAll(minutesFromNow(5));
    expect(await told(callId)).toMatchObject({ extracted: { customer_name: 'Sam Doe' }, analysis_error: null });
    expect(await sandbox.requestsTo('/v1/responses')).toBe(asked + 2);
  });

  it('may not hold up the server by a pattern that takes for ever', async () => {
    const callId = await aConversation([['customer', `My name is A${'a'.repeat(60)}.`]]);
    await withSchema(callId, object({ customer_name: { type: 'string', pattern: '^(([A-Za-z])+.)+[A-Z]([a-z])+$' } }));
    await readAll();
    const { extracted, extraction_error: error } = await told(callId);
    expect(extracted).toBeNull();
    expect(error).toContain('takes too long');
  });

  it('is refused as a schema where it cannot be checked', async () => {
    const scenario = {
      persona: 'A friendly person at the reception.',
      prompt: 'Take the order and say goodbye.',
      voice_type: 'warm_engaging',
      temperature: 0.5,
      extraction_schema: object({ size: { type: 'string', pattern: '(' } }),
    };
    const { status, body } = await client.post<{ errors: { field: string; message: string }[] }>(
      '/realtime/custom-scenario',
      scenario,
      { token: user.token },
    );
    expect(status).toBe(422);
    expect(body.errors[0]).toMatchObject({ field: 'extraction_schema' });
  });
});
