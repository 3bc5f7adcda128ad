import * as fc from 'fast-check';
import { enhance } from './enhance';
import type { ConversationFigures, EnhancedContent, Utterance } from './enhanced-content';

function anUtterance(overrides: Partial<Utterance> = {}): Utterance {
  return {
    channel: 1,
    role: 'agent',
    text: 'Hello there',
    startMs: 0,
    endMs: 1000,
    confidence: null,
    wasInterrupted: false,
    latencyMs: null,
    ...overrides,
  };
}

function agent(startMs: number, endMs: number, text = 'Some words'): Utterance {
  return anUtterance({ startMs, endMs, text });
}

function customer(startMs: number, endMs: number, text = 'Some words'): Utterance {
  return anUtterance({ channel: 0, role: 'customer', startMs, endMs, text });
}

function operator(startMs: number, endMs: number, text = 'Some words'): Utterance {
  return anUtterance({ channel: 2, role: 'operator', startMs, endMs, text });
}

function enhanced(utterances: readonly Utterance[], language?: string): EnhancedContent {
  return enhance(utterances, { names: {}, durationSeconds: 60, ...(language === undefined ? {} : { language }) });
}

function figures(...utterances: Utterance[]): ConversationFigures {
  return enhanced(utterances).figures;
}

describe('the flow of a conversation', () => {
  it('has an entry for each utterance, in seconds', () => {
    const utterance = anUtterance({
      text: 'Hello, this is Mike Thompson calling about your account',
      startMs: 500,
      endMs: 3200,
      confidence: 0.95,
    });
    expect(enhanced([utterance]).conversationFlow).toEqual([
      {
        sequence: 1,
        speaker: { channel: 1, role: 'agent', name: 'AI Agent' },
        text: 'Hello, this is Mike Thompson calling about your account',
        start_time: 0.5,
        end_time: 3.2,
        duration: 2.7,
        confidence: 0.95,
        word_count: 9,
        interrupted: false,
        latency_ms: null,
      },
    ]);
  });

  it('goes by start, then by end, then as given', () => {
    const given = [
      agent(300, 400, 'fourth'),
      agent(100, 300, 'second'),
      customer(100, 300, 'third'),
      agent(100, 200, 'first'),
    ];
    const { conversationFlow, fullText } = enhanced(given);
    expect(conversationFlow.map((entry) => entry.text)).toEqual(['first', 'second', 'third', 'fourth']);
    expect(conversationFlow.map((entry) => entry.sequence)).toEqual([1, 2, 3, 4]);
    expect(fullText).toBe('first\nsecond\nthird\nfourth');
  });

  it('leaves out what is empty', () => {
    const { conversationFlow, participantInfo, figures } = enhanced([
      agent(0, 100, ''),
      anUtterance({ text: ' \n\t', wasInterrupted: true, latencyMs: 300 }),
    ]);
    expect(conversationFlow).toEqual([]);
    expect(participantInfo).toEqual({});
    expect(figures).toMatchObject({ interruptions: 0, latenciesMs: [] });
  });

  it('has no needless white space', () => {
    expect(enhanced([agent(0, 1, '  one\n two\t\tthree ')]).fullText).toBe('one two three');
  });

  it.each([
    ['an end before the start is the start', 500, 200, 0.5, 0.5],
    ['a negative start is the beginning', -200, 700, 0, 0.7],
    ['before the beginning is the beginning', -300, -200, 0, 0],
    ['no number is the earliest that it could be', NaN, Infinity, 0, 0],
    ['a fraction of a millisecond is rounded', 100.4, 2800.6, 0.1, 2.801],
  ])('has times in order: %s', (_, startMs, endMs, start, end) => {
    expect(enhanced([agent(startMs, endMs)]).conversationFlow).toMatchObject([{ start_time: start, end_time: end }]);
  });

  it('tells who was interrupted, and how long an answer took', () => {
    expect(enhanced([anUtterance({ wasInterrupted: true, latencyMs: 612.6 })]).conversationFlow).toMatchObject([
      { interrupted: true, latency_ms: 613 },
    ]);
  });

  it('has no confidence and no latency where they are no numbers', () => {
    expect(enhanced([anUtterance({ confidence: NaN, latencyMs: Infinity })]).conversationFlow).toMatchObject([
      { confidence: null, latency_ms: null },
    ]);
  });
});

