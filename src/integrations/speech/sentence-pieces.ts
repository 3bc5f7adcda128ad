const sentences = new Intl.Segmenter(undefined, { granularity: 'sentence' });
const words = new Intl.Segmenter(undefined, { granularity: 'word' });

/**
 * A text in pieces of at most so many UTF-16 units, as many whole sentences in each as fit. Only a sentence that is longer is cut
 * between its words, and only a word that is longer within. Nothing but space at the ends of pieces is lost.
 */
export function sentencePieces(text: string, maxLength: number): string[] {
  return packed(partsOf(text, sentences), maxLength, (sentence) =>
    packed(partsOf(sentence, words), maxLength, (word) => packed([...word], maxLength, (character) => [character])),
  )
    .map((piece) => piece.trim())
    .filter((piece) => piece !== '');
}

function partsOf(text: string, segmenter: Intl.Segmenter): string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

function packed(parts: string[], maxLength: number, cut: (part: string) => string[]): string[] {
  const pieces: string[] = [];
  let current = '';
  const flush = () => {
    if (current !== '') pieces.push(current);
    current = '';
  };
  for (const part of parts) {
    // Space at the end of a piece goes.
    if ((current + part).trimEnd().length <= maxLength) {
      current += part;
      continue;
    }
    flush();
    if (part.trimEnd().length <= maxLength) current = part;
    else pieces.push(...cut(part));
  }
  flush();
  return pieces;
}
