import { timeWords, type SpokenWord } from '../../speech/sentences';
import { newSid } from '../sids';

/** A sentence as it was understood; times in seconds since the beginning of the recording. */
export interface SentenceText {
  text: string;
  /** 1 the phone, 2 what it was played (reference/twilio.md section 4). */
  mediaChannel: number;
  startTime: number | null;
  endTime: number | null;
  confidence: number | null;
  /** In ms since the beginning of the recording; spread evenly over the sentence when nobody knows. */
  words?: readonly SpokenWord[];
}

/** A sentence of a transcript. */
export interface Sentence extends SentenceText {
  sid: string;
  index: number;
}

const MASK = '[REDACTED]';
/** A number of so many digits tells who somebody is: a phone, a card, an account. */
const TELLING_DIGITS = 4;

export function sentencesOfTranscript(texts: readonly SentenceText[]): Sentence[] {
  return texts.map((text, index) => ({ ...text, sid: newSid('GX'), index }));
}

/** As the REST API shows it; unlike those of a call its numbers are numbers. */
export function sentenceResource(
  sentence: Sentence,
  { redacted, wordTimestamps }: { redacted: boolean; wordTimestamps: boolean },
): Record<string, unknown> {
  const words = wordsOf(sentence);
  const texts = words.map((word) => word.text);
  const shown = redacted ? redact(texts) : texts;
  return {
    media_channel: sentence.mediaChannel,
    sentence_index: sentence.index,
    start_time: sentence.startTime,
    end_time: sentence.endTime,
    transcript: redacted ? shown.join(' ') : sentence.text,
    sid: sentence.sid,
    confidence: sentence.confidence,
    ...(wordTimestamps
      ? { words: words.map((word, i) => ({ word: shown[i], start_time: word.startTime, end_time: word.endTime })) }
      : {}),
  };
}

function wordsOf(sentence: Sentence): { text: string; startTime: number | null; endTime: number | null }[] {
  const { text, startTime, endTime } = sentence;
  const texts = text.split(/\s+/u).filter(Boolean);
  if (startTime === null || endTime === null) return texts.map((word) => ({ text: word, startTime, endTime }));
  const spoken = sentence.words ?? timeWords(texts, [{ startMs: startTime * 1000, endMs: endTime * 1000 }]);
  return spoken.map((word) => ({ text: word.text, startTime: seconds(word.startMs), endTime: seconds(word.endMs) }));
}

/** Masks e-mail addresses and long numbers, also those that are written in several words. */
function redact(words: readonly string[]): string[] {
  const shown = words.map((word) => (word.includes('@') ? MASK : word));
  for (let from = 0; from < words.length;) {
    let to = from;
    let digits = 0;
    while (to < words.length && /\d/.test(words[to] as string)) {
      digits += (words[to] as string).replace(/\D/g, '').length;
      to += 1;
    }
    if (digits >= TELLING_DIGITS) shown.fill(MASK, from, to);
    from = Math.max(to, from + 1);
  }
  return shown;
}

/** Whole milliseconds, in seconds. */
export function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}
