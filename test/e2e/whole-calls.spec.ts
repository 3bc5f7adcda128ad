import { api, SignedUp, signUp } from '../support/api';
import { StartedApp, startApp } from '../support/app';
import { CallBody, ring, TurnBody } from '../support/live-call';
import { PhoneCall, startTestSandbox, TestSandbox } from '../support/sandbox';
import { until } from '../support/until';

/**
 * Whole calls through real sockets: the app dials, a simulated phone is picked up, a person and a model talk. The calls
 * run side by side, as they would; the sandbox's own record of the line is the judge.
 */
const CALLS = {
  talks: { number: '+12025550100' },
  isBusy: { number: '+12025550101' },
  doesNotAnswer: { number: '+12025550102' },
  isVoicemail: { number: '+12025550103' },
  interrupts: { number: '+12025550105' },
  saysNothing: { number: '+12025550106' },
  hangsUp: { number: '+12025550107' },
  talksOn: { number: '+12025550108', body: { max_duration_seconds: 14 } },
  pressesKeys: { number: '+12025550109' },
  orders: { number: '+12025550110', body: { scenario: 'restaurant_order' } },
  speaksFirst: { number: '+12025550111', body: { scenario: 'CUSTOMER_FIRST' } },
} as const;

type Name = keyof typeof CALLS;

const WHOLE_CALL_MS = 120_000;
/** One speech engine serves all the phones and models of a test; eleven first sentences at once are not what a line is like. */
const BETWEEN_CALLS_MS = 500;
/** What was heard is counted by marks, which tell it a little late; on a busy machine a few words late. */
const SLACK_WORDS = 5;

let sandbox: TestSandbox;
let server: StartedApp;
let user: SignedUp;
const calls = {} as Record<Name, CallBody>;
const phones = {} as Record<Name, PhoneCall>;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  server = await startApp({
    env: {
      ...sandbox.env,
      MAX_CONCURRENT_CALLS: '50',
      SILENCE_REPROMPT_SECONDS: '3',
      SILENCE_END_SECONDS: '3',
    },
  });
  user = await signUp(server.url);
  const client = api(server.url);
  await client.patch('/users/me', { name: 'Acme Teas' }, { token: user.token });
  const scenario = await client.post<{ scenario_id: string }>(
    '/realtime/custom-scenario',
    {
      persona: 'You are Mia, the receptionist of a bike shop.',
      prompt: 'Find out which bike needs a repair. Offer a time tomorrow.',
      voice_type: 'warm_engaging',
      temperature: 0.7,
      who_speaks_first: 'customer',
    },
    { token: user.token },
  );
  await Promise.all(
    (Object.keys(CALLS) as Name[]).map(async (name, index) => {
      await new Promise((done) => setTimeout(done, index * BETWEEN_CALLS_MS));
      const { number, ...more } = CALLS[name];
      const body: Record<string, unknown> = 'body' in more ? { ...more.body } : {};
      if (body['scenario'] === 'CUSTOMER_FIRST') body['scenario'] = scenario.body.scenario_id;
      const call = await ring(server, user, number, body);
      calls[name] = await call.over(WHOLE_CALL_MS);
      phones[name] = await sandbox.call(call.placed.call_sid);
    }),
  );
}, WHOLE_CALL_MS + 30_000);

afterAll(async () => {
  await server.close();
  await sandbox.close();
});

