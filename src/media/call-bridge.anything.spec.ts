import * as fc from 'fast-check';
import type { CallPlan } from './call-plan';
import { ScriptedCall, type Message } from './testing/scripted-call';
import { SimulatedModel } from './testing/simulated-model';

type Step =
  | 'talk'
  | 'hush'
  | 'serve'
  | 'speak'
  | 'finish'
  | 'fail'
  | 'tool'
  | 'result'
  | 'write'
  | 'garble'
  | 'drop'
  | 'key'
  | 'mute'
  | 'cling'
  | 'refuse'
  | 'wait';

const STEPS: Step[] = [
  ...(['talk', 'talk', 'hush', 'hush', 'serve', 'serve', 'serve', 'speak', 'speak', 'speak', 'finish'] as const),
  ...([
    'fail',
    'tool',
    'result',
    'write',
    'write',
    'garble',
    'drop',
    'drop',
    'key',
    'mute',
    'cling',
    'refuse',
    'wait',
  ] as const),
];
/** A customer who says nothing is asked after this, and left after as much again. */
const SILENCE_MS = 3000;
/** Twice that, two sentences, everything that has to time out before, and a margin. */
const OVER_BY_MS = 90_000;

class AnyCall {
  readonly call: ScriptedCall;
  readonly model: SimulatedModel;
  private utterance = 0;
  private tools = 0;
  private readonly checked: number[] = [];

  constructor(plan: Partial<CallPlan>, lifeMs: number | null) {
    this.call = new ScriptedCall({ silence: { repromptAfterMs: SILENCE_MS, endAfterMs: SILENCE_MS }, ...plan });
    this.model = new SimulatedModel(this.call);
    this.model.lifeMs = lifeMs;
    this.model.serve();
  }

  do(step: Step): void {
    const { call, model } = this;
    switch (step) {
      case 'talk':
        call.hear(400, this.utterance + 1);
        return;
      case 'hush':
        this.pause(600);
        return;
      case 'serve':
        model.serve();
        return;
      case 'speak':
        model.speak(700);
        return;
      case 'finish':
        model.finish('completed');
        return;
      case 'fail':
        model.finish('failed');
        return;
      case 'tool':
        model.finish('completed', [this.toolCall()]);
        return;
      case 'result': {
        const { toolCallId = 'none' } = call.toolCalls.at(-1) ?? {};
        call.bridge.toolResult(toolCallId, '{}');
        return;
      }
      case 'write':
        model.write(true);
        return;
      case 'garble':
        model.write(false);
        return;
      case 'drop':
        model.drop();
        return;
      case 'key':
        call.press('5');
        return;
      case 'mute':
        model.isMute = !model.isMute;
        return;
      case 'cling':
        model.clings = !model.clings;
        return;
      case 'refuse':
        call.opensModels = !call.opensModels;
        return;
      case 'wait':
        this.pause(1500);
        return;
    }
  }

  /** The world is well again, and the customer says nothing more. Answers whether the call came to its end. */
  heal(): boolean {
    const { call, model } = this;
    model.isMute = false;
    model.clings = false;
    call.opensModels = true;
    for (let passedMs = 0; passedMs < OVER_BY_MS && call.finished.length === 0; passedMs += 200) {
      model.serve();
      model.write(true);
      model.speak(400);
      model.finish('completed');
      for (const { toolCallId } of call.toolCalls) call.bridge.toolResult(toolCallId, '{}', { respond: false });
      call.hear(200);
    }
    return call.finished.length === 1;
  }

  /** What holds at any moment. */
  check(): void {
    const { call, model } = this;
    const items = call.turns.map(({ itemId }) => itemId);
    expect(new Set(items).size).toBe(items.length);
    const said = call.turns.filter(({ role }) => role === 'customer').map(({ text }) => text);
    const utterances = said.flatMap((text) => text.match(/<\d+>/g) ?? []);
    expect(new Set(utterances).size).toBe(utterances.length);
    for (const { role, itemId, text, startMs, endMs } of call.turns) {
      if (role === 'agent') expect(model.generated.get(itemId)?.startsWith(text) === true ? text : itemId).toBe(text);
      expect(endMs).toBeGreaterThanOrEqual(startMs);
    }
    // Nothing is sent to a session that is closed.
    call.sessions.forEach(({ socket }, index) => {
      if (socket.closed !== null) this.checked[index] ??= socket.texts.length;
      expect(socket.texts.length).toBe(this.checked[index] ?? socket.texts.length);
    });
  }

  /** What is said after it is another utterance. */
  private pause(ms: number): void {
    this.utterance = (this.utterance + 1) % 200;
    this.call.hear(ms);
  }

  private toolCall(): Message {
    const id = `c${++this.tools}`;
    return { id: `item_${id}`, type: 'function_call', status: 'completed', call_id: id, name: 'look', arguments: '{}' };
  }
}

describe('a call through anything', () => {
  it.each([
    ['a plain one', null, {}],
    ['one of short sessions', 8000, {}],
    ['one with a disclosure', null, { disclosure: 'This is an automated assistant.', greeting: 'Hello!' }],
    ['one in which the customer speaks first', null, { whoSpeaksFirst: 'customer' as const }],
    [
      'one that is hard to interrupt',
      20_000,
      {
        interruption: {
          protect: 'opening' as const,
          minSpeechMs: 700,
          ignoreWords: ['mhm'],
          resumesAfterFalseAlarm: true,
        },
      },
    ],
  ])('writes nothing twice, claims no word too many, and is never stuck (%s)', (_, lifeMs, plan) => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...STEPS), { maxLength: 70 }), fc.nat(20), (steps, answerAt) => {
        const any = new AnyCall(plan, lifeMs);
        steps.forEach((step, index) => {
          if (index === answerAt) any.call.answer();
          any.do(step);
          any.check();
        });
        any.call.answer();
        expect(any.heal()).toBe(true);
        any.check();
        expect(any.call.clock.pendingTimers).toBe(0);
        const { length } = any.call.turns;
        any.call.hear(1000);
        expect(any.call.turns).toHaveLength(length);
      }),
      { numRuns: 120 },
    );
  });
});
