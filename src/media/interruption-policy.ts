import { SILENCE_DURATION_MS } from './turn-detection';

/** Which of the agent's words nobody may cut; `opening` is the disclosure and the greeting. */
export type ProtectedWords = 'nothing' | 'disclosure' | 'opening';

/** What it takes to interrupt the agent. The scenario's choice. */
export interface InterruptionPolicy {
  protect: ProtectedWords;
  /** Shorter speech does not stop the agent by itself, only by its words. 0: any speech stops it at once. */
  minSpeechMs: number;
  /** Words that do not interrupt the agent ("mhm"), compared by {@link isOnly}. */
  ignoreWords: readonly string[];
  /** An agent that was cut for nothing takes up where it stopped. */
  resumesAfterFalseAlarm: boolean;
}

export const DEFAULT_INTERRUPTION_POLICY: InterruptionPolicy = {
  protect: 'nothing',
  minSpeechMs: 0,
  ignoreWords: [],
  resumesAfterFalseAlarm: false,
};

/*
 * THE TABLE. One customer turn at a time; the first row that fits counts. "The agent talks": its audio is unplayed, or a
 * response is asked for or being made.
 *
 * While they speak (when speech starts, when `cutsAfterMs` have passed, and when protected words end), `whileSpeaking`:
 *
 *   the agent was cut, and the words it was cut for are not known    cut        they go on with what cut it
 *   the agent is silent                                              listen     nothing to interrupt
 *   what plays is protected                                          protect    it talks on; they are answered afterwards
 *   they have spoken for `cutsAfterMs`                               cut        the agent stops now
 *   else                                                             wait       it talks on; ask again
 *
 * When they stop, `onceStopped`, by the last stance:
 *
 *   listen                                                           answer
 *   cut       a resume is wanted, and they stopped soon after it     await-words
 *             else                                                   answer
 *   wait      the agent has finished meanwhile                       answer
 *             they spoke for long enough after all                   cut-and-answer
 *             else                                                   await-words
 *   protect   the agent has finished meanwhile                       answer
 *             else                                                   await-words
 *
 * When their words are known, or will not be (failed, or not there after WORDS_LIMIT_MS), `onceWordsKnown`:
 *
 *             words:     unknown   none       only ignored ones                    others
 *   listen               answer    answer     answer                               answer
 *   cut                  answer    resume *   resume *                             answer
 *   wait                 answer    continue   agent talks: continue, else answer   agent talks: cut-and-answer, else answer
 *   protect              answer    continue   agent talks: continue, else answer   answer
 *
 *   * with resumesAfterFalseAlarm, else answer
 *
 * An ignored word interrupts nobody, but said to an agent that is silent by now it may be the answer to its question.
 */

/** How the agent takes speech that goes on: it was silent · it stopped · it talks on for now · it talks on in any case. */
export type Stance = 'listen' | 'cut' | 'wait' | 'protect';

/** `await-words`: decide in {@link onceWordsKnown}. `answer`: as soon as the agent is silent, which it may be already. */
export type StopDecision = 'answer' | 'cut-and-answer' | 'await-words';

/**
 * `continue`: there is nothing to answer, and nothing was cut. `resume`: there is nothing to answer, and the agent goes on
 * with what was cut.
 */
export type WordsDecision = 'answer' | 'cut-and-answer' | 'continue' | 'resume';

/** Transcriptions take a few hundred milliseconds after the commit; a customer is not kept waiting longer than this. */
export const WORDS_LIMIT_MS = 1500;
/** A "mhm" or "okay" is over by then; speech that is not wants the floor. */
const BACKCHANNEL_MS = 500;
/** What the model hears and tells travels to it and back; a report that is on its way must not be overtaken. */
const REPORT_LATENCY_MS = 100;
/** Somebody who wants the floor speaks on when the agent falls silent; who stops within this may have meant nothing. */
const FALSE_ALARM_MS = 600;
/** More words than this (letters, in scripts without spaces) are no backchannel; it bounds the search in {@link isOnly}. */
const MAX_PIECES = 60;

/**
 * A word, or a single letter of those without case (Lo): scripts without spaces have only such letters, and there a word may
 * begin at any of them.
 */
const PIECE = /\p{Lo}\p{M}*|[\p{Lu}\p{Ll}\p{Lt}\p{Lm}\p{M}\p{N}]+/gu;
const REPEATED_LETTER = /(\p{L})\1+/gu;
/** Accents of Latin, Greek and Cyrillic, points of Hebrew and Arabic. The marks of other scripts make other letters. */
const ACCENTS = /[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670]/g;
/** Repeats the vowel before it, in Japanese. */
const LENGTHENER = /\u30fc/g;

/** True for words that the policy protects from interruption; `greeting` is the agent's first words after the disclosure. */
export function protects(policy: InterruptionPolicy, words: 'disclosure' | 'greeting'): boolean {
  return policy.protect === 'opening' || (policy.protect === 'disclosure' && words === 'disclosure');
}

/**
 * True when the model's server may interrupt and answer by itself, which saves a round trip. `hasProtectedWords`: words
 * that the policy protects are still to be said or heard; afterwards it protects nothing.
 */
export function isServerDriven(policy: InterruptionPolicy, hasProtectedWords: boolean): boolean {
  return !hasProtectedWords && cutsAfterMs(policy) === 0 && !policy.resumesAfterFalseAlarm;
}

