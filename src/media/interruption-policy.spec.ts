import * as fc from 'fast-check';
import {
  cutsAfterMs,
  DEFAULT_INTERRUPTION_POLICY,
  type InterruptionPolicy,
  isOnly,
  isServerDriven,
  onceStopped,
  onceWordsKnown,
  protects,
  type Stance,
  whileSpeaking,
} from './interruption-policy';

const aPolicy = (changes: Partial<InterruptionPolicy> = {}): InterruptionPolicy => ({
  ...DEFAULT_INTERRUPTION_POLICY,
  ...changes,
});
const MHM = { ignoreWords: ['mhm', 'okay', 'yes'] };
const RESUMING = { resumesAfterFalseAlarm: true };

const protections = fc.constantFrom<InterruptionPolicy['protect']>('nothing', 'disclosure', 'opening');
const policies = fc.record<InterruptionPolicy>({
  protect: protections,
  minSpeechMs: fc.integer({ min: 0, max: 2000 }),
  ignoreWords: fc.constantFrom([], ['mhm'], ['mhm', 'okay']),
  resumesAfterFalseAlarm: fc.boolean(),
});
const stances = fc.constantFrom<Stance>('listen', 'cut', 'wait', 'protect');
const milliseconds = fc.integer({ min: 0, max: 60_000 });

describe('while they speak', () => {
  it.each<[string, Partial<Parameters<typeof whileSpeaking>[1]>, Partial<InterruptionPolicy>, Stance]>([
    ['a silent agent listens', { agentTalks: false }, {}, 'listen'],
    ['a silent agent listens also when speech must last', { agentTalks: false }, { minSpeechMs: 400 }, 'listen'],
    ['any speech cuts at once', {}, {}, 'cut'],
    ['protected words go on', { isProtected: true }, {}, 'protect'],
    ['protected words go on however long it takes', { isProtected: true, sinceStartMs: 60_000 }, {}, 'protect'],
    ['nothing is protected in a silent agent', { isProtected: true, agentTalks: false }, {}, 'listen'],
    ['speech has to last', {}, { minSpeechMs: 400 }, 'wait'],
    ['speech has to last to the millisecond', { sinceStartMs: 999 }, { minSpeechMs: 400 }, 'wait'],
    ['speech that has lasted cuts', { sinceStartMs: 1000 }, { minSpeechMs: 400 }, 'cut'],
    ['a backchannel is waited for', { sinceStartMs: 1099 }, MHM, 'wait'],
    ['what is too long for a backchannel cuts', { sinceStartMs: 1100 }, MHM, 'cut'],
    ['the longer of both limits holds', { sinceStartMs: 1399 }, { ...MHM, minSpeechMs: 800 }, 'wait'],
    ['what cut the agent goes on', { isCutInDoubt: true, agentTalks: false }, RESUMING, 'cut'],
  ])('%s', (_, now, policy, stance) => {
    const moment = { agentTalks: true, isProtected: false, sinceStartMs: 0, isCutInDoubt: false, ...now };
    expect(whileSpeaking(aPolicy(policy), moment)).toBe(stance);
  });

  it('the decision falls after `cutsAfterMs` and not before', () => {
    fc.assert(
      fc.property(policies, milliseconds, (policy, sinceStartMs) => {
        const now = { agentTalks: true, isProtected: false, sinceStartMs, isCutInDoubt: false };
        expect(whileSpeaking(policy, now)).toBe(sinceStartMs >= cutsAfterMs(policy) ? 'cut' : 'wait');
      }),
    );
  });

  it('speech shorter than it must be has been reported as over before it could cut', () => {
    fc.assert(
      fc.property(policies, fc.integer({ min: 0, max: 2500 }), (policy, speechMs) => {
        fc.pre(speechMs < policy.minSpeechMs);
        const reportedMs = speechMs + 500;
        const now = { agentTalks: true, isProtected: false, sinceStartMs: reportedMs, isCutInDoubt: false };
        expect(whileSpeaking(policy, now)).toBe('wait');
      }),
    );
  });
});

