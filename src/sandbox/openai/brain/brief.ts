import { addressed, asSentence, directQuestion, isIndirectQuestion, PERSON, sentencesIn } from './wording';

/** What the model makes of its instructions: who it is, why it talks, what it is to ask and what it may say. */
export interface Brief {
  agentName: string;
  company: string;
  /** As an infinitive: `confirm your appointment`. */
  purpose: string;
  questions: string[];
  /** Things to say unasked: offers, reminders, explanations. */
  points: string[];
  /** Sentences and `name: value` lines that answer questions. */
  facts: string[];
  placedTheCall: boolean;
}

const NAME = "[A-Z][\\w&'’-]*";
const AGENT_NAME = new RegExp(
  `\\b(?:[Yy]our name is|[Yy]ou are (?:called|named)|named|I am|[Yy]ou are|[Tt]his is) (${NAME})(?=[ ,.;!]|$)`,
);
const COMPANY = new RegExp(
  `\\b(?:on behalf of|calling from|representing|work(?:ing)? (?:for|at)|from|at|for|of) ((?:the )?${NAME}(?: (?:${NAME}|of|and|the)(?= ${NAME})| ${NAME})*)`,
);
const NOT_NAMES =
  /^(?:You|Your|The|This|If|Never|Always|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|English|I|A|An)$/;

