import type { Turn } from './call-events';
import type { CancelTimer, Clock } from './clock';

/**
 * What words give away about who says them. `strong`: only a machine says this · `full`: the same, and it takes no message
 * · `weak`: a person may say it too.
 */
export type VoicemailPhrase = 'strong' | 'full' | 'weak';

export interface VoicemailDetection {
  detectedBy: 'carrier' | 'words' | 'both';
  /** False for a fax and a full mailbox: there is nothing to say to them. */
  takesMessage: boolean;
}

export interface VoicemailWatchOptions {
  clock: Clock;
  /** The owner knows the languages; null = nothing of the kind. */
  phraseIn(words: string): VoicemailPhrase | null;
  /** A machine may be talking: the agent is silenced and answers nothing. At most once. */
  onSuspect(): void;
  /** It is a person after all: what they said last is to be answered. At most once, and only after `onSuspect`. */
  onCleared(): void;
  /**
   * The greeting is over: the message is said now, or the call is hung up. At most once, and the last of all. It may come
   * without `onSuspect` (the agent is still talking then) and, when the carrier is sure, after `onCleared`.
   */
  onReady(detection: VoicemailDetection): void;
}

/** A turn as far as it matters here; the bridge's own turns fit. Milliseconds since the answer. */
export type SpokenTurn = Pick<Turn, 'role' | 'text' | 'startMs' | 'endMs' | 'wasInterrupted'>;

/** Greetings begin at once: what is said later than this is said by a person or does not matter any more. */
export const WORDS_WINDOW_MS = 30_000;
/** The same where the carrier has heard a person: its word weighs more the longer the call lasts. */
export const WORDS_WINDOW_AFTER_HUMAN_MS = 20_000;
/** Weak words count in speech longer than this: a machine tells its story in one go, a person waits for an answer. */
const LONG_SPEECH_MS = 4000;
/** Pauses within a greeting are shorter than this; after a longer one somebody begins anew. */
export const BREATH_MS = 1500;
/** Silence that ends a greeting whose end the carrier does not tell. The model's detection has waited 500 ms before it. */
export const GREETING_END_MS = 2500;
/** Whoever is suspected has at least this long to object, however late their words were recognised. */
export const OBJECTION_MS = 1000;
/** A greeting that is not over by then is taken for over. Since the answer. */
export const GREETING_LIMIT_MS = 45_000;
/** The carrier is not believed against a conversation: so many answered turns, this long after the answer. */
const CLEARLY_HUMAN_EXCHANGES = 2;
export const CLEARLY_HUMAN_AFTER_MS = 15_000;
/** Twilio's detection takes 59 s at the longest (reference/twilio.md section 2); a report after this comes too late. */
export const WATCH_LIMIT_MS = 65_000;

type Carrier = 'nothing yet' | 'human' | 'unknown' | 'machine' | 'message end' | 'fax';
type Words = 'nothing' | 'weak' | 'strong';
type Verdict = 'person' | 'open' | 'suspect' | 'ready';

/**
 * Who is it? The carrier's word (rows) joined with the words heard in the first seconds (columns; `weak` only in long
 * speech, `strong` includes `full`). `suspect` waits for the greeting's end. Two things stand above the table: a carrier
 * that reports a machine is not believed once the call is clearly a conversation without such words; and a suspicion that
 * rests on words alone is dropped when somebody begins anew with something short that no machine says.
 */
const VERDICTS: Readonly<Record<Carrier, Readonly<Record<Words, Verdict>>>> = {
  'nothing yet': { nothing: 'open', weak: 'suspect', strong: 'suspect' },
  unknown: { nothing: 'open', weak: 'suspect', strong: 'suspect' },
  human: { nothing: 'person', weak: 'person', strong: 'suspect' },
  machine: { nothing: 'suspect', weak: 'suspect', strong: 'suspect' },
  'message end': { nothing: 'ready', weak: 'ready', strong: 'ready' },
  fax: { nothing: 'ready', weak: 'ready', strong: 'ready' },
};

