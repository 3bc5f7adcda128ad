/** What is looked for: all of it must be there. */
export type SearchTerm =
  /** Words that begin with this. */
  | { kind: 'prefix'; text: string }
  /** These words, next to each other. */
  | { kind: 'phrase'; text: string };

/** More than anybody types; each costs a look into the index. */
const MAX_TERMS = 12;

const HAS_WORD = /[\p{L}\p{N}]/u;

/** Reads what a person typed: words, which may be beginnings of words, and "phrases in quotes". */
export function searchTerms(q: string): SearchTerm[] {
  const terms: SearchTerm[] = [];
  for (const [at, part] of q.split(/["“”„«»]/).entries()) {
    const isQuoted = at % 2 === 1;
    if (isQuoted) terms.push({ kind: 'phrase', text: part.trim() });
    else for (const word of part.split(/\s+/)) terms.push({ kind: 'prefix', text: word.replace(/\*+$/, '') });
  }
  return terms.filter(({ text }) => HAS_WORD.test(text)).slice(0, MAX_TERMS);
}
