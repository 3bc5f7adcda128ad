import type { RedactionKind } from '../config/app-config';

/** Each reads what the ones before left, so that the strongest names the thing. */
const PASSES: readonly { kind: RedactionKind; find: (text: string) => Span[] }[] = [
  { kind: 'card', find: (text) => cardsIn(text, figureGroups(text)) },
  { kind: 'card', find: (text) => cardsIn(text, spokenDigits(text)) },
  { kind: 'email', find: (text) => matchesIn(text, SPOKEN_EMAIL) },
  { kind: 'email', find: (text) => matchesIn(text, WRITTEN_EMAIL) },
  // An address can take the last digits of a run, and what it leaves can be a card.
  { kind: 'card', find: (text) => cardsIn(text, figureGroups(text)) },
  { kind: 'card', find: (text) => cardsIn(text, spokenDigits(text)) },
  { kind: 'phone', find: (text) => longRunsIn(text, figures(text), SHORTEST_PHONE, LONGEST_PHONE) },
  { kind: 'phone', find: (text) => longRunsIn(text, spokenDigits(text), SHORTEST_PHONE) },
  { kind: 'number', find: (text) => longRunsIn(text, figures(text), SHORTEST_NUMBER) },
  { kind: 'number', find: (text) => longRunsIn(text, spokenDigits(text), SHORTEST_NUMBER) },
];

/**
 * A text without what not everybody may read: `[card]`, `[phone]`, `[email]` or `[number]` stands in its place. Spoken
 * digits and addresses are known in English. Redacting twice is as good as once, and the time it takes grows with the
 * length of the text, whoever wrote it: no pattern here repeats an unbounded repetition without bound.
 */
export function redact(text: string, kinds: readonly RedactionKind[]): string {
  return PASSES.filter(({ kind }) => kinds.includes(kind)).reduce(
    (clean, { kind, find }) => replaced(clean, find(clean), `[${kind}]`),
    text,
  );
}

interface Span {
  start: number;
  end: number;
}

/** Digits as they stand in a text: a group of figures, or the words for one digit or a few. */
interface Piece extends Span {
  digits: string;
}

/** Pieces with nothing between them but what people put between the digits of one number. Never empty. */
type Run = Piece[];

const LIKE_A_CARD = /^[\s\-‐‑]$/;
/** Also `) `, ` (` and a dot. */
const LIKE_A_PHONE = /^(?:[\s.\-‐‑](?:[()][\s.\-‐‑]?)?|[()][\s.\-‐‑]?)$/;
/** A transcription makes commas, and sometimes sentences, of the pauses in a number. */
const LIKE_DICTATION = /^(?:[,.]?\s|-)$/;

/** All of them, joined as on a card. */
function figureGroups(text: string): Run[] {
  return runsOf(text, figurePieces(text), LIKE_A_CARD);
}

/** Money with its sign, and times of day. */
const AMOUNT_OR_TIME = /\p{Sc}\s?\d[\d.,]*|(?<![\d.,])\d[\d.,]*\s?\p{Sc}|(?<!\d)\d{1,2}:\d{2}(?::\d{2})?(?!\d)/gu;

/** Everyday figures, when they are all of a run. */
const EVERYDAY: readonly RegExp[] = [
  // A year, and a date with its year.
  /^(?:19|20)\d\d$/,
  /^(?:19|20)\d\d-\d{1,2}-\d{1,2}$/,
  /^\d{1,2}([.-])\d{1,2}\1(?:19|20)\d\d$/,
  // Ten to fifteen of something.
  /^\d{1,2}-\d{1,2}$/,
  // Decimals, and the end of 1,000.50. But 555.1234 is a phone's.
  /^(?!\d{3}\.\d{4}$)(?:0|[1-9]\d{0,5})\.\d{1,8}$/,
  /^\d{3}\.\d{1,2}$/,
];
const LONGEST_EVERYDAY = '123456.12345678'.length;

/** Those that can be somebody's, joined as people write a phone number. */
function figures(text: string): Run[] {
  const masked = text.replace(AMOUNT_OR_TIME, (kept) => '_'.repeat(kept.length));
  return runsOf(masked, figurePieces(masked), LIKE_A_PHONE).filter((run) => {
    const { start, end } = spanOf(run);
    if (end - start < SHORTEST_NUMBER) return false;
    if (end - start > LONGEST_EVERYDAY) return true;
    const written = text.slice(start, end);
    return !EVERYDAY.some((pattern) => pattern.test(written));
  });
}