describe('the participants', () => {
  it('are called by their role where they have no name', () => {
    const utterances = [customer(0, 100), agent(200, 300), operator(400, 500)];
    const { participantInfo, conversationFlow } = enhance(utterances, {
      names: { 0: 'Ada Lovelace', 1: ' ' },
      durationSeconds: 1,
    });
    expect(participantInfo).toMatchObject({
      '0': { channel: 0, role: 'customer', name: 'Ada Lovelace' },
      '1': { channel: 1, role: 'agent', name: 'AI Agent' },
      '2': { channel: 2, role: 'operator', name: 'Operator' },
    });
    expect(conversationFlow.map((entry) => entry.speaker.name)).toEqual(['Ada Lovelace', 'AI Agent', 'Operator']);
    expect(enhanced([customer(0, 100)]).participantInfo).toMatchObject({ '0': { name: 'Customer' } });
  });

  it('have their overlapping speech counted once', () => {
    const { participantInfo } = enhanced([agent(0, 2000), agent(1000, 2500), agent(1200, 1300), agent(4000, 4700)]);
    expect(participantInfo).toMatchObject({ '1': { total_speaking_time: 3.2 } });
  });

  it('have their words and sentences counted', () => {
    const { participantInfo, summaryData } = enhanced([
      agent(0, 1000, "Hello! It's Mike. How are you today?"),
      customer(1100, 1500, 'Fine'),
      agent(1600, 2000, '...'),
    ]);
    expect(participantInfo).toMatchObject({
      '0': { word_count: 1, sentence_count: 1 },
      '1': { word_count: 7, sentence_count: 3 },
    });
    expect(summaryData).toMatchObject({ total_words: 8, total_sentences: 4, participant_count: 2 });
  });
});

describe('words and sentences', () => {
  it.each([
    ['Chinese', 'zh-Hans-CN', '你好。谢谢，再见。', 3, 2],
    ['Japanese', 'ja', 'これは自動音声です。こんにちは。', 6, 2],
    ['Thai', 'th', 'สวัสดีครับ', 2, 1],
    ['German', 'de-AT', 'Grüß Gott! Wie geht es Ihnen?', 6, 2],
    ['numbers', 'en', 'That is $1,234.50 or 3.5 percent.', 6, 1],
  ])('are known in %s', (_, language, text, words, sentences) => {
    expect(enhanced([agent(0, 1000, text)], language).summaryData).toMatchObject({
      total_words: words,
      total_sentences: sentences,
    });
  });

  it.each(['', 'de_DE', '1', 'und', 'xx', 'no language'])(
    'are the English ones where the language is %j',
    (language) => {
      const utterances = [agent(0, 1000, 'Hello there. How are you?')];
      expect(enhanced(utterances, language)).toEqual(enhanced(utterances, 'en'));
    },
  );
});

describe('the summary', () => {
  it('has the duration of the call, whatever was said in it', () => {
    expect(enhanced([]).summaryData).toEqual({
      total_duration_seconds: 60,
      total_sentences: 0,
      total_words: 0,
      participant_count: 0,
      average_confidence: null,
    });
  });

  it.each([
    ['weighs words', [0.9, 0.5], ['one two three', 'one'], 0.8],
    ['is rounded', [0.9, 0.8], ['one two', 'one'], 0.87],
    ['leaves out what has none', [0.9, null], ['one', 'one two three'], 0.9],
    ['is none where none has one', [null, null], ['one', 'two'], null],
    ['is none where nothing was a word', [0.9, 0.9], ['...', '?'], null],
  ])('has an average confidence that %s', (_, confidences, texts, average) => {
    const utterances = texts.map((text, index) => anUtterance({ text, confidence: confidences[index] ?? null }));
    expect(enhanced(utterances).summaryData.average_confidence).toBe(average);
  });
});

describe('the figures', () => {
  it('are none where nobody spoke', () => {
    expect(figures()).toEqual({
      talkRatio: null,
      agentSpeakingMs: 0,
      customerSpeakingMs: 0,
      longestMonologueMs: 0,
      wordsPerMinute: null,
      interruptions: 0,
      latenciesMs: [],
    });
  });

  it('count an operator to the side of the agent', () => {
    const { talkRatio, agentSpeakingMs, customerSpeakingMs } = figures(
      agent(0, 2000),
      operator(1000, 3000),
      customer(2500, 3500),
    );
    expect({ talkRatio, agentSpeakingMs, customerSpeakingMs }).toEqual({
      talkRatio: 0.75,
      agentSpeakingMs: 3000,
      customerSpeakingMs: 1000,
    });
  });

  it('have the pace of all words over all speaking time', () => {
    expect(figures(agent(0, 1000, 'one two three'), customer(5000, 6500, 'one two')).wordsPerMinute).toBe(120);
    expect(figures(agent(0, 1300, 'one two three')).wordsPerMinute).toBe(138.5);
  });

  it('have the interruptions of both sides', () => {
    const interrupted = { wasInterrupted: true };
    expect(
      figures({ ...agent(0, 1), ...interrupted }, { ...customer(2, 3), ...interrupted }, agent(4, 5)),
    ).toMatchObject({ interruptions: 2 });
  });

  it('have the latencies of the agent alone, in the order of the flow', () => {
    const { latenciesMs } = figures(
      { ...agent(3000, 4000), latencyMs: 700.2 },
      { ...agent(1000, 2000), latencyMs: 0 },
      { ...customer(2000, 3000), latencyMs: 300 },
      { ...operator(4000, 5000), latencyMs: 900 },
      agent(5000, 6000),
    );
    expect(latenciesMs).toEqual([0, 700]);
  });
});

