import fc from 'fast-check';
import { keywordIn } from './keywords';

const WORDS = {
  stop: ['STOP', 'STOPALL', 'UNSUBSCRIBE', 'CANCEL', 'END', 'QUIT', 'REVOKE', 'OPTOUT'],
  start: ['START', 'YES', 'UNSTOP'],
  help: ['HELP', 'INFO'],
} as const;

const around = fc.stringMatching(/^[ .,!?'"\n\t()*-]{0,8}$/);
const cased = (word: string) =>
  fc
    .array(fc.boolean(), { minLength: word.length, maxLength: word.length })
    .map((upper) => [...word].map((letter, at) => (upper[at] ? letter.toUpperCase() : letter.toLowerCase())).join(''));

it.each(Object.entries(WORDS))('%s is understood in any case, with whatever stands around it', (keyword, words) => {
  for (const word of words) {
    fc.assert(
      fc.property(around, cased(word), around, (before, written, after) => {
        expect(keywordIn(before + written + after)).toBe(keyword);
      }),
    );
  }
});

it('is understood in several words, as people write it', () => {
  expect(keywordIn('Stop all')).toBe('stop');
  expect(keywordIn('opt-out.')).toBe('stop');
  expect(keywordIn('ＳＴＯＰ')).toBe('stop');
});

it('is not found in a sentence', () => {
  const sentence = fc
    .tuple(fc.constantFrom(...Object.values(WORDS).flat()), fc.stringMatching(/^[a-z]{1,10}$/), fc.boolean())
    .map(([word, other, isFirst]) => (isFirst ? `${word} ${other}` : `${other} ${word}`))
    .filter((text) => !/^(?:stop all|opt out|un stop|un)$/i.test(text));
  fc.assert(
    fc.property(sentence, (text) => {
      const joined = text.replace(' ', '').toUpperCase();
      fc.pre(
        !Object.values(WORDS)
          .flat()
          .some((word) => word === joined),
      );
      expect(keywordIn(text)).toBeNull();
    }),
  );
  for (const text of ['', ' ', '!!!', '👍', 'No', `STOP${' '.repeat(100)}`]) expect(keywordIn(text)).toBeNull();
});
