import { mapSoftly } from '../common/softly';
import type { TurnRole } from '../calls/turn.entity';
import type {
  ConversationFigures,
  EnhancedContent,
  FlowEntry,
  Participant,
  Speaker,
  SummaryData,
  Utterance,
} from './enhanced-content';

export interface EnhanceOptions {
  /** By channel; a channel without one is called by its role. */
  names: Readonly<Record<number, string>>;
  durationSeconds: number;
  /** BCP 47, of what was said. It decides where words and sentences end; one that is not known counts as English. */
  language?: string;
}

const ROLE_NAMES: Readonly<Record<TurnRole, string>> = {
  customer: 'Customer',
  agent: 'AI Agent',
  operator: 'Operator',
};

/** Fewer words than this ("mhm", "okay") let the other side keep the floor. */
const WORDS_TO_TAKE_THE_FLOOR = 2;

const MS_PER_SECOND = 1000;
const MS_PER_MINUTE = 60_000;

/** An utterance that says something, with its times in order and in whole milliseconds. */
interface SpokenEntry extends Omit<Utterance, 'channel' | 'role'> {
  speaker: Speaker;
  wordCount: number;
  sentenceCount: number;
}

/**
 * What is stored of a conversation: who said what when, and its figures. Utterances may come in any order and overlap.
 * Never throws: a time that is no number counts as the earliest that it could be, another figure as not measured.
 */
export function enhance(utterances: readonly Utterance[], options: EnhanceOptions): EnhancedContent {
  return contentOf(inOrder(utterances).map(counting(options)), options);
}

/** The same, a little at a time: an hour of talk takes tens of milliseconds, and others are on the phone meanwhile. */
export async function enhanceSoftly(
  utterances: readonly Utterance[],
  options: EnhanceOptions,
): Promise<EnhancedContent> {
  return contentOf(await mapSoftly(inOrder(utterances), counting(options)), options);
}

function contentOf(entries: readonly SpokenEntry[], options: EnhanceOptions): EnhancedContent {
  const participants = participantsOf(entries);
  return {
    participantInfo: Object.fromEntries(participants.map((participant) => [participant.channel, participant])),
    conversationFlow: entries.map(flowEntry),
    summaryData: summaryOf(entries, participants.length, options.durationSeconds),
    fullText: entries.map((entry) => entry.text).join('\n'),
    figures: figuresOf(entries),
  };
}

function inOrder(utterances: readonly Utterance[]): Utterance[] {
  return utterances
    .map((utterance) => {
      const startMs = atLeast(0, utterance.startMs);
      const text = utterance.text.trim().replace(/\s+/g, ' ');
      return { ...utterance, text, startMs, endMs: atLeast(startMs, utterance.endMs) };
    })
    .filter((utterance) => utterance.text !== '')
    .sort((a, b) => a.startMs - b.startMs || a.endMs - b.endMs);
}

function counting(options: EnhanceOptions): (utterance: Utterance) => SpokenEntry {
  const segmenters = segmentersFor(options.language);
  return ({ channel, role, ...utterance }) => ({
    ...utterance,
    speaker: { channel, role, name: nameOf({ channel, role }, options.names) },
    startMs: Math.round(utterance.startMs),
    endMs: Math.round(utterance.endMs),
    confidence: finiteOrNull(utterance.confidence),
    latencyMs: roundedOrNull(utterance.latencyMs),
    wordCount: countWords(utterance.text, segmenters.word),
    sentenceCount: countSentences(utterance.text, segmenters.sentence),
  });
}

/** What a participant is called: by its owner, or by its role. */
function nameOf({ channel, role }: Omit<Speaker, 'name'>, names: EnhanceOptions['names']): string {
  return names[channel]?.trim() || ROLE_NAMES[role];
}

