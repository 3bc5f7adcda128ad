/**
 * What we know of an attempt to dial. Twilio's create is not idempotent, so an attempt is written down before Twilio is
 * asked, and Twilio is asked once.
 *
 * - intended: the row is committed, nobody has been asked
 * - asked: Twilio is being asked, or was when this process died
 * - placed: Twilio has the call, we know its sid
 * - refused: Twilio said no
 * - absent: proven not to have been dialled; only such an attempt may be followed by another
 * - unknown: Twilio was asked and we do not know what became of it
 */
export const DIAL_STATES = ['intended', 'asked', 'placed', 'refused', 'absent', 'unknown'] as const;

export type DialState = (typeof DIAL_STATES)[number];

const MOVES: Record<DialState, readonly DialState[]> = {
  intended: ['asked', 'absent'],
  asked: ['placed', 'refused', 'absent', 'unknown'],
  unknown: ['placed', 'absent'],
  placed: [],
  refused: [],
  // A callback that names the attempt outweighs a list that did not show the call: the sid is kept, the call hung up.
  absent: ['placed'],
};

/** A move that the ledger does not know is a bug, never a state of the world. */
export class IllegalDialMove extends Error {
  constructor(from: DialState, to: DialState) {
    super(`A dial attempt cannot move from ${from} to ${to}`);
    this.name = 'IllegalDialMove';
  }
}

export function canMove(from: DialState, to: DialState): boolean {
  return MOVES[from].includes(to);
}

/** @throws IllegalDialMove */
export function moveDial(from: DialState, to: DialState): DialState {
  if (!canMove(from, to)) throw new IllegalDialMove(from, to);
  return to;
}

/** Whether the outcome is still to be found out. */
export function isOpen(state: DialState): boolean {
  return state === 'intended' || state === 'asked' || state === 'unknown';
}

/** Whether it is certain that no phone rang because of this attempt, so that dialling again cannot ring it twice. */
export function mayDialAgain(state: DialState): boolean {
  return state === 'absent' || state === 'refused';
}
