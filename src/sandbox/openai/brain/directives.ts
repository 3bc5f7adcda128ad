/** What instructions demand word for word, and what kind of thing they demand to be said. */

const EXACTLY = '(?:exactly|word[ -]for[ -]word|verbatim|literally|these words|this sentence|the following)';
const SPEAK =
  '(?:say|saying|says|said|speak|speaking|read|reading|repeat|repeating|begin|start|open|greet|answer|respond|reply|use)';
/** The cue and its quotation stand in one sentence; in between comes no other quotation. */
const CUE = new RegExp(
  `\\b${SPEAK}\\b[^"\\n]{0,80}?\\b${EXACTLY}\\b[^"]{0,80}?"|\\b${EXACTLY}\\b[^".!?\\n]{0,40}?\\b${SPEAK}\\b[^"]{0,40}?"`,
  'gi',
);
const OPENING_CUE = /\b(?:begin|start|open|greet)\w*\b[^".!?\n]{0,60}"/gi;
const FORBIDDEN = /\b(?:never|not|don't|avoid|instead of|rather than)\b[^.!?\n]*$/i;
const CONDITION = /\b(?:if|when|whenever|once|in case|should|unless|after|at the end|before)\b/i;
/** Between two quotations that belong together: `"A", then "B"`. */
const JOINT =
  /^["\s,;.:]*(?:(?:and|then|next|followed by|after that|afterwards|finally)[\s,:]*)*(?:say|add|exactly)?[\s,:]*"/i;

/** Not a thing to say but a reason to be silent. */
const LETS_SPEAK =
  /^(?:let (?:them|the \w+|him|her) (?:speak|answer|talk|reply|respond|react|finish)|(?:wait|listen|pause|stop)\b)/i;

export interface Verbatim {
  /** What must be said, in order. */
  passages: string[];
  /** What the sentence says before the cue, when it makes the words depend on something. */
  condition: string;
  /** What comes after the last quotation. */
  rest: string;
}

/** Every demand to say something word for word, in the order of the text. */
export function verbatimIn(instructions: string): Verbatim[] {
  return quotedAfter(straight(instructions), CUE);
}

/** The first words that instructions give, with or without `exactly`: `Start with "Good morning"`. */
export function openingIn(instructions: string): Verbatim | undefined {
  const text = straight(instructions);
  return (
    quotedAfter(text, CUE).find((found) => isOpening(found)) ??
    quotedAfter(text, OPENING_CUE).find((found) => found.condition === '')
  );
}

function isOpening({ condition }: Verbatim): boolean {
  return condition === '' || /\b(?:first|begin|start|answer|pick)/i.test(condition);
}

function straight(text: string): string {
  return text.replace(/[“”„«»]/gu, '"');
}

function quotedAfter(text: string, cue: RegExp): Verbatim[] {
  const found: Verbatim[] = [];
  let readTo = 0;
  cue.lastIndex = 0;
  for (let match = cue.exec(text); match; match = cue.exec(text)) {
    const ends = ['. ', '! ', '? ', '\n'].map((end) => text.lastIndexOf(end, (match as RegExpExecArray).index) + 1);
    // What stands in a quotation is neither a cue nor a condition of the next demand.
    const before = text.slice(Math.max(readTo, ...ends), match.index);
    if (FORBIDDEN.test(before)) continue;
    const { passages, end } = passagesFrom(text, match.index + match[0].length - 1);
    if (passages.length === 0) continue;
    found.push({ passages, condition: CONDITION.test(before) ? before.trim() : '', rest: text.slice(end) });
    readTo = end;
    cue.lastIndex = end;
  }
  return found;
}

const GO_ON = /\bgo on from there\b/i;
/** Words that introduce a quotation as something that was said before, not as something to say. */
const ALREADY_SAID = /\b(?:already|so far|up to|had|have|has|were|was)\b/i;

/**
 * The directive to continue an answer that broke off: the words that were said already stand in quotation marks, and
 * `Go on from there` outside of them. `undefined` when the instructions hold no such thing. The rest of them is
 * background.
 */
export function continuationIn(responseInstructions: string): { said: string; background: string } | undefined {
  const paragraphs = straight(responseInstructions).split(/\n\s*\n|\n(?=#)/u);
  const directive = paragraphs.find((paragraph) => GO_ON.test(unquoted(paragraph)));
  if (directive === undefined) return undefined;
  // `Say word for word "One moment." Then go on from there.` asks for the words first.
  if (verbatimIn(directive).length > 0 && !ALREADY_SAID.test(directive.split('"')[0] ?? '')) return undefined;
  const background = paragraphs.filter((paragraph) => paragraph !== directive).join('\n\n');
  return { said: quotedIn(directive), background };
}

function unquoted(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"/gsu, '""');
}

/**
 * What the instructions of one response say beside their demand for exact words: the paragraph of such a demand is all
 * instruction and holds nothing to tell anybody.
 */
export function backgroundOf(responseInstructions: string): string {
  return responseInstructions
    .split(/\n\s*\n|\n(?=#)/u)
    .filter((paragraph) => verbatimIn(paragraph).length === 0)
    .join('\n\n');
}

/** What a demand for exact words goes on to demand after them; `answer` when it is no more than to go on. */
export function demandAfter(rest: string): Demand {
  const [directive = ''] = rest.split(/\n\s*\n|\n#/u);
  const next = directive.replace(/^\W*(?:(?:and|then|next|after that|afterwards|finally)\b[\s,]*)*/i, '');
  return LETS_SPEAK.test(next) ? { act: 'answer', content: '' } : demandIn(next);
}

function passagesFrom(text: string, firstQuote: number): { passages: string[]; end: number } {
  const passages: string[] = [];
  let at = firstQuote;
  while (at >= 0) {
    const quotation = /^"((?:[^"\\]|\\.)*)"/su.exec(text.slice(at));
    if (!quotation) break;
    const passage = unescaped(quotation[1] as string).trim();
    if (passage !== '') passages.push(passage);
    at += quotation[0].length;
    const joint = JOINT.exec(text.slice(at));
    if (!joint) break;
    at += joint[0].length - 1;
  }
  return { passages, end: at };
}

/** Instructions often quote with JSON.stringify. */
function unescaped(text: string): string {
  return text.replace(/\\n/g, ' ').replace(/\\(["\\])/g, '$1');
}

/** The first quotation of a demand (`Say "Good morning."`), '' if it has none. */
export function quotedIn(text: string): string {
  return passagesFrom(text, text.indexOf('"')).passages.join(' ');
}

export type Act = 'greet' | 'still-there' | 'goodbye' | 'continue' | 'read-aloud' | 'say' | 'answer';

export interface Demand {
  act: Act;
  /** For `say`: what is to be said or asked, in the words of the instructions. */
  content: string;
}

const ACTS: readonly [Act, RegExp][] = [
  [
    'still-there',
    /\b(?:still (?:there|on the line|with you|listening)|silent|silence|said nothing|not (?:said|spoken|responded|answered))\b/i,
  ],
  [
    'goodbye',
    /\b(?:goodbye|good-bye|say bye|farewell|hang up|end (?:the|this) (?:call|conversation)|wrap up|time is (?:up|over))\b/i,
  ],
  ['read-aloud', /\b(?:read|speak|say)\b[^.]{0,40}\b(?:text|aloud|out loud|message|input|following)\b/i],
  [
    'greet',
    /\b(?:greet|greeting|introduce yourself|welcome (?:the|them)|speak first|open the conversation|start the conversation)/i,
  ],
  ['continue', /\b(?:continue|go on|carry on|resume|pick up where|left off|reconnect|interrupted)\b/i],
];
const SAY = /\b(?:tell|inform|let|remind|say|mention|explain|ask|apologi[sz]e|thank|offer|invite)\b\s*(.*)$/is;

/** What a short instruction for one response demands. Longer text after a blank line is background, not a demand. */
export function demandIn(instructions: string): Demand {
  const [first = ''] = straight(instructions)
    .trim()
    .split(/\n\s*\n|\n#/u);
  if (/^(?:never|do not|don't)\b/i.test(first)) return { act: 'answer', content: '' };
  if (first.length > 600 || /^#/.test(first)) return { act: 'answer', content: '' };
  if (/\banswer (?:what|the|their|them|him|her)\b/i.test(first)) return { act: 'answer', content: '' };
  for (const [act, words] of ACTS) if (words.test(first)) return { act, content: first };
  const said = SAY.exec(first);
  return said ? { act: 'say', content: said[0] } : { act: 'answer', content: '' };
}
