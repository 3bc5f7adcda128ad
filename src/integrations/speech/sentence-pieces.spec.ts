import fc from 'fast-check';
import { sentencePieces } from './sentence-pieces';

it('keeps sentences whole, as many in a piece as fit', () => {
  const text = 'One is short. Two is, too!  Is three? Yes.\n\nFour begins again.';
  expect(sentencePieces(text, 30)).toEqual(['One is short. Two is, too!', 'Is three? Yes.', 'Four begins again.']);
  expect(sentencePieces(text, 1000)).toEqual([text]);
});

it('knows the ends of sentences of other scripts', () => {
  expect(sentencePieces('今日は晴れです。明日は雨でしょう。', 10)).toEqual(['今日は晴れです。', '明日は雨でしょう。']);
});

it('cuts what is longer between words, and a word only where nothing else is left', () => {
  expect(sentencePieces('a sentence without any end in sight', 12)).toEqual([
    'a sentence',
    'without any',
    'end in sight',
  ]);
  expect(sentencePieces('Donaudampfschiff', 6)).toEqual(['Donaud', 'ampfsc', 'hiff']);
});

it('loses nothing but space, keeps to the length, and tears no character', () => {
  const texts = fc.array(
    fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 40 }),
      fc.constantFrom('Hello. ', 'Who? ', '好。', '👩‍👩‍👧 ', '\n\n', ' ', 'Dr. Who said 3.5 is fine! '),
    ),
  );
  fc.assert(
    fc.property(
      texts.map((parts) => parts.join('')),
      fc.integer({ min: 2, max: 60 }),
      (text, max) => {
        const pieces = sentencePieces(text, max);
        const bare = (words: string) => words.replace(/\s/gu, '');
        expect(bare(pieces.join(''))).toBe(bare(text));
        for (const piece of pieces) {
          expect(piece.length).toBeLessThanOrEqual(max);
          expect(piece.trim()).toBe(piece);
          expect(piece).not.toBe('');
          expect(piece).not.toMatch(/\p{Cs}/u);
        }
      },
    ),
  );
});
