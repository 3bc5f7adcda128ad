import { withoutAgenda } from './agenda';
import type { BrainInput, BrainPart, BrainTurn } from './brain.port';
import { briefOf } from './brief';
import { calendarAnswer, isCalendarTool } from './calendar';
import {
  backgroundOf,
  continuationIn,
  demandAfter,
  demandIn,
  openingIn,
  quotedIn,
  verbatimIn,
  type Demand,
} from './directives';
import { isOrderEmpty, orderIn, spokenOrder } from './order';
import { phrasebookFor, type Phrasebook } from './phrasebook';
import * as replies from './replies';
import { callOf, endCallTool, isRecord, matchingCall, orderCall, orderTool } from './tool-calls';
import { textCall, textTool } from './texting';
import { addressed, asSentence, directQuestion, isIndirectQuestion, overlap, stemsOf } from './wording';

const GOODBYE =
  /\b(?:good ?bye|bye(?:-bye)?|have a (?:nice|good|great|lovely) (?:day|evening|one)|talk to you later|see you|hang up|not interested|stop calling|do not call|don't call)\b|\b(?:adi[oó]s|hasta luego|auf wieder(?:h[oö]ren|sehen)|tsch[uü]ss|au revoir)(?!\p{L})/iu;
const NOTHING_ELSE =
  /\b(?:that is all|that's all|that will be all|that was all|nothing else|that is everything|that's everything|no,? (?:thank you|thanks))\b/i;
const ASKED_ANYTHING_ELSE = /\banything else\b/i;

/** What every condition speaks of says nothing about this one. */
const ROLES =
  /\b(?:caller|person|customer|user|client|callee|patient|guest|asks?|says?|mentions?|wants?|talks?|speaks?|call)\b/gi;

/**
 * The simulated model. It has no knowledge but its instructions and the conversation, no memory of its own and no
 * chance in it: the same input gives the same answer.
 */
export function think(input: BrainInput): BrainPart[] {
  const { toolChoice, tools, turns } = input;
  const person = personTurns(turns);
  const last = person[person.length - 1] ?? '';
  if (typeof toolChoice === 'object') {
    const tool = tools.find((candidate) => candidate.name === toolChoice.name);
    if (tool) return [callOf(tool, last, person)];
  }
  if (toolChoice === 'required' && tools[0]) return [matchingCall(tools, last) ?? callOf(tools[0], last, person)];
  return new Thought(toolChoice === 'none' ? { ...input, tools: [] } : input).answer();
}

class Thought {
  private readonly instructions: string;
  private readonly talk: replies.Talk;
  private readonly last: string;
  /** Of the language that is to be spoken, where it is not English. */
  private readonly book: Phrasebook | undefined;

  constructor(private readonly input: BrainInput) {
    // Instructions of a response replace those of the session.
    const own = input.responseInstructions.trim();
    const session = withoutAgenda(input.sessionInstructions);
    this.instructions = withoutAgenda(own) || session;
    this.book = phrasebookFor(this.instructions) ?? phrasebookFor(session);
    const agentTurns = input.turns.flatMap((turn) =>
      turn.role === 'assistant' && turn.text !== '' ? [turn.text] : [],
    );
    const person = personTurns(input.turns);
    this.talk = {
      brief: briefOf(own === '' ? session : withoutAgenda(backgroundOf(own))),
      heard: agentTurns.join(' '),
      agentTurns,
      personTurns: person,
    };
    this.last = person[person.length - 1] ?? '';
  }

  answer(): BrainPart[] {
    const demanded = this.demanded();
    if (demanded) return demanded;
    const final = this.input.turns[this.input.turns.length - 1];
    if (final?.role === 'result') return this.afterTool(final.output, nameOfCall(this.input.turns, final.callId));
    if (final?.role === 'system' && this.talk.agentTurns.length > 0)
      return this.follow(demandIn(final.text), final.text);
    if (this.talk.agentTurns.length === 0) return this.firstWords();
    return this.converse();
  }

  /** What the instructions of this response, or the session's for a moment like this, demand. */
  private demanded(): BrainPart[] | undefined {
    const own = this.input.responseInstructions.trim();
    if (own !== '') {
      const continuation = continuationIn(own);
      if (continuation) return this.continuedCalendar() ?? [say(this.continuation(continuation))];
      const verbatim = verbatimIn(own).filter(({ condition }) => condition === '' || this.meets(condition));
      if (verbatim.length > 0)
        return this.verbatim(
          verbatim.flatMap(({ passages }) => passages),
          verbatim[verbatim.length - 1]?.rest ?? '',
        );
      const demand = demandIn(own);
      const quoted = demand.act === 'say' ? quotedIn(demand.content) : '';
      if (quoted !== '') return [say(quoted)];
      if (demand.act !== 'answer') return this.follow(demand, own);
      return undefined;
    }
    if (this.last === '') return undefined;
    const conditional = verbatimIn(this.instructions).find(
      ({ condition }) => condition !== '' && this.meets(condition),
    );
    return conditional && [say(conditional.passages.join(' '))];
  }

  /** What the answer that broke off was about to do in the calendar, or to tell of it. */
  private continuedCalendar(): BrainPart[] | undefined {
    const [part] = calendarAnswer(this.input) ?? [];
    if (part?.kind !== 'say') return part && [part];
    return [say(asSaying(part.text))];
  }

  /** The rest of an answer that broke off after these words: one short sentence, and nothing of what was said already. */
  private continuation({ said, background }: { said: string; background: string }): string {
    const brief = briefOf(withoutAgenda(background.trim() === '' ? this.input.sessionInstructions : background));
    const step = replies.nextStep({ ...this.talk, brief, heard: `${this.talk.heard} ${said}` });
    return asSaying(step);
  }

  /** Exact words, and what is to follow them in the same breath. */
  private verbatim(passages: string[], rest: string): BrainPart[] {
    const [directive = ''] = rest.split(/\n\s*\n|\n#/u);
    const words = passages.join(' ');
    if (/\bnothing (?:else|more)\b|^\W*$/i.test(directive)) return [say(words)];
    if (/\bgreet/i.test(directive)) {
      const greeted = { ...this.talk, heard: `${this.talk.heard} ${words}` };
      return [say(`${words} ${this.book?.greeting ?? replies.greeting(greeted)}`)];
    }
    const demand = demandAfter(rest);
    if (demand.act === 'say') return [say(`${words} ${quotedIn(demand.content) || spokenDemand(demand.content)}`)];
    if (!/\b(?:answer|respond|reply|continue|go on)\b/i.test(directive)) return [say(words)];
    const [next, ...others] = this.last === '' ? [say(this.nextStep())] : this.converse();
    if (next?.kind !== 'say') return [say(words), ...(next ? [next] : []), ...others];
    return [say(`${words} ${next.text}`), ...others];
  }

  /** The condition of a demand (`if they ask about refunds`) in the light of what was said last. */
  private meets(condition: string): boolean {
    return overlap(stemsOf(condition.replace(ROLES, ' ')), stemsOf(this.last)) >= 1;
  }

  private follow({ act, content }: Demand, instructions: string): BrainPart[] {
    switch (act) {
      case 'greet':
        return [say(this.greeting())];
      case 'still-there':
        if (this.book) return [say(this.book.stillThere)];
        return /\b(?:goodbye|end the call|hang up)\b/i.test(content)
          ? this.withHangUp('I cannot hear you any more, so I will end the call now. Goodbye.')
          : [
              say(
                replies.unsaid(this.talk, [
                  'Hello, are you still there?',
                  'I cannot hear you at the moment. Are you still on the line?',
                ]),
              ),
            ];
      case 'goodbye': {
        if (this.book) return this.withHangUp(this.book.farewell);
        const isTimeUp = /\b(?:time|limit|maximum|minutes|duration)\b/i.test(content);
        return this.withHangUp(
          isTimeUp
            ? 'I am afraid our time is up, so I have to end the call here. Thank you and goodbye.'
            : replies.FAREWELL,
        );
      }
      case 'continue':
        if (this.book) return [say(this.nextStep())];
        return [say(`Sorry, the line was gone for a moment, but I am here again. ${replies.nextStep(this.talk)}`)];
      case 'say':
        return [say(spokenDemand(content))];
      case 'read-aloud':
        return [say(this.last || instructions.replace(/^[^:]*:\s*/su, ''))];
      case 'answer':
        return this.talk.agentTurns.length === 0 ? this.firstWords() : this.converse();
    }
  }

  private firstWords(): BrainPart[] {
    const opening = openingIn(this.instructions);
    if (opening) return [say(opening.passages.join(' '))];
    if (stemsOf(this.last).size === 0) return [say(this.greeting())];
    return this.converse();
  }

  private converse(): BrainPart[] {
    const { talk, last, input } = this;
    const key = /\bpress(?:ed)?\b[^0-9*#]{0,24}([0-9*#]+)/i.exec(last)?.[1];
    if (key) return [say(`Thank you, I have noted that you pressed ${[...key].join(' ')}. ${replies.nextStep(talk)}`)];
    const calendar = calendarAnswer(input);
    // What was asked for is done before goodbye is said.
    if (calendar?.[0]?.kind === 'call') return calendar;
    const texting = textTool(input.tools);
    const texted = texting && textCall(texting, last, talk.agentTurns);
    if (texted) return [texted];
    if (this.isFarewell()) return this.withHangUp(this.farewell());
    if (calendar) return calendar;
    const order = orderTool(input.tools);
    const recorded = order && orderCall(order, talk.personTurns);
    if (recorded) return [recorded];
    const tool = matchingCall(
      input.tools.filter((other) => !isCalendarTool(other) && other !== texting),
      last,
    );
    if (tool) return [tool];
    return [say(this.reply())];
  }

  private greeting(): string {
    return this.book?.greeting ?? replies.greeting(this.talk);
  }

  private nextStep(): string {
    return this.book ? replies.unsaid(this.talk, [...this.book.replies]) : replies.nextStep(this.talk);
  }

  private reply(): string {
    if (this.book) return this.nextStep();
    const { talk, last } = this;
    const step = replies.nextStep(talk);
    if (
      /\b(?:repeat|say that again|pardon|did not (?:catch|hear|understand)|didn't (?:catch|hear|understand)|what did you say)\b/i.test(
        last,
      )
    ) {
      return `Of course. ${talk.agentTurns[talk.agentTurns.length - 1] ?? step}`;
    }
    if (
      /\b(?:have a question|wait a (?:moment|minute|second)|just say something|excuse me|hold on)\b/i.test(last) &&
      !/\?/.test(last.replace(/^[^.!?]*[.!?]/, ''))
    ) {
      return replies.unsaid(talk, [
        'Of course, please go ahead. What is your question?',
        'Please go ahead, I am listening. What would you like to say?',
      ]);
    }
    if (/\b(?:are you (?:still )?there|can you hear me)\b/i.test(last) || stemsOf(last).size === 0) {
      return `${/\bhello|there|hear\b/i.test(last) ? 'Yes, I am here.' : replies.acknowledgement(talk, last)} ${this.elaborate(step)}`;
    }
    const answer = replies.answer(talk, last);
    if (answer) return `${answer} ${step}`;
    if (/\b(?:tell|know) (?:me )?(?:a little )?more\b|\binterest/i.test(last))
      return `I am glad to hear that. ${this.elaborate(step)}`;
    const acknowledged = replies.acknowledgement(talk, last);
    return talk.agentTurns.length <= 1 ? `${acknowledged} ${replies.purpose(talk)} ${step}` : `${acknowledged} ${step}`;
  }

  /** Something of substance before the question: a point not made yet, else the purpose, else the question alone. */
  private elaborate(step: string): string {
    const point = replies.nextPoint(this.talk);
    if (point !== '') return `${point} ${step}`;
    const purpose = replies.purpose(this.talk);
    return this.talk.heard.includes(purpose) ? step : `${purpose} ${step}`;
  }

  private isFarewell(): boolean {
    if (GOODBYE.test(this.last)) return true;
    const asked = ASKED_ANYTHING_ELSE.test(this.talk.agentTurns[this.talk.agentTurns.length - 1] ?? '');
    return NOTHING_ELSE.test(this.last)
      ? asked || /\ball|everything|nothing/i.test(this.last)
      : asked && /^no\b/i.test(this.last);
  }

  private farewell(): string {
    if (this.book) return this.book.farewell;
    const { talk, last } = this;
    if (/\bgood ?bye\b/i.test(talk.agentTurns[talk.agentTurns.length - 1] ?? '')) return 'Goodbye.';
    if (/\b(?:not interested|stop calling|call (?:me|us)? ?(?:again|any))\b/i.test(last)) {
      return 'I am sorry to have disturbed you, and we will not call again. Goodbye.';
    }
    const order = orderIn(talk.personTurns);
    const isOrder = orderTool(this.input.tools) !== undefined && !isOrderEmpty(order);
    return isOrder ? `Thank you for your order of ${spokenOrder(order)}. Goodbye.` : replies.FAREWELL;
  }

  private withHangUp(words: string): BrainPart[] {
    const tool = endCallTool(this.input.tools);
    if (!tool) return [say(words)];
    const call = callOf(tool, 'The conversation is over.');
    return [say(words), call];
  }

  private afterTool(output: string, name: string): BrainPart[] {
    const calendar = isCalendarTool({ name }) ? calendarAnswer(this.input) : undefined;
    if (calendar) return calendar;
    const result = parsed(output);
    const { tools } = this.input;
    if (name === endCallTool(tools)?.name) return [say(this.book?.farewell ?? 'Goodbye.')];
    const failure =
      isRecord(result) &&
      (result['error'] ??
        (result['ok'] === false ? (result['message'] ?? result['detail'] ?? 'it did not work') : undefined));
    const step = replies.nextStep(this.talk);
    if (failure) return [say(`I am sorry, that did not work. ${step}`)];
    if (name !== orderTool(tools)?.name) return [say(`${spokenResult(result)} ${step}`)];
    const order = orderIn(this.talk.personTurns);
    const to = order.address === '' ? '' : `, to be delivered to ${order.address}`;
    const whom = order.customerName === '' ? '' : ` for ${order.customerName}`;
    return [say(`I have noted ${spokenOrder(order)}${whom}${to}. ${step}`)];
  }
}

function say(text: string): BrainPart {
  return { kind: 'say', text: text.replace(/\s+/gu, ' ').trim() };
}

function asSaying(sentence: string): string {
  return `As I was saying, ${/^I\b/.test(sentence) ? sentence : sentence.charAt(0).toLowerCase() + sentence.slice(1)}`;
}

function personTurns(turns: BrainTurn[]): string[] {
  return turns.flatMap((turn) => (turn.role === 'user' && turn.text !== '' ? [turn.text] : []));
}

function nameOfCall(turns: BrainTurn[], callId: string): string {
  const call = turns.find((turn) => turn.role === 'call' && turn.callId === callId);
  return call?.role === 'call' ? call.name : '';
}

function parsed(output: string): unknown {
  try {
    return JSON.parse(output);
  } catch {
    return output;
  }
}

/** What a tool has answered, in a sentence. */
function spokenResult(result: unknown): string {
  if (typeof result === 'string' && result !== '') return asSentence(result.slice(0, 200));
  if (isRecord(result)) {
    const words = ['message', 'summary', 'detail', 'result', 'text'].map((key) => result[key]);
    const sentence = words.find((value): value is string => typeof value === 'string' && value !== '');
    if (sentence) return asSentence(sentence);
    const facts = Object.entries(result).filter(([, value]) => typeof value === 'string' || typeof value === 'number');
    const [key, value] = facts[0] ?? [];
    if (key !== undefined && key !== 'ok') return asSentence(`the ${key.replace(/_/g, ' ')} is ${String(value)}`);
  }
  return 'That is done.';
}

/** `Tell the caller that a colleague will ring them` -> `A colleague will ring you.` */
function spokenDemand(content: string): string {
  const text = addressed(content.replace(/["]/g, '').replace(/[.!?\s]+$/u, ''));
  const ask = /^ask (?:you |politely )?(?:for )?(.+)$/is.exec(text);
  if (ask) {
    const wanted = ask[1] as string;
    return isIndirectQuestion(wanted) ? directQuestion(wanted) : asSentence(`could you tell me ${wanted}`, '?');
  }
  const told = /^(?:tell|inform|let|remind|say|mention|explain)(?: (?:to )?you)?(?: know)?(?: that)? (.+)$/is.exec(
    text,
  );
  if (told) return asSentence(told[1] as string);
  if (/^apologi[sz]e/i.test(text))
    return asSentence(`I am sorry ${text.replace(/^apologi[sz]e(?: to you)?/i, '').trim()}`);
  if (/^thank/i.test(text)) return asSentence(text.replace(/^thank(?: you)?/i, 'thank you'));
  return asSentence(`I would like to ${text}`);
}
