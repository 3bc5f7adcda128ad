import { TIME_UP_GRACE_MS } from './call-bridge';
import { DRAIN_LIMIT_MS, TIME_UP_RESERVE_MS, timeUpReserveMs, TRANSCRIPTION_LIMIT_MS } from './ending';
import { ScriptedCall, type Message } from './testing/scripted-call';

const WORDS = 'one two three four five six seven eight nine ten';
const ITEM = { responseId: 'r1', itemId: 'a1', text: WORDS, audioMs: 2000 };

function live(plan = {}): ScriptedCall {
  const call = new ScriptedCall(plan).ring().answer();
  call.respond(ITEM);
  return call;
}

function lastDetection(call: ScriptedCall): Message {
  const session = call.model.of('session.update').at(-1)?.['session'];
  return (session as { audio: { input: { turn_detection: Message } } }).audio.input.turn_detection;
}

describe('a polite end', () => {
  it('says the last words, protected, hears them to their end, and is over', () => {
    const call = live();
    call.pass(2100);
    call.bridge.end('demo_limit', 'That was the demo.');
    expect(lastDetection(call)).toMatchObject({ create_response: false, interrupt_response: false });
    const kinds = call.model.messages.map(({ type }) => type);
    expect(kinds.lastIndexOf('session.update')).toBeLessThan(kinds.lastIndexOf('response.create'));
    expect(call.lastCreate().instructions).toBe('Say word for word "That was the demo." and nothing else.');
    call.respond({ responseId: 'r2', itemId: 'a2', text: 'That was the demo.', audioMs: 1000 });
    call.speechStarted('u1', 2200);
    expect(call.carrier.of('clear')).toEqual([]);
    call.speechStopped('u1', 2900, 'a1');
    call.transcribed('u1', 'Wait');
    expect(call.model.of('response.create')).toHaveLength(2);
    call.pass(1020);
    expect(call.finished).toEqual(['demo_limit']);
    expect(call.turns.map(({ text }) => text)).toEqual([WORDS, 'Wait', 'That was the demo.']);
    expect(call.clock.pendingTimers).toBe(0);
  });

  it('cuts what the customer is still saying, so that it is written down too', () => {
    const call = live();
    call.pass(2100);
    call.speechStarted('u1', 2200);
    call.bridge.end('max_duration', 'Time is up.');
    call.respond({ responseId: 'r2', itemId: 'a2', text: 'Time is up.', audioMs: 1000 });
    call.pass(1020);
    expect(call.finished).toEqual([]);
    expect(call.model.of('input_audio_buffer.commit')).toHaveLength(1);
    call.event({ type: 'input_audio_buffer.committed', item_id: 'u1', previous_item_id: 'a2' });
    call.transcribed('u1', 'And on Friday');
    expect(call.finished).toEqual(['max_duration']);
    expect(call.turns.map(({ text }) => text)).toContain('And on Friday');
  });

  it('without words lets what is playing be heard', () => {
    const call = live();
    call.pass(500);
    call.bridge.end('agent_ended');
    call.pass(1400);
    expect(call.finished).toEqual([]);
    call.pass(200);
    expect(call.finished).toEqual(['agent_ended']);
    expect(call.turns).toMatchObject([{ text: WORDS, wasInterrupted: false }]);
  });

  it('does not wait for ever for marks that do not come', () => {
    const call = live();
    call.bridge.end('agent_ended');
    call.clock.advance(DRAIN_LIMIT_MS);
    expect(call.finished).toEqual(['agent_ended']);
  });

  it('lets a long goodbye be heard to its end, and not for ever when its marks do not come', () => {
    for (const hasMarks of [true, false]) {
      const call = new ScriptedCall().ring().answer();
      call.respond({ ...ITEM, audioMs: 16_000 });
      call.bridge.end('agent_ended');
      if (hasMarks) call.pass(15_900);
      else call.clock.advance(18_900);
      expect(call.finished).toEqual([]);
      if (hasMarks) call.pass(200);
      else call.clock.advance(200);
      expect(call.finished).toEqual(['agent_ended']);
      expect(call.turns).toMatchObject([{ wasInterrupted: !hasMarks }].slice(0, call.turns.length));
    }
  });

  it('hears long last words that were made while the limit ran', () => {
    const call = live();
    call.pass(2100);
    call.bridge.end('demo_limit', 'Bye');
    call.clock.advance(4000);
    call.respond({ responseId: 'r2', itemId: 'a2', text: WORDS, audioMs: 18_000 });
    call.pass(17_900);
    expect(call.finished).toEqual([]);
    call.pass(120);
    expect(call.finished).toEqual(['demo_limit']);
    expect(call.turns.at(-1)).toMatchObject({ text: WORDS, wasInterrupted: false });
  });

  it('keeps its reason when the call is aborted meanwhile', () => {
    const call = live();
    call.bridge.end('silence', 'Bye');
    call.bridge.abort('customer_hung_up');
    expect(call.finished).toEqual(['silence']);
  });

  it('makes nothing more of what was being said, and answers nobody', () => {
    const call = new ScriptedCall().ring().answer();
    call.begin('r1', call.lastCreate().requestId);
    call.speak(ITEM);
    call.pass(500);
    call.bridge.end('owner_hung_up');
    expect(call.model.of('response.cancel')).toMatchObject([{ response_id: 'r1' }]);
    call.delta('r1', 'a1', 200);
    expect(call.bridge.stats().lateDeltas).toBe(1);
    call.done('r1', 'cancelled');
    call.begin('r2');
    expect(call.model.of('response.cancel')).toHaveLength(2);
    call.done('r2', 'cancelled');
    call.pass(1520);
    expect(call.finished).toEqual(['owner_hung_up']);
  });

  it('waits for the words of a customer that are still being written down', () => {
    const call = live();
    call.pass(2100);
    call.speechStarted('u1', 2000);
    call.speechStopped('u1', 2900, 'a1');
    call.bridge.end('agent_ended');
    expect(call.finished).toEqual([]);
    call.transcribed('u1', 'Bye!');
    expect(call.finished).toEqual(['agent_ended']);
    expect(call.turns.at(-1)).toMatchObject({ text: 'Bye!' });
  });

  it('but not for long', () => {
    const call = live();
    call.pass(2100);
    call.speechStarted('u1', 2000);
    call.speechStopped('u1', 2900, 'a1');
    call.bridge.end('agent_ended');
    call.clock.advance(TRANSCRIPTION_LIMIT_MS);
    expect(call.finished).toEqual(['agent_ended']);
    expect(call.turns.at(-1)).toMatchObject({ text: '[inaudible]' });
  });

  it('has one reason, and happens once', () => {
    const call = live();
    call.bridge.end('agent_ended');
    call.bridge.end('silence', 'Bye');
    call.bridge.onCarrierClosed(1000);
    call.bridge.abort('server_error');
    expect(call.finished).toEqual(['agent_ended']);
  });

  it('is at once while the phone still rings', () => {
    const call = new ScriptedCall().ring();
    call.bridge.end('owner_hung_up', 'Bye');
    expect(call.finished).toEqual(['owner_hung_up']);
    call.answer();
    expect(call.carrier.texts).toEqual([]);
  });

  it('is over when the last words cannot be made', () => {
    const call = live();
    call.pass(2100);
    call.bridge.end('silence', 'Bye');
    call.begin('r2', call.lastCreate().requestId);
    call.done('r2', 'failed', [], { error: { code: 'server_error' } });
    expect(call.finished).toEqual([]);
    call.clock.advance(1000);
    expect(call.model.of('response.create')).toHaveLength(3);
    call.begin('r3', call.lastCreate().requestId);
    call.done('r3', 'failed', [], { error: { code: 'server_error' } });
    // Another session gets the last chance.
    call.clock.advance(1500);
    expect(call.sessions).toHaveLength(2);
    call.ring();
    expect(call.lastCreate().instructions).toContain('Bye');
    call.begin('r4', call.lastCreate().requestId);
    call.done('r4', 'failed', [], { error: { code: 'server_error' } });
    expect(call.finished).toEqual(['silence']);
    expect(call.unsaid).toBe('Bye');
  });
});

