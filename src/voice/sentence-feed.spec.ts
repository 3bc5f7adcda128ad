import fc from 'fast-check';
import { SentenceFeed } from './sentence-feed';

it('gives a sentence as soon as the next one has begun', () => {
  const feed = new SentenceFeed();
  expect(feed.add('We open ')).toEqual([]);
  expect(feed.add('at nine. ')).toEqual([]);
  expect(feed.add('On Sundays')).toEqual(['We open at nine.']);
  expect(feed.add(' we are closed.')).toEqual([]);
  expect([feed.end(), feed.end()]).toEqual([['On Sundays we are closed.'], []]);
});

it('does not stop within a number', () => {
  const feed = new SentenceFeed();
  expect(['It costs 3', '.', '50 euros', '. Good', '?'].flatMap((piece) => feed.add(piece))).toEqual([
    'It costs 3.50 euros.',
  ]);
  expect(feed.end()).toEqual(['Good?']);
});

it('loses and adds nothing but space, however the text comes', () => {
  const words = fc.array(
    fc.constantFrom('Hello', 'there', '.', '! ', '? ', ' ', '\n', '3.50', 'Dr. ', '。', 'é', '🙂'),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(words, (pieces) => {
      const feed = new SentenceFeed();
      const all = [...pieces.flatMap((piece) => feed.add(piece)), ...feed.end()];
      const bare = (text: string) => text.replace(/\s+/g, '');
      expect(bare(all.join(''))).toBe(bare(pieces.join('')));
      expect(all.every((sentence) => sentence.trim() === sentence && sentence !== '')).toBe(true);
    }),
  );
});