/**
 * From the beginning of speech to the moment in which it cuts the agent. Of speech that has not ended by report nobody knows
 * whether it ended in the last SILENCE_DURATION_MS: only after these is it certain to have lasted as long as it must.
 */
export function cutsAfterMs(policy: InterruptionPolicy): number {
  const neededMs = neededSpeechMs(policy);
  return neededMs === 0 ? 0 : neededMs + SILENCE_DURATION_MS + REPORT_LATENCY_MS;
}

/**
 * The customer speaks. `isProtected`: what plays is protected by the policy, or the call's own last words. `sinceStartMs`:
 * from where their speech began (without padding) until now. `isCutInDoubt`: words of earlier speech that cut the agent are
 * still awaited.
 */
export function whileSpeaking(
  policy: InterruptionPolicy,
  now: { agentTalks: boolean; isProtected: boolean; sinceStartMs: number; isCutInDoubt: boolean },
): Stance {
  if (now.isCutInDoubt) return 'cut';
  if (!now.agentTalks) return 'listen';
  if (now.isProtected) return 'protect';
  return now.sinceStartMs >= cutsAfterMs(policy) ? 'cut' : 'wait';
}

/** The customer has stopped. `speechMs`: what they spoke, without padding and the silence that ended it. */
export function onceStopped(
  policy: InterruptionPolicy,
  stance: Stance,
  now: { agentTalks: boolean; speechMs: number },
): StopDecision {
  switch (stance) {
    case 'listen':
      return 'answer';
    case 'cut':
      return policy.resumesAfterFalseAlarm && now.speechMs < neededSpeechMs(policy) + FALSE_ALARM_MS
        ? 'await-words'
        : 'answer';
    case 'wait':
      if (!now.agentTalks) return 'answer';
      return now.speechMs >= neededSpeechMs(policy) ? 'cut-and-answer' : 'await-words';
    case 'protect':
      return now.agentTalks ? 'await-words' : 'answer';
  }
}

/** The words that were waited for. `text`: null when the transcription failed or did not come in time. */
export function onceWordsKnown(
  policy: InterruptionPolicy,
  stance: Stance,
  now: { agentTalks: boolean; text: string | null },
): WordsDecision {
  const said = kindOf(now.text, policy.ignoreWords);
  switch (stance) {
    case 'listen':
      return 'answer';
    case 'cut':
      return policy.resumesAfterFalseAlarm && (said === 'none' || said === 'ignored') ? 'resume' : 'answer';
    case 'wait':
    case 'protect':
      if (said === 'none') return 'continue';
      if (said === 'unknown' || !now.agentTalks) return 'answer';
      if (said === 'ignored') return 'continue';
      return stance === 'wait' ? 'cut-and-answer' : 'answer';
  }
}

/**
 * True when a text says nothing but these words, once or several times, in any order. Case, accents, punctuation and
 * repeated letters do not count ("Mm-hmm." is "mhm"); nor do spaces within a word, but one word ends where another
 * begins, so "soon" is not "so" and "on" (in scripts without spaces it may be).
 */
export function isOnly(text: string, words: readonly string[]): boolean {
  const spoken = piecesOf(text);
  if (spoken.length === 0 || spoken.length > MAX_PIECES) return false;
  const ignored = new Set(words.map((word) => joined(piecesOf(word))).filter((word) => word !== ''));
  const longest = Math.max(0, ...[...ignored].map((word) => word.length));
  // isExplained[i]: the first i pieces are made of ignored words.
  const isExplained = [true, ...spoken.map(() => false)];
  for (let from = 0; from < spoken.length; from++) {
    if (isExplained[from] !== true) continue;
    if (isRepetition(spoken[from] as string, ignored)) isExplained[from + 1] = true;
    for (let to = from + 1; to <= spoken.length; to++) {
      const piece = joined(spoken.slice(from, to));
      if (piece.length > longest) break;
      if (ignored.has(piece)) isExplained[to] = true;
    }
  }
  return isExplained[spoken.length] === true;
}

/** How long they must have spoken for their speech alone to interrupt. */
function neededSpeechMs({ minSpeechMs, ignoreWords }: InterruptionPolicy): number {
  return ignoreWords.length === 0 ? minSpeechMs : Math.max(minSpeechMs, BACKCHANNEL_MS);
}

function kindOf(text: string | null, ignoreWords: readonly string[]): 'unknown' | 'none' | 'ignored' | 'others' {
  if (text === null) return 'unknown';
  if (piecesOf(text).length === 0) return 'none';
  return isOnly(text, ignoreWords) ? 'ignored' : 'others';
}

/** The words of a text (its letters, where they have no case) without everything that the comparison overlooks. */
function piecesOf(text: string): string[] {
  const plain = text.normalize('NFKD').replace(ACCENTS, '').replace(LENGTHENER, '').normalize('NFC').toLowerCase();
  return (plain.match(PIECE) ?? []).map((piece) => joined([piece]));
}

function joined(pieces: readonly string[]): string {
  return pieces.join('').replace(REPEATED_LETTER, '$1');
}

/** True for a word that is one of these said several times without a pause, such as "haha" or "mhmmhm". */
function isRepetition(spoken: string, words: ReadonlySet<string>): boolean {
  for (const word of words) {
    // Where it ends as it begins, two of them share a letter: repeated letters do not count.
    const period = word.at(-1) === word.at(0) ? word.length - 1 : word.length;
    const times = Math.floor(spoken.length / Math.max(1, period));
    if (times > 1 && joined([word.repeat(times)]) === spoken) return true;
  }
  return false;
}