describe('the maximum duration', () => {
  const plan = { maxDurationMs: 60_000, silence: { repromptAfterMs: 90_000, endAfterMs: 90_000 } };

  it('is announced early enough to be over by then', () => {
    const call = live(plan);
    call.pass(2100);
    call.clock.advance(60_000 - TIME_UP_RESERVE_MS - 2100 - 1000 - 8000);
    call.begin('r2');
    call.speak({ responseId: 'r2', itemId: 'a2', text: WORDS.repeat(4), audioMs: 20_000 });
    call.pass(9000);
    expect(call.carrier.of('clear')).toHaveLength(1);
    expect(call.model.of('response.cancel')).toMatchObject([{ response_id: 'r2' }]);
    expect(call.turns.at(-1)).toMatchObject({ itemId: 'a2', wasInterrupted: true });
    call.done('r2', 'cancelled');
    expect(call.lastCreate().instructions).toContain('"Our time is up."');
    call.respond({ responseId: 'r3', itemId: 'a3', text: 'Our time is up.', audioMs: 1200 });
    call.pass(1220);
    expect(call.finished).toEqual(['max_duration']);
  });

  it.each([
    [600_000, 6000],
    [15_000, 5000],
    [10_000, 4500],
    [5000, 3000],
  ])('of %i ms keeps %i ms for the last words', (maxDurationMs, reserveMs) => {
    expect(timeUpReserveMs(maxDurationMs)).toBe(reserveMs);
    const silence = { repromptAfterMs: maxDurationMs, endAfterMs: maxDurationMs };
    const call = live({ silence, maxDurationMs });
    call.clock.advance(maxDurationMs + 500);
    expect(call.finished).toEqual(['max_duration']);
  });

  it('is kept even when nobody answers any more', () => {
    const call = live({ ...plan, maxDurationEnd: 'demo_limit' as const });
    call.clock.advance(60_000 + TIME_UP_GRACE_MS);
    expect(call.finished).toEqual(['demo_limit']);
    expect(call.clock.pendingTimers).toBe(0);
  });
});

