import type { CreateFate } from './carrier-gate';
import type { HeldStatement } from './held-database';

/** How the process that is to die is kept at its point, or how its moment is found. */
export type Hold =
  /** PostgreSQL keeps a statement of its from being done. */
  | { by: 'statement'; statement: HeldStatement }
  /** Its request stays with the carrier. */
  | { by: 'carrier'; fate: Exclude<CreateFate, 'answered'> }
  /** The carrier has answered, and what it does next finds the row of its call locked. */
  | { by: 'row' }
  /** Nothing keeps it: a moment is drawn. */
  | { by: 'moment'; kills: 'all' | 'one of two' };

/** Where a process dies on its way through a dialling. */
export interface Point {
  name: string;
  hold: Hold;
  /** Whether the carrier has made the call for the process that dies: nobody may dial it again. */
  isMade: boolean;
  /** Whether it died while the carrier was asked, so that nobody may ever get to know. */
  mayStayUnknown: boolean;
  /** Whether it is unknown for a while in any case: only the carrier's silence tells that there is no call. */
  isUnknownMeanwhile: boolean;
}

function point(name: string, hold: Hold, known: Partial<Point> = {}): Point {
  const { isMade = false, mayStayUnknown = isMade, isUnknownMeanwhile = false } = known;
  return { name, hold, isMade, mayStayUnknown, isUnknownMeanwhile };
}

export const POINTS: readonly Point[] = [
  // The job is taken from the queue, the claim is not committed: the row is due as before, and its job is lost.
  point('before-claim', { by: 'statement', statement: 'claim' }),
  // The row is `dialing`, there is no call: whoever takes the claim over makes the call under the same id.
  point('after-claim', { by: 'statement', statement: 'intent' }),
  // The call is there and `intended`: nobody was asked, so it may be dialled.
  point('after-intent', { by: 'statement', statement: 'asking' }),
  // The carrier has read the request. From here on nobody but the carrier can tell.
  point('asked-not-made', { by: 'carrier', fate: 'not-made' }, { mayStayUnknown: true, isUnknownMeanwhile: true }),
  point('asked-made', { by: 'carrier', fate: 'made' }, { isMade: true }),
  // The request was still on its way, and is done some seconds after the process that sent it has died.
  point('asked-made-late', { by: 'carrier', fate: 'made-late' }, { isMade: true }),
  // The answer has arrived: the process knows the sid, and dies before it may look at the row that it belongs to.
  point('after-answer', { by: 'row' }, { isMade: true }),
  // The sid is on its way into the row, in a transaction that is never committed: what was written must not stand.
  point('before-sid', { by: 'statement', statement: 'sid' }, { isMade: true }),
  // The sid is in its row, and the scheduled call has not taken note of it.
  point('after-sid', { by: 'statement', statement: 'note' }, { isMade: true }),
  point('any-moment', { by: 'moment', kills: 'all' }, { mayStayUnknown: true }),
  point('one-of-two', { by: 'moment', kills: 'one of two' }, { mayStayUnknown: true }),
];
