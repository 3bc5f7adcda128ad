import { orderIn, spokenOrder } from './order';

const lines = (...utterances: string[]) =>
  orderIn(utterances).lines.map(({ name, quantity, notes }) => [quantity, name, notes]);

describe('an order', () => {
  it.each<[string, unknown[]]>([
    [
      'I would like two margherita pizzas and one cola, please.',
      [
        [2, 'margherita pizza', ''],
        [1, 'cola', ''],
      ],
    ],
    [
      'A large salad without onions and 3 beers.',
      [
        [1, 'large salad', 'without onions'],
        [3, 'beer', ''],
      ],
    ],
    [
      'Could I have a couple of burgers with extra cheese, two fries and a glass of water?',
      [
        [2, 'burger', 'with extra cheese'],
        [2, 'fries', ''],
        [1, 'glass of water', ''],
      ],
    ],
    ['I have a question.', []],
    ['I would give it a four.', []],
    ['For four people, please.', []],
    ['Please deliver it to 12 Oak Street.', []],
    ['One moment, please.', []],
  ])('is read out of "%s"', (utterance, expected) => {
    expect(lines(utterance)).toEqual(expected);
  });

  it('grows and changes with the conversation', () => {
    expect(lines('Two pizzas, please.', 'And one cola.', 'Make it three pizzas, please.')).toEqual([
      [3, 'pizza', ''],
      [1, 'cola', ''],
    ]);
  });

  it('knows who it is for and where it goes', () => {
    const order = orderIn(['One pizza.', 'My name is Alex Carter.', 'Please deliver it to 12 Oak Street, please.']);
    expect(order).toMatchObject({ customerName: 'Alex Carter', address: '12 Oak Street' });
    expect(spokenOrder(order)).toBe('one pizza');
    expect(spokenOrder(orderIn(['Two dishes and three beers.']))).toBe('two dishes and three beers');
  });

  it('is read in no time, however long the utterance', () => {
    const startedAt = performance.now();
    orderIn([`a ${'x'.repeat(5000)} one ${'y '.repeat(5000)}with ${'z '.repeat(2000)}`]);
    expect(performance.now() - startedAt).toBeLessThan(3000);
  });
});
