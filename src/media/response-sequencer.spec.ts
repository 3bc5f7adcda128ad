import * as fc from 'fast-check';
import { ResponseSequencer, type ResponseKind } from './response-sequencer';
import { ManualClock } from './testing/manual-clock';

function setUp() {
  const clock = new ManualClock();
  const created: { kind: ResponseKind; requestId: string }[] = [];
  const cancelled: string[] = [];
  const lost: ResponseKind[] = [];
  const moves: number[] = [];
  const undisclosed = new Set<ResponseKind>();
  const sequencer = new ResponseSequencer(clock, {
    create: (kind, requestId) => created.push({ kind, requestId }),
    needsDisclosure: (kind) => undisclosed.has(kind),
    cancel: (responseId) => cancelled.push(responseId),
    lost: (kind) => lost.push(kind),
    moved: () => moves.push(clock.nowMs()),
  });
  sequencer.sessionUp();
  const kinds = (): ResponseKind[] => created.map(({ kind }) => kind);
  const lastId = (): string => created.at(-1)?.requestId ?? '';
  return { clock, sequencer, created, cancelled, lost, moves, undisclosed, kinds, lastId };
}

describe('a session that is lost', () => {
  it('tells what it was making, and lets what waits go on waiting', () => {
    const { sequencer, kinds, lastId, clock } = setUp();
    sequencer.request('opening');
    sequencer.created('r1', lastId());
    sequencer.request('reply');
    expect(sequencer.sessionLost()).toEqual({ kind: 'opening', responseId: 'r1' });
    expect(sequencer.isResponding).toBe(false);
    sequencer.request('reprompt');
    clock.advance(60_000);
    expect(kinds()).toEqual(['opening']);
    sequencer.sessionUp();
    expect(kinds()).toEqual(['opening', 'reply']);
  });

  it('tells of what was asked of it and had not begun, and of what it began by itself', () => {
    const asked = setUp();
    asked.sequencer.request('resume');
    expect(asked.sequencer.sessionLost()).toEqual({ kind: 'resume', responseId: null });
    const auto = setUp();
    auto.sequencer.created('auto', null);
    expect(auto.sequencer.sessionLost()).toEqual({ kind: null, responseId: 'auto' });
    expect(setUp().sequencer.sessionLost()).toBeNull();
  });

  it('is not missed for what was cancelled', () => {
    const active = setUp();
    active.sequencer.created('auto', null);
    active.sequencer.cancelledByServer();
    expect(active.sequencer.sessionLost()).toBeNull();
    const asked = setUp();
    asked.sequencer.request('reply');
    asked.sequencer.cancel();
    expect(asked.sequencer.sessionLost()).toBeNull();
  });

  it('leaves no timer, and knows nothing of the old when the next one is up', () => {
    const { sequencer, lost, clock, kinds, lastId } = setUp();
    sequencer.request('reply');
    sequencer.hold();
    sequencer.sessionLost();
    expect(clock.pendingTimers).toBe(0);
    sequencer.sessionUp();
    expect(sequencer.isIdle).toBe(true);
    sequencer.request('reply');
    expect(kinds()).toEqual(['reply', 'reply']);
    sequencer.created('r1', lastId());
    clock.advance(60_000);
    expect(lost).toEqual([]);
  });

  it('is asked first for what was begun', () => {
    const { sequencer, kinds } = setUp();
    sequencer.sessionLost();
    sequencer.request('reply');
    sequencer.requestFirst('resume');
    sequencer.requestFirst('reply');
    sequencer.sessionUp();
    expect(kinds()).toEqual(['resume']);
    sequencer.created('r1', null);
    sequencer.done('r1');
    expect(kinds()).toEqual(['resume', 'reply']);
  });
});

