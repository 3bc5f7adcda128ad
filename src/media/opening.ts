import type { CallPlan } from './call-plan';
import { sentenceOverlap } from './heard-text';
import type { ResponseShape } from './openai-commands';

/** Share of the disclosure's words that must have been heard; a transcript writes numbers and names its own way. */
const DISCLOSED_OVERLAP = 0.8;

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
 * disclosure is owed until it was heard, whatever the scenario's prompt says and however often it is interrupted.
 */
export class Opening {
  private owesDisclosure: boolean;
  private owesGreeting: boolean;
  private isUnderway = false;
  private isGreetingUnderway = false;

  constructor(private readonly plan: CallPlan) {
    this.owesDisclosure = (plan.disclosure ?? '').trim() !== '';
    this.owesGreeting = (plan.greeting ?? '').trim() !== '';
  }

  get isDisclosureOwed(): boolean {
    return this.owesDisclosure;
  }

  /**
   * True when the server may answer the customer by itself. Not while exact words are owed: only a response that we
   * create carries instructions of its own.
   */
  get allowsServerResponses(): boolean {
    return !this.owesDisclosure && (this.plan.whoSpeaksFirst === 'agent' || !this.owesGreeting);
  }

  /** The agent speaks first: exact words when there are any, else a greeting in its own words. */
  firstWords(): ResponseShape {
    const owed = this.takeOwed();
    if (owed !== null && (this.plan.greeting ?? '').trim() !== '') return sayExactly(owed);
    const greet = 'greet the other person in one short sentence of your own and let them speak';
    const directive =
      owed === null
        ? `You speak first: ${greet}.`
        : `Begin by saying word for word ${quoted(owed)}. In the same breath ${greet}.`;
    return { instructions: `${directive}\n\n${this.plan.instructions}`, speaksOnly: true };
  }

  /** An answer to the conversation, which begins with the exact words that are still owed. */
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

  /** What carried the owed words was cut, or has been heard without them: the next response carries the disclosure. */
  notUnderway(): void {
    this.isUnderway = false;
    this.isGreetingUnderway = false;
  }

  /** What carried the owed words was never made: the next response carries all of them. */
  failed(): void {
    this.owesGreeting ||= this.isGreetingUnderway;
    this.notUnderway();
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
    return owed.length === 0 ? null : owed.join(' ');
  }
}
