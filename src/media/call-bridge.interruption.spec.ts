import { DEFAULT_INTERRUPTION_POLICY } from './interruption-policy';
import { ScriptedCall } from './testing/scripted-call';

const WORDS = 'one two three four five six seven eight nine ten';
const ITEM = { responseId: 'r1', itemId: 'a1', text: WORDS, audioMs: 2000 };

function live(): ScriptedCall {
  return new ScriptedCall().ring().answer();
}

describe('barge-in', () => {
  it('in the middle of an item clears, truncates at what was heard, and keeps the heard text', () => {
    const call = live();
    call.respond(ITEM);
    call.pass(1000);
    call.speechStarted('u1', 500);
    expect(call.carrier.of('clear')).toHaveLength(1);
    // 1,000 ms are proved by marks; 100 ms is the allowance for what was heard since.
    expect(call.model.of('conversation.item.truncate')).toMatchObject([
      { item_id: 'a1', content_index: 0, audio_end_ms: 1100 },
    ]);
    expect(call.turns).toMatchObject([
      { role: 'agent', text: 'one two three four five', generatedText: WORDS, wasInterrupted: true, endMs: 1000 },
    ]);
    expect(call.model.of('response.cancel')).toEqual([]);
    expect(call.bridge.stats()).toMatchObject({ bargeIns: 1, clears: 1 });
  });

  it('never truncates beyond the audio that was sent', () => {
    const call = live();
    call.begin('r1', call.lastCreate().requestId);
    call.speak({ ...ITEM, audioMs: 1050, deltaMs: 350 });
    call.pass(1040);
    call.speechStarted('u1', 500);
    expect(call.model.of('conversation.item.truncate')).toMatchObject([{ audio_end_ms: 800 }]);
  });

  it('drops late audio of the cut response, and none of the next', () => {
    const call = live();
    call.begin('r1', call.lastCreate().requestId);
    call.speak(ITEM);
    call.pass(600);
    call.speechStarted('u1', 100);
    const sent = call.carrier.of('media').length;
    call.delta('r1', 'a1', 200);
    call.delta('r1', 'a1', 200);
    expect(call.carrier.of('media')).toHaveLength(sent);
    expect(call.bridge.stats().lateDeltas).toBe(2);
    call.done('r1', 'cancelled');
    call.delta('r1', 'a1', 200);
    call.speechStopped('u1', 1500, 'a1');
    call.begin('r2');
    call.delta('r2', 'a2', 200);
    expect(call.carrier.of('media')).toHaveLength(sent + 1);
  });

  it('before any audio cancels the answer and clears nothing', () => {
    const call = live();
    call.begin('r1', call.lastCreate().requestId);
    call.speechStarted('u1', 100);
    call.delta('r1', 'a1', 200);
    expect(call.carrier.texts).toEqual([]);
    expect(call.bridge.stats()).toMatchObject({ bargeIns: 1, clears: 0, lateDeltas: 1 });
    call.done('r1', 'cancelled', [{ id: 'a1', type: 'message', role: 'assistant', content: [] }]);
    expect(call.model.of('conversation.item.delete')).toMatchObject([{ item_id: 'a1' }]);
    expect(call.turns).toEqual([]);
  });

  it('before the server has begun cancels the answer as soon as it begins', () => {
    const call = live();
    call.speechStarted('u1', 100);
    call.begin('r1', call.lastCreate().requestId);
    expect(call.model.of('response.cancel')).toMatchObject([{ response_id: 'r1' }]);
    call.delta('r1', 'a1', 200);
    expect(call.carrier.texts).toEqual([]);
  });

  it('before the first mark is back makes the model forget the item, once its response is over', () => {
    const call = live();
    call.begin('r1', call.lastCreate().requestId);
    call.speak({ ...ITEM, audioMs: 300, deltaMs: 150 });
    call.pass(100);
    call.speechStarted('u1', 50);
    expect(call.carrier.of('clear')).toHaveLength(1);
    expect(call.model.of('conversation.item.truncate')).toEqual([]);
    expect(call.model.of('conversation.item.delete')).toEqual([]);
    call.done('r1', 'cancelled', [{ id: 'a1', type: 'message', content: [] }]);
    expect(call.model.of('conversation.item.delete')).toMatchObject([{ item_id: 'a1' }]);
    expect(call.turns).toEqual([]);
  });

  it('makes the model forget a finished item that nobody heard', () => {
    const call = live();
    call.respond(ITEM);
    call.begin('r2');
    call.speak({ responseId: 'r2', itemId: 'a2', text: 'And another thing.', audioMs: 1000 });
    call.end({ responseId: 'r2', itemId: 'a2', text: 'And another thing.', audioMs: 1000 });
    call.pass(400);
    call.speechStarted('u1', 50);
    expect(call.model.of('conversation.item.truncate')).toMatchObject([{ item_id: 'a1', audio_end_ms: 500 }]);
    expect(call.model.of('conversation.item.delete')).toMatchObject([{ item_id: 'a2' }]);
    expect(call.turns.map(({ itemId }) => itemId)).toEqual(['a1']);
  });

  it('is none when everything was heard', () => {
    const call = live();
    call.respond(ITEM);
    call.pass(2100);
    call.speechStarted('u1', 2000);
    expect(call.carrier.of('clear')).toEqual([]);
    expect(call.model.of('conversation.item.truncate')).toEqual([]);
    expect(call.turns).toMatchObject([{ text: WORDS, wasInterrupted: false }]);
    expect(call.bridge.stats().bargeIns).toBe(0);
  });

  it('between two parts of a response that is still being made cuts without a clear', () => {
    const call = live();
    call.begin('r1', call.lastCreate().requestId);
    call.speak({ ...ITEM, audioMs: 400 });
    call.pass(500);
    call.speechStarted('u1', 300);
    expect(call.carrier.of('clear')).toEqual([]);
    expect(call.model.of('conversation.item.truncate')).toMatchObject([{ audio_end_ms: 400 }]);
    expect(call.bridge.stats().bargeIns).toBe(1);
    call.delta('r1', 'a1', 200);
    expect(call.bridge.stats().lateDeltas).toBe(1);
  });

  it('counts once when the server tells it twice', () => {
    const call = live();
    call.respond(ITEM);
    call.pass(600);
    call.speechStarted('u1', 100);
    call.speechStarted('u1', 100);
    expect(call.bridge.stats().bargeIns).toBe(1);
    expect(call.turns).toHaveLength(1);
  });

  it('takes no mark that comes home after the clear for heard', () => {
    const call = live();
    call.respond(ITEM);
    call.pass(600);
    const marks = call.carrier.of('mark').map((message) => (message['mark'] as { name: string }).name);
    call.speechStarted('u1', 100);
    for (const name of marks) call.returnMark(name);
    expect(call.turns).toMatchObject([{ itemId: 'a1', text: 'one two three', wasInterrupted: true }]);
    expect(call.turns).toHaveLength(1);
  });

  it('answers what the customer said, once', () => {
    const call = live();
    call.respond(ITEM);
    call.pass(600);
    call.speechStarted('u1', 100);
    call.speechStopped('u1', 1500, 'a1');
    call.event({ type: 'input_audio_buffer.committed', item_id: 'u1', previous_item_id: 'a1' });
    // The server answers by itself here (no disclosure is owed).
    expect(call.model.of('response.create')).toHaveLength(1);
  });

  it('waits for no moment that is over when the agent has finished while they speak on', () => {
    const call = new ScriptedCall({ interruption: { ...DEFAULT_INTERRUPTION_POLICY, minSpeechMs: 700 } });
    call.ring().answer().respond(ITEM);
    call.pass(1500);
    call.speechStarted('u1', 1500);
    call.pass(4000);
    expect(call.carrier.of('clear')).toEqual([]);
    call.speechStopped('u1', 5400, 'a1');
    expect(call.model.of('response.create')).toHaveLength(2);
  });

  it('for nothing before the first sound of an answer, asks for that answer and not for what was cut before', () => {
    const interruption = { ...DEFAULT_INTERRUPTION_POLICY, resumesAfterFalseAlarm: true };
    const call = new ScriptedCall({ interruption }).ring().answer();
    call.respond(ITEM);
    call.pass(600);
    call.speechStarted('u1', 300);
    call.pass(1500);
    call.speechStopped('u1', 2100, 'a1');
    call.transcribed('u1', 'And what about Sunday?');
    call.begin('r2', call.lastCreate().requestId);
    call.speechStarted('u2', 1800);
    call.done('r2', 'cancelled');
    call.pass(700);
    call.speechStopped('u2', 2800, 'u1');
    expect(call.model.of('response.create')).toHaveLength(2);
    call.transcribed('u2', '');
    call.pass(500);
    expect(call.model.of('response.create')).toHaveLength(3);
    expect(call.lastCreate().instructions).toBeUndefined();
  });

  it('swallows the errors that say it was over already', () => {
    const call = live();
    for (const [code, eventId] of [
      ['response_cancel_not_active', 'cancel_9'],
      ['invalid_value', 'truncate_9'],
      ['item_truncate_invalid_item_id', null],
      ['unsupported_content_type', null],
      ['item_delete_invalid_item_id', 'delete_9'],
    ]) {
      call.event({ type: 'error', error: { code, event_id: eventId } });
    }
    expect(call.troubles).toEqual([]);
    call.event({ type: 'error', error: { code: 'server_error', event_id: null } });
    expect(call.troubles).toEqual(['model_error_event server_error']);
    expect(call.finished).toEqual([]);
  });
});
