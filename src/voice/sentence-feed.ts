const sentences = new Intl.Segmenter(undefined, { granularity: 'sentence' });

/** A text that comes in pieces, given out in whole sentences. */
export class SentenceFeed {
  private rest = '';

  /** The sentences that are finished by it: those behind which another has begun. */
  add(piece: string): string[] {
    this.rest += piece;
    const parts = Array.from(sentences.segment(this.rest), ({ segment }) => segment);
    this.rest = parts.pop() ?? '';
    return parts.map((sentence) => sentence.trim()).filter((sentence) => sentence !== '');
  }

  /** What is left when nothing more comes. */
  end(): string[] {
    const last = this.rest.trim();
    this.rest = '';
    return last === '' ? [] : [last];
  }
}