/**
 * Finds out whether a machine has answered, and when its greeting is over. Two ears listen: the carrier's detection, which
 * reports once and may be wrong, late or lost, and the words of the first seconds. Nothing waits for it: the agent talks
 * from the answer on, and is stopped when a machine is suspected. Has no effect before {@link answered} or after
 * {@link stop}.
 */
export class VoicemailWatch {
  private answeredAtMs: number | null = null;
  private carrier: Carrier = 'nothing yet';
  private state: 'listening' | 'suspecting' | 'cleared' | 'over' = 'listening';
  /** What was said so far, by when it began; bounded by {@link WATCH_LIMIT_MS}. */
  private readonly turns: SpokenTurn[] = [];
  private isCustomerSpeaking = false;
  private stoppedAtMs: number | null = null;
  private suspectedAtMs = 0;
  private greetingEnd: CancelTimer | null = null;
  private greetingLimit: CancelTimer | null = null;

  constructor(private readonly options: VoicemailWatchOptions) {}

  /** The phone was picked up: time counts from here, and what the carrier has said already begins to count. */
  answered(): void {
    if (this.answeredAtMs !== null) return;
    this.answeredAtMs = this.options.clock.nowMs();
    this.judge();
  }

  /**
   * The carrier's word in the carrier's words (`AnsweredBy`, reference/twilio.md section 3). The first is believed, but for
   * a `machine_start` that is followed by the end of its greeting; repeated reports do nothing.
   */
  carrierSays(answeredBy: string): void {
    const said = carrierWord(answeredBy);
    const isNews = this.carrier === 'nothing yet' || (this.carrier === 'machine' && said === 'message end');
    if (!isNews || this.isTooLate()) return;
    this.carrier = said;
    this.judge();
  }

  customerSpeechStarted(): void {
    this.isCustomerSpeaking = true;
    this.greetingEnd?.();
  }

  customerSpeechStopped(): void {
    this.isCustomerSpeaking = false;
    this.stoppedAtMs = this.options.clock.nowMs();
    if (this.state === 'suspecting') this.awaitGreetingEnd();
  }

  /** A finished turn of either side, in any order. */
  turnEnded(turn: SpokenTurn): void {
    if (this.answeredAtMs === null || this.state === 'over' || this.isTooLate() || !isSpoken(turn)) return;
    const after = this.turns.findIndex(({ startMs }) => startMs > turn.startMs);
    this.turns.splice(after === -1 ? this.turns.length : after, 0, turn);
    if (turn.role !== 'customer') return;
    if (this.isObjection(turn)) this.clear();
    else this.judge();
  }

  /** The call is being ended for another reason, or is over. */
  stop(): void {
    this.state = 'over';
    this.greetingEnd?.();
    this.greetingLimit?.();
  }

  private judge(): void {
    if (this.answeredAtMs === null || this.state === 'over') return;
    switch (this.verdict()) {
      case 'open':
        return;
      case 'person':
        if (this.state === 'suspecting') this.clear();
        return;
      case 'suspect':
        if (this.state === 'listening') this.suspect();
        return;
      case 'ready':
        this.ready();
        return;
    }
  }

  private verdict(): Verdict {
    const words = this.heardWords();
    if (words === 'nothing' && this.isClearlyConversation()) return 'person';
    return VERDICTS[this.carrier][words === 'full' ? 'strong' : words];
  }

  private suspect(): void {
    this.state = 'suspecting';
    this.suspectedAtMs = this.options.clock.nowMs();
    const leftMs = Math.max(0, GREETING_LIMIT_MS - this.sinceAnswer());
    this.greetingLimit = this.options.clock.after(leftMs, () => this.ready());
    this.options.onSuspect();
    this.awaitGreetingEnd();
  }

  private clear(): void {
    this.state = 'cleared';
    this.greetingEnd?.();
    this.greetingLimit?.();
    this.options.onCleared();
  }

  private ready(): void {
    const words = this.heardWords();
    const takesMessage = this.carrier !== 'fax' && words !== 'full';
    this.stop();
    this.options.onReady({ detectedBy: this.detectedBy(words), takesMessage });
  }

