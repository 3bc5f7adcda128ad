import { BUSY, TROUBLE } from '../calls/carrier-sentences';
import { INBOUND, INBOUND_SENTENCES } from '../calls/inbound-sentences';
import { HEARD_LANGUAGES } from './language-ear';
import { PHRASES, primaryLanguage } from './phrases';

/** Whatever is said in a fixed way is said in all of the languages. */

const LANGUAGES = Object.keys(PHRASES).sort();
const of = (table: object) => [...new Set(Object.keys(table).map(primaryLanguage))].sort();

it('at least twenty, and the same ones everywhere', () => {
  expect(LANGUAGES.length).toBeGreaterThanOrEqual(20);
  for (const languages of [of(BUSY), of(TROUBLE), of(INBOUND), [...HEARD_LANGUAGES].sort()]) {
    expect(languages).toEqual(LANGUAGES);
  }
});

it.each(LANGUAGES)('all sentences are there in %s, and are its own', (language) => {
  const sentences: string[] = [
    ...Object.values(PHRASES[language] ?? {}),
    BUSY[language] ?? '',
    TROUBLE[language] ?? '',
    ...INBOUND_SENTENCES.map((name) => INBOUND[language]?.[name] ?? ''),
  ];
  const english: string[] = [...Object.values(PHRASES['en'] ?? {}), BUSY['en'] ?? '', TROUBLE['en'] ?? ''];
  expect(sentences).toHaveLength(5 + 2 + INBOUND_SENTENCES.length);
  expect(new Set(sentences).size).toBe(sentences.length);
  for (const sentence of sentences) {
    expect(sentence.trim().length).toBeGreaterThan(3);
    if (language !== 'en') expect(english).not.toContain(sentence);
  }
  expect(PHRASES[language]?.disclosure).toContain('{name}');
});
