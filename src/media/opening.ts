import type { CallPlan } from './call-plan';
import { sentenceOverlap } from './heard-text';
import type { ResponseShape } from './openai-commands';
import type { ResponseKind } from './response-sequencer';

/** Share of the disclosure's words that must have been heard; a transcript writes numbers and names its own way. */
const DISCLOSED_OVERLAP = 0.8;
/** Attempts that ended by themselves without anything being heard; a model that says nothing will not be asked for ever. */
const MAX_ATTEMPTS = 3;
/** Enough of the end of a text to find the place in it. */
const RESUME_WORDS = 20;
const GREET = 'greet the other person in one short sentence of your own and let them speak';

/** Instructions that make the model say exactly this and nothing else. */
export function sayExactly(sentence: string): ResponseShape {
  return { instructions: `Say word for word ${quoted(sentence)} and nothing else.`, speaksOnly: true };
}

/** Double quotes delimit the words to be said, so those within become single ones. */
function quoted(sentence: string): string {
  return `"${sentence.replace(/["“”„«»]/g, "'").trim()}"`;
}

/**
 * The first words of a call: the disclosure (this is an automated assistant, calling for whom) and the greeting. The
 * disclosure is owed until it was heard, whatever the scenario's prompt says and however often it is interrupted. It is
 * never in one text with that prompt, which could talk the model out of it.
 */
export class Opening {
  private owesDisclosure: boolean;
  private owesGreeting: boolean;
  private isUnderway = false;
  private isGreetingUnderway = false;
  /** The response that says the disclosure, and what is known of it. */
  private carrierId: string | null = null;
  private isMade = false;
  private isHeardOut = false;
  private attempts = 0;

  constructor(
    private readonly plan: CallPlan,
    private readonly onTrouble: (what: string) => void,
  ) {
    this.owesDisclosure = this.hasDisclosure;
    this.owesGreeting = this.hasGreeting;
  }

  get isDisclosureOwed(): boolean {
    return this.owesDisclosure;
  }

  /** The disclosure is being said, and not known to be heard. */
  get isDisclosureUnderway(): boolean {
    return this.owesDisclosure && this.isUnderway;
  }

  /** Exact first words are still to be said. */
  get isOwing(): boolean {
    return (this.owesDisclosure && !this.isUnderway) || this.owesGreeting;
  }

  /**
   * True when the server may answer the customer by itself. Not while exact words are owed: only a response that we
   * create carries instructions of its own.
   */
  get allowsServerResponses(): boolean {
    return !this.owesDisclosure && (this.plan.whoSpeaksFirst === 'agent' || !this.owesGreeting);
  }

  /** True when the disclosure takes a response of its own before one of this kind; exact words can share theirs. */
  goesBefore(kind: ResponseKind): boolean {
    if (!this.owesDisclosure || this.isUnderway) return false;
    return kind === 'reply' || (kind === 'opening' && !this.hasGreeting);
  }

  /** The disclosure and whatever other exact words are owed, and nothing else. */
  disclosure(): ResponseShape {
    return sayExactly(this.takeOwed() ?? this.plan.disclosure ?? '');
  }

  /** The agent speaks first: exact words when there are any, else a greeting in its own words. */
  firstWords(): ResponseShape {
    const owed = this.takeOwed();
    if (owed !== null) return sayExactly(owed);
    const directive = this.hasDisclosure
      ? `Now ${GREET}, without repeating what you have just said.`
      : `You speak first: ${GREET}.`;
    return { instructions: `${directive}\n\n${this.plan.instructions}`, speaksOnly: true };
  }

  /** An answer to the conversation, which begins with an exact greeting that is still owed. */
  answer(): ResponseShape {
    const owed = this.takeOwed();
    if (owed === null) return {};
    const directive = `Begin by saying word for word ${quoted(owed)}. Then answer what was said last.`;
    return { instructions: `${directive}\n\n${this.plan.instructions}` };
  }

  /** A sentence of the product's, after the disclosure if that is still owed. */
  sentence(sentence: string): ResponseShape {
    const owed = this.takeOwed();
    return sayExactly(owed === null ? sentence : `${owed} ${sentence}`);
  }

