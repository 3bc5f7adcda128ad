/** Small English grammar: enough to turn what somebody is told to do into what that somebody would say. */

const STOP_WORDS = new Set(
  (
    'a an and are as at be but by can could did do does for from get give had has have he her his how i if in into is it its ' +
    'just me more much my no not of off on one or our out please she should so some tell than that the their them then there ' +
    'these they this those to up us was we were what when where which who why will with would yes you your about okay ok ' +
    'hello hi well thank thanks know like want need me am im sounds really very'
  ).split(' '),
);

/** A full stop after these ends no sentence. */
const ABBREVIATION = /\b(Dr|Mr|Mrs|Ms|St|Prof|Inc|Ltd|Co|No|e\.g|i\.e)\.(?=\s)/g;

/** Sentences of a text; line breaks and list marks end one too. Quoted passages stay whole. */
export function sentencesIn(text: string): string[] {
  return text
    .replace(ABBREVIATION, '$1\u0003')
    .split(/\n+/u)
    .flatMap(
      (line) =>
        line.replace(/^\s*(?:[-*•]|\d+[.)])\s+/u, '').match(/(?:"[^"]*"|[^.!?"]|[.!?](?=\w))+[.!?]*["')]*/gu) ?? [],
    )
    .map((sentence) => sentence.replace(/\u0003/g, '.').trim())
    .filter((sentence) => /\p{L}/u.test(sentence));
}

/** Words that carry meaning, cut to a stem so that `prices` meets `price`. */
export function stemsOf(text: string): Set<string> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}$%]+/gu) ?? [];
  return new Set(words.filter((word) => !STOP_WORDS.has(word)).map(stem));
}

function stem(word: string): string {
  return word.replace(/(?:ies|ing|ed|es|s|e|y)$/u, (ending, at: number) => (at >= 3 ? '' : ending));
}

/** How many stems two texts share. */
export function overlap(a: Set<string>, b: Set<string>): number {
  let shared = 0;
  for (const word of a) if (b.has(word)) shared++;
  return shared;
}

/** The part of the words of `text` that stand in `heard`, 0 to 1. */
export function coverage(text: string, heard: string): number {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const known = new Set(heard.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []);
  return words.length === 0 ? 1 : words.filter((word) => known.has(word)).length / words.length;
}

export function capitalised(text: string): string {
  return text.replace(/^["'(]*\p{Ll}/u, (first) => first.toUpperCase());
}

export function asSentence(text: string, mark = '.'): string {
  const trimmed = text.trim().replace(/[\s,;:.!?]+$/u, '');
  return trimmed === '' ? '' : capitalised(trimmed) + mark;
}

/** How instructions call the one at the other end. */
export const PERSON =
  '(?:the|this|that|your) (?:other )?(?:person|customer|caller|callee|client|user|patient|guest|prospect|lead|member|subscriber|owner)';
const VERB_AFTER =
  '(?= (?:is|has|was|does|wants|needs|likes|prefers|uses|thinks|says|would|can|will|could|should|may|might)\\b)';

/** `ask this person about their plan and what you offer` -> `ask you about your plan and what I offer`. */
export function addressed(text: string): string {
  return text
    .replace(/\byou are\b/gi, '\u0001 am')
    .replace(/\byou were\b/gi, '\u0001 was')
    .replace(/\b(to|for|with|from|by|of) you\b/gi, '$1 \u0002')
    .replace(/\byou\b/gi, '\u0001')
    .replace(/\byours?\b(?! (?:other )?(?:person|customer|caller|client|user|patient|guest))/gi, 'my')
    .replace(new RegExp(`\\b${PERSON}(?:'s|’s)`, 'gi'), 'your')
    .replace(new RegExp(`\\b${PERSON}${VERB_AFTER}`, 'gi'), 'they')
    .replace(new RegExp(`\\b${PERSON}\\b`, 'gi'), 'you')
    .replace(/\b(?:he or she|he\/she|they|them|him or her|him\/her|someone|somebody)\b/gi, 'you')
    .replace(/\b(?:their|his or her|his\/her)\b/gi, 'your')
    .replace(/\bthemselves\b/gi, 'yourself')
    .replace(
      /\byou (is|was|has|does|wants|needs|likes|prefers|uses|thinks|says)\b/gi,
      (_, verb: string) => `you ${plural(verb)}`,
    )
    .replace(/\u0001/g, 'I')
    .replace(/\u0002/g, 'me');
}

function plural(verb: string): string {
  const irregular: Record<string, string> = { is: 'are', was: 'were', has: 'have', does: 'do' };
  return irregular[verb.toLowerCase()] ?? verb.replace(/(?<!s)s$/, '');
}

const AUXILIARY = 'would|could|can|will|should|shall|may|are|were|have|had|is|was|am|do|did';
const WH =
  'what|which|when|where|why|who|whose|how|since when|by when|what time|what day|how long|how many|how much|how often';
const QUESTION_HEAD = new RegExp(`^(?:${WH}|whether|if)\\b`, 'i');

export function isIndirectQuestion(text: string): boolean {
  return QUESTION_HEAD.test(text.trim());
}

/** An indirect question that is already addressed (`what you would like`) as a direct one (`What would you like?`). */
export function directQuestion(clause: string): string {
  const text = clause.trim().replace(/[\s,;.?!]+$/u, '');
  // `what bothers you about it`: the question word is the subject already.
  if (
    /^(?:what|who)(?: else)? \w+s(?: (?:you|me)(?! \w+(?<!about|with|on|in|at|to|of|most|now|today)\b)| (?!you|I|we)|$)/i.test(
      text,
    )
  ) {
    return asSentence(text, '?');
  }
  const yesNo = new RegExp(
    `^(?:whether|if) (you|it|this|that|there|I|we|[\\w ]{1,30}?) (${AUXILIARY})\\b(.*)$`,
    'i',
  ).exec(text);
  if (yesNo) return asSentence(`${yesNo[2]} ${yesNo[1]}${yesNo[3]}`, '?');
  const yesNoVerb = /^(?:whether|if) (?:or not )?(you|I|we) (\w+)(.*)$/i.exec(text);
  if (yesNoVerb) return asSentence(`do ${yesNoVerb[1]} ${plural(yesNoVerb[2] as string)}${yesNoVerb[3]}`, '?');
  const open = new RegExp(`^((?:${WH})(?: \\w+){0,3}?) (you|it|this|that|I|we) (${AUXILIARY})\\b(.*)$`, 'i').exec(text);
  if (open) return asSentence(`${open[1]} ${open[3]} ${open[2]}${open[4]}`, '?');
  const openVerb = new RegExp(`^((?:${WH})(?: \\w+){0,2}?) (you|I|we) (\\w+)(.*)$`, 'i').exec(text);
  if (openVerb)
    return asSentence(`${openVerb[1]} do ${openVerb[2]} ${plural(openVerb[3] as string)}${openVerb[4]}`, '?');
  return asSentence(`may I ask ${text}`, '?');
}

const NUMBERS = 'zero one two three four five six seven eight nine ten eleven twelve'.split(' ');

export function spokenNumber(count: number): string {
  return NUMBERS[count] ?? String(count);
}

/** `a, b and c` */
export function listed(parts: string[]): string {
  if (parts.length < 2) return parts[0] ?? '';
  return `${parts.slice(0, -1).join(', ')} and ${parts[parts.length - 1]}`;
}
