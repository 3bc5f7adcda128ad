import type { Brief } from './brief';
import { orderIn } from './order';
import { addressed, asSentence, capitalised, coverage, overlap, sentencesIn, stemsOf } from './wording';

/** What has been said so far, as far as the replies depend on it. */
export interface Talk {
  brief: Brief;
  /** What the person has heard of the agent, sentence by sentence in one text. */
  heard: string;
  agentTurns: string[];
  personTurns: string[];
}

export const FAREWELL = 'Thank you for your time, and goodbye.';

/** A question of the instructions counts as asked when so much of it was heard. */
const ASKED_PART = 0.75;
const MAX_QUESTIONS = 6;

/** The first of these that was not said yet; when all were, they go round. */
export function unsaid(talk: Talk, candidates: string[]): string {
  const fresh = candidates.find(
    (candidate) => coverage(candidate, talk.heard) < 0.9 || !talk.heard.includes(candidate),
  );
  return fresh ?? (candidates[talk.agentTurns.length % candidates.length] as string);
}

export function greeting(talk: Talk): string {
  const { agentName, company, placedTheCall } = talk.brief;
  const who = agentName === '' ? '' : `this is ${agentName}${company === '' ? '' : ` from ${company}`}`;
  const hello =
    talk.heard === '' ? asSentence(['hello', who].filter(Boolean).join(', ')) : 'It is nice to talk to you.';
  return `${hello} ${placedTheCall ? 'Do you have a moment to talk?' : 'How can I help you today?'}`;
}

/** Why the agent talks to this person, in one sentence of some length. */
export function purpose({ brief }: Talk): string {
  const { placedTheCall, company } = brief;
  const aim = brief.purpose.replace(/^(?:to )/i, '');
  const lead = placedTheCall ? 'I am calling' : 'I am here';
  if (aim !== '') return asSentence(`${lead} to ${aim}`);
  const whom = company === '' ? '' : ` on behalf of ${company}`;
  return `${lead}${whom} to help you with whatever you need, and I will gladly take the time to go through it with you.`;
}

/** The next thing to ask; an interrupted question comes again. */
export function nextQuestion(talk: Talk): string | undefined {
  const asked = talk.brief.questions.filter((question) => coverage(question, talk.heard) >= ASKED_PART);
  if (asked.length >= MAX_QUESTIONS) return undefined;
  return talk.brief.questions.find((question) => !asked.includes(question) && !isKnown(question, talk.personTurns));
}

/** What the person has said unasked is not asked any more. */
function isKnown(question: string, personTurns: string[]): boolean {
  const { customerName, address } = orderIn(personTurns);
  if (/^could you (?:give|tell) me your (?:\w+ )?name\b(?!,? (?:and|the))/i.test(question)) return customerName !== '';
  return /^could you (?:give|tell) me your (?:\w+ )?address\b/i.test(question) && address !== '';
}

const GENERIC_QUESTIONS = [
  'What would be most helpful for you?',
  'May I ask what matters most to you in this?',
  'Would you like me to go through the next step with you?',
];

/** All of them can be answered with no, which ends the conversation. */
const ANYTHING_ELSE = [
  'Is there anything else I can help you with?',
  'Would you like to know anything else?',
  'Can I do anything else for you?',
];

export function nextStep(talk: Talk): string {
  const own = nextQuestion(talk);
  if (own) return own;
  const generic = talk.brief.questions.length < 2 ? GENERIC_QUESTIONS : [];
  const open = generic.find((question) => !talk.heard.includes(question));
  return open ?? (ANYTHING_ELSE[talk.agentTurns.length % ANYTHING_ELSE.length] as string);
}

export function nextPoint(talk: Talk): string {
  const { points, facts } = talk.brief;
  const fresh = [...points, ...facts.map(spokenFact)].find((point) => coverage(point, talk.heard) < ASKED_PART);
  return fresh ?? '';
}

const QUESTION =
  /\?|^(?:and |so |but |well,? )?(?:how|what|when|where|why|who|which|is|are|do|does|can|could|will|would)\b/i;

