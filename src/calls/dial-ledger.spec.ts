import { canMove, DIAL_STATES, DialState, IllegalDialMove, isOpen, mayDialAgain, moveDial } from './dial-ledger';

function reachableFrom(start: DialState): Set<DialState> {
  const reached = new Set<DialState>([start]);
  for (const state of reached) for (const next of DIAL_STATES) if (canMove(state, next)) reached.add(next);
  return reached;
}

describe('the dial ledger', () => {
  it('reaches every state from the intent', () => {
    expect([...reachableFrom('intended')].sort()).toEqual([...DIAL_STATES].sort());
  });

  it('never asks twice: nothing leads back to asked or to the intent', () => {
    for (const state of DIAL_STATES) {
      expect(canMove(state, 'intended')).toBe(false);
      expect(canMove(state, 'asked')).toBe(state === 'intended');
    }
  });

  it('lets an attempt that nobody was asked for only be asked for or given up', () => {
    expect(DIAL_STATES.filter((next) => canMove('intended', next))).toEqual(['asked', 'absent']);
  });

  it('throws for a move that it does not know', () => {
    expect(() => moveDial('placed', 'absent')).toThrow(IllegalDialMove);
    expect(() => moveDial('intended', 'placed')).toThrow('A dial attempt cannot move from intended to placed');
    expect(moveDial('asked', 'unknown')).toBe('unknown');
  });

  it('allows another attempt only where no phone can have rung', () => {
    expect(DIAL_STATES.filter(mayDialAgain)).toEqual(['refused', 'absent']);
    expect(DIAL_STATES.filter((state) => isOpen(state) && mayDialAgain(state))).toEqual([]);
  });
});
