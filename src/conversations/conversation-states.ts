/** Where a conversation stands. */
export const CONVERSATION_STATES = [
  'greeting',
  'listening',
  'processing',
  'responding',
  'clarifying',
  'closing',
  'ended',
] as const;
export type ConversationState = (typeof CONVERSATION_STATES)[number];

/**
 * All moves there are.
 *
 * - greeting: the agent has said its first words, and nobody has answered yet
 * - listening: it is the other's turn
 * - processing: what they said is being thought about; back to where it was when nothing comes of it
 * - responding: the answer is being given
 * - clarifying: the answer was a question about what they meant
 * - closing: goodbye was said; whoever goes on all the same is heard
 * - ended: nothing is said any more
 */
const MOVES: Readonly<Record<ConversationState, readonly ConversationState[]>> = {
  greeting: ['processing', 'ended'],
  listening: ['processing', 'ended'],
  processing: ['responding', 'greeting', 'listening', 'clarifying', 'closing', 'ended'],
  responding: ['listening', 'clarifying', 'closing', 'ended'],
  clarifying: ['processing', 'ended'],
  closing: ['processing', 'ended'],
  ended: [],
};

export function canMove(from: ConversationState, to: ConversationState): boolean {
  return MOVES[from].includes(to);
}

/** @throws Error for a move that there is not: a bug */
export function moved(from: ConversationState, ...path: readonly ConversationState[]): ConversationState {
  let at = from;
  for (const to of path) {
    if (!canMove(at, to)) throw new Error(`A conversation does not go from ${at} to ${to}.`);
    at = to;
  }
  return at;
}