/** The same conversation with these names; whoever has none is called by their role. */
export function renamed<Told extends Pick<EnhancedContent, 'participantInfo' | 'conversationFlow'>>(
  told: Told,
  names: EnhanceOptions['names'],
): Told {
  const named = <One extends Speaker>(one: One): One => ({ ...one, name: nameOf(one, names) });
  return {
    ...told,
    participantInfo: Object.fromEntries(
      Object.entries(told.participantInfo).map(([channel, one]) => [channel, named(one)]),
    ),
    conversationFlow: told.conversationFlow.map((entry) => ({ ...entry, speaker: named(entry.speaker) })),
  };
}

function flowEntry(entry: SpokenEntry, index: number): FlowEntry {
  return {
    sequence: index + 1,
    speaker: entry.speaker,
    text: entry.text,
    start_time: entry.startMs / MS_PER_SECOND,
    end_time: entry.endMs / MS_PER_SECOND,
    duration: (entry.endMs - entry.startMs) / MS_PER_SECOND,
    confidence: entry.confidence,
    word_count: entry.wordCount,
    interrupted: entry.wasInterrupted,
    latency_ms: entry.latencyMs,
  };
}

/** By first appearance. Where several roles share a channel, the first one stands for it. */
function participantsOf(entries: readonly SpokenEntry[]): Participant[] {
  const speakers = new Map<number, { speaker: Speaker; said: SpokenEntry[] }>();
  for (const entry of entries) {
    const known = speakers.get(entry.speaker.channel);
    if (known) known.said.push(entry);
    else speakers.set(entry.speaker.channel, { speaker: entry.speaker, said: [entry] });
  }
  return [...speakers.values()].map(({ speaker, said }) => ({
    ...speaker,
    total_speaking_time: speakingMs(said) / MS_PER_SECOND,
    word_count: sum(said.map((entry) => entry.wordCount)),
    sentence_count: sum(said.map((entry) => entry.sentenceCount)),
  }));
}

function summaryOf(entries: readonly SpokenEntry[], participantCount: number, durationSeconds: number): SummaryData {
  return {
    total_duration_seconds: durationSeconds,
    total_sentences: sum(entries.map((entry) => entry.sentenceCount)),
    total_words: sum(entries.map((entry) => entry.wordCount)),
    participant_count: participantCount,
    average_confidence: averageConfidence(entries),
  };
}

/** A long utterance weighs more than a short one; one without words ("...") has no weight. */
function averageConfidence(entries: readonly SpokenEntry[]): number | null {
  let weighted = 0;
  let words = 0;
  for (const { confidence, wordCount } of entries) {
    if (confidence === null) continue;
    weighted += confidence * wordCount;
    words += wordCount;
  }
  return words === 0 ? null : roundTo(2, weighted / words);
}

function figuresOf(entries: readonly SpokenEntry[]): ConversationFigures {
  const agentSpeakingMs = speakingMs(entries.filter((entry) => !isCustomer(entry)));
  const customerSpeakingMs = speakingMs(entries.filter(isCustomer));
  const bothMs = agentSpeakingMs + customerSpeakingMs;
  const words = sum(entries.map((entry) => entry.wordCount));
  return {
    talkRatio: bothMs === 0 ? null : agentSpeakingMs / bothMs,
    agentSpeakingMs,
    customerSpeakingMs,
    longestMonologueMs: longestMonologueMs(entries),
    wordsPerMinute: bothMs === 0 ? null : roundTo(1, words / (bothMs / MS_PER_MINUTE)),
    interruptions: entries.filter((entry) => entry.wasInterrupted).length,
    latenciesMs: entries.flatMap(({ speaker, latencyMs }) =>
      speaker.role === 'agent' && latencyMs !== null ? [latencyMs] : [],
    ),
  };
}

function longestMonologueMs(entries: readonly SpokenEntry[]): number {
  let longestMs = 0;
  let startMs = 0;
  let customerHasFloor: boolean | null = null;
  for (const entry of entries) {
    const takesFloor = customerHasFloor === null || entry.wordCount >= WORDS_TO_TAKE_THE_FLOOR;
    if (takesFloor && isCustomer(entry) !== customerHasFloor) {
      customerHasFloor = isCustomer(entry);
      startMs = entry.startMs;
    }
    if (isCustomer(entry) === customerHasFloor) longestMs = Math.max(longestMs, entry.endMs - startMs);
  }
  return longestMs;
}