  private awaitGreetingEnd(): void {
    this.greetingEnd?.();
    if (this.isCustomerSpeaking || this.state !== 'suspecting') return;
    const quietSinceMs = this.stoppedAtMs ?? this.suspectedAtMs;
    const endMs = Math.max(quietSinceMs + GREETING_END_MS, this.suspectedAtMs + OBJECTION_MS);
    this.greetingEnd = this.options.clock.after(endMs - this.options.clock.nowMs(), () => this.ready());
  }

  private detectedBy(words: Words | 'full'): VoicemailDetection['detectedBy'] {
    if (words === 'nothing') return 'carrier';
    return this.isMachineByCarrier() ? 'both' : 'words';
  }

  private isMachineByCarrier(): boolean {
    return this.carrier === 'machine' || this.carrier === 'message end' || this.carrier === 'fax';
  }

  /** The most telling of what the customer has said within the window. */
  private heardWords(): Words | 'full' {
    let heard: Words | 'full' = 'nothing';
    for (const greeting of this.greetings()) {
      const phrase = this.options.phraseIn(greeting.text);
      if (phrase === 'full') return 'full';
      if (phrase === 'strong') heard = 'strong';
      if (phrase === 'weak' && heard === 'nothing' && greeting.endMs - greeting.startMs > LONG_SPEECH_MS)
        heard = 'weak';
    }
    return heard;
  }

  /** What the customer said in one go, each as one: a machine takes breath between two sentences as well. */
  private greetings(): Speech[] {
    const windowMs = this.carrier === 'human' ? WORDS_WINDOW_AFTER_HUMAN_MS : WORDS_WINDOW_MS;
    const greetings: Speech[] = [];
    for (const { role, text, startMs, endMs } of this.turns) {
      if (role !== 'customer' || startMs >= windowMs) continue;
      const last = greetings.at(-1);
      if (last === undefined || startMs - last.endMs >= BREATH_MS) greetings.push({ text, startMs, endMs });
      else {
        last.text += ` ${text}`;
        last.endMs = Math.max(last.endMs, endMs);
      }
    }
    return greetings;
  }

  /** Something short after a pause that no machine says. Only words are thrown over by it, never the carrier. */
  private isObjection(turn: SpokenTurn): boolean {
    if (this.state !== 'suspecting' || this.isMachineByCarrier()) return false;
    if (turn.endMs - turn.startMs > LONG_SPEECH_MS || this.options.phraseIn(turn.text) !== null) return false;
    return this.turns.every(
      (other) => other === turn || other.role !== 'customer' || turn.startMs - other.endMs >= BREATH_MS,
    );
  }

  private isClearlyConversation(): boolean {
    return this.sinceAnswer() > CLEARLY_HUMAN_AFTER_MS && this.exchanges() >= CLEARLY_HUMAN_EXCHANGES;
  }

  /**
   * Customer turns that the agent has answered to the end. A greeting talks on, so that what is said into its pauses is cut
   * short; the opening was begun before anybody had spoken.
   */
  private exchanges(): number {
    let answered = 0;
    let isOpen = false;
    for (const { role, wasInterrupted } of this.turns) {
      if (role === 'customer') isOpen = true;
      else if (isOpen && !wasInterrupted) {
        answered++;
        isOpen = false;
      }
    }
    return answered;
  }

  private isTooLate(): boolean {
    return this.sinceAnswer() > WATCH_LIMIT_MS;
  }

  private sinceAnswer(): number {
    return this.answeredAtMs === null ? 0 : this.options.clock.nowMs() - this.answeredAtMs;
  }
}

interface Speech {
  text: string;
  startMs: number;
  endMs: number;
}

function carrierWord(answeredBy: string): Carrier {
  if (answeredBy === 'human' || answeredBy === 'fax') return answeredBy;
  if (answeredBy.startsWith('machine_end')) return 'message end';
  return answeredBy.startsWith('machine') ? 'machine' : 'unknown';
}

/** What stands in brackets (`[inaudible]`, `[pressed 1]`) was written by us. */
function isSpoken({ text }: SpokenTurn): boolean {
  return !text.startsWith('[');
}
