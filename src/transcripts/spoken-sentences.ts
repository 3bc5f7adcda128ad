import type { Turn, TurnRole } from '../calls/turn.entity';
import type { CarrierSentence } from '../integrations/voice-intelligence/voice-intelligence';
import type { Utterance } from './enhanced-content';
import type { StoredSentence } from './stored-transcript.entity';

/** More sentences within one are none that people say. */
const MOST_AT_ONCE = 50;

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
  const utterances = sentences.map(({ text, speaker, start_time, end_time, confidence }): Utterance => {
    const role: TurnRole = speaker <= base === (firstChannel === 'customer') ? 'customer' : 'agent';
    const times = { startMs: start_time * 1000, endMs: end_time * 1000 };
    return { channel: channelOf(role), role, text, ...times, confidence, wasInterrupted: false, latencyMs: null };
  });
  return withInterruptions(utterances.sort((a, b) => a.startMs - b.startMs));
}

/**
 * In the order of their starts. Somebody was interrupted when the other side began in the middle of it and went on after it.
 * Only those are looked at that begin before its end, and of people who talk there are few.
 */
function withInterruptions(utterances: readonly Utterance[]): Utterance[] {
  return utterances.map((one, at) => {
    for (let next = at + 1; next < utterances.length; next++) {
      const other = utterances[next];
      if (other === undefined || other.startMs >= one.endMs || next - at > MOST_AT_ONCE) break;
      if (other.role !== one.role && other.startMs > one.startMs && other.endMs > one.endMs) {
        return { ...one, wasInterrupted: true };
      }
    }
    return one;
  });
}

/**
 * An operator who has taken over speaks on the agent's channel. Whose a sentence there is, the conversation itself knows: the
 * one whose turns it overlaps most with. The recording begins with the answer, as the turns do.
 */
export function withOperator(utterances: readonly Utterance[], turns: readonly Span[]): Utterance[] {
  const ofOperator = turns.filter(({ role }) => role === 'operator');
  if (ofOperator.length === 0) return [...utterances];
  const ofAgent = turns.filter(({ role }) => role === 'agent');
  return utterances.map((one) => {
    if (one.role !== 'agent' || sharedMs(one, ofOperator) <= sharedMs(one, ofAgent)) return one;
    return { ...one, role: 'operator', channel: channelOf('operator') };
  });
}

type Span = Pick<Turn, 'role' | 'startMs' | 'endMs'>;

function sharedMs({ startMs, endMs }: Utterance, spans: readonly Span[]): number {
  return spans.reduce(
    (sum, span) => sum + Math.max(0, Math.min(endMs, span.endMs) - Math.max(startMs, span.startMs)),
    0,
  );
}

/** The channel of enhanced transcripts: the customer's is 0 and the agent's 1, as clients expect. */
export function channelOf(role: TurnRole): number {
  return role === 'customer' ? 0 : role === 'agent' ? 1 : 2;
}