describe('asking for responses', () => {
  it('asks for one at a time and for the same thing once', () => {
    const { sequencer, kinds, lastId } = setUp();
    sequencer.request('opening');
    sequencer.request('reply');
    sequencer.request('reply');
    expect(kinds()).toEqual(['opening']);
    expect(sequencer.created('r1', lastId())).toEqual({ kind: 'opening', isUnwanted: false });
    expect(kinds()).toEqual(['opening']);
    expect(sequencer.done('r1')).toBe(true);
    expect(kinds()).toEqual(['opening', 'reply']);
    sequencer.created('r2', lastId());
    sequencer.done('r2');
    expect(kinds()).toEqual(['opening', 'reply']);
    expect(sequencer.isIdle).toBe(true);
  });

  it('asks again for what came up after the request was sent', () => {
    const { sequencer, kinds, lastId } = setUp();
    sequencer.request('reply');
    sequencer.request('reply');
    sequencer.created('r1', lastId());
    sequencer.done('r1');
    expect(kinds()).toEqual(['reply', 'reply']);
  });

  it('does not miss a create that was given up and never answered, and says when it waits no more', () => {
    const { sequencer, lost, moves, clock } = setUp();
    sequencer.request('reply');
    sequencer.cancelledByServer();
    clock.advance(60_000);
    expect(lost).toEqual([]);
    expect(moves).toHaveLength(1);
    expect(sequencer.isIdle).toBe(true);
    sequencer.created('auto', null);
    sequencer.cancelledByServer();
    clock.advance(60_000);
    expect(moves).toHaveLength(2);
    expect(sequencer.isIdle).toBe(true);
  });

  it('waits for a response that the server began by itself', () => {
    const { sequencer, kinds } = setUp();
    expect(sequencer.created('auto', null)).toEqual({ kind: null, isUnwanted: false });
    sequencer.request('reply');
    expect(kinds()).toEqual([]);
    sequencer.done('auto');
    expect(kinds()).toEqual(['reply']);
  });

  it('puts a create that crossed the server’s own response back, and sends it when that is over', () => {
    const { sequencer, kinds, lastId } = setUp();
    sequencer.request('reply');
    // Without metadata it cannot be told from ours, until our create is refused.
    sequencer.created('auto', null);
    expect(sequencer.refused(lastId(), true)).toBeNull();
    expect(sequencer.activeKind).toBeNull();
    sequencer.done('auto');
    expect(kinds()).toEqual(['reply', 'reply']);
  });

  it('tries a refused create again when no response is known to run', () => {
    const { sequencer, clock, kinds, lastId } = setUp();
    sequencer.request('reply');
    sequencer.refused(lastId(), true);
    expect(kinds()).toEqual(['reply']);
    clock.advance(300);
    expect(kinds()).toEqual(['reply', 'reply']);
  });

  it('takes a create for failed that is refused again and again for a response nobody knows of', () => {
    const { sequencer, clock, kinds, lastId } = setUp();
    sequencer.request('reply');
    let failed: ResponseKind | null = null;
    for (let at = 0; at < 20 && failed === null; at++) {
      failed = sequencer.refused(lastId(), true);
      clock.advance(300);
    }
    expect(failed).toBe('reply');
    expect(kinds().length).toBeLessThan(10);
    expect(sequencer.isIdle).toBe(true);
  });

  it('cancels one that begins although it was given up long ago', () => {
    const { sequencer, clock, cancelled, lastId, lost } = setUp();
    sequencer.request('reply');
    sequencer.cancel();
    clock.advance(6000);
    expect(lost).toEqual([]);
    expect(sequencer.created('r1', lastId())).toEqual({ kind: null, isUnwanted: true });
    expect(cancelled).toEqual(['r1']);
  });

  it('goes on with what was asked for since, when one that was given up begins after all', () => {
    const { sequencer, clock, kinds, lastId, cancelled, created } = setUp();
    sequencer.request('reply');
    sequencer.cancel();
    sequencer.request('reply');
    clock.advance(5000);
    expect(kinds()).toEqual(['reply', 'reply']);
    sequencer.created('r1', created[0]?.requestId ?? '');
    expect(cancelled).toEqual(['r1']);
    expect(sequencer.isServerAnswering).toBe(false);
    expect(sequencer.refused(lastId(), true)).toBeNull();
    sequencer.done('r1');
    expect(kinds()).toEqual(['reply', 'reply', 'reply']);
    expect(sequencer.created('r2', lastId())).toEqual({ kind: 'reply', isUnwanted: false });
  });

  it('tells a create that failed for good', () => {
    const { sequencer, lastId } = setUp();
    sequencer.request('goodbye');
    expect(sequencer.refused('other_1', false)).toBeNull();
    expect(sequencer.refused(lastId(), false)).toBe('goodbye');
    expect(sequencer.isIdle).toBe(true);
  });

  it('tells a create that the server never answered', () => {
    const { sequencer, clock, lost } = setUp();
    sequencer.request('reply');
    clock.advance(8000);
    expect(lost).toEqual(['reply']);
    expect(sequencer.isIdle).toBe(true);
  });

  it('holds back everything but the last words while the customer speaks', () => {
    const { sequencer, kinds, lastId } = setUp();
    sequencer.hold();
    sequencer.request('reply');
    expect(kinds()).toEqual([]);
    sequencer.request('goodbye');
    expect(kinds()).toEqual(['goodbye']);
    sequencer.created('r1', lastId());
    sequencer.done('r1');
    sequencer.release();
    expect(kinds()).toEqual(['goodbye', 'reply']);
  });

  it('drops what waits, but not the last words', () => {
    const { sequencer, kinds } = setUp();
    sequencer.created('auto', null);
    sequencer.request('reply');
    sequencer.request('goodbye');
    sequencer.dropWaiting();
    sequencer.done('auto');
    expect(kinds()).toEqual(['goodbye']);
  });
});

