import { CallTimers } from './clock';
import { Ending, TRANSCRIPTION_LIMIT_MS } from './ending';
import { Keypad, type KeysPressed } from './keypad';
import { RecentIds } from './recent-ids';
import { SilenceWatch } from './silence-watch';
import { ManualClock } from './testing/manual-clock';
import { ToolCalls } from './tool-calls';

describe('keypad', () => {
  function setUp() {
    const clock = new ManualClock();
    const entries: KeysPressed[] = [];
    const keypad = new Keypad(clock, (entry) => entries.push(entry));
    return { clock, entries, keypad, startMs: clock.nowMs() };
  }

  it('gathers keys until a pause', () => {
    const { clock, entries, keypad, startMs } = setUp();
    keypad.press('1');
    clock.advance(1000);
    keypad.press('2');
    clock.advance(1199);
    expect(entries).toEqual([]);
    clock.advance(1);
    expect(entries).toEqual([{ keys: ['1', '2'], startMs, endMs: startMs + 1000 }]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('ends an entry at the hash key and after 32 keys', () => {
    const { entries, keypad } = setUp();
    for (const key of '12#') keypad.press(key);
    expect(entries[0]?.keys).toEqual(['1', '2', '#']);
    for (let i = 0; i < 33; i++) keypad.press('7');
    expect(entries[1]?.keys).toHaveLength(32);
    expect(keypad.isTyping).toBe(true);
  });

  it('ignores what is no key', () => {
    const { clock, entries, keypad } = setUp();
    for (const key of ['', 'x', '10', '"']) keypad.press(key);
    clock.advance(5000);
    expect(entries).toEqual([]);
  });
});

describe('silence watch', () => {
  function setUp() {
    const clock = new ManualClock();
    const did: string[] = [];
    const limits = { repromptAfterMs: 8000, endAfterMs: 5000 };
    const watch = new SilenceWatch(
      clock,
      limits,
      () => did.push('reprompt'),
      () => did.push('give up'),
    );
    return { clock, did, watch };
  }

  it('asks first and gives up then, counting from the end of the question', () => {
    const { clock, did, watch } = setUp();
    watch.update(true);
    clock.advance(7999);
    watch.update(true);
    clock.advance(1);
    expect(did).toEqual(['reprompt']);
    watch.update(false);
    clock.advance(60_000);
    watch.update(true);
    clock.advance(4999);
    expect(did).toEqual(['reprompt']);
    clock.advance(1);
    expect(did).toEqual(['reprompt', 'give up']);
  });

  it('counts anew after a sign of life, and not while somebody speaks', () => {
    const { clock, did, watch } = setUp();
    watch.update(true);
    clock.advance(8000);
    watch.signOfLife();
    clock.advance(60_000);
    watch.update(true);
    clock.advance(8000);
    expect(did).toEqual(['reprompt', 'reprompt']);
  });
});

describe('tool calls', () => {
  const call = (toolCallId: string) => ({
    itemId: `item_${toolCallId}`,
    type: 'function_call',
    transcript: null,
    toolCall: { toolCallId, name: 'book', argumentsJson: '{}' },
  });

  it('acts on a call once and answers a response when all of its results are in', () => {
    const tools = new ToolCalls();
    expect(tools.take([call('a'), call('b')]).map(({ toolCallId }) => toolCallId)).toEqual(['a', 'b']);
    expect(tools.take([call('a')])).toEqual([]);
    expect(tools.isPending).toBe(true);
    expect(tools.answered('a', false)).toBe('waiting');
    expect(tools.answered('a', true)).toBe('unknown');
    expect(tools.answered('b', true)).toBe('respond');
    expect(tools.isPending).toBe(false);
  });

  it('stays silent when no result wants an answer', () => {
    const tools = new ToolCalls();
    tools.take([call('a'), call('b')]);
    tools.answered('a', false);
    expect(tools.answered('b', false)).toBe('silent');
  });
});

describe('ending', () => {
  function setUp(isQuiet: () => boolean, pending: () => number) {
    const clock = new ManualClock();
    const finished: string[] = [];
    const cuts: number[] = [];
    const environment = {
      isQuiet,
      cutLastWords: () => void cuts.push(clock.nowMs()),
      transcriptionsPending: pending,
      audioEndMs: () => 0,
      isCarrierGone: () => false,
      finish: (reason: string) => finished.push(reason),
    };
    return { clock, finished, cuts, ending: new Ending(clock, environment) };
  }

  it('is at once when nothing is playing and nothing is awaited', () => {
    const { ending, finished, clock } = setUp(
      () => true,
      () => 0,
    );
    ending.begin('agent_ended', 1000);
    ending.advance();
    expect(finished).toEqual(['agent_ended']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('waits for audio, then for transcriptions, both within bounds, and keeps its first reason', () => {
    const { ending, finished, cuts, clock } = setUp(
      () => false,
      () => 1,
    );
    ending.begin('silence', 1000);
    ending.begin('max_duration', 1);
    expect(cuts).toEqual([]);
    clock.advance(1000);
    expect(finished).toEqual([]);
    expect(cuts).toHaveLength(1);
    clock.advance(TRANSCRIPTION_LIMIT_MS);
    expect(finished).toEqual(['silence']);
  });
});

describe('call timers', () => {
  it('never fire after they were all taken back', () => {
    const clock = new ManualClock();
    const timers = new CallTimers(clock);
    const fired: string[] = [];
    timers.after(10, () => fired.push('early'));
    timers.after(20, () => fired.push('late'));
    timers.after(30, () => fired.push('cancelled'))();
    clock.advance(15);
    timers.cancelAll();
    clock.advance(100);
    expect(fired).toEqual(['early']);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('recent ids', () => {
  it('forgets the oldest', () => {
    const ids = new RecentIds(2);
    for (const id of ['a', 'b', 'b', 'c']) ids.add(id);
    expect(['a', 'b', 'c'].map((id) => ids.has(id))).toEqual([false, true, true]);
  });
});