/** How long at least one of the entries was going on. They are in the order of their starts. */
function speakingMs(entries: readonly SpokenEntry[]): number {
  let totalMs = 0;
  let countedUntilMs = 0;
  for (const { startMs, endMs } of entries) {
    totalMs += Math.max(0, endMs - Math.max(startMs, countedUntilMs));
    countedUntilMs = Math.max(countedUntilMs, endMs);
  }
  return totalMs;
}

function isCustomer(entry: SpokenEntry): boolean {
  return entry.speaker.role === 'customer';
}

interface Segmenters {
  word: Intl.Segmenter;
  sentence: Intl.Segmenter;
}

const segmentersByLocale = new Map<string, Segmenters>();

function segmentersFor(language: string | undefined): Segmenters {
  const locale = segmenterLocale(language);
  const cached = segmentersByLocale.get(locale);
  if (cached) return cached;
  const segmenters = {
    word: new Intl.Segmenter(locale, { granularity: 'word' }),
    sentence: new Intl.Segmenter(locale, { granularity: 'sentence' }),
  };
  segmentersByLocale.set(locale, segmenters);
  return segmenters;
}

/** Without region and extensions: they change nothing here, and what is cached stays a list of the known languages. */
function segmenterLocale(language = 'en'): string {
  try {
    return Intl.Segmenter.supportedLocalesOf(new Intl.Locale(language).language)[0] ?? 'en';
  } catch {
    // All that the above throws is that the tag is not well-formed.
    return 'en';
  }
}

/** One word in a script that puts spaces between them, which nearly all are: no need for the segmenter to say so. */
const ONE_WORD =
  /^[^\p{L}\p{N}\p{M}_]*(?:[\p{Script=Latin}]+|[\p{Script=Cyrillic}]+|[\p{Script=Greek}]+|\d+)[.,!?;:"“”«»()…]*$/u;

/**
 * Piece by piece, as no word has a space in it: segmenting one long text takes time by the square of its length, and 3 to 14 µs
 * a word while others are on the phone.
 */
function countWords(text: string, segmenter: Intl.Segmenter): number {
  let count = 0;
  for (const piece of text.split(' ')) {
    if (ONE_WORD.test(piece)) {
      count++;
      continue;
    }
    for (const { isWordLike } of segmenter.segment(piece)) if (isWordLike) count++;
  }
  return count;
}

/** Sentences are looked for in pieces of about this size: in one long text each of them takes ten times as long. */
const PIECE = 1000;
/** Sticky: where no sentence ends any more, it is not looked for from every place. */
const PIECES = new RegExp(`[^]{${PIECE}}[^]*?(?:[.!?…]+\\s+|[。！？]+)`, 'guy');

function countSentences(text: string, segmenter: Intl.Segmenter): number {
  let count = 0;
  for (const piece of piecesOf(text)) {
    for (const { segment } of segmenter.segment(piece)) if (/[\p{L}\p{N}]/u.test(segment)) count++;
  }
  return count;
}

/** Cut behind the end of a sentence. */
function piecesOf(text: string): string[] {
  if (text.length <= 2 * PIECE) return [text];
  const pieces: string[] = text.match(PIECES) ?? [];
  const rest = text.slice(pieces.reduce((length, piece) => length + piece.length, 0));
  return rest === '' ? pieces : [...pieces, rest];
}

function atLeast(earliest: number, value: number): number {
  return Number.isFinite(value) ? Math.max(earliest, value) : earliest;
}

function finiteOrNull(value: number | null): number | null {
  return Number.isFinite(value) ? value : null;
}

function roundedOrNull(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? Math.round(value) : null;
}

function roundTo(decimals: number, value: number): number {
  return Math.round(value * 10 ** decimals) / 10 ** decimals;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