function figurePieces(text: string): Piece[] {
  return matchesIn(text, /\d+/g).map(({ start, end }) => ({ digits: text.slice(start, end), start, end }));
}

const DIGIT_OF: Record<string, string> = {
  ...{ zero: '0', nought: '0', oh: '0', o: '0', one: '1', two: '2', three: '3' },
  ...{ four: '4', five: '5', six: '6', seven: '7', eight: '8', nine: '9' },
};
const TIMES_OF: Record<string, number> = { double: 2, triple: 3, treble: 3 };
const SPOKEN_DIGIT = new RegExp(
  `(?<!\\p{L})(?:(${Object.keys(TIMES_OF).join('|')})[\\s-])?(${Object.keys(DIGIT_OF).join('|')})(?![\\p{L}'’])`,
  'giu',
);
const ONLY_OH = /^(?:\w+[\s-])?oh?$/i;

function spokenDigits(text: string): Run[] {
  const pieces = Array.from(text.matchAll(SPOKEN_DIGIT), ({ 0: said, 1: times = '', 2: word = '', index }) => ({
    digits: (DIGIT_OF[word.toLowerCase()] ?? '').repeat(TIMES_OF[times.toLowerCase()] ?? 1),
    start: index,
    end: index + said.length,
  }));
  // "Oh, oh, oh, oh" is no number.
  return runsOf(text, pieces, LIKE_DICTATION).filter(
    (run) => !run.every(({ start, end }) => ONLY_OH.test(text.slice(start, end))),
  );
}

function runsOf(text: string, pieces: readonly Piece[], gap: RegExp): Run[] {
  const runs: Run[] = [];
  let last: Piece | undefined;
  for (const piece of pieces) {
    if (last !== undefined && gap.test(text.slice(last.end, piece.start))) runs.at(-1)?.push(piece);
    else runs.push([piece]);
    last = piece;
  }
  return runs;
}

const SHORTEST_NUMBER = 4;
const SHORTEST_PHONE = 7;
/** ITU-T E.164. */
const LONGEST_PHONE = 15;

function longRunsIn(text: string, runs: readonly Run[], atLeast: number, atMost = Infinity): Span[] {
  return runs
    .filter((run) => digitsIn(run) >= atLeast && digitsIn(run) <= atMost)
    .map((run) => withItsSigns(text, spanOf(run)));
}

/** With the plus before it, and a parenthesis whose other half is inside. */
function withItsSigns(text: string, { start, end }: Span): Span {
  const inside = text.slice(start, end);
  const open = inside.split('(').length - inside.split(')').length;
  const signed = { start, end };
  if (open < 0 && text[start - 1] === '(') signed.start--;
  if (open > 0 && text[end] === ')') signed.end++;
  if (text[signed.start - 1] === '+') signed.start--;
  return signed;
}

/** ISO/IEC 7812-1 ends at 19; nobody issues shorter ones than 13. */
const SHORTEST_CARD = 13;
const LONGEST_CARD = 19;

function cardsIn(text: string, runs: readonly Run[]): Span[] {
  return runs.filter((run) => digitsIn(run) >= SHORTEST_CARD).flatMap((run) => cardsOfRun(text, run));
}

/**
 * There can be more in a run than a card, as its date and its code. A card ends where the run does or a number can; in a
 * run that is too long for a card it ends anywhere.
 */
function cardsOfRun(text: string, run: Run): Span[] {
  const cards: Span[] = [];
  let left = digitsIn(run);
  if (left <= LONGEST_PHONE && text[spanOf(run).start - 1] === '+') return [];
  let edge = 0;
  let isLong = left > LONGEST_CARD;
  const isCut = (at: number) => at === edge || isLong || canEnd(text, run[at - 1], run[at]);
  for (let at = 0; at < run.length;) {
    const card = isCut(at) ? cardAt(run, at, isCut) : [];
    const passed = card.length > 0 ? card : run.slice(at, at + 1);
    at += passed.length;
    left -= digitsIn(passed);
    if (card.length === 0) continue;
    cards.push(spanOf(card));
    // The rest is looked at as if it stood alone.
    edge = at;
    isLong = left > LONGEST_CARD;
  }
  return cards;
}

