import * as fc from 'fast-check';
import type { Turn } from './call-events';
import { Playback, type PlayedItem } from './playback';
import { TurnRecorder } from './turn-recorder';

function setUp(nowMs = 10_000) {
  const turns: Turn[] = [];
  const recorder = new TurnRecorder({
    sinceAnswer: (momentMs = nowMs) => momentMs,
    onTurn: (turn) => turns.push(turn),
  });
  return { turns, recorder };
}

function played(itemId: string, sentMs: number, heardMs: number): PlayedItem {
  const playback = new Playback();
  const item = playback.sent(itemId, 'r', 0, sentMs, 1000);
  playback.complete(itemId);
  item.heardMs = heardMs;
  item.heardAtMs = 1000 + heardMs;
  return item;
}

describe('the order of turns', () => {
  it('is the conversation’s, not that of the transcriptions', () => {
    const { turns, recorder } = setUp();
    recorder.customerCommitted('u1', null);
    recorder.place('a1', 'u1');
    recorder.customerCommitted('u2', 'a1');
    recorder.transcribed('u2', 'Second');
    recorder.agentText('a1', 0, 'Between');
    recorder.agentHeard(played('a1', 500, 500));
    recorder.transcribed('u1', 'First');
    const ordered = [...turns].sort((a, b) => a.sequence - b.sequence);
    expect(turns.map(({ text }) => text)).toEqual(['Second', 'Between', 'First']);
    expect(ordered.map(({ text }) => text)).toEqual(['First', 'Between', 'Second']);
  });

  it('keeps a place for an item that is only known as somebody’s predecessor', () => {
    const { turns, recorder } = setUp();
    recorder.place('a1', 'u1');
    recorder.agentText('a1', null, 'Answer');
    recorder.agentHeard(played('a1', 500, 500));
    recorder.customerCommitted('u1', null);
    recorder.transcribed('u1', 'Question');
    expect(turns.map(({ text, sequence }) => [text, sequence])).toEqual([
      ['Answer', 2],
      ['Question', 1],
    ]);
  });

  it('is the same for every order of transcriptions', () => {
    const shuffled = fc.integer({ min: 1, max: 8 }).chain((n) => {
      const ids = Array.from({ length: n }, (_, i) => `u${i}`);
      return fc.shuffledSubarray(ids, { minLength: n, maxLength: n });
    });
    fc.assert(
      fc.property(shuffled, (order) => {
        const { turns, recorder } = setUp();
        for (let i = 0; i < order.length; i++) recorder.customerCommitted(`u${i}`, i === 0 ? null : `u${i - 1}`);
        for (const id of [...order, ...order]) recorder.transcribed(id, id);
        const ordered = [...turns].sort((a, b) => a.sequence - b.sequence);
        expect(ordered.map(({ text }) => text)).toEqual(order.map((_, i) => `u${i}`));
      }),
    );
  });
});

describe('customer turns', () => {
  it('have the times of the speech and come once', () => {
    const { turns, recorder } = setUp();
    expect(recorder.customerStarted('u1', 1200.4)).toBe(true);
    expect(recorder.customerStarted('u1', 5)).toBe(false);
    recorder.customerStopped('u1', 2600);
    recorder.customerCommitted('u1', null);
    expect(recorder.transcriptionsPending).toBe(1);
    expect(recorder.transcribed('u1', ' Hello there ')).toBe(true);
    expect(recorder.transcribed('u1', 'Hello again')).toBe(false);
    expect(recorder.transcriptionsPending).toBe(0);
    expect(turns).toEqual([
      {
        sequence: 1,
        itemId: 'u1',
        role: 'customer',
        text: 'Hello there',
        generatedText: null,
        startMs: 1200,
        endMs: 2600,
        wasInterrupted: false,
        latencyMs: null,
      },
    ]);
  });

  it('are inaudible when the transcriber failed, and none when it heard nothing', () => {
    const { turns, recorder } = setUp();
    recorder.customerCommitted('u1', null);
    recorder.customerCommitted('u2', 'u1');
    recorder.transcribed('u1', null);
    recorder.transcribed('u2', '  ');
    expect(turns.map(({ text }) => text)).toEqual(['[inaudible]']);
  });
});

