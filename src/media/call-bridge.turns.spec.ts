import { KEY_PAUSE_MS } from './keypad';
import { ScriptedCall, type Message } from './testing/scripted-call';

const HELLO = { responseId: 'r1', itemId: 'a1', text: 'Hello, how can I help?', audioMs: 1500 };

function live(): ScriptedCall {
  const call = new ScriptedCall().ring().answer();
  call.respond(HELLO);
  return call;
}

function functionCall(id: string, name = 'book'): Message {
  return {
    id: `item_${id}`,
    type: 'function_call',
    status: 'completed',
    call_id: id,
    name,
    arguments: '{"at":"noon"}',
  };
}

describe('turns', () => {
  it('have the times of the call and the latency of the answer', () => {
    const call = live();
    call.pass(1600);
    for (let n = 0; n < 200; n++) {
      call.frame();
      call.clock.advance(20);
    }
    // 1,600 ms of the call were before the first frame, which the carrier stamps 0: times are the carrier's.
    call.speechStarted('u1', 1700);
    call.clock.advance(100);
    call.speechStopped('u1', 3500, 'a1');
    call.clock.advance(240);
    call.begin('r2');
    call.speak({ responseId: 'r2', itemId: 'a2', text: 'At noon.', audioMs: 400, previousItemId: 'u1' });
    call.end({ responseId: 'r2', itemId: 'a2', text: 'At noon.', audioMs: 400 });
    call.transcribed('u1', 'When do you open?');
    call.pass(500);
    expect(call.turns).toMatchObject([
      { sequence: 1, role: 'agent', itemId: 'a1', startMs: 0, endMs: 1500, latencyMs: null },
      { sequence: 2, role: 'customer', itemId: 'u1', text: 'When do you open?', startMs: 2000, endMs: 3000 },
      { sequence: 3, role: 'agent', itemId: 'a2', text: 'At noon.', latencyMs: 740 },
    ]);
  });

  it('keep the order of the conversation when a transcription is late', () => {
    const call = live();
    call.pass(1600);
    call.speechStarted('u1', 1700);
    call.speechStopped('u1', 3000, 'a1');
    call.begin('r2');
    call.speak({ responseId: 'r2', itemId: 'a2', text: 'At noon.', audioMs: 400, previousItemId: 'u1' });
    call.end({ responseId: 'r2', itemId: 'a2', text: 'At noon.', audioMs: 400 });
    call.pass(500);
    call.transcribed('u1', 'When?');
    expect(call.turns.map(({ itemId }) => itemId)).toEqual(['a1', 'a2', 'u1']);
    const ordered = [...call.turns].sort((a, b) => a.sequence - b.sequence);
    expect(ordered.map(({ itemId }) => itemId)).toEqual(['a1', 'u1', 'a2']);
  });

  it('have a latency only when they answer the customer', () => {
    const call = live();
    call.pass(1600);
    call.speechStarted('u1', 1700);
    call.speechStopped('u1', 3000, 'a1');
    call.bridge.end('demo_limit', 'Bye.');
    call.respond({ responseId: 'r2', itemId: 'a2', text: 'Bye.', audioMs: 400 });
    call.pass(420);
    expect(call.turns.at(-1)).toMatchObject({ itemId: 'a2', latencyMs: null });
  });

  it('come once, whatever the server repeats, and so does their usage', () => {
    const call = live();
    call.end(HELLO);
    call.pass(1600);
    call.end(HELLO);
    call.speechStarted('u1', 1700);
    for (let n = 0; n < 2; n++) {
      call.speechStopped('u1', 3000, 'a1');
      call.transcribed('u1', 'Hello?');
    }
    expect(call.turns.map(({ itemId }) => itemId)).toEqual(['a1', 'u1']);
    expect(call.usage.map(({ source }) => source)).toEqual(['response', 'transcription']);
  });

  it('are inaudible when the transcription failed', () => {
    const call = live();
    call.pass(1600);
    call.speechStarted('u1', 1700);
    call.speechStopped('u1', 3000, 'a1');
    call.event({ type: 'conversation.item.input_audio_transcription.failed', item_id: 'u1', error: { code: null } });
    expect(call.turns.at(-1)).toMatchObject({ role: 'customer', text: '[inaudible]' });
  });
});

