import type { SpokenStretch } from './flite';

/** A word of a text with the time in which it is spoken, counted from the start of its audio. */
export interface SpokenWord {
  text: string;
  startMs: number;
  endMs: number;
}

/** The engine takes long over very long sentences, and the first of them should be ready soon. */
const MAX_SENTENCE_CHARACTERS = 220;
/** What stands for letters that the English voices cannot read. */
const SYLLABLE = 'la';
/** The English voices spell it out letter by letter. */
const MHM = { written: /^mhm\b/i, spoken: 'uhum' };
/** A figure stands for a spoken word of about this many letters. */
const LETTERS_PER_FIGURE = 4;

/** Cuts a text into sentences of words; every word of the text is in exactly one sentence, in order. */
export function sentencesOf(text: string): string[][] {
  const sentences: string[][] = [];
  let current: string[] = [];
  let length = 0;
  for (const word of text.split(/\s+/u)) {
    if (word === '') continue;
    current.push(word);
    length += word.length + 1;
    const ends = /[.!?…]["')\]]*$/u.test(word) && !/^(?:Mr|Mrs|Ms|Dr|St|No|vs|[A-Z])\.$/.test(word);
    if (ends || (length > MAX_SENTENCE_CHARACTERS && /[,;:]$/.test(word)) || length > MAX_SENTENCE_CHARACTERS * 1.5) {
      sentences.push(current);
      current = [];
      length = 0;
    }
  }
  if (current.length > 0) sentences.push(current);
  return sentences;
}

/** The words as the English engine can read them: plain ASCII, with syllables in place of other scripts. */
export function pronounceable(words: string[]): string {
  return words.map(pronounceableWord).filter(Boolean).join(' ');
}

function pronounceableWord(word: string): string {
  const plain = word
    .normalize('NFKD')
    .replace(/[‘’]/gu, "'")
    .replace(/[“”«»]/gu, '"')
    .replace(/[–—]/gu, '-')
    .replace(/€/gu, ' euro ')
    .replace(/£/gu, ' pound ')
    .replace(/\p{M}/gu, '');
  const ascii = plain.replace(/[^\x20-\x7e]/gu, '');
  if (/[A-Za-z0-9]/.test(ascii)) return ascii.trim().replace(MHM.written, MHM.spoken);
  const letters = Array.from(plain.matchAll(/[\p{L}\p{N}]/gu)).length;
  if (letters === 0) return '';
  const syllables = Math.max(1, Math.min(12, Math.round(letters / 2)));
  const mark = /[.!?,]$/.exec(ascii)?.[0] ?? '';
  return Array.from({ length: syllables }, () => SYLLABLE).join(' ') + mark;
}

/**
 * Spreads words over the stretches in which the voice speaks, in proportion to their letters. Where the pauses of the
 * audio agree with the punctuation, each phrase keeps to its own stretch.
 */
export function timeWords(words: string[], stretches: SpokenStretch[]): SpokenWord[] {
  if (words.length === 0 || stretches.length === 0) return [];
  const phrases = phrasesOf(words);
  if (phrases.length === stretches.length) {
    return phrases.flatMap((phrase, i) => spread(phrase, [stretches[i] as SpokenStretch]));
  }
  return spread(words, stretches);
}

function phrasesOf(words: string[]): string[][] {
  const phrases: string[][] = [[]];
  words.forEach((word, i) => {
    (phrases[phrases.length - 1] as string[]).push(word);
    if (i < words.length - 1 && /[,;:.!?]["')\]]*$/.test(word)) phrases.push([]);
  });
  return phrases;
}

function spread(words: string[], stretches: SpokenStretch[]): SpokenWord[] {
  const weights = words.map(weightOf);
  const totalWeight = weights.reduce((sum, weight) => sum + weight, 0);
  const totalMs = stretches.reduce((sum, stretch) => sum + stretch.endMs - stretch.startMs, 0);
  let before = 0;
  return words.map((text, i) => {
    const startMs = placeOf((before / totalWeight) * totalMs, stretches, false);
    before += weights[i] as number;
    return { text, startMs, endMs: placeOf((before / totalWeight) * totalMs, stretches, true) };
  });
}

function weightOf(word: string): number {
  let weight = 1;
  for (const character of word) weight += /\d/.test(character) ? LETTERS_PER_FIGURE : /\p{L}/u.test(character) ? 1 : 0;
  return weight;
}

/** Where on the clock the voice has spoken for `spokenMs`, pauses not counted. */
function placeOf(spokenMs: number, stretches: SpokenStretch[], isEnd: boolean): number {
  let left = spokenMs;
  for (const stretch of stretches) {
    const length = stretch.endMs - stretch.startMs;
    if (isEnd ? left <= length + 1e-6 : left < length - 1e-6) return stretch.startMs + Math.min(left, length);
    left -= length;
  }
  return (stretches[stretches.length - 1] as SpokenStretch).endMs;
}
