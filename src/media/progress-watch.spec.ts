import { ANSWER_LIMIT_MS, ProgressWatch } from './progress-watch';
import { ManualClock } from './testing/manual-clock';
import { ScriptedCall } from './testing/scripted-call';

/** Without a sign for as long; up to a look later when there were signs at first. */
const STALLED_MS = 6000;
const LOOK_MS = 2000;

function setUp() {
  const clock = new ManualClock();
  const did: string[] = [];
  const model = { signs: 0, isDeaf: false };
  const watch = new ProgressWatch(clock, {
    signs: () => model.signs,
    isDeaf: () => model.isDeaf,
    onStalled: () => did.push('stalled'),
    onNoAnswer: () => did.push('no answer'),
  });
  return { clock, did, model, watch };
}

describe('progress watch', () => {
  it('notices once that a response does not go on', () => {
    const { clock, did, watch } = setUp();
    watch.responseBegan();
    clock.advance(STALLED_MS - 1);
    expect(did).toEqual([]);
    clock.advance(60_000);
    expect(did).toEqual(['stalled']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is content with any sign of the server', () => {
    const { clock, did, model, watch } = setUp();
    watch.responseBegan();
    for (let n = 0; n < 5; n++) {
      clock.advance(STALLED_MS - 1);
      model.signs++;
    }
    expect(did).toEqual([]);
    watch.responseEnded();
    clock.advance(60_000);
    expect(did).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('blames no model that is not read from, neither for its response nor for its answer', () => {
    const { clock, did, model, watch } = setUp();
    model.isDeaf = true;
    watch.responseBegan();
    watch.expectAnswer();
    clock.advance(60_000);
    expect(did).toEqual([]);
    model.isDeaf = false;
    clock.advance(ANSWER_LIMIT_MS);
    expect(did).toEqual(['no answer']);
    clock.advance(STALLED_MS);
    expect(did).toEqual(['no answer', 'stalled']);
  });

  it('notices once that no answer is begun, and not when one is', () => {
    const { clock, did, watch } = setUp();
    watch.expectAnswer();
    clock.advance(ANSWER_LIMIT_MS - 1);
    watch.expectAnswer();
    clock.advance(ANSWER_LIMIT_MS - 1);
    expect(did).toEqual([]);
    clock.advance(60_000);
    expect(did).toEqual(['no answer']);
    watch.expectAnswer();
    watch.responseBegan();
    clock.advance(ANSWER_LIMIT_MS);
    expect(did).toEqual(['no answer']);
    watch.stop();
    expect(clock.pendingTimers).toBe(0);
  });
});

const HELLO = { responseId: 'r1', itemId: 'a1', text: 'Hello, how can I help?', audioMs: 2000 };
const SPOKEN = 'We open at eight in the morning and we';
const HOURS = { responseId: 'r2', itemId: 'a2', text: `${SPOKEN} close at six`, audioMs: 1600 };

function live(plan = {}): ScriptedCall {
  const call = new ScriptedCall(plan).ring().answer();
  call.respond(HELLO);
  call.pass(2100);
  return call;
}

function ask(call: ScriptedCall, itemId = 'u1'): void {
  call.speechStarted(itemId, 2000);
  call.pass(1000);
  call.speechStopped(itemId, 3000, 'a1');
  call.transcribed(itemId, 'When do you open?');
}

function creates(call: ScriptedCall): number {
  return call.model.of('response.create').length;
}

/** The model begins to speak, and does not go on. */
function stall(call: ScriptedCall, requestId: string | null = null): void {
  call.begin('r2', requestId);
  call.speak({ ...HOURS, previousItemId: 'u1' });
  call.pass(STALLED_MS + LOOK_MS);
}

describe('a response that does not go on', () => {
  it('is cancelled, and the rest is asked for on the same session', () => {
    const call = live();
    ask(call);
    stall(call);
    expect(call.troubles).toEqual(['response_stalled']);
    expect(call.model.of('response.cancel')).toMatchObject([{ response_id: 'r2' }]);
    expect(call.turns.at(-1)).toMatchObject({ text: SPOKEN, wasInterrupted: false });
    call.pass(999);
    expect(creates(call)).toBe(1);
    call.pass(20);
    expect(creates(call)).toBe(2);
    expect(call.lastCreate().instructions).toContain(`Your last words were: "${SPOKEN}"`);
    // What comes of it late is not heard.
    const sent = call.carrier.texts.length;
    call.delta('r2', 'a2', 400);
    call.done('r2', 'cancelled');
    expect(call.carrier.texts).toHaveLength(sent);
    call.respond({ responseId: 'r3', itemId: 'a3', text: 'close at six.', audioMs: 800 });
    call.pass(900);
    expect(call.turns.map(({ text }) => text)).toEqual([HELLO.text, 'When do you open?', SPOKEN, 'close at six.']);
    expect(call.sessions).toHaveLength(1);
  });

  it('again, is asked for of a new session, and once more, ends the call politely', () => {
    const call = live();
    ask(call);
    stall(call);
    call.pass(1000);
    call.begin('r3', call.lastCreate().requestId);
    call.pass(STALLED_MS);
    expect(call.model.closed?.code).toBe(1000);
    call.pass(1500);
    expect(call.sessions).toHaveLength(2);
    call.ring();
    expect(creates(call)).toBe(1);
    expect(call.lastCreate().instructions).toContain(SPOKEN);
    call.begin('r4', call.lastCreate().requestId);
    call.pass(STALLED_MS);
    expect(call.finished).toEqual(['model_error']);
    expect(call.unsaid).toBe('We have a technical problem. Goodbye.');
    expect(call.troubles).toEqual(['response_stalled', 'response_stalled', 'response_stalled']);
    expect(call.clock.pendingTimers).toBe(0);
  });

  it('is not asked for ever, when it is the disclosure', () => {
    const call = new ScriptedCall({ disclosure: 'This is an assistant.' }).ring().answer();
    for (let n = 0; n < 3; n++) {
      call.begin(`r${n}`, call.lastCreate().requestId);
      call.pass(STALLED_MS + 1500);
      if (n === 1) call.ring();
    }
    expect(call.finished).toEqual(['model_error']);
  });

  it('is not meant while the model is not read from', () => {
    const call = live();
    ask(call);
    call.begin('r2');
    call.speak(HOURS);
    call.carrier.bufferedAmount = 200 * 1024;
    call.delta('r2', 'a2', 200);
    expect(call.model.isPaused).toBe(true);
    call.pass(4000);
    call.carrier.bufferedAmount = 0;
    call.pass(20);
    expect(call.model.isPaused).toBe(false);
    call.pass(STALLED_MS - 2100);
    expect(call.troubles).toEqual([]);
  });

  it('is not meant while it is written and not spoken: a tool call takes its time', () => {
    const call = live();
    ask(call);
    call.begin('r2');
    for (let n = 0; n < 10; n++) {
      call.pass(STALLED_MS - 500);
      call.event({ type: 'response.function_call_arguments.delta', response_id: 'r2', delta: '{' });
    }
    expect(call.troubles).toEqual([]);
  });
});

describe('an answer that does not come', () => {
  it('is asked for once', () => {
    const call = live();
    ask(call);
    call.pass(ANSWER_LIMIT_MS - 20);
    expect(creates(call)).toBe(1);
    call.pass(20);
    expect(call.troubles).toEqual(['answer_missing']);
    expect(creates(call)).toBe(2);
    expect(call.lastCreate().instructions).toBeUndefined();
    call.respond({ ...HOURS });
    call.pass(7000);
    expect(creates(call)).toBe(2);
    expect(call.troubles).toEqual(['answer_missing']);
  });

  it('is not missed while the customer goes on speaking, nor when the call ends', () => {
    const call = live();
    ask(call);
    call.pass(1000);
    call.speechStarted('u2', 4500);
    call.pass(ANSWER_LIMIT_MS);
    expect(call.troubles).toEqual([]);
    call.speechStopped('u2', 8000, 'u1');
    call.bridge.end('agent_ended', 'Goodbye.');
    call.pass(ANSWER_LIMIT_MS);
    expect(call.troubles).toEqual([]);
  });

  it('is not that which was given up before: it answers nobody', () => {
    const call = live();
    call.press('#');
    const { requestId } = call.lastCreate();
    ask(call);
    call.begin('r2', requestId);
    expect(call.model.of('response.cancel')).toHaveLength(1);
    call.done('r2', 'cancelled');
    call.pass(ANSWER_LIMIT_MS);
    expect(call.troubles).toEqual(['answer_missing']);
    expect(creates(call)).toBe(3);
  });
});