const CONDITIONAL = /^(?:if|when|whenever|unless|in case|should|once|while|as soon as)\b/i;
const FORBIDS = /\b(?:never|do not|don't|must not|avoid)\b/i;
/** How to speak, not what about. */
const MANNER =
  /^(?:be|keep|stay|speak|talk|use|respond|reply|always|only|sound|remember|act|behave|make it|you (?:are|sound|stay|must|should|never|do|get|will|can|may|explain|would|know)|what you say|the call is done|repeat|take|accept|record|listen|let|give one step|answer)\b/i;
const PURPOSE =
  /^(?:(?:your |the )?(?:goal|task|job|aim|objective|purpose|mission)(?: (?:of this call|here))?(?: is|:)(?: to)?|you(?:r job is| are calling| call| have) to|call to|calling to)\s*(.+)$/i;
const ASKS =
  /\b(?:(?<!\byou )ask(?:ing)?(?: (?:the|this|your) (?:\w+ )?(?:person|customer|caller|callee|client|user|patient|guest|prospect)| them| politely)?|find out|collect|gather|determine|inquire|enquire|check|(?<!\byou )get)\b,?\s*(.*)$/is;
/**
 * What an agent is told to do. A sentence that begins so is an order and never a fact, at once or after a phrase of
 * circumstances (`For each dish note the quantity`).
 */
const ORDERS =
  'accept|add|admit|agree|answer|apologi[sz]e|ask|assure|begin|book|call|check|collect|confirm|continue|convince|describe|explain|find|finish|follow|gather|get|give|greet|help|identify|inform|introduce|invite|keep|learn|let|listen|make|mention|never|note|offer|pass|persuade|politely|present|promise|propose|put|qualify|quote|read|recommend|record|remember|remind|repeat|report|respond|say|schedule|send|speak|spell|start|stop|suggest|summari[sz]e|take|talk|tell|thank|transfer|try|use|verify|wait|warn|welcome|write';
const OBJECT =
  '(?:the|a|an|any|all|their|them|they|him|her|it|its|this|that|these|those|your|one|no|only|what|when|where|which|who|whether|how|if|for|to|at|in|on|with|about|back|down|out|as|until|once)';
const ORDER = new RegExp(
  `^(?:(?:and|then|first|also|next|finally|afterwards|always|please|\\w+ly),? )*(?:(?:${ORDERS})\\b|(?:for|at|in|on|with|before|after|during) [^.;]{1,60}? (?:${ORDERS}) ${OBJECT}\\b)`,
  'i',
);
const QUESTION_START = /^(?:what|which|when|where|why|who|how|whether|if|since|by when|for|about)\b/i;
const MAKE_SURE = /\bmake sure (?:that )?you are (.+?)(?: before\b.*)?$/i;
const SAYS: readonly [RegExp, (rest: string) => string][] = [
  [/\boffer (?:them |the \w+ )?(?!at most|that|to )(.+)$/i, (rest) => `I can offer you ${rest}`],
  [/\bremind (?:them|you|the \w+|this \w+) (.+)$/i, (rest) => `I would like to remind you ${rest}`],
  [/\b(?:tell|inform) (?:them|you|the \w+|this \w+) (?:that )?(.+)$/i, (rest) => rest],
  [/\b(?:mention|explain|say) that (.+)$/i, (rest) => rest],
  [/\b(?:mention|promote|introduce|present|sell|recommend) (.+)$/i, (rest) => `I would like to tell you about ${rest}`],
  [/\binvite (?:them|you|the \w+|this \w+) (.+)$/i, (rest) => `I would like to invite you ${rest}`],
];
/** What is to be done after the question was answered. */
const DEEDS_AFTER =
  /(?:\s+before|,?\s+and (?:then )?(?:help|offer|answer|take|note|say|repeat|record|do|give|suggest|tell|write|agree|try|arrange|book|thank))\b.*$/is;
/** Personal details are asked for as such: `a name` -> `your name`. */
const DETAIL =
  /^(?:a|the|an)(?= (?:full |first |last |delivery |e-?mail |phone |street )?(?:name|address|e-?mail|number|date of birth|party size)\b)/i;

export function briefOf(instructions: string): Brief {
  const brief: Brief = {
    agentName: agentNameIn(instructions),
    company: companyIn(instructions),
    purpose: '',
    questions: [],
    points: [],
    facts: [],
    placedTheCall: /\b(?:that you placed|outbound|you (?:are )?call(?:ing)?\b|calling (?:to|from|on behalf))/i.test(
      instructions,
    ),
  };
  let isStyleSection = false;
  for (const line of instructions.split('\n')) {
    const heading = /^#+\s*(.*)$/u.exec(line.trim());
    if (heading) {
      isStyleSection = /\b(?:how to|style|behav|rules|voice|tone|guideline|format)/i.test(heading[1] as string);
    } else if (!isStyleSection) {
      const fact = /^\s*[-*]?\s*([\w ]{2,30}):\s+(\S.*)$/u.exec(line);
      if (fact && !PURPOSE.test(line.trim()) && !ASKS.test(line))
        brief.facts.push(`The ${fact[1]?.replace(/_/g, ' ')} is ${fact[2]}`);
      else for (const sentence of sentencesIn(line)) read(sentence, brief);
    }
  }
  return brief;
}

function read(sentence: string, brief: Brief): void {
  const purpose = PURPOSE.exec(sentence);
  if (purpose) {
    const aim = addressed((purpose[1] as string).replace(/[,;] and if\b.*$|, or\b.*$|\.$/i, ''));
    brief.purpose ||= /^(?:a|an|the|your) /i.test(aim) ? `get ${aim}` : aim;
    return;
  }
  if (CONDITIONAL.test(sentence) || FORBIDS.test(sentence) || sentence.includes('"')) return;
  const about = /^(?:talk|speak|chat) (?:to|with) .*\babout .+/i.exec(sentence)?.[0];
  const persuades = new RegExp(`^(?:get|convince|persuade) (?:${PERSON}|them) to (.+)`, 'i').exec(sentence)?.[1];
  if (about) brief.purpose ||= addressed(lowerFirst(about.replace(/[.!]+$/u, '')));
  if (persuades) {
    const deed = addressed(persuades.replace(/[.!]+$/u, ''));
    brief.purpose ||= `ask you to ${deed}`;
    addQuestion(brief, `Would you be willing to ${deed}?`);
  }
  if (about || persuades) return;
  let isUsed = false;
  for (const clause of sentence.split(/;\s*|(?:,| and)? then (?=ask)|\. /i))
    isUsed = readClause(clause, sentence, brief) || isUsed;
  const says = isUsed ? undefined : pointIn(sentence);
  if (says) brief.points.push(says);
  else if (!isUsed && !MANNER.test(sentence)) {
    const isImperative = /^(?:\w+ly )?[A-Z][a-z]+ (?:the|a|an|your|their|them|this|that|out|for|with|about)\b/.test(
      sentence,
    );
    if (isImperative && !/^(?:We|Our|The|A|An|This|It|There)\b/.test(sentence)) {
      brief.purpose ||= addressed(lowerFirst(sentence.replace(/[.!]+$/, '')));
    } else if (
      !ORDER.test(sentence) &&
      !/\b(?:call is done|tool)\b|^you (?!are open|offer|sell|charge|have)/i.test(sentence)
    )
      brief.facts.push(sentence);
  }
}

/** Questions in one clause; true if there were any. */
function readClause(clause: string, sentence: string, brief: Brief): boolean {
  const sure = MAKE_SURE.exec(clause);
  if (sure) return addQuestion(brief, asSentence(`am I ${addressed(sure[1] as string)}`, '?'));
  const asks = ASKS.exec(clause);
  if (!asks) {
    // The later parts of a list of questions: `Ask: how old it is; whether it works.`
    const isListed = sentence.includes(':') && ASKS.test(sentence) && !CONDITIONAL.test(clause);
    return isListed && addQuestion(brief, questionOf(clause.replace(/^and\s+/i, '')));
  }
  const wanted = (asks[1] as string).replace(/^[^:]{0,40}:\s*/u, '').replace(DEEDS_AFTER, '');
  const isAsk = /^(?:ask|inquir|enquir)/i.test(asks[0]);
  if (isAsk && !QUESTION_START.test(wanted) && !(asks[1] as string).includes(':')) return false;
  for (const part of partsOf(wanted)) addQuestion(brief, questionOf(part));
  return true;
}

/** `what it is about, who takes part and how long it lasts` are three questions, `name and address` are one. */
function partsOf(wanted: string): string[] {
  const parts = wanted.split(
    /,\s*(?:and\s+)?|\s+and\s+(?=(?:what|which|when|where|why|who|how|whether|by when|since when)\b)/i,
  );
  return parts.every((part) => isIndirectQuestion(part) || /^(?:by|since) when/i.test(part)) ? parts : [wanted];
}

function questionOf(wanted: string): string {
  const text = addressed(wanted.trim().replace(/[.]+$/u, ''));
  if (isIndirectQuestion(text)) return directQuestion(text);
  const about = /^(?:you )?about (.+)$/i.exec(text);
  if (about) return asSentence(`could you tell me about ${about[1]}`, '?');
  const forWhat = /^(?:you )?for (.+)$/i.exec(text);
  if (forWhat) return asSentence(`could you give me ${(forWhat[1] as string).replace(DETAIL, 'your')}, please`, '?');
  return asSentence(`could you tell me ${text.replace(DETAIL, 'your')}`, '?');
}

function addQuestion(brief: Brief, question: string): boolean {
  const isClosing = /\banything else\b|\bgoodbye\b|\btool\b/i.test(question);
  if (question.length > 4 && !isClosing && !brief.questions.includes(question)) brief.questions.push(question);
  return true;
}

function pointIn(sentence: string): string | undefined {
  if (MANNER.test(sentence) || /\bgoodbye\b|\btool\b/i.test(sentence)) return undefined;
  for (const [pattern, say] of SAYS) {
    const match = pattern.exec(sentence.replace(/[.!]+$/u, ''));
    if (match) return asSentence(say(addressed(match[1] as string)));
  }
  return undefined;
}

function agentNameIn(instructions: string): string {
  const name = AGENT_NAME.exec(instructions)?.[1] ?? '';
  return NOT_NAMES.test(name) ? '' : name;
}

function companyIn(instructions: string): string {
  for (const sentence of sentencesIn(instructions)) {
    const company = COMPANY.exec(sentence)?.[1];
    if (company && !NOT_NAMES.test(company)) return company;
  }
  return '';
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