describe('agent turns', () => {
  it('wait for both the ear and the text', () => {
    const { turns, recorder } = setUp();
    recorder.agentDelta('a1', 0, 'Hello ');
    recorder.agentStarted('a1', 420.6);
    recorder.agentHeard(played('a1', 800, 800));
    expect(turns).toEqual([]);
    recorder.agentText('a1', 0, 'Hello you');
    expect(turns).toMatchObject([
      {
        text: 'Hello you',
        generatedText: 'Hello you',
        startMs: 1000,
        endMs: 1800,
        wasInterrupted: false,
        latencyMs: 421,
      },
    ]);
  });

  it('keep what was heard beside what was generated when they are cut', () => {
    const { turns, recorder } = setUp();
    recorder.agentText('a1', 0, 'one two three four');
    recorder.agentCut(played('a1', 1000, 500), 500);
    recorder.agentText('a1', 0, 'late');
    recorder.agentHeard(played('a1', 1000, 1000));
    expect(turns).toMatchObject([
      { text: 'one two', generatedText: 'one two three four', wasInterrupted: true, endMs: 1500 },
    ]);
    expect(turns).toHaveLength(1);
  });

  it('are none when no word was heard', () => {
    const { turns, recorder } = setUp();
    recorder.agentText('a1', 0, 'Hello you');
    recorder.agentCut(played('a1', 1000, 50), 50);
    recorder.agentText('a2', 0, 'Hello again');
    recorder.agentUnheard('a2');
    recorder.flush();
    expect(turns).toEqual([]);
    expect(recorder.isUnheard('a2')).toBe(true);
  });
});

describe('the end of the call', () => {
  it('ends what is open, in the order of the conversation', () => {
    const { turns, recorder } = setUp();
    recorder.customerCommitted('u1', null);
    recorder.place('a1', 'u1');
    recorder.customerStarted('u2', 9000);
    recorder.agentDelta('a1', 0, 'Heard, but never finished');
    recorder.agentHeard(played('a1', 500, 500));
    recorder.transcriptDelta('u1', 'Partly read');
    recorder.flush();
    recorder.flush();
    expect(turns.map(({ text }) => text)).toEqual(['Partly read', 'Heard, but never finished', '[inaudible]']);
  });
});

describe('turns whose session is lost', () => {
  it('keep the words of the customer that are known', () => {
    const { turns, recorder } = setUp();
    recorder.customerCommitted('u1', null);
    recorder.transcriptDelta('u1', 'When do');
    recorder.customerCommitted('u2', 'u1');
    expect(recorder.openCustomerTurns()).toEqual(['u1', 'u2']);
    recorder.wordsLost('u1');
    recorder.wordsLost('u2');
    recorder.wordsLost('u2');
    expect(recorder.transcribed('u1', 'When do you open?')).toBe(false);
    expect(turns.map(({ text }) => text)).toEqual(['When do', '[inaudible]']);
    expect(recorder.openCustomerTurns()).toEqual([]);
  });

  it('are none when their words are heard again', () => {
    const { turns, recorder } = setUp();
    recorder.customerCommitted('u1', null);
    recorder.customerForgotten('u1');
    expect(recorder.transcriptionsPending).toBe(0);
    recorder.flush();
    expect(turns).toEqual([]);
  });

  it('end where the agent’s voice ends', () => {
    const { turns, recorder } = setUp();
    const text = 'We open at eight in the morning and close at six';
    const item = new Playback().sent('a1', 'r', 0, 800, 1000);
    recorder.agentDelta('a1', 0, text);
    recorder.agentStarted('a1', null);
    recorder.agentAbandoned(item);
    recorder.agentDelta('a1', 0, ' and so on');
    expect(recorder.openAgentTexts()).toMatchObject([{ itemId: 'a1', text: 'We open at eight in' }]);
    item.heardMs = 800;
    recorder.agentHeard(item);
    expect(turns).toMatchObject([{ text: 'We open at eight in', wasInterrupted: false }]);
    expect(recorder.openAgentTexts()).toEqual([]);
  });

  it('are told in the order of the conversation', () => {
    const { recorder } = setUp();
    recorder.place('a1', null);
    recorder.place('a2', 'a1');
    recorder.agentDelta('a2', 0, 'second');
    recorder.agentDelta('a1', 0, 'first');
    expect(recorder.openAgentTexts().map(({ text }) => text)).toEqual(['first', 'second']);
  });
});