describe('tool calls', () => {
  it('are told once, at the end of their response', () => {
    const call = live();
    call.pass(1600);
    call.begin('r2');
    const item = functionCall('c1');
    call.event({ type: 'response.output_item.done', response_id: 'r2', output_index: 0, item });
    expect(call.toolCalls).toEqual([]);
    call.done('r2', 'completed', [item]);
    call.done('r2', 'completed', [item]);
    expect(call.toolCalls).toEqual([{ toolCallId: 'c1', name: 'book', argumentsJson: '{"at":"noon"}' }]);
  });

  it('lead to one response, when all results of theirs are in', () => {
    const call = live();
    call.pass(1600);
    call.begin('r2');
    call.done('r2', 'completed', [functionCall('c1'), functionCall('c2')]);
    call.bridge.toolResult('c1', '{"ok":true}');
    expect(call.model.of('response.create')).toHaveLength(1);
    call.bridge.toolResult('c2', '{"ok":false}', { respond: false });
    call.bridge.toolResult('c2', '{"ok":false}');
    expect(call.model.of('conversation.item.create').map(({ item }) => item)).toEqual([
      { type: 'function_call_output', call_id: 'c1', output: '{"ok":true}' },
      { type: 'function_call_output', call_id: 'c2', output: '{"ok":false}' },
    ]);
    expect(call.model.of('response.create')).toHaveLength(2);
    expect(call.troubles).toEqual(['tool_result_unknown']);
  });

  it('may end without a word', () => {
    const call = live();
    call.begin('r2');
    call.done('r2', 'completed', [functionCall('c1')]);
    call.bridge.toolResult('c1', '{}', { respond: false });
    expect(call.model.of('response.create')).toHaveLength(1);
  });

  it('wait with their answer while a response is being made or the customer speaks', () => {
    const call = live();
    call.pass(1600);
    call.begin('r2');
    call.done('r2', 'completed', [functionCall('c1'), functionCall('c2')]);
    call.bridge.toolResult('c1', '{}');
    call.begin('r3');
    call.bridge.toolResult('c2', '{}');
    expect(call.model.of('response.create')).toHaveLength(1);
    call.speechStarted('u1', 1700);
    call.done('r3', 'cancelled');
    expect(call.model.of('response.create')).toHaveLength(1);
    // The server answers what the customer said, and has the results by then.
    call.speechStopped('u1', 3000, 'a1');
    expect(call.model.of('response.create')).toHaveLength(1);
  });

  it('of an interrupted response are nobody’s', () => {
    const call = live();
    call.pass(1600);
    call.begin('r2');
    call.speechStarted('u1', 1700);
    call.done('r2', 'cancelled', [functionCall('c1', 'end_call')]);
    expect(call.toolCalls).toEqual([]);
  });

  it('of a response that was completed stand when its words were cut, and force no answer of their own', () => {
    const call = live();
    call.pass(1600);
    call.begin('r2');
    call.delta('r2', 'a2', 400);
    call.speechStarted('u1', 1700);
    call.done('r2', 'completed', [functionCall('c1')]);
    expect(call.toolCalls).toMatchObject([{ toolCallId: 'c1', wasInterrupted: true }]);
    call.speechStopped('u1', 3000, 'a1');
    call.bridge.toolResult('c1', '{}');
    expect(call.model.of('conversation.item.create')).toHaveLength(1);
    expect(call.model.of('response.create')).toHaveLength(1);
  });

  it('are not told any more when the first of them ended the call', () => {
    const call = live();
    call.pass(1600);
    call.onToolCall = () => call.bridge.end('agent_ended');
    call.begin('r2');
    call.done('r2', 'completed', [functionCall('c1', 'end_call'), functionCall('c2')]);
    expect(call.toolCalls).toHaveLength(1);
    expect(call.finished).toEqual(['agent_ended']);
  });
});

describe('keys', () => {
  it('become one entry that the model is told and answers', () => {
    const call = live();
    call.pass(1600);
    for (const digit of '12#') call.press(digit);
    const created = call.model.of('conversation.item.create');
    expect(created).toHaveLength(1);
    expect(created[0]?.['item']).toMatchObject({
      id: 'keys_1',
      role: 'user',
      content: [{ type: 'input_text', text: '[The caller pressed these keys on the phone: 1 2 #]' }],
    });
    expect(call.turns.at(-1)).toMatchObject({ role: 'customer', text: '[pressed 1 2 #]', itemId: 'keys_1' });
    expect(call.model.of('response.create')).toHaveLength(2);
  });

  it('end with a pause, and come after what was said before them', () => {
    const call = live();
    call.pass(1600);
    call.press('7');
    call.clock.advance(KEY_PAUSE_MS - 1);
    expect(call.model.of('conversation.item.create')).toEqual([]);
    call.clock.advance(1);
    expect(call.turns.map(({ sequence, text }) => [sequence, text])).toEqual([
      [1, HELLO.text],
      [2, '[pressed 7]'],
    ]);
  });
});

describe('silence', () => {
  const still = { responseId: 'r2', itemId: 'a2', text: 'Are you still there?', audioMs: 1000 };

  it('is asked about, then the call ends politely', () => {
    const call = live();
    call.pass(1500 + 7980);
    expect(call.model.of('response.create')).toHaveLength(1);
    call.pass(60);
    expect(call.lastCreate()).toMatchObject({
      instructions: 'Say word for word "Are you still there?" and nothing else.',
      toolChoice: 'none',
    });
    call.respond(still);
    call.pass(1000 + 7060);
    expect(call.lastCreate().instructions).toContain('"Goodbye then."');
    call.respond({ responseId: 'r3', itemId: 'a3', text: 'Goodbye then.', audioMs: 800 });
    expect(call.finished).toEqual([]);
    call.pass(820);
    expect(call.finished).toEqual(['silence']);
    expect(call.turns.map(({ text }) => text)).toEqual([HELLO.text, 'Are you still there?', 'Goodbye then.']);
    expect(call.clock.pendingTimers).toBe(0);
  });

  it.each(['speech', 'a key'])('is over with %s', (sign) => {
    const call = live();
    call.pass(1500 + 8040);
    call.respond(still);
    call.pass(1020);
    if (sign === 'speech') {
      call.speechStarted('u1', 10_000);
      call.speechStopped('u1', 11_000, 'a2');
      call.begin('r3');
    } else {
      call.press('5');
      call.press('#');
      call.begin('r3', call.lastCreate().requestId);
    }
    call.speak({ responseId: 'r3', itemId: 'a3', text: 'Good.', audioMs: 300 });
    call.end({ responseId: 'r3', itemId: 'a3', text: 'Good.', audioMs: 300 });
    call.pass(300 + 7900);
    expect(call.lastCreate().instructions ?? '').not.toContain('Goodbye');
    call.pass(200);
    expect(call.lastCreate().instructions).toContain('Are you still there?');
  });

  it('is no silence while the agent is heard, a tool works, or keys are pressed', () => {
    const call = live();
    call.pass(1600);
    call.begin('r2');
    call.done('r2', 'completed', [functionCall('c1')]);
    call.pass(30_000);
    expect(call.model.of('response.create')).toHaveLength(1);
  });
});
