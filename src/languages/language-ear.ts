import { LANGUAGES } from './languages';

const ENTRIES = Object.entries(LANGUAGES);
const BY_WORDS = ENTRIES.flatMap(([code, { heardBy }]) => ('words' in heardBy ? [{ code, ...heardBy }] : []));
const BY_SCRIPT = ENTRIES.flatMap(([code, { heardBy }]) => ('script' in heardBy ? [{ code, ...heardBy }] : []));

const MIN_LETTERS = 3;
/** Of the best: about two words that no other language has. */
const ENOUGH = 2;
/** Above the next one. */
const AHEAD = 1;
/** Whoever has said so much and was not understood is not asked any more. */
const MOST_TURNS = 4;

const LANGUAGES_OF_WORD: ReadonlyMap<string, readonly string[]> = wordsByLanguage();

/**
 * Listens to the first things that somebody says, until it is sure which language that is, or gives up. What it has decided stays:
 * a conversation changes its language once.
 */
export class LanguageEar {
  private readonly scores = new Map<string, number>();
  private turns = 0;
  private decided: string | null = null;

  /** The primary subtag of what was spoken; null where nobody knows. */
  get language(): string | null {
    return this.decided;
  }

  /** Something was said, whether that was understood or not. */
  get hasHeard(): boolean {
    return this.turns > 0;
  }

  /** @returns the language, where this has just decided it */
  hear(text: string): string | null {
    // What stands in brackets (`[pressed 1]`) was written by us.
    if (this.decided !== null || this.turns >= MOST_TURNS || !/\p{L}/u.test(text) || text.startsWith('[')) return null;
    this.turns++;
    this.decided = byScript(text) ?? this.byWords(text);
    return this.decided;
  }

  private byWords(text: string): string | null {
    for (const word of text.toLowerCase().match(/[\p{L}\p{M}]+/gu) ?? []) {
      const languages = LANGUAGES_OF_WORD.get(word) ?? [];
      for (const language of languages) this.add(language, 1 / languages.length);
    }
    for (const { code, letters } of BY_WORDS) {
      const found = letters === undefined ? 0 : lettersIn(text, letters.of);
      if (letters !== undefined && found > 0) this.add(code, Math.min(found, 2) * letters.worth);
    }
    const [best, next] = [...this.scores].sort(([, a], [, b]) => b - a);
    if (best === undefined || best[1] < ENOUGH || best[1] - (next?.[1] ?? 0) < AHEAD) return null;
    return best[0];
  }

  private add(language: string, score: number): void {
    this.scores.set(language, (this.scores.get(language) ?? 0) + score);
  }
}

/** Japanese is written with Chinese characters too, which is why those decide last, and by more of them. */
function byScript(text: string): string | null {
  return BY_SCRIPT.find(({ script, needs = MIN_LETTERS }) => lettersIn(text, script) >= needs)?.code ?? null;
}

function lettersIn(text: string, letters: RegExp): number {
  return text.match(letters)?.length ?? 0;
}

function wordsByLanguage(): Map<string, string[]> {
  const languages = new Map<string, string[]>();
  for (const { code, words } of BY_WORDS) {
    for (const word of new Set(words.split(' '))) languages.set(word, [...(languages.get(word) ?? []), code]);
  }
  return languages;
}
