/** What the person says next, and whether it is the end of the conversation. */
export interface Line {
  text: string;
  isFarewell: boolean;
}

export const FAREWELL = 'Thank you, goodbye.';
const SHORT_FAREWELL = 'Goodbye.';
const SAYS_FAREWELL =
  /\b(good ?bye|bye|have a (nice|great|good|lovely|wonderful) (day|evening|one|weekend))\b|\b(adi[oó]s|hasta luego|auf wieder(h[oö]ren|sehen)|tsch[uü]ss|au revoir)(?!\p{L})/iu;

/** Somebody who is rung up and does not know yet what it is about. */
const CALLEE_LINES = [
  'Yes, speaking. What is this about?',
  'That sounds interesting. Please tell me more.',
  'How much does it cost?',
  'Okay, that works for me.',
];

/** Somebody who rings and wants something. */
const CALLER_LINES = [
  'Hello, I have a question. What can you do for me?',
  'That sounds interesting. Please tell me more.',
  'How much does it cost?',
  'Okay, that works for me.',
];

interface KeywordAnswer {
  asked: RegExp;
  answer: string;
  /** An answer that is only given once leaves the script its turn. */
  times: number;
  /** Several of these are given together when they are asked for together. */
  isDetail?: boolean;
}

/** The first that fits is given. Questions stand in the middle of what an agent says, so no pattern is anchored. */
const KEYWORD_ANSWERS: readonly KeywordAnswer[] = [
  {
    asked: /\b(still there|still on the line|can you hear me|are you there)\b/i,
    answer: 'Yes, I am still here.',
    times: 3,
  },
  {
    asked: /\byour (schedule|calendar)\b/i,
    answer: 'Please book a meeting with Anna tomorrow at three in the afternoon for an hour.',
    times: 1,
  },
  { asked: /\bcould offer you\b|\bwhich one shall i take\b/i, answer: 'Yes, the first one.', times: 2 },
  { asked: /\bi have booked\b/i, answer: 'Wonderful. That is all, thank you.', times: 1 },
  { asked: /\banything else\b|\bsomething else\b/i, answer: 'No, that is all, thank you.', times: 2 },
  {
    asked: /\b(is that|is this|is it) (right|correct)\b|\bcan you confirm\b/i,
    answer: 'Yes, that is correct.',
    times: 2,
  },
  {
    asked: /\b(may|can|could) i (speak|talk) (to|with)\b|\bam i speaking (to|with)\b/i,
    answer: 'Yes, speaking.',
    times: 1,
  },
  {
    asked:
      /\b(your|an|the|place|take) order\b|\b(like|want) to (order|eat|have|drink)\b|\bready to order\b|\bwhat (can|may|shall|should) i (get|bring|note|put down)\b|\bwhat would you like(,? (today|please|first))?\s*([?.!]|$)/i,
    answer: 'I would like two margherita pizzas and one cola, please.',
    times: 2,
    isDetail: true,
  },
  {
    asked: /\b(your|full|first|last) name\b|\bwho (am i speaking|is (this|calling))\b/i,
    answer: 'My name is {name}.',
    times: 2,
    isDetail: true,
  },
  {
    asked: /\b(your|delivery|street|the) address\b|\bwhere (should|shall|do|can) we (deliver|send)\b/i,
    answer: 'Please deliver it to 12 Oak Street.',
    times: 2,
    isDetail: true,
  },
  {
    asked: /\bscale (of|from)\b|\b(rate|rating)\b|\b(one|1) to (five|ten|5|10)\b/i,
    answer: 'I would give it a four.',
    times: 3,
  },
  {
    asked: /\bwhat (time|day|date)\b|\bwhich (time|day|date)\b|\bwhen (would|should|can|could|works|is it)\b/i,
    answer: 'Tomorrow at three in the afternoon would be fine.',
    times: 2,
    isDetail: true,
  },
  { asked: /\bhow many (people|guests|persons)\b/i, answer: 'For four people, please.', times: 1 },
  { asked: /\be-?mail\b/i, answer: 'I would rather give you my phone number.', times: 1 },
  { asked: /\byes or no\b/i, answer: 'Yes.', times: 3 },
];

/** Even a person who is asked and asked hangs up some time. */
const MAX_REPLIES = 14;

export interface ScriptSettings {
  name: string;
  isCaller: boolean;
  /** Replaces the person's own lines; then keywords are not listened for. */
  says?: readonly string[];
}

/** A conversation from the person's side: generic lines in order, and fitting answers to the usual questions. */
export class Script {
  private readonly lines: string[];
  private readonly answersLeft: Map<KeywordAnswer, number>;
  private replies = 0;
  private hasSaidFarewell = false;

  constructor(private readonly settings: ScriptSettings) {
    this.lines = [...(settings.says ?? (settings.isCaller ? CALLER_LINES : CALLEE_LINES))];
    this.answersLeft = new Map(settings.says ? [] : KEYWORD_ANSWERS.map((each) => [each, each.times]));
  }

  /** What is said next unless something else is asked for, to have it ready. */
  get upcoming(): string {
    return this.lines[0] ?? FAREWELL;
  }

  /** The answer to what was heard; `undefined` after the farewell, when there is nothing left to say. */
  reply(heard: string): Line | undefined {
    if (this.hasSaidFarewell) return undefined;
    this.replies += 1;
    const scripted = this.settings.says ? this.lines.shift() : this.improvise(heard);
    if (scripted === undefined) return this.farewell(FAREWELL);
    return SAYS_FAREWELL.test(scripted) ? this.farewell(scripted) : { text: scripted, isFarewell: false };
  }

  private improvise(heard: string): string | undefined {
    if (SAYS_FAREWELL.test(heard)) return SHORT_FAREWELL;
    if (this.replies > MAX_REPLIES) return undefined;
    return this.keywordAnswer(heard) ?? this.lines.shift();
  }

  private keywordAnswer(heard: string): string | undefined {
    const asked = [...this.answersLeft].filter(([entry, left]) => left > 0 && entry.asked.test(heard));
    const first = asked[0]?.[0];
    if (!first) return undefined;
    const given = asked
      .map(([entry]) => entry)
      .filter((entry) => entry === first || (first.isDetail && entry.isDetail));
    for (const entry of given) this.answersLeft.set(entry, (this.answersLeft.get(entry) ?? 1) - 1);
    return given.map((entry) => entry.answer.replace('{name}', this.settings.name)).join(' ');
  }

  private farewell(text: string): Line {
    this.hasSaidFarewell = true;
    return { text, isFarewell: true };
  }
}