describe('when they stop', () => {
  it.each<[Stance, { agentTalks: boolean; speechMs: number }, Partial<InterruptionPolicy>, string]>([
    ['listen', { agentTalks: false, speechMs: 10 }, { ...MHM, ...RESUMING, minSpeechMs: 2000 }, 'answer'],
    ['cut', { agentTalks: false, speechMs: 10 }, {}, 'answer'],
    ['cut', { agentTalks: false, speechMs: 599 }, RESUMING, 'await-words'],
    ['cut', { agentTalks: false, speechMs: 600 }, RESUMING, 'answer'],
    ['cut', { agentTalks: false, speechMs: 1099 }, { ...RESUMING, ...MHM }, 'await-words'],
    ['cut', { agentTalks: false, speechMs: 1100 }, { ...RESUMING, ...MHM }, 'answer'],
    ['cut', { agentTalks: false, speechMs: 1399 }, { ...RESUMING, minSpeechMs: 800 }, 'await-words'],
    ['cut', { agentTalks: false, speechMs: 1400 }, { ...RESUMING, minSpeechMs: 800 }, 'answer'],
    ['wait', { agentTalks: true, speechMs: 300 }, MHM, 'await-words'],
    ['wait', { agentTalks: true, speechMs: 300 }, { minSpeechMs: 400 }, 'await-words'],
    ['wait', { agentTalks: true, speechMs: 400 }, { minSpeechMs: 400 }, 'cut-and-answer'],
    ['wait', { agentTalks: true, speechMs: 500 }, MHM, 'cut-and-answer'],
    ['wait', { agentTalks: false, speechMs: 300 }, MHM, 'answer'],
    ['protect', { agentTalks: true, speechMs: 5000 }, { protect: 'opening' }, 'await-words'],
    ['protect', { agentTalks: false, speechMs: 300 }, { protect: 'opening' }, 'answer'],
  ])('%s, %j, with %j: %s', (stance, now, policy, decision) => {
    expect(onceStopped(aPolicy(policy), stance, now)).toBe(decision);
  });
});

describe('when their words are known', () => {
  type Row = [
    Stance,
    agentTalks: boolean,
    ...decisions: [unknown: string, none: string, ignored: string, others: string],
  ];
  const SAID = [null, ' … ', 'Mm-hmm, mhm.', 'Mhm, but wait!'];

  it.each<Row>([
    ['listen', false, 'answer', 'answer', 'answer', 'answer'],
    ['listen', true, 'answer', 'answer', 'answer', 'answer'],
    ['cut', false, 'answer', 'resume', 'resume', 'answer'],
    ['cut', true, 'answer', 'resume', 'resume', 'answer'],
    ['wait', true, 'answer', 'continue', 'continue', 'cut-and-answer'],
    ['wait', false, 'answer', 'continue', 'answer', 'answer'],
    ['protect', true, 'answer', 'continue', 'continue', 'answer'],
    ['protect', false, 'answer', 'continue', 'answer', 'answer'],
  ])('%s, agent talks: %s: unknown %s, none %s, ignored %s, others %s', (stance, agentTalks, ...decisions) => {
    const policy = aPolicy({ ...MHM, ...RESUMING });
    expect(SAID.map((text) => onceWordsKnown(policy, stance, { agentTalks, text }))).toEqual(decisions);
  });

  it('an agent that does not resume answers whatever cut it', () => {
    for (const text of SAID) {
      expect(onceWordsKnown(aPolicy(MHM), 'cut', { agentTalks: false, text })).toBe('answer');
    }
  });

  it('words that are not to be ignored count', () => {
    expect(onceWordsKnown(aPolicy(RESUMING), 'cut', { agentTalks: false, text: 'Mhm.' })).toBe('answer');
    expect(onceWordsKnown(aPolicy({ minSpeechMs: 400 }), 'wait', { agentTalks: true, text: 'Stop!' })).toBe(
      'cut-and-answer',
    );
  });
});

describe('the whole table', () => {
  const texts = fc.constantFrom(null, '', 'mhm', 'no');

  it('never cuts protected words, whatever is said', () => {
    fc.assert(
      fc.property(policies, milliseconds, texts, (policy, ms, text) => {
        const stance = whileSpeaking(policy, {
          agentTalks: true,
          isProtected: true,
          sinceStartMs: ms,
          isCutInDoubt: false,
        });
        expect(stance).toBe('protect');
        expect(onceStopped(policy, stance, { agentTalks: true, speechMs: ms })).toBe('await-words');
        expect(onceWordsKnown(policy, stance, { agentTalks: true, text })).not.toMatch(/cut|resume/);
      }),
    );
  });

  it('resumes only what was cut, and only where that is wanted', () => {
    fc.assert(
      fc.property(policies, stances, fc.boolean(), texts, (policy, stance, agentTalks, text) => {
        if (onceWordsKnown(policy, stance, { agentTalks, text }) !== 'resume') return;
        expect([stance, policy.resumesAfterFalseAlarm]).toEqual(['cut', true]);
      }),
    );
  });

  it('answers words that count, sooner or later, in every case', () => {
    fc.assert(
      fc.property(policies, stances, fc.boolean(), (policy, stance, agentTalks) => {
        expect(onceWordsKnown(policy, stance, { agentTalks, text: 'I have a question' })).toMatch(/answer$/);
        expect(onceWordsKnown(policy, stance, { agentTalks, text: null })).toBe('answer');
      }),
    );
  });

  it('does what the server does where the server is left to it: cut at once, answer at once', () => {
    fc.assert(
      fc.property(protections, fc.boolean(), milliseconds, (protect, agentTalks, ms) => {
        const policy = aPolicy({ protect });
        expect(isServerDriven(policy, false)).toBe(true);
        const stance = whileSpeaking(policy, { agentTalks, isProtected: false, sinceStartMs: 0, isCutInDoubt: false });
        expect(stance).toBe(agentTalks ? 'cut' : 'listen');
        expect(onceStopped(policy, stance, { agentTalks: false, speechMs: ms })).toBe('answer');
      }),
    );
  });
});

