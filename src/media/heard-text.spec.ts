import * as fc from 'fast-check';
import { cutAtWord, heardText, sentenceOverlap } from './heard-text';
import type { PlayedItem } from './playback';

function anItem(sentMs: number, isComplete = true): PlayedItem {
  return {
    itemId: 'a',
    responseId: 'r',
    contentIndex: 0,
    sentMs,
    heardMs: 0,
    markedMs: 0,
    isComplete,
    startedAtMs: 0,
    heardAtMs: 0,
  };
}

describe('the text that was heard', () => {
  const text = 'one two three four five six';

  it.each([
    [0, ''],
    [100, ''],
    [500, 'one two three'],
    [999, 'one two three four five'],
    [1000, text],
  ])('after %i of 1000 ms is %j', (heardMs, expected) => {
    expect(heardText(text, anItem(1000), heardMs)).toBe(expected);
  });

  it('is no more than a voice can say while the item is still being made', () => {
    const long = 'word '.repeat(200).trim();
    expect(heardText(long, anItem(400, false), 400).length).toBeLessThanOrEqual(10);
  });

  it('is whole characters in scripts without spaces', () => {
    expect(cutAtWord('こんにちは世界', 3)).toBe('こんに');
    expect(cutAtWord('𠮷𠮷𠮷', 3)).toBe('𠮷');
  });

  it('is always a beginning of the text that ends with a whole word', () => {
    const words = fc.array(fc.stringMatching(/^[a-zé]{1,12}$/), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(words, fc.integer({ min: 0, max: 300 }), (list, length) => {
        const whole = list.join(' ');
        const cut = cutAtWord(whole, length);
        expect(whole.startsWith(cut)).toBe(true);
        expect(cut.length).toBeLessThanOrEqual(length);
        expect(cut === '' ? [] : cut.split(' ')).toEqual(list.slice(0, cut === '' ? 0 : cut.split(' ').length));
      }),
    );
  });
});

describe('a sentence within a text', () => {
  const sentence = 'This is an automated assistant calling for Café Blue.';

  it.each([
    ['the same', sentence, 1],
    ['other case, punctuation and accents', 'this is an AUTOMATED assistant, calling for cafe blue', 1],
    ['more behind it', `${sentence} Do you have a minute?`, 1],
    ['nothing', '', 0],
    ['something else', 'Hello, how are you today?', 0],
  ])('%s', (_, text, expected) => {
    expect(sentenceOverlap(sentence, text)).toBeCloseTo(expected);
  });

  it('is found in part when only its beginning was heard', () => {
    expect(sentenceOverlap(sentence, 'This is an automated')).toBeCloseTo(4 / 9);
  });

  it('is not put together from words that are spread over a long speech', () => {
    const speech = `${'so much to say '.repeat(10)} ${sentence}`;
    expect(sentenceOverlap(sentence, speech)).toBeLessThan(0.8);
  });

  it('works in scripts without spaces', () => {
    expect(sentenceOverlap('これは自動音声です', 'これは自動音声です。こんにちは')).toBe(1);
    expect(sentenceOverlap('これは自動音声です', 'もしもし')).toBeLessThan(0.5);
  });
});
