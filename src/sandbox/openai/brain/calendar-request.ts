import { READ, readWhen, type Now, type When } from './spoken-time';

export type RequestKind = 'look' | 'free' | 'book' | 'move' | 'cancel';

/** What somebody wants of the calendar, as far as it has been said. */
export interface CalendarRequest {
  kind: RequestKind;
  /** The day and time asked about, or where the event is to be. */
  when: When;
  /** What a new event is called; '' while that is not known. */
  summary: string;
  email: string;
  /** The event that is meant, in the words of the person; '' is the one that was spoken of last. */
  target: string;
  /** What was said of the day and time of that event. */
  targetWhen: When;
  /** Known when it was chosen. */
  eventId: string;
}

const START =
  "(?:^|[,.!?;:]\\s*|\\b(?:please|to|you|(?:can|could|may) (?:i|we)|and|then|just|also|let's|i'll|no|yes|okay|ok|actually|well|so|hello|hi)\\s+)";
const CANCEL = new RegExp(`${START}(?:cancel|delete|remove|call off|drop|scrap)\\s+(.+)$`, 'is');
const MOVE = new RegExp(
  `${START}(?:move|reschedule|shift|push(?:\\s+back)?|postpone|put off|delay|bring forward|change|make(?=\\s+(?:it|that)\\b))\\s+(.+)$`,
  'is',
);
const BOOK = new RegExp(
  `${START}(?:book|schedule|set up|arrange|plan|reserve|organi[sz]e|(?:make|put|add|create|enter|fix)(?=.*\\b(?:appointment|meeting|event|call|calendar|diary|schedule|entry|lunch|dinner|breakfast)\\b))\\s+(.+)$`,
  'is',
);
const NEEDS =
  /\b(?:need|want|would like|i'd like|like to have|have to have)\s+((?:an?|another)\s+(?:[\w-]+\s+){0,3}?(?:appointment|meeting)\b.*)$/is;
const FREE =
  /\b(?:when|what times?|which times?)\b.*\b(?:free|available|time)\b|\b(?:am i|are you|are we|is (?!it\b|this\b|that\b|the\b)\w+)\s+(?:free|available)\b(?!\s+(?:to|of)\b)|\b(?:free|open|available)\s+(?:slots?|times?|spots?|hours?|half hour)\b|\bavailability\b|\bhave (?:any )?time\b|\b(?:find|have|got|look for|is there)\s+(?:me\s+)?(?:an?|any|some)\s+(?:\S+\s+){0,3}?(?:slots?|time|gap)\b/i;
const LOOK =
  /\bwhat\b.*\b(?:calendar|schedule|agenda|diary|planned|(?:on|up|got|have|doing)(?=\s*(?:for\s*)?\|))|\bwhat (?:appointments|meetings|events)\b|\bwhat(?:'s| is)\s+\|\W*$|\b(?:do i have|have i got|is there|are there)\b.*\b(?:anything|something|meetings?|appointments?|events?|plans)\b|\b(?:my|the)\s+(?:calendar|schedule|agenda|diary|day|appointments|meetings)\s+(?:for|on|look|\|)|\bam i busy\b|\bread (?:me )?(?:my|the) (?:calendar|schedule|agenda)\b/i;
/** A question for what one has, which is for the calendar when it names a day. */
const HAVE = /\bwhat(?:'s| is)?\s+(?:do i have|have i got|am i doing|do we have|happens|happening)\b/i;
/** The end of a sentence, which `p.m.` is not. */
const SENTENCE_END = /(?<!\b[ap]\.?\s?m)[.!?]+(?:\s+(?=[A-Z])|\s*$)/u;
const ABOUT = /^\W*(?:and|what about|how about|and what about)\b/i;

/** Things that are pointed at, not named: what was just offered or spoken of. */
const POINTS =
  /^(?:it|that|this|that one|this one|one(?!\s+(?:hours?|minutes?|\w+\s+(?:with|meeting|call|appointment)))|them|the (?:first|second|earlier|later|former|latter|other|last|one)(?: (?:one|slot|time|option))?)(?=\W|$)(?!\s+(?:meeting|appointment|event|call)\b)/i;
/** What people cancel and change that is in no calendar. */
const ELSEWHERE =
  /\b(?:orders?|subscription|contract|account|payment|address|delivery|insurance|phone number|subject)\b/i;
const EMAIL = /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/;
const SPOKEN_EMAIL = /\b[\w-]+(?: dot [\w-]+)* at [\w-]+(?: dot [a-z]+)+\b/i;

/** The request that an utterance begins; `undefined` where it begins none. `last`: what was asked before. */
export function requestIn(utterance: string, now: Now, last?: RequestKind): CalendarRequest | undefined {
  const { text, email } = withoutEmail(utterance.replace(/[’‘]/g, "'"));
  const cancelled = CANCEL.exec(text)?.[1];
  if (cancelled !== undefined && isNamed(cancelled)) return targeted('cancel', firstSentence(cancelled), now);
  const moved = MOVE.exec(text)?.[1];
  if (moved !== undefined && isNamed(moved)) return moveOf(firstSentence(moved), now);
  const booked = BOOK.exec(text)?.[1] ?? NEEDS.exec(text)?.[1];
  const { when, rest } = readWhen(text, now);
  const isSlot = booked !== undefined && /^(?:me\s+)?(?:an?|the|any)\s+(?:free\s+)?(?:slot|time)\b/i.test(booked);
  if (booked !== undefined && !isSlot && !POINTS.test(booked)) {
    return { ...request('book', when), summary: titleIn(booked, now) || 'Appointment', email };
  }
  if (isSlot || (FREE.test(rest) && booked === undefined)) {
    const [, purpose = ''] = /\bfor\s+((?:an?|the|my)\s+[^|]*)/i.exec(rest.replace(/\|\s*\|/g, READ)) ?? [];
    return { ...request('free', when), summary: titleIn(purpose, now) };
  }
  if (booked === undefined && (LOOK.test(rest) || (when.date !== undefined && HAVE.test(rest))))
    return request('look', when);
  const isFollowUp = (last === 'look' || last === 'free') && ABOUT.test(text) && when.date !== undefined;
  return isFollowUp ? request(last, when) : undefined;
}

/** `move it to four`, `cancel that`, `make it five`: a change of what is being spoken of. */
export function changeIn(utterance: string, now: Now): CalendarRequest | undefined {
  const text = utterance.replace(/[’‘]/g, "'");
  const cancelled = CANCEL.exec(text)?.[1];
  if (cancelled !== undefined && POINTS.test(cancelled)) return request('cancel', {});
  const moved = MOVE.exec(text)?.[1];
  if (moved === undefined || !POINTS.test(moved)) return undefined;
  return request('move', readWhen(moved.replace(POINTS, ''), now, { bareHour: true }).when);
}

/** What a new event is called: `a meeting with Anna tomorrow at three` -> `Meeting with Anna`. */
export function titleIn(words: string, now: Now): string {
  const { rest } = readWhen(firstSentence(words), now);
  const title = (/\b(?:called|titled|named)\s+(.+)$/i.exec(rest)?.[1] ?? rest)
    .replace(
      /\b(?:please|if possible|for me|(?:in|on|into|to) (?:my|the|our) (?:calendar|diary|schedule|agenda))\b/gi,
      READ,
    )
    .replace(/,?\s+and\s+(?:please\s+)?(?:invite|send|tell|let|add)\b.*$/i, '')
    .split('|')
    .map((part) => part.replace(/\s+(?:on|at|for|from|by|in|of|to|and|about|starting|lasting)\s*$/i, '').trim())
    .map((part) => part.replace(/^(?:on|at|for|from|by|starting|lasting|and)(?=\s|$)/i, '').trim())
    .map((part) => part.replace(/^[,;:\s"]+|[,;:\s"]+$/g, ''))
    .filter((part) => part !== '')
    .join(' ')
    .replace(/^(?:me|us|in|as)\s+/i, '')
    .replace(/^(?:an?|another|the|my|our|some)(?:\s+new)?\s+/i, '')
    .replace(/\s+/g, ' ');
  if (/^(?:me|us|something|it|that)?$/i.test(title)) return '';
  return title.charAt(0).toUpperCase() + title.slice(1);
}

export function request(kind: RequestKind, when: When): CalendarRequest {
  return { kind, when, summary: '', email: '', target: '', targetWhen: {}, eventId: '' };
}

function targeted(kind: 'move' | 'cancel', words: string, now: Now): CalendarRequest {
  const { when, rest } = readWhen(words, now);
  const target = rest
    .replace(/\b(?:back|forward|please)\b/gi, READ)
    .split(READ)
    .join(' ');
  return { ...request(kind, {}), target: target.replace(/\s+/g, ' ').trim(), targetWhen: when };
}

/** Where the event is stands before the `to` that a day or a time follows; where it goes stands after it. */
function moveOf(words: string, now: Now): CalendarRequest {
  for (const { index, 0: joint } of words.matchAll(/\b(?:to|until|till|for|so it is)\s+(?=\S)/gi)) {
    const { when, rest } = readWhen(`to ${words.slice(index + joint.length)}`, now);
    const isWhen = /^\s*(?:to\s+)?(?:the\s+)?\|/.test(rest) && (when.date ?? when.time) !== undefined;
    if (isWhen) return { ...targeted('move', words.slice(0, index), now), when };
  }
  const { when, ...moved } = targeted('move', words, now);
  const { shiftMinutes, ...targetWhen } = moved.targetWhen;
  return { ...moved, targetWhen, when: shiftMinutes === undefined ? when : { shiftMinutes } };
}

function isNamed(words: string): boolean {
  return !POINTS.test(words) && !ELSEWHERE.test(firstSentence(words));
}

function firstSentence(text: string): string {
  return text.split(SENTENCE_END)[0] ?? '';
}

function withoutEmail(text: string): { text: string; email: string } {
  const match = EMAIL.exec(text) ?? SPOKEN_EMAIL.exec(text);
  if (!match) return { text, email: '' };
  const email = match[0].replace(/ dot /gi, '.').replace(/ at /i, '@').toLowerCase();
  return { text: text.replace(match[0], '').replace(/\bwith\s*$/i, ''), email };
}
