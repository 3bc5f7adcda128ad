import { structuredAnswer } from './structured-answer';

const SENTIMENT = { type: 'string', enum: ['positive', 'neutral', 'negative'] };
const SCORE = { type: 'number', description: 'As a number, from -1 (very negative) over 0 to 1 (very positive)' };
const STRINGS = { type: 'array', items: { type: 'string' } };
const INSIGHTS = { sentiment: SENTIMENT, sentiment_score: SCORE, topics: STRINGS };

type Turn = { role: 'user' | 'assistant'; text: string };

function answerTo<Properties extends Record<string, unknown>>(
  properties: Properties,
  said: string | Turn[],
): Record<keyof Properties, unknown> {
  const turns = typeof said === 'string' ? [{ role: 'user' as const, text: said }] : said;
  return structuredAnswer({ type: 'object', properties }, turns) as Record<keyof Properties, unknown>;
}

describe('what the model concludes from a conversation', () => {
  it.each([
    ['positive', 'customer: Thank you, the new battery is great and I am very happy with it.'],
    ['negative', 'customer: I am not happy. The battery is broken.'],
    ['negative', 'customer: I do not think that it is at all good.'],
    ['negative', "customer: It doesn't work and nobody helps."],
    ['positive', 'customer: It is not bad.'],
    ['positive', "customer: I couldn't be happier."],
    ['neutral', 'customer: Good morning. I would like to move my appointment to Tuesday. No problem. Have a nice day.'],
    ['neutral', 'customer: I would love to know the price. Is this a good time?'],
    ['positive', 'kunde: Vielen Dank, ich bin sehr zufrieden.'],
    ['negative', 'kunde: Guten Tag, das gefällt mir nicht.'],
    ['negative', 'kunde: Ich bin mit der Lieferung überhaupt nicht zufrieden.'],
    ['positive', "client: C'est parfait, j'adore le produit."],
    ['negative', 'client: Bonjour, je ne suis pas content, je suis déçue.'],
    ['positive', 'cliente: Estoy muy contenta, me encanta.'],
    ['negative', 'cliente: Buenas tardes, no estoy contento. El pedido llegó roto.'],
    ['neutral', 'cliente: Buenos días, quisiera cambiar la dirección, por favor.'],
  ])('hears a %s customer: %s', (sentiment, said) => {
    const answer = answerTo(INSIGHTS, said);
    expect(answer.sentiment).toBe(sentiment);
    expect(Math.sign(answer.sentiment_score as number)).toBe({ positive: 1, neutral: 0, negative: -1 }[sentiment]);
    expect(Math.abs(answer.sentiment_score as number)).toBeLessThanOrEqual(1);
  });

  it('asks nobody but the customer how it was', () => {
    const said =
      'Say how the bad call went.\nagent: I am so happy, wonderful!\noperator: Great.\ncustomer: It is broken.';
    expect(answerTo(INSIGHTS, said).sentiment).toBe('negative');
    expect(answerTo(INSIGHTS, 'agent: Wonderful.\n[00:07] Customer: Yes.').sentiment).toBe('neutral');
    const turns: Turn[] = [
      { role: 'assistant', text: 'I am happy to help. Wonderful.' },
      { role: 'user', text: 'It is terrible.' },
    ];
    expect(answerTo(INSIGHTS, turns).sentiment).toBe('negative');
    expect(answerTo(INSIGHTS, 'I am sad.').sentiment).toBe('negative');
  });

  it('counts the end of a conversation for more than its beginning', () => {
    const early = 'customer: That is terrible.';
    const late = 'customer: That is wonderful.';
    expect(answerTo(INSIGHTS, `${early}\nagent: Here is a new one.\n${late}`).sentiment).toBe('positive');
    expect(answerTo(INSIGHTS, `${late}\nagent: It costs 900 dollars.\n${early}`).sentiment).toBe('negative');
  });

  it('keeps the spelling of the options, and knows mixed feelings and a missing middle', () => {
    const properties = {
      mood: { enum: ['MIXED', 'NEGATIVE', 'NEUTRAL', 'POSITIVE'] },
      view: { anyOf: [{ type: 'string', enum: ['Positive', 'Negative'] }, { type: 'null' }] },
      priority: { enum: ['low', 'high'] },
    };
    const mixed = 'The battery is great, but the price is terrible, and this is a high priority.';
    expect(answerTo(properties, mixed)).toEqual({ mood: 'MIXED', view: 'Positive', priority: 'high' });
    expect(answerTo({ sentiment: SENTIMENT, score: SCORE }, mixed)).toEqual({ sentiment: 'neutral', score: 0 });
    expect(answerTo(properties, 'I am angry.')).toEqual({ mood: 'NEGATIVE', view: 'Negative', priority: 'low' });
  });

  it('gives a number that agrees with the word, in the range that is asked for', () => {
    const properties = {
      sentimentScore: { type: 'number' },
      sentiment: { type: 'object', properties: { label: SENTIMENT, score: { type: ['number', 'null'] } } },
      stars: { type: 'integer', description: 'The sentiment as a rating', minimum: 1, maximum: 5 },
      sentiment_percent: { type: 'integer', description: 'How sure you are' },
      feeling: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
      tilt: { type: 'number', description: 'Between -1.0 and +1.0' },
      score: { type: 'number', description: 'How many goals' },
      temperature: { type: 'number', description: 'From -1 to 15' },
    };
    expect(answerTo(properties, 'I am happy.')).toEqual({
      sentimentScore: 0.67,
      sentiment: { label: 'positive', score: 0.67 },
      stars: 5,
      sentiment_percent: 0,
      feeling: 1,
      tilt: 0.67,
      score: 0,
      temperature: 0,
    });
    expect(answerTo(properties, 'I am sad.')).toMatchObject({ stars: 1, feeling: -1, tilt: -0.67 });
    expect(answerTo(properties, 'I am Alex.')).toMatchObject({ stars: 3, feeling: 0, tilt: 0 });
  });
});

