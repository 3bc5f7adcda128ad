/** What is looked for: all of it must be there. */
export type SearchTerm =
  /** Words that begin with this. */
  | { kind: 'prefix'; text: string }
  /** These words, next to each other. */
  | { kind: 'phrase'; text: string };

/** More than anybody types; each costs a look into the index. */
const MAX_TERMS = 12;
/** Of what is looked for, in a text that has it. */
const MAX_PLACES = 2;
/** A form of a word may end otherwise. */
const ENDING = 3;
const SHORTEST_BEGINNING = 3;

/** Characters of ASCII that are no letter and no figure. */
const MARKS = String.raw`\u0001-\u002F\u003A-\u0040\u005B-\u0060\u007B-\u007F`;

const HAS_WORD = /[\p{L}\p{N}]/u;
const BETWEEN_WORDS = /[^\p{L}\p{M}\p{N}]+/u;

/** Reads what a person typed: words, which may be beginnings of words, and "phrases in quotes". */
export function searchTerms(q: string): SearchTerm[] {
  const terms: SearchTerm[] = [];
  for (const [at, part] of q.split(/["“”„«»]/).entries()) {
    const isQuoted = at % 2 === 1;
    if (isQuoted) terms.push({ kind: 'phrase', text: part.trim() });
    else for (const word of part.split(/\s+/)) terms.push(typedWord(word.replace(/\*+$/, '')));
  }
  const different = new Map(terms.map((term) => [`${term.kind} ${term.text.toLowerCase()}`, term]));
  return [...different.values()].filter(({ text }) => HAS_WORD.test(text)).slice(0, MAX_TERMS);
}

/** What begins with one letter is nearly everything: alone it is a word. */
function typedWord(text: string): SearchTerm {
  return { kind: /^[a-z0-9]$/i.test(text) ? 'phrase' : 'prefix', text };
}

/**
 * Where to look in a text that has all of the terms, for the longest of them, which tell most: patterns of PostgreSQL's for
 * each, of which the first that is there counts.
 */
export function placePatterns(terms: readonly SearchTerm[]): [string, string][] {
  return terms
    .toSorted((a, b) => b.text.length - a.text.length)
    .slice(0, MAX_PLACES)
    .map(({ kind, text }) => {
      const words = text.split(BETWEEN_WORDS).filter((word) => word !== '');
      const [word = ''] = words;
      const isWord = kind === 'prefix' && words.length === 1;
      const beginning = word.slice(0, Math.max(SHORTEST_BEGINNING, word.length - ENDING));
      return [atWord(words.join('[^[:alnum:]]+')), atWord(isWord ? beginning : word)];
    });
}

function atWord(pattern: string): string {
  return `(?i)(?:^|[^[:alnum:]])${pattern}`;
}

/**
 * A pattern of PostgreSQL's that matches each word beginning as it was typed, with what stands before it as the first part;
 * '' where this tells nothing, as of phrases. It is for a text in which all marks between words are ASCII.
 */
export function markPattern(terms: readonly SearchTerm[]): string {
  const words = terms.map(({ kind, text }) =>
    (kind === 'prefix' ? text.split(BETWEEN_WORDS) : []).filter((word) => word !== ''),
  );
  if (words.some(({ length }) => length !== 1)) return '';
  return `(^|[${MARKS}])((?:${words.flat().join('|')})[^${MARKS}]*)`;
}