  /** The rest of what was cut off: word for word where it was made already. */
  resumption({ said, rest }: { said: string; rest: string | null }): ResponseShape {
    if (rest !== null && rest !== '') return sayExactly(rest);
    const lastWords = said.trim().split(/\s+/).slice(-RESUME_WORDS).join(' ');
    const directive =
      `You were cut off in the middle of what you were saying, by a noise or a fault on the line. Your last words were: ${quoted(lastWords)}. ` +
      'Go on from there in the same sentence: do not repeat those words, do not greet, do not mention the interruption.';
    // A tool that the lost answer was about to call is still to be called.
    return { instructions: `${directive}\n\n${this.plan.instructions}` };
  }

  /** The last words, as they are: nothing is left to disclose to someone who is being said goodbye to. */
  lastWords(sentence: string): ResponseShape {
    return sayExactly(sentence);
  }

  /** What an agent item let the customer hear. True when that has just settled the disclosure. */
  heard(text: string): boolean {
    if (!this.owesDisclosure) return false;
    if (sentenceOverlap(this.plan.disclosure ?? '', text) < DISCLOSED_OVERLAP) return false;
    this.owesDisclosure = false;
    return true;
  }

  /** A response of ours has begun: the one that was asked to say the owed words, if they are on their way. */
  carriedBy(responseId: string): void {
    if (this.isUnderway || this.isGreetingUnderway) this.carrierId ??= responseId;
  }

  /** The disclosure is another one now, and is owed from here on. False where there is none. */
  oweAgain(): boolean {
    if (!this.hasDisclosure) {
      this.owesDisclosure = false;
      return false;
    }
    this.owesDisclosure = true;
    this.attempts = 0;
    this.notUnderway();
    return true;
  }

  /** A response was made to its end. */
  made(responseId: string): void {
    if (responseId !== this.carrierId) return;
    this.isMade = true;
    this.settleCarrier();
  }

  /** All audio of a response was heard. */
  heardOut(responseId: string): void {
    if (responseId !== this.carrierId) return;
    this.isHeardOut = true;
    this.settleCarrier();
  }

  /** Nobody is speaking: an attempt that was not cut and has brought nothing to the ear is over. */
  lineQuiet(): void {
    if (this.isUnderway && this.owesDisclosure && ++this.attempts >= MAX_ATTEMPTS) {
      this.owesDisclosure = false;
      this.onTrouble('disclosure_unproved');
    }
    this.notUnderway();
  }

  /** What carried the owed words was cut: the next response carries the disclosure. */
  notUnderway(): void {
    this.isUnderway = false;
    this.isGreetingUnderway = false;
    this.carrierId = null;
    this.isMade = false;
    this.isHeardOut = false;
  }

  /**
   * A response failed, or was lost with its session. Null: before it had begun, and then it is the one that was created
   * last. If it was to carry the owed words, the next response carries all of them.
   */
  lost(responseId: string | null): void {
    if (this.carrierId !== responseId) return;
    this.owesGreeting ||= this.isGreetingUnderway;
    this.notUnderway();
  }

  /** Said and heard to its end, it is given: a model may translate it, and would do so again. */
  private settleCarrier(): void {
    if (!this.owesDisclosure || !this.isMade || !this.isHeardOut) return;
    this.owesDisclosure = false;
    this.onTrouble('disclosure_reworded');
  }

  private get hasGreeting(): boolean {
    return (this.plan.greeting ?? '').trim() !== '';
  }

  private get hasDisclosure(): boolean {
    return (this.plan.disclosure ?? '').trim() !== '';
  }

  /** The words that the response about to be created must begin with; null when none are owed or they are on their way. */
  private takeOwed(): string | null {
    if (this.isUnderway) return null;
    const owed: string[] = [];
    if (this.owesDisclosure) owed.push(this.plan.disclosure ?? '');
    if (this.owesGreeting) owed.push(this.plan.greeting ?? '');
    this.isGreetingUnderway = this.owesGreeting;
    this.owesGreeting = false;
    this.isUnderway = this.owesDisclosure;
    this.carrierId = null;
    return owed.length === 0 ? null : owed.join(' ');
  }
}
