import fc from 'fast-check';
import { canMove, CONVERSATION_STATES, ConversationState, moved } from './conversation-states';

const allMoves = CONVERSATION_STATES.flatMap((from) =>
  CONVERSATION_STATES.filter((to) => canMove(from, to)).map((to) => [from, to] as const),
);

it('every state is reached from the first one', () => {
  const reached = new Set<ConversationState>(['greeting']);
  for (let size = 0; size !== reached.size;) {
    size = reached.size;
    for (const [from, to] of allMoves) if (reached.has(from)) reached.add(to);
  }
  expect([...reached].sort()).toEqual([...CONVERSATION_STATES].sort());
});

it('from every state but the last there is a way to the end, and from that one none', () => {
  expect(CONVERSATION_STATES.filter((state) => !canMove(state, 'ended'))).toEqual(['ended']);
  expect(allMoves.filter(([from]) => from === 'ended')).toEqual([]);
});

it('nobody answers what was not thought about, nor thinks about what was not said', () => {
  expect(CONVERSATION_STATES.filter((state) => canMove(state, 'responding'))).toEqual(['processing']);
  // Back to wherever it was, where nothing comes of it.
  expect(CONVERSATION_STATES.filter((state) => canMove(state, 'processing'))).toEqual([
    'greeting',
    'listening',
    'clarifying',
    'closing',
  ]);
  expect(CONVERSATION_STATES.filter((state) => !canMove('processing', state))).toEqual(['processing']);
});

it('a path goes on as long as each of its moves is there, and no further', () => {
  const states = fc.constantFrom(...CONVERSATION_STATES);
  fc.assert(
    fc.property(states, fc.array(states, { maxLength: 6 }), (from, path) => {
      const isLegal = path.every((to, at) => canMove(path[at - 1] ?? from, to));
      if (isLegal) expect(moved(from, ...path)).toBe(path.at(-1) ?? from);
      else expect(() => moved(from, ...path)).toThrow('does not go from');
    }),
  );
});
