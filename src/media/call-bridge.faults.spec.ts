import { MARKS_GRACE_MS } from './agent-audio';
import { STALL_SILENCE_MS, STUCK_LIMIT_MS } from './speech-watch';
import { DISCLOSURE, ScriptedCall, type Message } from './testing/scripted-call';

const HELLO = { responseId: 'r1', itemId: 'a1', text: 'Hello, how can I help?', audioMs: 2000 };

function appendedMs(call: ScriptedCall): number {
  return call.bridge.stats().appendedBytes / 8;
}

describe('marks that never come back', () => {
  it('are missed once; the words count as said and the line as quiet', () => {
    const call = new ScriptedCall({ disclosure: DISCLOSURE, greeting: 'Hello!' }).ring().answer();
    call.respond({ ...HELLO, text: `${DISCLOSURE} Hello!` });
    call.clock.advance(2000 + MARKS_GRACE_MS - 1);
    expect(call.troubles).toEqual([]);
    call.clock.advance(1);
    expect(call.troubles).toEqual(['marks_missing']);
    expect(call.turns).toMatchObject([
      { text: `${DISCLOSURE} Hello!`, startMs: 0, endMs: 2000, wasInterrupted: false },
    ]);
    // The disclosure is given, and the silence is counted.
    expect(call.model.of('session.update')).toHaveLength(2);
    call.clock.advance(8000);
    expect(call.lastCreate().instructions).toContain('still there');
    call.respond({ responseId: 'r2', itemId: 'a2', text: 'Are you still there?', audioMs: 1000 });
    call.clock.advance(1600);
    expect(call.troubles).toEqual(['marks_missing']);
    expect(call.turns.at(-1)).toMatchObject({ itemId: 'a2', wasInterrupted: false });
  });

  it('prove nothing to the model: what is cut while they are missing was not heard', () => {
    const call = new ScriptedCall().ring().answer();
    call.respond(HELLO);
    call.clock.advance(7000);
    call.speechStarted('u1', 6000);
    expect(call.model.of('conversation.item.truncate')).toEqual([]);
    expect(call.carrier.of('clear')).toEqual([]);
  });

  it('are not missed by a carrier that is only slow, nor by a model that is', () => {
    const call = new ScriptedCall().ring().answer();
    call.begin('r1', call.lastCreate().requestId);
    call.speak({ ...HELLO, audioMs: 1900 });
    call.pass(7500);
    call.delta('r1', 'a1', 100);
    call.end(HELLO);
    call.pass(200);
    expect(call.troubles).toEqual([]);
    expect(call.turns).toHaveLength(1);
  });
});

describe('a carrier that sends no frames for silence', () => {
  function speaking(): ScriptedCall {
    const call = new ScriptedCall().ring().answer();
    for (let n = 0; n < 50; n++) {
      call.frame();
      call.clock.advance(20);
    }
    call.speechStarted('u1', 300);
    return call;
  }

  it('leaves it to us to let the model hear the end of a turn', () => {
    const call = speaking();
    call.clock.advance(699);
    expect(appendedMs(call)).toBe(1000);
    call.clock.advance(1);
    expect(appendedMs(call)).toBe(1000 + STALL_SILENCE_MS);
    call.speechStopped('u1', 1500);
    call.clock.advance(5000);
    expect(appendedMs(call)).toBe(1000 + STALL_SILENCE_MS);
  });

  it('is given a bounded amount of it, and none while it sends', () => {
    const call = speaking();
    for (let n = 0; n < 100; n++) {
      call.frame();
      call.clock.advance(20);
    }
    expect(appendedMs(call)).toBe(3000);
    call.clock.advance(30_000);
    expect(appendedMs(call)).toBe(3000 + 5 * STALL_SILENCE_MS);
  });

  it('that goes on later finds its hole filled once', () => {
    const call = speaking();
    call.clock.advance(1000);
    const media: Message = { track: 'inbound', chunk: '51', timestamp: '2000', payload: '' };
    media['payload'] = Buffer.alloc(160, 0x17).toString('base64');
    call.fromCarrier({ event: 'media', sequenceNumber: '52', streamSid: 'MZ1', media });
    expect(appendedMs(call)).toBe(2020);
  });
});

describe('speech that never stops', () => {
  function endless(): ScriptedCall {
    const call = new ScriptedCall().ring().answer();
    call.respond(HELLO);
    call.pass(2100);
    call.speechStarted('u1', 2000);
    call.clock.advance(STUCK_LIMIT_MS - 1);
    expect(call.troubles).toEqual([]);
    call.clock.advance(1);
    expect(call.troubles).toEqual(['speech_stuck']);
    expect(call.model.of('input_audio_buffer.commit')).toHaveLength(1);
    return call;
  }

  it('is taken for over after a while: what was said until then is written down and answered', () => {
    const call = endless();
    call.event({ type: 'input_audio_buffer.committed', item_id: 'u1', previous_item_id: 'a1' });
    // A server that does not answer a turn that we have ended is asked to.
    call.clock.advance(3000);
    expect(call.model.of('response.create')).toHaveLength(2);
    call.transcribed('u1', 'And now the weather.');
    call.respond({ ...HELLO, responseId: 'r2', itemId: 'a2' });
    call.pass(2100);
    expect(call.turns.map(({ role }) => role)).toEqual(['agent', 'customer', 'agent']);
  });

  it('of which the server knows nothing more, is a line whose silence is noticed', () => {
    const call = endless();
    call.event({ type: 'error', error: { code: 'input_audio_buffer_commit_empty', event_id: 'commit_2' } });
    call.clock.advance(8000);
    expect(call.lastCreate().instructions).toContain('still there');
    call.respond({ responseId: 'r2', itemId: 'a2', text: 'Are you still there?', audioMs: 1000 });
    call.pass(1100);
    expect(call.turns.map(({ text }) => text)).toEqual([HELLO.text, '[inaudible]', 'Are you still there?']);
    expect(call.carrier.of('clear')).toEqual([]);
  });
});

describe('a tool call that comes while a machine is suspected', () => {
  it('is not made, and is waited for by nobody', () => {
    const voicemail = { phraseIn: () => 'weak' as const };
    const call = new ScriptedCall({ whoSpeaksFirst: 'customer', voicemail }).ring().answer();
    call.speechStarted('u1', 0);
    call.pass(6000);
    call.speechStopped('u1', 6000);
    call.begin('r2');
    call.transcribed('u1', 'You have reached Ann.');
    expect(call.model.of('response.cancel')).toHaveLength(1);
    const output = [{ id: 'i1', type: 'function_call', status: 'completed', call_id: 'c1', name: 'end_call' }];
    call.done('r2', 'completed', output);
    expect(call.toolCalls).toEqual([]);
    call.bridge.answeredBy('human');
    call.respond({ ...HELLO, responseId: 'r3', itemId: 'a3' });
    call.pass(2100 + 8000);
    expect(call.lastCreate().instructions).toContain('still there');
  });
});