describe('the longest monologue', () => {
  it.each([
    ['is a single entry where the sides take turns', [agent(0, 2000), customer(2500, 5500), agent(6000, 7000)], 3000],
    ['goes on over pauses of the same side', [agent(0, 1000), agent(4000, 5000), customer(6000, 7000)], 5000],
    [
      'goes on over a short word of the other side',
      [agent(0, 1000), customer(1200, 1400, 'Mhm.'), agent(1500, 4000)],
      4000,
    ],
    [
      'ends when the other side says something',
      [agent(0, 1000), customer(1200, 1400, 'Yes, but'), agent(1500, 4000)],
      2500,
    ],
    ['is not the short word within', [agent(0, 1000, 'One two'), customer(1000, 9000, 'Okaaaay')], 1000],
    ['may begin with a short word', [customer(0, 300, 'Hello?'), customer(500, 1500)], 1500],
    ['is shared by agent and operator', [agent(0, 1000), operator(2000, 3000), customer(3000, 4000)], 3000],
    ['ends with the last end, not with the last entry', [agent(0, 5000), agent(1000, 2000)], 5000],
    ['may be within the speech of the other side', [agent(0, 3000), customer(1000, 8000), agent(7000, 9000)], 7000],
  ])('%s', (_, utterances, longestMs) => {
    expect(figures(...utterances).longestMonologueMs).toBe(longestMs);
  });
});