/** Single digits in a row do not tell where a number ends. Groups do, and pauses. */
function canEnd(text: string, before: Piece | undefined, after: Piece | undefined): boolean {
  if (before === undefined || after === undefined) return true;
  return before.digits.length > 1 || after.digits.length > 1 || text.slice(before.end, after.start).trim() !== '';
}

/** The longest card that begins there, or nothing. */
function cardAt(run: Run, from: number, isCut: (at: number) => boolean): Piece[] {
  let digits = '';
  let longest: Piece[] = [];
  for (let end = from + 1; end <= run.length; end++) {
    digits += run[end - 1]?.digits ?? '';
    if (digits.length > LONGEST_CARD) break;
    if (digits.length >= SHORTEST_CARD && isCut(end) && isCardNumber(digits)) longest = run.slice(from, end);
  }
  return longest;
}

const CODE_OF_0 = '0'.charCodeAt(0);

/** The Luhn formula, ISO/IEC 7812-1, annex B. It would let zeros pass, which are nobody's card. */
function isCardNumber(digits: string): boolean {
  let sum = 0;
  for (let place = 1; place <= digits.length; place++) {
    const digit = digits.charCodeAt(digits.length - place) - CODE_OF_0;
    const weighed = place % 2 === 1 ? digit : digit * 2;
    sum += weighed > 9 ? weighed - 9 : weighed;
  }
  return sum > 0 && sum % 10 === 0;
}

// The Latin script alone: where words are not spaced, those before an address would be part of it.
const LETTER = String.raw`\p{Script=Latin}`;
const MARK = String.raw`._%+\-`;
const NAME = `[${LETTER}\\d${MARK}]`;
const NAME_BEGINS = `(?<!${NAME})[${MARK}]*[${LETTER}\\d]${NAME}*`;
const LABEL = `[${LETTER}\\d\\-]{1,63}`;
/** What is written right behind an address goes with it, but for the marks at its end. */
const TAIL = `(?!${LETTER})(?:${NAME}*[${LETTER}\\d])?`;

const WRITTEN_EMAIL = new RegExp(`${NAME_BEGINS}@(?:${LABEL}\\.){1,10}${LETTER}{2,24}${TAIL}`, 'giu');

/** Only these are heard as the end of an address: any word would make one of "aim at every dot you see". */
const HEARD_ENDING = oneOf(`
  com org net edu gov mil int info biz name io co ai app dev me tv cc xyz online site shop store tech cloud blog
  ae ar at au be bg br ca ch cl cn cz de dk eg es eu fi fr gr hk hu id ie il in is it jp ke kr lu mx my ng nl no nz
  pe ph pk pl pt ro ru sa se sg sk th tr tw ua uk us vn za`);

/** "Look at example dot com" is a place, not an address. */
const BEFORE_A_PLACE = oneOf(`
  am is are was were be been it them me us you we he she they him her that this and or up in out here there more
  look looked looking shop shopping buy bought order ordered book booked find found see visit apply register registered
  work works worked working available online page site website store account email`);
const NEVER_A_DOMAIN = oneOf('a an the this that each every any one my your his her its our their');

/** `john dot doe at example dot com`, `john.doe at example.com`, `john dot doe@example.com`. */
const SPOKEN_EMAIL = new RegExp(
  [
    `(?!${BEFORE_A_PLACE}\\sat\\s)${NAME_BEGINS}(?:\\s(?:dot|underscore|dash|hyphen|minus|plus)\\s${NAME}+){0,8}`,
    `(?:\\sat\\s(?:sign\\s)?|\\s?@\\s?)(?!${NEVER_A_DOMAIN}\\s)`,
    `${LABEL}(?:(?:\\sdot\\s|\\.)${LABEL}){0,4}(?:\\sdot\\s|\\.)${HEARD_ENDING}${TAIL}`,
  ].join(''),
  'giu',
);

function oneOf(words: string): string {
  return `(?:${words.trim().split(/\s+/).join('|')})`;
}

function matchesIn(text: string, pattern: RegExp): Span[] {
  const spans: Span[] = [];
  for (const { 0: match, index } of text.matchAll(pattern)) spans.push({ start: index, end: index + match.length });
  return spans;
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

function spanOf(run: readonly Piece[]): Span {
  return { start: run[0]?.start ?? 0, end: run.at(-1)?.end ?? 0 };
}

function digitsIn(run: readonly Piece[]): number {
  return run.reduce((sum, { digits }) => sum + digits.length, 0);
}
