import { nameIn, orderIn } from './order';
import type { SpokenLine } from './spoken-lines';
import { overlap, sentencesIn, stemsOf } from './wording';

/** What a reader of the record of a phone call concludes from it. The record may be followed by a journal of what was done. */

const JOURNAL = /^Journal:$/m;
const DONE = /^[a-z_]+ \(done\): (.+)$/gm;
const PROMISE = /\b(?:I|we)(?:['’]ll| will| am going to| are going to)\b/i;
/** What is done by saying it. */
const NO_PROMISE = /\b(?:help|ask|tell you|explain|be (?:brief|quick)|let you go|wait|listen|speak|talk)\b/i;

const OUTCOMES: readonly (readonly [outcome: string, words: RegExp])[] = [
  ['wrong_person', /\bwrong (?:number|person)\b/i],
  ['call_back', /\bcall (?:me |us )?(?:back|again|later)\b/i],
  ['declined', /\b(?:not interested|no,? thank|(?:do not|don['’]t) (?:want|need))\b/i],
];

export function customersOrder(lines: readonly SpokenLine[]) {
  return orderIn(customersWords(lines));
}

export function customersName(lines: readonly SpokenLine[]): string {
  return customersWords(lines).map(nameIn).findLast(Boolean) ?? '';
}

/** What the other side said that it would do, and no entry of the journal is about. */
export function openPromises(lines: readonly SpokenLine[], text: string): string[] {
  const done = [...text.matchAll(DONE)].map(([, what = '']) => stemsOf(what));
  return lines
    .filter(({ isCustomer }) => !isCustomer)
    .flatMap((line) => sentencesIn(withoutJournal(line)))
    .filter((sentence) => PROMISE.test(sentence) && !NO_PROMISE.test(sentence))
    .filter((sentence) => !done.some((stems) => overlap(stems, stemsOf(sentence)) > 0));
}

export function outcomeOf(lines: readonly SpokenLine[]): string {
  const said = customersWords(lines);
  if (said.length === 0) return 'no_conversation';
  return OUTCOMES.find(([, words]) => said.some((line) => words.test(line)))?.[0] ?? 'reached';
}

function customersWords(lines: readonly SpokenLine[]): string[] {
  return lines.filter(({ isCustomer }) => isCustomer).map(withoutJournal);
}

function withoutJournal({ text }: SpokenLine): string {
  return text.split(JOURNAL)[0] ?? '';
}
