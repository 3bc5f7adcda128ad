import type { RedactionKind } from '../config/app-config';
import { cards, scatteredCards } from './redaction/cards';
import { unspacedEmails, spokenEmails, writtenEmails } from './redaction/emails';
import { figureGroups, figures, inAscii } from './redaction/figures';
import { spreadFigures, listedPhones, longRuns } from './redaction/phones';
import { LONGEST_PHONE, SHORTEST_NUMBER, SHORTEST_PHONE, type Span } from './redaction/spans';
import { spokenDigits } from './redaction/spoken-digits';

interface Pass {
  kind: RedactionKind;
  find: (text: string) => Span[];
}

const CARDS: readonly Pass[] = [
  { kind: 'card', find: (text) => cards(text, figureGroups(text)) },
  { kind: 'card', find: (text) => scatteredCards(text) },
  { kind: 'card', find: (text) => cards(text, spokenDigits(text)) },
];

/** Each reads what the ones before left, so that the strongest names the thing. */
const PASSES: readonly Pass[] = [
  ...CARDS,
  { kind: 'email', find: (text) => spokenEmails(text) },
  { kind: 'email', find: (text) => writtenEmails(text) },
  { kind: 'email', find: (text) => unspacedEmails(text) },
  // An address can take the last digits of a run, and what it leaves can be a card.
  ...CARDS,
  { kind: 'phone', find: (text) => listedPhones(text) },
  { kind: 'phone', find: (text) => longRuns(text, figures(text), SHORTEST_PHONE, LONGEST_PHONE) },
  { kind: 'phone', find: (text) => longRuns(text, spreadFigures(text), SHORTEST_PHONE, LONGEST_PHONE) },
  { kind: 'phone', find: (text) => longRuns(text, spokenDigits(text), SHORTEST_PHONE) },
  { kind: 'number', find: (text) => longRuns(text, spreadFigures(text), SHORTEST_NUMBER) },
  { kind: 'number', find: (text) => longRuns(text, figures(text), SHORTEST_NUMBER) },
  { kind: 'number', find: (text) => longRuns(text, spokenDigits(text), SHORTEST_NUMBER) },
];

/**
 * A text without what not everybody may read: `[card]`, `[phone]`, `[email]` or `[number]` stands in its place. Figures
 * and written addresses are known in every script, spoken ones in English. Redacting twice is as good as once, and the
 * time it takes grows with the length of the text, whoever wrote it: no pattern here repeats an unbounded repetition
 * without bound.
 */
export function redact(text: string, kinds: readonly RedactionKind[]): string {
  let clean = text;
  let ascii = inAscii(text);
  for (const { kind, find } of PASSES) {
    if (!kinds.includes(kind)) continue;
    const spans = find(ascii);
    clean = replaced(clean, spans, `[${kind}]`);
    ascii = replaced(ascii, spans, `[${kind}]`);
  }
  return clean;
}

function replaced(text: string, spans: readonly Span[], replacement: string): string {
  let clean = '';
  let from = 0;
  for (const { start, end } of spans) {
    clean += text.slice(from, start) + replacement;
    from = end;
  }
  return clean + text.slice(from);
}
