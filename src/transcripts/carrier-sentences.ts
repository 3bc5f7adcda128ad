import type { TurnRole } from '../calls/turn.entity';
import type { CarrierSentence } from '../integrations/voice-intelligence/voice-intelligence';
import type { Utterance } from './enhanced-content';
import type { StoredSentence } from './stored-transcript.entity';

/** In Twilio's own members. A time that Twilio left out is that of the sentence before. */
export function toStoredSentences(sentences: readonly CarrierSentence[]): StoredSentence[] {
  let lastEnd = 0;
  return sentences.map(({ text, channel, startTime, endTime, confidence }) => {
    const start = startTime ?? lastEnd;
    const end = endTime ?? start;
    lastEnd = Math.max(lastEnd, end);
    return { text, speaker: channel, start_time: start, end_time: end, confidence };
  });
}

/** @param firstChannel who speaks on the first channel of the recording */
export function toUtterances(sentences: readonly StoredSentence[], firstChannel: 'customer' | 'agent'): Utterance[] {
  // Twilio counts channels from 1; older transcripts did from 0.
  const base = sentences.some(({ speaker }) => speaker === 0) ? 0 : 1;
  const spoken = sentences.map((sentence) => {
    const isFirst = sentence.speaker - base <= 0;
    const role: TurnRole = isFirst === (firstChannel === 'customer') ? 'customer' : 'agent';
    return { ...sentence, role };
  });
  return spoken.map(({ text, role, start_time, end_time, confidence }) => ({
    channel: channelOf(role),
    role,
    text,
    startMs: start_time * 1000,
    endMs: end_time * 1000,
    confidence,
    // Somebody else began in the middle of it, and went on after it.
    wasInterrupted: spoken.some(
      (other) =>
        other.role !== role &&
        other.start_time > start_time &&
        other.start_time < end_time &&
        other.end_time > end_time,
    ),
    latencyMs: null,
  }));
}

/** The channel of enhanced transcripts: the customer's is 0 and the agent's 1, as clients expect. */
export function channelOf(role: TurnRole): number {
  return role === 'customer' ? 0 : role === 'agent' ? 1 : 2;
}