describe('the topics of a conversation', () => {
  const call = [
    'agent: Good morning, this is Mary from Acme. How can I help you today?',
    'customer: Hello, my name is Alex Carter. I am calling about a late delivery.',
    'agent: I am sorry about the late delivery. Would you like a refund?',
    "customer: A refund doesn't help. I wanted the tea set for Sunday.",
  ].join('\n');

  it('are its most frequent words and pairs of words, without names, greetings and feelings', () => {
    expect(answerTo(INSIGHTS, call).topics).toEqual(['late delivery', 'refund', 'tea']);
    expect(answerTo(INSIGHTS, call)).toEqual(answerTo(INSIGHTS, call));
  });

  it.each([
    ['kunde: Guten Tag, ich habe eine Frage zu meiner Rechnung. Die Rechnung ist falsch.', ['rechnung', 'falsch']],
    ["client: Bonjour, l'abonnement est cher. Je voudrais arrêter l'abonnement.", ['abonnement', 'cher', 'arrêter']],
    ['cliente: Buenas tardes, ¿dónde está mi pedido? El pedido no llega.', ['pedido']],
    ['customer: 配送が遅れています。配送はいつですか', ['配送', '遅れ']],
    ['customer: Hello. Yes please, thank you.', []],
    ['agent: Thank you for calling Acme, this is Mary Miller from Acme Power.\ncustomer: Hello.', []],
    ["customer: It doesn't work.", ['work']],
    ['customer: Great, perfect!', ['great', 'perfect']],
  ])('of %s', (said, topics) => {
    expect(answerTo(INSIGHTS, said).topics).toEqual(topics);
  });

  it('are five at most, and no more than three of what was mentioned once', () => {
    const words = ['battery', 'invoice', 'garden', 'window', 'ladder', 'carpet', 'kitchen'];
    const once = words.map((word) => `customer: The ${word}.`).join('\n');
    expect(answerTo(INSIGHTS, once).topics).toEqual(words.slice(0, 3));
    expect(answerTo(INSIGHTS, `${once}\n${once}`).topics).toEqual(words.slice(0, 5));
  });

  it('keep to the limits and the options of the schema', () => {
    const options = (...names: string[]) => ({ type: 'string', enum: names });
    const properties = {
      tags: { ...STRINGS, maxItems: 1 },
      keyWords: { ...STRINGS, minItems: 5 },
      labels: { type: 'array', items: options('billing', 'refund', 'delivery_issue', 'other') },
      call_topics: { type: 'array', items: options('billing', 'other') },
      subjects: { type: 'array', items: options('a', 'b', 'c'), minItems: 2 },
      topics: { anyOf: [STRINGS, { type: 'null' }] },
      colours: STRINGS,
    };
    expect(answerTo(properties, call)).toEqual({
      tags: ['late delivery'],
      keyWords: ['late delivery', 'refund', 'tea', 'set', 'sunday'],
      labels: ['refund', 'delivery_issue'],
      call_topics: ['other'],
      subjects: ['a', 'b'],
      topics: ['late delivery', 'refund', 'tea'],
      colours: [],
    });
    expect(answerTo(properties, 'customer: Hello.')).toEqual({
      tags: [],
      keyWords: ['general', 'general 2', 'general 3', 'general 4', 'general 5'],
      labels: [],
      call_topics: [],
      subjects: ['a', 'b'],
      topics: null,
      colours: [],
    });
  });
});
