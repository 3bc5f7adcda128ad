import { brainInput } from './brain-input';
import { Conversation, type ItemStatus } from './conversation';
import { defaultSession } from './session-config';

const turnsOf = (conversation: Conversation) =>
  brainInput(defaultSession('gpt-realtime'), {}, conversation.all()).turns;

function aCall(conversation: Conversation, callId: string, status: ItemStatus): void {
  const item = { id: `item_${callId}`, object: 'realtime.item' as const, status };
  conversation.append({ ...item, type: 'function_call', name: 'book_event', call_id: callId, arguments: '{}' });
}

it('knows of no call that was cut off while it was written, because nobody carries it out', () => {
  const conversation = new Conversation();
  aCall(conversation, 'whole', 'completed');
  aCall(conversation, 'cut', 'incomplete');
  expect(turnsOf(conversation)).toMatchObject([{ role: 'call', callId: 'whole' }]);
});

it('knows of one that was cut off and has a result all the same', () => {
  const conversation = new Conversation();
  aCall(conversation, 'cut', 'incomplete');
  conversation.insert({ type: 'function_call_output', call_id: 'cut', output: '{}' }, null);
  expect(turnsOf(conversation)).toMatchObject([{ role: 'call' }, { role: 'result', callId: 'cut' }]);
});
