import type { Turn } from './call-events';
import { History, RESTORED_CHARACTERS } from './history';
import { ModelSession } from './model-session';
import { ManualClock } from './testing/manual-clock';
import { ModelLink } from './model-link';
import { aPlan, RecordedSocket, type Message } from './testing/scripted-call';

function setUp() {
  const history = new History();
  const add = (sequence: number, text: string, role: Turn['role'] = 'customer'): void =>
    history.turn({
      ...{ sequence, itemId: `i${sequence}`, role, text, generatedText: null, startMs: 0, endMs: 0 },
      ...{ wasInterrupted: false, latencyMs: null },
    });
  const items = (): Message[] => {
    const socket = new RecordedSocket();
    const session = new ModelSession();
    const detection = { createResponse: true, interruptResponse: true };
    const nothing = (): void => undefined;
    const events = { onReady: nothing, onFailed: nothing, onMessage: nothing, onClosed: nothing };
    const link = new ModelLink(new ManualClock(), aPlan(), detection, events);
    link.socket = socket;
    session.adopt(link);
    history.tellTo(session);
    return socket.of('conversation.item.create').map(({ item }) => item as Message);
  };
  const texts = (): (string | undefined)[] => items().map((item) => (item['content'] as { text: string }[])[0]?.text);
  return { history, add, items, texts };
}

describe('history', () => {
  it('is told in the order of the conversation, in whatever order it became known', () => {
    const { add, texts, items } = setUp();
    add(4, 'fourth');
    add(1, 'first', 'agent');
    add(3, 'third', 'operator');
    add(2, 'second');
    expect(texts()).toEqual(['first', 'second', 'third', 'fourth']);
    expect(items().map(({ role }) => role)).toEqual(['assistant', 'user', 'assistant', 'user']);
    expect(items().map(({ content }) => (content as { type: string }[])[0]?.type)).toEqual([
      'output_text',
      'input_text',
      'output_text',
      'input_text',
    ]);
  });

  it('gives items ids of at most 32 characters, each once', () => {
    const { add, items } = setUp();
    for (let n = 1; n <= 50; n++) add(n, `turn ${n}`);
    const ids = items().map(({ id }) => String(id));
    expect(new Set(ids).size).toBe(50);
    expect(Math.max(...ids.map(({ length }) => length))).toBeLessThanOrEqual(32);
  });

  it('is told as far back as the budget goes', () => {
    const { add, texts } = setUp();
    const long = 'x'.repeat(RESTORED_CHARACTERS / 4);
    for (let n = 1; n <= 6; n++) add(n, `${n}${long.slice(1)}`);
    expect(texts().map((text) => text?.[0])).toEqual(['3', '4', '5', '6']);
  });

  it('tells the latest in any case, however long', () => {
    const { add, texts } = setUp();
    add(1, 'before');
    add(2, 'y'.repeat(RESTORED_CHARACTERS + 1));
    expect(texts()).toHaveLength(1);
    add(3, 'after');
    expect(texts()).toEqual(['after']);
  });

  it('keeps a tool call and its result together', () => {
    const { history, add, items } = setUp();
    add(1, 'book it');
    add(4, 'done', 'agent');
    history.toolCall(2, { toolCallId: 'c1', name: 'book', argumentsJson: '{"at":"noon"}' });
    history.toolCall(3, { toolCallId: 'c2', name: 'look', argumentsJson: '{}' });
    history.toolResult('c1', '{"ok":true}');
    history.toolResult('nobody', '{}');
    expect(items()).toMatchObject([
      { role: 'user' },
      { type: 'function_call', call_id: 'c1', name: 'book', arguments: '{"at":"noon"}' },
      { type: 'function_call_output', call_id: 'c1', output: '{"ok":true}' },
      { type: 'function_call', call_id: 'c2' },
      { role: 'assistant' },
    ]);
  });

  it('leaves out a call whose result is too long for the budget, with its result', () => {
    const { history, add, items } = setUp();
    history.toolCall(1, { toolCallId: 'c1', name: 'book', argumentsJson: '{}' });
    history.toolResult('c1', 'z'.repeat(RESTORED_CHARACTERS));
    add(2, 'after');
    expect(items()).toMatchObject([{ role: 'user' }]);
  });

  it('forgets the oldest of more than a call has', () => {
    const { add, texts } = setUp();
    for (let n = 1; n <= 1005; n++) add(n, String(n));
    expect(texts()[0]).toBe('6');
    expect(texts()).toHaveLength(1000);
  });
});
