import { setImmediate as nextTurn } from 'node:timers/promises';
import { FRAME_BYTES, FRAME_MS } from '../../../media/g711';
import { Ear, loudnessOf, type HeardLine } from '../../phone/ear';
import type { Voices } from '../../phone/voices';
import { UNRECOGNISED_SPEECH } from '../../speech/recogniser';
import { sentencesOf, timeWords } from '../../speech/sentences';
import type { Recording } from '../recording';
import { seconds, type SentenceText } from './sentence';

/** So many frames are listened to in one go (10 s of audio); then the calls on the line get their turn. */
const FRAMES_AT_ONCE = 500;
/** Below this a frame is silence between words, and so many of them are a pause. */
const PAUSE_MEAN = 50;
const PAUSE_FRAMES = 6;
/** The recogniser is never wrong and never quite sure: between these two, and the same for the same words. */
const MIN_CONFIDENCE = 0.86;
const CONFIDENCE_STEPS = 130;

const PHONE_CHANNEL = 1;
const PLATFORM_CHANNEL = 2;

/**
 * What was really said in a recording: both of its sides are listened to like a phone call. With one channel both
 * speakers are on it.
 */
export async function transcribeRecording(
  recording: Recording,
  recogniser: Voices['recogniser'],
): Promise<SentenceText[]> {
  const { party, platform } = recording.sides();
  const isDual = recording.settings.channels === 2;
  const sentences = [
    ...(await transcribeSide(party, PHONE_CHANNEL, recogniser)),
    ...(await transcribeSide(platform, isDual ? PLATFORM_CHANNEL : PHONE_CHANNEL, recogniser)),
  ];
  return sentences.sort((a, b) => (a.startTime ?? 0) - (b.startTime ?? 0));
}

/** What is made of audio that the sandbox has never heard: the sentence of its transcriber for foreign voices. */
export function foreignSentence(): SentenceText {
  const words = UNRECOGNISED_SPEECH.split(' ');
  return toSentence(timeWords(words, [{ startMs: 500, endMs: 4000 }]), PHONE_CHANNEL);
}

async function transcribeSide(
  audio: Buffer,
  mediaChannel: number,
  recogniser: Voices['recogniser'],
): Promise<SentenceText[]> {
  const ear = new Ear((mulaw) => recogniser.recognise(mulaw));
  const frames = audio.length / FRAME_BYTES;
  for (let frame = 0; frame < frames; frame++) {
    ear.step(frameAt(audio, frame));
    if (frame % FRAMES_AT_ONCE === 0) await nextTurn();
  }
  ear.finish();
  return ear.heard.flatMap((line) => cutIntoSentences(line, audio, mediaChannel));
}

function cutIntoSentences(line: HeardLine, audio: Buffer, mediaChannel: number): SentenceText[] {
  const sentences = sentencesOf(line.text);
  const words = timeWords(sentences.flat(), stretchesOf(line, audio));
  let from = 0;
  return sentences.map(({ length }) => {
    const spoken = words.slice(from, from + length);
    from += length;
    return toSentence(spoken, mediaChannel);
  });
}

function toSentence(words: ReturnType<typeof timeWords>, mediaChannel: number): SentenceText {
  const text = words.map((word) => word.text).join(' ');
  return {
    text,
    mediaChannel,
    startTime: seconds(words[0]?.startMs ?? 0),
    endTime: seconds(words.at(-1)?.endMs ?? 0),
    confidence: confidenceIn(text),
    words,
  };
}

/** The parts of an utterance between its pauses: a sentence does not begin before its first sound. */
function stretchesOf(
  { start_ms: startMs, end_ms: endMs }: HeardLine,
  audio: Buffer,
): { startMs: number; endMs: number }[] {
  const stretches: { startMs: number; endMs: number }[] = [];
  let quietFrames = PAUSE_FRAMES;
  for (let frame = startMs / FRAME_MS; frame < endMs / FRAME_MS; frame++) {
    if (loudnessOf(frameAt(audio, frame)) < PAUSE_MEAN) {
      quietFrames += 1;
      continue;
    }
    const last = stretches.at(-1);
    if (last && quietFrames < PAUSE_FRAMES) last.endMs = (frame + 1) * FRAME_MS;
    else stretches.push({ startMs: frame * FRAME_MS, endMs: (frame + 1) * FRAME_MS });
    quietFrames = 0;
  }
  return stretches.length > 0 ? stretches : [{ startMs, endMs }];
}

function frameAt(audio: Buffer, frame: number): Buffer {
  return audio.subarray(frame * FRAME_BYTES, (frame + 1) * FRAME_BYTES);
}

function confidenceIn(text: string): number {
  let hash = 0;
  for (const character of text) hash = (Math.imul(hash, 31) + (character.codePointAt(0) ?? 0)) >>> 0;
  return Math.round((MIN_CONFIDENCE + (hash % CONFIDENCE_STEPS) / 1000) * 1000) / 1000;
}