describe('cancelling', () => {
  it('cancels the active response once, and goes on when it is over', () => {
    const { sequencer, cancelled, kinds, lastId } = setUp();
    sequencer.request('reply');
    sequencer.created('r1', lastId());
    sequencer.cancel();
    sequencer.cancel();
    expect(cancelled).toEqual(['r1']);
    sequencer.request('reply');
    expect(kinds()).toEqual(['reply']);
    sequencer.done('r1');
    expect(kinds()).toEqual(['reply', 'reply']);
  });

  it('cancels a response that had not begun as soon as it begins', () => {
    const { sequencer, cancelled, lastId } = setUp();
    sequencer.request('reply');
    sequencer.cancelledByServer();
    expect(cancelled).toEqual([]);
    expect(sequencer.created('r1', lastId())).toEqual({ kind: 'reply', isUnwanted: true });
    expect(cancelled).toEqual(['r1']);
  });

  it('does not cancel what the server cancels by itself', () => {
    const { sequencer, cancelled } = setUp();
    sequencer.created('auto', null);
    sequencer.cancelledByServer();
    expect(cancelled).toEqual([]);
  });

  it.each(['by the server’s word', 'by the clock'])('takes a cancelled response as over %s', (how) => {
    const { sequencer, clock } = setUp();
    sequencer.created('auto', null);
    sequencer.cancel();
    if (how === 'by the clock') clock.advance(1500);
    else sequencer.nothingToCancel();
    expect(sequencer.isIdle).toBe(true);
    expect(sequencer.done('auto')).toBe(false);
  });
});

describe('against a server that allows one response at a time', () => {
  const step = fc.constantFrom('request', 'request', 'auto', 'serve', 'serve', 'finish', 'finish', 'cancel', 'wait');

  it.each([true, false])('answers every request in the end (a server that repeats metadata: %s)', (repeatsMetadata) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const inbox: string[] = [];
        const clock = new ManualClock();
        let running: string | null = null;
        let count = 0;
        let isOwed = false;
        const sequencer = new ResponseSequencer(clock, {
          needsDisclosure: () => false,
          create: (_, requestId) => inbox.push(requestId),
          cancel: () => undefined,
          lost: () => undefined,
          moved: () => undefined,
        });
        sequencer.sessionUp();
        const serve = (): void => {
          const requestId = inbox.shift();
          if (requestId === undefined) return;
          if (running !== null) {
            sequencer.refused(requestId, true);
            return;
          }
          running = `r${++count}`;
          isOwed = false;
          sequencer.created(running, repeatsMetadata ? requestId : null);
        };
        const finish = (): void => {
          if (running === null) return;
          const responseId = running;
          running = null;
          sequencer.done(responseId);
        };
        sequencer.request('opening');
        serve();
        finish();
        for (const action of steps) {
          if (action === 'request') {
            isOwed = true;
            sequencer.request('reply');
          } else if (action === 'auto' && running === null) {
            running = `r${++count}`;
            sequencer.created(running, null);
          } else if (action === 'serve') serve();
          else if (action === 'finish') finish();
          else if (action === 'cancel') sequencer.cancelledByServer();
          else if (action === 'wait') clock.advance(100);
          if (repeatsMetadata) expect(inbox.length).toBeLessThanOrEqual(1);
        }
        for (let i = 0; i < 10 && (inbox.length > 0 || running !== null || !sequencer.isIdle); i++) {
          serve();
          finish();
          clock.advance(400);
        }
        expect(sequencer.isIdle).toBe(true);
        if (!steps.includes('cancel')) expect(isOwed).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});