describe('the server', () => {
  it.each<[Partial<InterruptionPolicy>, boolean]>([
    [{}, true],
    [{ protect: 'opening' }, true],
    [{ minSpeechMs: 1 }, false],
    [MHM, false],
    [RESUMING, false],
  ])('with %j and nothing protected left: decides by itself: %s', (policy, expected) => {
    expect(isServerDriven(aPolicy(policy), false)).toBe(expected);
    expect(isServerDriven(aPolicy(policy), true)).toBe(false);
  });

  it.each<[InterruptionPolicy['protect'], disclosure: boolean, greeting: boolean]>([
    ['nothing', false, false],
    ['disclosure', true, false],
    ['opening', true, true],
  ])('protecting %s: the disclosure %s, the greeting %s', (protect, disclosure, greeting) => {
    expect(protects(aPolicy({ protect }), 'disclosure')).toBe(disclosure);
    expect(protects(aPolicy({ protect }), 'greeting')).toBe(greeting);
  });
});

describe('a text is only ignored words', () => {
  it.each<[string, string[]]>([
    ['mhm', ['mhm']],
    ['Mhm.', ['mhm']],
    ['Mm-hmm', ['mhm']],
    ['mhm', ['Mm-hmm']],
    ['Mmmm hmmm…', ['mhm']],
    ['mhm, mhm', ['mhm']],
    ['Mhmmhm!', ['mhm']],
    ['Hahaha', ['ha']],
    ['Okay, yes, okay.', ['yes', 'okay']],
    ['Sí, SI!', ['sí']],
    ['si', ['Sí']],
    ['All right. Alright!', ['all right']],
    ['C’est ça', ["c'est ca"]],
    ['Ja, genau', ['genau', 'ja']],
    ['TAMAM', ['tamam']],
    ['İyi', ['iyi']],
    ['네네', ['네']],
    ['네, 네.', ['네']],
    ['はいはい', ['はい']],
    ['はい、ええ。', ['ええ', 'はい']],
    ['はいええ', ['ええ', 'はい']],
    ['うーーん', ['うん']],
    ['ﾊｲ', ['ハイ']],
    ['是的是的', ['是的']],
    ['嗯嗯好', ['嗯', '好']],
    ['是的是的嗯', ['嗯', '是的']],
    ['ครับครับ', ['ครับ']],
    ['हाँ हाँ', ['हाँ']],
    ['نَعَم', ['نعم']],
    ['🙂 mhm', ['mhm']],
  ])('%s of %j', (text, words) => {
    expect(isOnly(text, words)).toBe(true);
  });

  it.each<[string, string[]]>([
    ['', ['mhm']],
    ['…', ['mhm']],
    ['mhm', []],
    ['Mhm, no', ['mhm']],
    ['No. Mhm.', ['mhm']],
    ['soon', ['so', 'on']],
    ['yesterday', ['yes', 'ter', 'day']],
    ['ok', ['okay']],
    ['100', ['10', '1', '0']],
    ['हूँ', ['हाँ']],
    ['が', ['か']],
    ['はいでも', ['はい']],
    ['不是的', ['是的']],
    ['mhm', ['!', '…']],
  ])('not %s of %j', (text, words) => {
    expect(isOnly(text, words)).toBe(false);
  });

  const words = fc.uniqueArray(fc.stringMatching(/^[a-zé]{1,12}$/), { minLength: 1, maxLength: 10 });

  it('whatever ignored words are strung together, however they are written', () => {
    const gap = fc.constantFrom(' ', ', ', '. ', ' - ', '… ');
    fc.assert(
      fc.property(
        words.chain((list) => fc.tuple(fc.constant(list), fc.array(fc.constantFrom(...list), { minLength: 1 }), gap)),
        ([list, spoken, between]) => {
          expect(isOnly(spoken.map((word) => word.toUpperCase()).join(between), list)).toBe(true);
        },
      ),
    );
  });

  it('not when there is one more word', () => {
    fc.assert(
      fc.property(words, fc.nat(), (list, at) => {
        const spoken = [...list];
        spoken.splice(at % (list.length + 1), 0, 'ñ7');
        expect(isOnly(spoken.join(' '), list)).toBe(false);
      }),
    );
  });

  it('of any text, quickly', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 200 }),
        fc.array(fc.string(), { maxLength: 50 }),
        (text, list) => {
          expect(typeof isOnly(text, list)).toBe('boolean');
        },
      ),
    );
    const startedAt = performance.now();
    expect(isOnly('m '.repeat(20_000), ['m', 'mm'])).toBe(false);
    expect(isOnly(`${'ma'.repeat(20_000)}!`, ['m', 'a', 'ma', 'mama'])).toBe(true);
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });
});