describe('a caller who hangs up', () => {
  it('in mid-sentence leaves what was heard', () => {
    const call = live();
    call.pass(1000);
    call.hangUp();
    expect(call.finished).toEqual(['customer_hung_up']);
    expect(call.turns).toMatchObject([{ text: 'one two three four five', wasInterrupted: true }]);
    expect(call.model.of('conversation.item.truncate')).toEqual([]);
    call.bridge.onCarrierClosed(1006);
    expect(call.finished).toHaveLength(1);
    expect(call.troubles).toEqual([]);
  });

  it('in the middle of their own sentence still has it written down', () => {
    const call = live();
    call.pass(2100);
    call.speechStarted('u1', 1700);
    call.pass(600);
    call.hangUp();
    expect(call.model.of('input_audio_buffer.commit')).toHaveLength(1);
    expect(call.finished).toEqual([]);
    call.event({ type: 'input_audio_buffer.committed', item_id: 'u1', previous_item_id: 'a1' });
    call.begin('r2');
    expect(call.model.of('response.cancel')).toHaveLength(1);
    call.transcribed('u1', 'I have to go');
    expect(call.finished).toEqual(['customer_hung_up']);
    expect(call.turns.at(-1)).toMatchObject({ text: 'I have to go', startMs: 2000, endMs: 2700 });
  });

  it('is waited for longer by nobody: the transcriber has five seconds', () => {
    const call = live({ maxDurationMs: 10_000 });
    call.pass(2100);
    call.speechStarted('u1', 1700);
    call.pass(3000);
    call.hangUp();
    call.clock.advance(4999);
    expect(call.finished).toEqual([]);
    call.clock.advance(1);
    expect(call.finished).toEqual(['customer_hung_up']);
    expect(call.clock.pendingTimers).toBe(0);
  });

  it('leaves the keys they pressed', () => {
    const call = live();
    call.press('4');
    call.bridge.onCarrierClosed(1006);
    expect(call.turns.at(-1)).toMatchObject({ text: '[pressed 4]' });
    expect(call.finished).toEqual(['customer_hung_up']);
    expect(call.troubles).toEqual(['carrier_closed 1006']);
    expect(call.model.of('conversation.item.create')).toEqual([]);
  });

  it('keeps the reason of an end that was under way', () => {
    const call = live();
    call.bridge.end('silence', 'Bye');
    call.hangUp();
    expect(call.finished).toEqual(['silence']);
  });
});

describe('after the end', () => {
  it('nothing has any effect', () => {
    const call = live();
    call.pass(500);
    call.bridge.abort('server_error');
    expect(call.finished).toEqual(['server_error']);
    const before = [call.model.texts.length, call.carrier.texts.length, call.turns.length, call.troubles.length];
    call.frame();
    call.press('1');
    call.delta('r1', 'a1', 200);
    call.speechStarted('u1', 100);
    call.speechStopped('u1', 900);
    call.transcribed('u1', 'Hello?');
    call.done('r9', 'failed');
    call.text('garbage');
    call.bridge.onCarrierMessage('garbage');
    call.bridge.toolResult('c1', '{}');
    call.bridge.end('silence', 'Bye');
    call.dropModel();
    call.bridge.onCarrierClosed(1006);
    call.hangUp();
    call.pass(700_000);
    expect([call.model.texts.length, call.carrier.texts.length, call.turns.length, call.troubles.length]).toEqual(
      before,
    );
    expect(call.finished).toEqual(['server_error']);
    expect(call.clock.pendingTimers).toBe(0);
  });
});