/** An answer out of the instructions to a question of the person, or an honest sentence when there is none. */
export function answer(talk: Talk, said: string): string | undefined {
  if (!QUESTION.test(said)) return undefined;
  if (/\b(?:robot|machine|human|real person|computer|an? ai|bot)\b/i.test(said)) {
    return 'Yes, I am an automated assistant, and I am happy to help you.';
  }
  if (/\bwho (?:are you|is this|am i (?:talking|speaking))|\bwho is (?:calling|speaking)|\byour name\b/i.test(said)) {
    return introduction(talk);
  }
  if (
    /\bwhat (?:is|'s) (?:this|it|the call) (?:all )?about\b|\bwhy are you calling|\bwhat do you want|\bwhat can you do\b/i.test(
      said,
    )
  ) {
    const why = purpose(talk);
    return talk.heard.includes(why) ? `As I said, ${why}` : why;
  }
  const found = bestFact(talk.brief, said);
  if (found) return found;
  const topic = topicOf(said);
  return unsaid(talk, [
    `I do not have the details${topic} at hand, but I will make a note and have them sent to you.`,
    `That is a good question. I cannot say it for certain${topic}, so I will note it and somebody will get back to you.`,
    'I would have to look that up for you, and I have written it down.',
  ]);
}

function introduction({ brief }: Talk): string {
  const name = brief.agentName === '' ? 'an automated assistant' : `${brief.agentName}, an automated assistant`;
  return `You are talking to ${name}${brief.company === '' ? '' : ` calling for ${brief.company}`.replace('calling for', 'of')}.`;
}

const RELATED: readonly [RegExp, string][] = [
  [
    /\b(?:cost|costs|price|prices|much|expensive|cheap|pay|fee|charge)\b/i,
    'price prices cost costs fee charge dollars $ euros month free',
  ],
  [/\b(?:open|hours|close|closing|opening)\b/i, 'open opening hours close closed closes'],
  [/\b(?:where|address|located|location)\b/i, 'address located street location'],
  [/\b(?:when|what time|which day)\b/i, 'time date day am pm appointment'],
];

function bestFact(brief: Brief, said: string): string | undefined {
  const related = RELATED.filter(([asks]) => asks.test(said)).map(([, words]) => words);
  const wanted = stemsOf(`${said} ${related.join(' ')}`);
  let best: { text: string; score: number } | undefined;
  for (const fact of [...brief.facts.map(spokenFact), ...brief.points]) {
    const score = overlap(wanted, stemsOf(fact));
    if (score > 0 && (!best || score > best.score)) best = { text: fact, score };
  }
  return best?.text;
}

/** A sentence of the instructions as the agent would say it. */
function spokenFact(fact: string): string {
  return asSentence(addressed(fact).replace(/\bI am open\b/i, 'We are open'));
}

function topicOf(said: string): string {
  if (/\b(?:cost|costs|price|much)\b/i.test(said)) return ' of the price';
  if (/\bwhen|what time\b/i.test(said)) return ' of the time';
  if (/\bwhere\b/i.test(said)) return ' of the place';
  return '';
}

const FILLER =
  /^(?:(?:hello|hi|hey|yes|yeah|no|well|um|uh|so|and|okay|ok|oh|please|sorry|thanks|thank you|speaking|that is right|sure|actually|I (?:would like|want|need|think|have)|I'd like|it is|it's|that is|that's|my name is|for)\b[,.!?\s]*)+/i;

/** A few words of the person, given back to show that they were heard. */
export function acknowledgement(talk: Talk, said: string): string {
  const name = /\b[Mm]y name is ([A-Z][\w'’-]*(?: [A-Z][\w'’-]*)*)/.exec(said)?.[1];
  if (name) return `Thank you, ${name}.`;
  const phrase = echoOf(said);
  const turn = talk.personTurns.length;
  if (phrase === '') return ['Thank you.', 'All right.', 'Very good.', 'I see.'][turn % 4] as string;
  const forms = [`${capitalised(phrase)}, I see.`, `Thank you, I have noted ${phrase}.`, `All right, ${phrase}.`];
  return unsaid(talk, [forms[turn % 3] as string, ...forms]);
}

function echoOf(said: string): string {
  const clauses = sentencesIn(said).flatMap((sentence) => sentence.split(/[,;]/u));
  const informative = clauses
    .map((clause) =>
      clause
        .trim()
        .replace(FILLER, '')
        .replace(/[.!?\s]+$/u, ''),
    )
    .filter((clause) => stemsOf(clause).size > 0 && !/\b(?:I|me|my|you|your|we)\b/i.test(clause));
  const longest = informative.sort((a, b) => stemsOf(b).size - stemsOf(a).size)[0] ?? '';
  const words = longest.split(/\s+/u);
  return words.length > 8 || words.length < 2 ? '' : longest.charAt(0).toLowerCase() + longest.slice(1);
}
