import type { PlayedItem } from './playback';

/**
 * The fastest a voice gets through its text. While an item is still being made its transcript runs ahead of its audio,
 * and a share of such a text would claim words that were never spoken.
 */
const MAX_CHARACTERS_PER_MS = 0.025;

/** Scripts that are written without spaces: there a character is as good as a word. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]/u;
const WORD = new RegExp(`${UNSPACED.source}|(?:(?!${UNSPACED.source})[\\p{L}\\p{N}])+`, 'gu');
const COMBINING = /\p{M}/gu;

/** The beginning of an item's text that was heard, when `heardMs` of its audio was. Cut at the end of a word. */
export function heardText(generatedText: string, item: PlayedItem, heardMs: number): string {
  if (item.isComplete && heardMs >= item.sentMs) return generatedText;
  if (item.sentMs <= 0 || heardMs <= 0) return '';
  const share = generatedText.length * Math.min(1, heardMs / item.sentMs);
  return cutAtWord(generatedText, item.isComplete ? share : Math.min(share, heardMs * MAX_CHARACTERS_PER_MS));
}

/** At most `length` characters of a text, without a torn word at the end. */
export function cutAtWord(text: string, length: number): string {
  const end = Math.floor(length);
  if (end >= text.length) return text;
  if (end <= 0) return '';
  const cut = text.slice(0, end);
  if (/\s/.test(text.charAt(end))) return cut.trimEnd();
  const lastSpace = cut.search(/\s\S*$/);
  if (lastSpace >= 0) return cut.slice(0, lastSpace).trimEnd();
  // One long word so far: in an unspaced script that is text, anywhere else it is a torn word.
  return UNSPACED.test(cut) ? cut.replace(/[\uD800-\uDBFF]$/, '') : '';
}

/**
 * How much of a sentence the beginning of a text contains, 0 to 1: its words, whatever their case, accents and
 * punctuation, looked for in the first words of the text (about twice as many as the sentence has).
 */
export function sentenceOverlap(sentence: string, text: string): number {
  const wanted = words(sentence);
  if (wanted.length === 0) return 1;
  const there = new Map<string, number>();
  for (const word of words(text).slice(0, wanted.length * 2 + 4)) there.set(word, (there.get(word) ?? 0) + 1);
  let found = 0;
  for (const word of wanted) {
    const left = there.get(word) ?? 0;
    if (left === 0) continue;
    there.set(word, left - 1);
    found++;
  }
  return found / wanted.length;
}

function words(text: string): string[] {
  return text.normalize('NFKD').replace(COMBINING, '').toLowerCase().match(WORD) ?? [];
}
