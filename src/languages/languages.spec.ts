import { sayProblem } from '../sandbox/twilio/say-voice';
import { LANGUAGES, primaryLanguage, sayAs, sentenceIn, sentencesOf, transcriberLanguage } from './languages';

const CODES = Object.keys(LANGUAGES);
const NAMES = Object.keys(sentencesOf('en')) as (keyof ReturnType<typeof sentencesOf>)[];

it('are thirty-three', () => {
  expect(CODES).toHaveLength(33);
  for (const code of CODES) expect(primaryLanguage(code)).toBe(code);
});

describe.each(CODES)('%s', (code) => {
  const sentences = sentencesOf(code);

  it('has every sentence, each of its own', () => {
    expect(Object.keys(sentences)).toEqual(NAMES);
    const said = NAMES.map((name) => sentences[name]);
    expect(new Set(said).size).toBe(NAMES.length);
    for (const name of NAMES) {
      expect(sentences[name].trim()).toBe(sentences[name]);
      expect(sentences[name].length).toBeGreaterThanOrEqual(5);
      // The model is told them in quotation marks, and what is left of a placeholder would be spoken.
      expect(sentences[name]).not.toMatch(/["“”„«»]/);
      expect(sentences[name].match(/\{[^}]*\}/g)).toEqual(name === 'disclosure' ? ['{name}'] : null);
      const sameElsewhere = CODES.filter((other) => other !== code && sentencesOf(other)[name] === sentences[name]);
      expect(sameElsewhere).toEqual([]);
    }
  });

  it('is written in its own script', () => {
    const { heardBy } = LANGUAGES[code] ?? {};
    for (const sentence of Object.values(sentences)) {
      if (heardBy !== undefined && 'script' in heardBy) expect(sentence).toMatch(new RegExp(heardBy.script, 'u'));
      else expect(sentence).toMatch(/\p{Script=Latin}|\p{Script=Cyrillic}/u);
    }
  });

  it('is read aloud by voices that Twilio has, and known to the transcriber', () => {
    for (const { tag, voice } of LANGUAGES[code]?.say ?? []) {
      expect(sayProblem({ language: tag, ...(voice === undefined ? {} : { voice }) })).toBeNull();
    }
    expect(LANGUAGES[code]?.say[0].voice).toBeDefined();
    expect(transcriberLanguage(code)).toBeDefined();
  });
});

it.each([
  ['en-US', 'en', 'en-US'],
  ['en-GB', 'en', 'en-GB'],
  ['en-SG', 'en', 'en-US'],
  ['PT-br', 'pt', 'pt-BR'],
  ['de-CH', 'de', 'de-DE'],
  ['nn-NO', 'nb', 'nb-NO'],
  ['no', 'nb', 'nb-NO'],
  ['zh-Hant-TW', 'zh', 'zh-TW'],
  ['tl', 'fil', 'fil-PH'],
  ['iw', 'he', 'he-IL'],
  ['in', 'id', 'id-ID'],
  ['tlh', 'tlh', undefined],
])('%s is %s, read aloud as %s', (tag, primary, spokenAs) => {
  expect(primaryLanguage(tag)).toBe(primary);
  expect(sayAs(tag)?.tag).toBe(spokenAs);
});

it('a sentence comes with the language to read it in; English where we have none', () => {
  expect(sentenceIn('de-AT', 'busy')).toEqual({
    sentence: expect.stringMatching(/automatischer Anruf.*auf Wiederhören/) as string,
    language: 'de-AT',
  });
  expect(sentenceIn('tlh', 'busy')).toEqual({ ...sentenceIn('en', 'busy'), language: 'en-US' });
});

it.each([
  ['nb-NO', 'no'],
  ['en-GB', 'en'],
  ['fil', 'tl'],
  ['tlh', undefined],
])('the transcriber is told that %s is %s', (tag, code) => {
  expect(transcriberLanguage(tag)).toBe(code);
});
