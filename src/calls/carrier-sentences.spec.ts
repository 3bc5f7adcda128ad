import { busySentence, troubleSentence } from './carrier-sentences';

it('is said in the language of the call', () => {
  expect(busySentence('de-AT')).toEqual({
    sentence: expect.stringMatching(/automatischer Anruf.*auf Wiederhören/) as string,
    language: 'de-AT',
  });
  expect(busySentence('nn-NO').sentence).toBe(busySentence('NB').sentence);
});

it('is said in English where we have no words of a language', () => {
  expect(busySentence('tlh')).toEqual({ ...busySentence('en'), language: 'en-US' });
});

it('is another one in every language', () => {
  const tags = 'en es fr de it pt nl pl sv da nb fi cs ro el tr uk ru ar hi zh ja ko'.split(' ');
  expect(new Set(tags.map((tag) => busySentence(tag).sentence)).size).toBe(tags.length);
  expect(new Set(tags.map((tag) => troubleSentence(tag).sentence)).size).toBe(tags.length);
});