const turns = (name: Name, role: TurnBody['role']) => calls[name].transcript.filter((turn) => turn.role === role);
if (process.env['SHOW_CALLS'] === '1') {
  afterAll(() => process.stdout.write(`${JSON.stringify({ calls, phones }, null, 1)}\n`));
}
const words = (text: string) => text.toLowerCase().match(/[a-z0-9']+/g) ?? [];
/** What the ear understood is compared by words: it knows no punctuation. */
const allWords = (lines: readonly { text: string }[]) => lines.flatMap((line) => words(line.text));

describe('a conversation', () => {
  it('has several turns of both sides in the order in which they were spoken', () => {
    const { transcript, status, ended_reason } = calls.talks;
    expect(status).toBe('completed');
    expect(['agent_ended', 'customer_hung_up']).toContain(ended_reason);
    expect(turns('talks', 'agent').length).toBeGreaterThanOrEqual(4);
    expect(turns('talks', 'customer').length).toBeGreaterThanOrEqual(3);
    const starts = transcript.map((turn) => turn.start_time);
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
    for (const turn of transcript) expect(turn.end_time).toBeGreaterThan(turn.start_time);
  });

  it('opens with the disclosure: a machine, and for whom', () => {
    const [first] = turns('talks', 'agent');
    expect(first?.text).toMatch(/^Hello, this is an automated assistant speaking on behalf of Acme Teas\./);
    expect(calls.talks.transcript[0]?.role).toBe('agent');
  });

  it('greets at once: the model was called while the phone rang', () => {
    expect(turns('talks', 'agent')[0]?.start_time).toBeLessThan(turns('talks', 'customer')[0]?.start_time ?? 0);
    // A tenth of it on a quiet machine; other tests run beside this one.
    expect(turns('talks', 'agent')[0]?.start_time).toBeLessThan(1);
  });

  it('is what was heard and said on the phone', () => {
    expect(allWords(turns('talks', 'agent'))).toEqual(allWords(phones.talks.heard));
    expect(allWords(turns('talks', 'customer'))).toEqual(allWords(phones.talks.said));
  });

  it('keeps the response latency of every answer', () => {
    const answers = turns('talks', 'agent').slice(1);
    expect(turns('talks', 'agent')[0]?.latency_ms).toBeNull();
    for (const { latency_ms: latencyMs } of answers) {
      expect(latencyMs).toBeGreaterThan(0);
      expect(latencyMs).toBeLessThan(5000);
    }
    expect(calls.talks.latency.turns).toBe(answers.length);
    expect(calls.talks.latency.p50_ms).not.toBeNull();
  });

  it('has a transcript as soon as it is over, and so has every other that was answered', async () => {
    const client = api(server.url);
    for (const name of Object.keys(CALLS) as Name[]) {
      const { id, answered_at: answeredAt } = calls[name];
      const path = `/api/enhanced-transcripts/CT${id.replaceAll('-', '')}`;
      if (answeredAt === null) {
        expect([name, (await client.get(path, { token: user.token })).status]).toEqual([name, 404]);
        continue;
      }
      // The words of somebody who hung up may come a little later.
      await until(
        async () => {
          const { body: call } = await client.get<CallBody>(`/calls/${id}`, { token: user.token });
          const { body } = await client.get<{ conversation_flow?: { text: string }[] }>(path, { token: user.token });
          const said = call.transcript
            .map(({ text }) => text.trim().replace(/\s+/g, ' '))
            .filter((text) => text !== '');
          return { name, said: said.toSorted(), told: body.conversation_flow?.map(({ text }) => text).toSorted() };
        },
        ({ said, told }) => told?.join('\n') === said.join('\n'),
      );
    }
  });

  it('keeps what the model billed', () => {
    expect(calls.talks.cost.model_usage).toMatchObject({ responses: expect.any(Number) as number });
    expect(calls.talks.cost.model_usage?.['output_audio']).toBeGreaterThan(0);
  });

  it('loses no frame of the caller and speaks the protocols cleanly', async () => {
    const sessions = await sandbox.sessions();
    expect(sessions.length).toBeGreaterThan(0);
    for (const session of sessions) {
      // The server may answer a barge-in faster than our cancel: the one error that both sides know to be harmless.
      const errors = session.errorsSent.filter(({ code }) => code !== 'response_cancel_not_active');
      expect(errors).toEqual([]);
    }
    for (const name of Object.keys(CALLS) as Name[]) expect(phones[name].notices).toEqual([]);
    const heardByModel = sessions.map((session) => session.counts.audioBytesIn);
    // `talks` was ended by us or by the person; up to the last frames under way, the model got every one that was sent.
    const sent = phones.talks.frames_out * 160;
    // Where a busy machine made the phone skip beats, the hole is filled with silence: never with more than time has passed.
    const atMost = ((calls.talks.call_duration ?? 0) + 2) * 8000;
    expect(heardByModel.some((bytes) => bytes > sent - 160 * 100 && bytes <= atMost)).toBe(true);
  });
});

describe('an interruption', () => {
  it('keeps only what was heard, with what was generated beside it', () => {
    const cut = turns('interrupts', 'agent').filter((turn) => turn.interrupted);
    expect(cut.length).toBeGreaterThanOrEqual(1);
    for (const turn of cut) {
      const generated = turn.generated_text ?? '';
      expect(generated.startsWith(turn.text)).toBe(true);
      expect(turn.text.length).toBeLessThan(generated.length);
      expect(turn.text).not.toBe('');
    }
    expect(phones.interrupts.clears).toBeGreaterThanOrEqual(cut.length);
  });

  it('agrees with what the phone heard, to a few words', () => {
    const [cut] = turns('interrupts', 'agent').filter((turn) => turn.interrupted);
    const onThePhone = words(phones.interrupts.heard[0]?.text ?? '');
    const inTheTranscript = words(cut?.text ?? '');
    expect(Math.abs(onThePhone.length - inTheTranscript.length)).toBeLessThanOrEqual(SLACK_WORDS);
    expect(onThePhone.slice(0, 2)).toEqual(inTheTranscript.slice(0, 2));
  });

  it('is known to the model: its item is truncated at what was heard', async () => {
    const truncated = (await sandbox.sessions())
      .flatMap(({ items }) => items)
      .filter((item) => item.truncatedAtMs !== null);
    expect(truncated.length).toBeGreaterThanOrEqual(1);
  });

  it('does not spare the caller the disclosure: it comes again until it was heard', () => {
    const whole = turns('interrupts', 'agent').find((turn) => !turn.interrupted);
    expect(whole?.text).toContain('automated assistant speaking on behalf of Acme Teas.');
  });

  it('lets the conversation go on', () => {
    expect(turns('interrupts', 'customer').length).toBeGreaterThanOrEqual(3);
    expect(['agent_ended', 'customer_hung_up']).toContain(calls.interrupts.ended_reason);
  });
});

describe('each kind of phone', () => {
  it.each([
    ['isBusy', 'busy', 'busy'],
    ['doesNotAnswer', 'no-answer', 'no_answer'],
    ['isVoicemail', 'completed', 'voicemail'],
    ['saysNothing', 'completed', 'silence'],
    ['hangsUp', 'completed', 'customer_hung_up'],
    ['talksOn', 'completed', 'max_duration'],
  ] as const)('%s ends as %s because of %s', (name, status, reason) => {
    expect(calls[name]).toMatchObject({ status, ended_reason: reason });
  });

  it('that Twilio refuses is an invalid phone number, with a row that says so', async () => {
    const client = api(server.url);
    const refused = await client.post(
      '/calls',
      { phone_number: '+12025550104', scenario: 'sales' },
      { token: user.token },
    );
    expect(refused.status).toBe(400);
    expect(refused.body['detail']).toBe('Invalid phone number');
    const { body } = await client.get<CallBody[]>('/calls?status=failed', { token: user.token });
    expect(body).toEqual([expect.objectContaining({ phone_number: '+12025550104', ended_reason: 'rejected' })]);
  });

  it('that stays silent is asked once and left with a goodbye', () => {
    const said = turns('saysNothing', 'agent').map((turn) => turn.text);
    expect(said.slice(1)).toEqual(['Are you still there?', 'I cannot hear you, so I will end the call now. Goodbye.']);
    expect(turns('saysNothing', 'customer')).toEqual([]);
  });

  it('that hangs up in mid-sentence leaves what was said until then', async () => {
    const ask = async () =>
      (await api(server.url).get<CallBody>(`/calls/${calls.hangsUp.id}`, { token: user.token })).body;
    // The last words are recognised after the hang-up.
    const call = await until(ask, ({ transcript }) => transcript.at(-1)?.role === 'customer');
    const last = call.transcript.at(-1);
    const onThePhone = phones.hangsUp.said.at(-1);
    expect(words(last?.text ?? '').length).toBeGreaterThan(0);
    expect(
      words(onThePhone?.text ?? '')
        .join(' ')
        .startsWith(words(last?.text ?? '').join(' ')),
    ).toBe(true);
  });

  it('that talks on is ended in words at the time limit', () => {
    const last = turns('talksOn', 'agent').at(-1);
    // On a busy machine the end of the call may come before the end of the sentence is known to be heard.
    expect(last?.generated_text).toMatch(/our time for this call is up/);
    expect(last?.text).toMatch(/our time/);
    expect(calls.talksOn.call_duration).toBeGreaterThanOrEqual(9);
    expect(calls.talksOn.call_duration).toBeLessThanOrEqual(17);
  });

  it('that presses keys tells them to the agent', () => {
    expect(turns('pressesKeys', 'customer').map((turn) => turn.text)).toContain('[pressed 1 2 #]');
  });

  it('that orders leaves the order on the call', () => {
    expect(calls.orders.order_items).toEqual([
      expect.objectContaining({ name: expect.stringMatching(/margherita/i) as string, quantity: 2 }),
      expect.objectContaining({ name: expect.stringMatching(/cola/i) as string, quantity: 1 }),
    ]);
  });

  it('may speak first where the scenario says so, and still hears the disclosure first', () => {
    expect(calls.speaksFirst.transcript[0]?.role).toBe('customer');
    expect(turns('speaksFirst', 'agent')[0]?.text).toMatch(/automated assistant speaking on behalf of Acme Teas/);
  });
});

describe('ending a call by hand', () => {
  it('hangs up, keeps the owner as the reason and is harmless twice', async () => {
    const client = api(server.url);
    const call = await ring(server, user, '+12025550112');
    await call.until((now) => now.transcript.length > 0, 'a first turn');
    const path = `/calls/${call.placed.call_sid}/hangup`;
    expect((await client.post(path, undefined, { token: user.token })).status).toBeLessThan(300);
    expect((await client.post(path, undefined, { token: user.token })).status).toBeLessThan(300);
    expect(await call.over()).toMatchObject({ status: 'completed', ended_reason: 'owner_hung_up' });
    const phone = await until(
      () => sandbox.call(call.placed.call_sid),
      ({ status }) => status === 'completed',
    );
    expect(phone.stream?.close_code).not.toBeNull();
  }, 60_000);
});