describe('any conversation', () => {
  const ROLES = ['customer', 'agent', 'operator'] as const;
  const texts = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: 'binary' }),
    fc.lorem({ mode: 'sentences' }),
    fc.constantFrom('', ' ', 'Mhm.', '...', 'これは自動音声です。', 'สวัสดีครับ', '\uD800'),
  );
  const utterancesFrom = (
    channelsAndRoles: fc.Arbitrary<Pick<Utterance, 'channel' | 'role'>>,
    times: fc.Arbitrary<number>,
  ) =>
    fc
      .record({
        speaker: channelsAndRoles,
        text: texts,
        startMs: times,
        endMs: times,
        confidence: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
        wasInterrupted: fc.boolean(),
        latencyMs: fc.option(fc.double({ min: 0, max: 10_000, noNaN: true })),
      })
      .map(({ speaker, ...rest }): Utterance => ({ ...speaker, ...rest }));
  const plausible = utterancesFrom(
    fc.nat({ max: 2 }).map((channel) => ({ channel, role: ROLES[channel] ?? 'operator' })),
    fc.integer({ min: -500, max: 20_000 }),
  );
  const wild = fc
    .record({
      utterance: utterancesFrom(fc.record({ channel: fc.double(), role: fc.constantFrom(...ROLES) }), fc.double()),
      confidence: fc.option(fc.double()),
      latencyMs: fc.option(fc.double()),
    })
    .map(({ utterance, ...rest }): Utterance => ({ ...utterance, ...rest }));

  it('is enhanced without an error, whatever the numbers, texts, names and language are', () => {
    const names = fc.dictionary(fc.nat({ max: 3 }).map(String), fc.string());
    const options = fc.record({ names, durationSeconds: fc.double(), language: fc.string() });
    fc.assert(
      fc.property(fc.array(wild), options, (utterances, anyOptions) => {
        const { conversationFlow, figures } = enhance(utterances, anyOptions);
        for (const entry of conversationFlow) {
          expect(entry.start_time).toBeGreaterThanOrEqual(0);
          expect(entry.end_time).toBeGreaterThanOrEqual(entry.start_time);
          expect(entry.duration).toBeGreaterThanOrEqual(0);
        }
        if (figures.talkRatio !== null) {
          expect(figures.talkRatio).toBeGreaterThanOrEqual(0);
          expect(figures.talkRatio).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('has a flow without gaps, whose sums are those of the participants and of the summary', () => {
    fc.assert(
      fc.property(fc.array(plausible), (utterances) => {
        const { conversationFlow, participantInfo, summaryData, fullText } = enhanced(utterances);
        const participants = Object.values(participantInfo);
        const total = (numbers: number[]) => numbers.reduce((sum, number) => sum + number, 0);

        expect(conversationFlow.map((entry) => entry.sequence)).toEqual(conversationFlow.map((_, index) => index + 1));
        expect(conversationFlow).toHaveLength(utterances.filter((utterance) => utterance.text.trim() !== '').length);
        expect(fullText).toBe(conversationFlow.map((entry) => entry.text).join('\n'));
        expect(total(conversationFlow.map((entry) => entry.word_count))).toBe(summaryData.total_words);
        expect(total(participants.map((participant) => participant.word_count))).toBe(summaryData.total_words);
        expect(total(participants.map((participant) => participant.sentence_count))).toBe(summaryData.total_sentences);
        expect(participants).toHaveLength(summaryData.participant_count);
      }),
    );
  });

  it('has each millisecond of speech counted once for its side', () => {
    const spokenMs = (utterances: readonly Utterance[]) => {
      const milliseconds = new Set<number>();
      for (const { startMs, endMs } of utterances) {
        for (let ms = Math.max(0, startMs); ms < endMs; ms++) milliseconds.add(ms);
      }
      return milliseconds.size;
    };
    const utterance = fc
      .record({
        channel: fc.nat({ max: 2 }),
        startMs: fc.integer({ min: -20, max: 200 }),
        lengthMs: fc.nat({ max: 50 }),
      })
      .map(({ channel, startMs, lengthMs }) =>
        anUtterance({ channel, role: ROLES[channel] ?? 'operator', startMs, endMs: startMs + lengthMs }),
      );
    fc.assert(
      fc.property(fc.array(utterance), (utterances) => {
        const { figures, participantInfo } = enhanced(utterances);
        expect(figures.customerSpeakingMs).toBe(spokenMs(utterances.filter(({ role }) => role === 'customer')));
        expect(figures.agentSpeakingMs).toBe(spokenMs(utterances.filter(({ role }) => role !== 'customer')));
        for (const { channel, total_speaking_time } of Object.values(participantInfo)) {
          expect(total_speaking_time * 1000).toBeCloseTo(
            spokenMs(utterances.filter((said) => said.channel === channel)),
          );
        }
      }),
    );
  });

  it('is the same in whatever order the utterances come', () => {
    const shuffled = fc
      .uniqueArray(plausible, { selector: ({ startMs }) => Math.max(0, startMs) })
      .chain((utterances) =>
        fc.tuple(
          fc.constant(utterances),
          fc.shuffledSubarray(utterances, { minLength: utterances.length, maxLength: utterances.length }),
        ),
      );
    fc.assert(
      fc.property(shuffled, ([utterances, inAnotherOrder]) => {
        expect(enhanced(inAnotherOrder)).toEqual(enhanced(utterances));
      }),
    );
  });

  it('keeps its utterances as they were, and is JSON as it is', () => {
    fc.assert(
      fc.property(fc.array(plausible), (utterances) => {
        const before = structuredClone(utterances);
        const content = enhanced(utterances);
        expect(utterances).toEqual(before);
        expect(JSON.parse(JSON.stringify(content))).toEqual(content);
      }),
    );
  });
});

it('counts words as the segmenter does, without asking it for each', () => {
  const segmenter = new Intl.Segmenter('en', { granularity: 'word' });
  const word = fc.oneof(
    fc.stringMatching(/^[a-zA-Zäöüßéñ]{1,8}$/),
    fc.stringMatching(/^[а-яА-Яα-ω]{1,6}$/),
    fc.stringMatching(/^\d{1,5}$/),
    fc.constantFrom(
      "don't",
      'e-mail',
      '3.14',
      'a.b',
      'x_y',
      '你好世界',
      'สวัสดี',
      'ａｂ',
      'naïve',
      'e\u0301a',
      '…',
      '-',
      '#tag',
      '@me',
    ),
  );
  const mark = fc.constantFrom('', '', '.', ',', '!', '?', '…', '"', '(', ')', "'", '’', '-', '%', '€');
  const texts = fc
    .array(fc.tuple(mark, word, mark, mark), { minLength: 1, maxLength: 12 })
    .map((pieces) => pieces.map((parts) => parts.join('')).join(' '));
  fc.assert(
    fc.property(texts, (text) => {
      const utterance = {
        channel: 0,
        role: 'customer' as const,
        text,
        startMs: 0,
        endMs: 1,
        confidence: null,
        wasInterrupted: false,
        latencyMs: null,
      };
      const { summaryData } = enhance([utterance], { names: {}, durationSeconds: 1 });
      const counted = text
        .trim()
        .split(/\s+/)
        .flatMap((piece) => [...segmenter.segment(piece)].filter(({ isWordLike }) => isWordLike));
      expect([text, summaryData.total_words]).toEqual([text, counted.length]);
    }),
    { numRuns: 2000 },
  );
});
