import { Logger } from '@nestjs/common';
import { PubSubRedis } from '../../test/support/pubsub-redis';
import { until } from '../../test/support/until';
import { LoneInstance, SharedInstances } from './instances';

const TOPIC = 'spec.who';

let redis: PubSubRedis;
let url: string;
let log: jest.SpyInstance;
const instances: SharedInstances[] = [];

/** Instances that hear each other. */
async function together(count: number): Promise<SharedInstances[]> {
  const made = Array.from({ length: count }, () => new SharedInstances(url));
  instances.push(...made);
  await until(
    () => Promise.resolve(redis.listening('speech-assistant:questions')),
    (listening) => listening === instances.length,
  );
  return made;
}

beforeEach(async () => {
  redis = new PubSubRedis();
  url = await redis.listen();
  log = jest.spyOn(Logger.prototype, 'error').mockImplementation();
});
afterEach(async () => {
  for (const instance of instances.splice(0)) instance.onApplicationShutdown();
  await redis.close();
  jest.restoreAllMocks();
});

it('asks all of them, itself first', async () => {
  const [a, b, c] = await together(3);
  a?.onAsked(TOPIC, (question) => ['a', question]);
  b?.onAsked(TOPIC, (question) => Promise.resolve(['b', question]));
  c?.onAsked(TOPIC, (question) => ['c', question]);
  const answers = await a?.ask(TOPIC, { userId: 1, name: 'Zoë' });
  expect(answers?.[0]).toEqual(['a', { userId: 1, name: 'Zoë' }]);
  expect(answers?.slice(1).sort()).toEqual([
    ['b', { userId: 1, name: 'Zoë' }],
    ['c', { userId: 1, name: 'Zoë' }],
  ]);
});

it('keeps questions apart that are asked at once', async () => {
  const [a, b] = await together(2);
  for (const instance of [a, b]) instance?.onAsked(TOPIC, (question) => question);
  const questions = Array.from({ length: 50 }, (_, number) => number);
  const answers = await Promise.all(
    questions.map(async (question) => (question % 2 === 0 ? a : b)?.ask(TOPIC, question)),
  );
  expect(answers).toEqual(questions.map((question) => [question, question]));
});

it('is not held up by one that does not know the question, or fails over it', async () => {
  const [a, b, c] = await together(3);
  a?.onAsked(TOPIC, () => 'here');
  c?.onAsked(TOPIC, () => {
    throw new Error('broken');
  });
  expect(await a?.ask(TOPIC, null)).toEqual(['here', null, null]);
  expect(b).toBeDefined();
});

it('answers for itself while Redis is away, says so once, and hears the others again', async () => {
  const [a] = await together(1);
  a?.onAsked(TOPIC, () => 'here');
  await redis.close();
  expect(await a?.ask(TOPIC, null)).toEqual(['here']);
  expect(await a?.ask(TOPIC, null)).toEqual(['here']);
  expect(log.mock.calls).toHaveLength(1);
});

it('is nobody but itself without Redis', async () => {
  const alone = new LoneInstance();
  alone.onAsked(TOPIC, (question) => question);
  expect(await alone.ask(TOPIC, 'who?')).toEqual(['who?']);
  expect(await alone.ask('spec.unknown', 'who?')).toEqual([undefined]);
});
