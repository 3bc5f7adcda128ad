import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DomainEvents } from '../common/domain-events';
import type { Owner } from '../common/owner';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { Call, type CallDirection, languageOf } from '../calls/call.entity';
import { FinishedCall, FinishedCalls } from '../calls/finished-calls.service';
import { Turn } from '../calls/turn.entity';
import { Database } from '../database/database';
import { enhanceSoftly, renamed } from './enhance';
import type { ConversationFigures, EnhancedContent, Utterance } from './enhanced-content';
import { EnhancedTranscript } from './enhanced-transcript.entity';
import { searchConfigOf } from './search-config';
import { channelOf, toUtterances, withOperator } from './spoken-sentences';
import type { StoredTranscript } from './stored-transcript.entity';
import { ownSid } from './transcript-sid';
import { TranscriptWritten } from './transcripts.events';

/** What is known of a conversation beside what was said. */
type Heading = Pick<
  EnhancedTranscript,
  | 'transcriptSid'
  | 'source'
  | 'callId'
  | 'callDate'
  | 'duration'
  | 'callDirection'
  | 'scenarioName'
  | 'languageCode'
  | 'notes'
>;

/** A transcript that only has to be written. */
export interface MadeTranscript {
  heading: Heading;
  content: EnhancedContent;
}

/** What of Twilio's transcript an enhanced one is made of. */
export type StoredWords = Pick<
  StoredTranscript,
  | 'transcriptSid'
  | 'callDirection'
  | 'scenarioName'
  | 'notes'
  | 'dateCreated'
  | 'duration'
  | 'languageCode'
  | 'sentences'
>;

/**
 * Makes transcripts of what Twilio wrote down, or of a call's own turns. The making takes its time and is done before the
 * transaction that writes it.
 */
@Injectable()
export class TranscriptWriter {
  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly db: Database,
    private readonly finishedCalls: FinishedCalls,
    private readonly events: DomainEvents,
  ) {}

  /**
   * Makes the transcript of a call that is over and was answered, of its turns; made again when more of them are written.
   * One that is made of Twilio's sentences stays as it is.
   */
  async makeOfTurns(owner: Owner, callId: string): Promise<void> {
    const finished = await this.finishedCalls.due(owner, callId);
    if (finished === null) return;
    const { call, turns } = finished;
    const heading = headingOf(call);
    const made =
      call.answeredAt === null ? null : { heading, content: await contentOf(heading, turns.map(toUtterance)) };
    const isToBeRead = this.config.calls.areAnalysed && made !== null && turns.length > 0;
    const isWritten = await this.db.asOwner(owner, async (tx) => {
      const isOurs = await this.finishedCalls.transcribed(tx, call, { isToBeRead });
      return isOurs && made !== null && (await this.write(tx, owner, made));
    });
    if (isWritten && made !== null) this.announce(owner, made);
  }

  /** Once it is committed. */
  announce(owner: Owner, { heading: { transcriptSid, callId } }: MadeTranscript): void {
    this.events.emit(new TranscriptWritten(owner, callId === null ? transcriptSid : ownSid(callId)));
  }

  /** Makes what Twilio wrote down; `finished` is the call, where it is of one of ours. */
  async makeOfStored(stored: StoredWords, finished: FinishedCall | null): Promise<MadeTranscript> {
    const ofCall = finished === null ? null : headingOf(finished.call);
    const callDirection = stored.callDirection ?? ofCall?.callDirection ?? 'outbound';
    const heading: Heading = {
      transcriptSid: stored.transcriptSid,
      source: 'twilio',
      callId: ofCall?.callId ?? null,
      callDate: ofCall?.callDate ?? stored.dateCreated,
      duration: stored.duration,
      callDirection,
      scenarioName: stored.scenarioName ?? ofCall?.scenarioName ?? null,
      languageCode: stored.languageCode,
      notes: stored.notes,
    };
    const turns = finished?.turns ?? [];
    const utterances = toUtterances(stored.sentences, this.firstSpeaker(callDirection));
    const content = await contentOf(heading, withOperator(utterances, turns));
    return { heading, content: { ...content, figures: withMeasured(content.figures, turns) } };
  }

  /** Nobody but the carrier records in two channels. */
  private firstSpeaker(direction: CallDirection): 'customer' | 'agent' {
    return this.config.transcripts.firstChannel[direction === 'browser' ? 'inbound' : direction];
  }

  /**
   * Writes a transcript in the place of the one that was there. False when its owner has deleted that one. Notes and names
   * that the owner gave stay.
   */
  async write(tx: EntityManager, owner: Owner, { heading, content }: MadeTranscript): Promise<boolean> {
    await onlyOne(tx, heading.callId ?? heading.transcriptSid);
    const before = await tx.findOne(EnhancedTranscript, {
      where:
        heading.callId === null
          ? { userId: owner.userId, transcriptSid: heading.transcriptSid }
          : { userId: owner.userId, callId: heading.callId },
      lock: { mode: 'pessimistic_write' },
    });
    if (before !== null && before.deletedAt !== null) return false;
    if (before?.source === 'twilio' && heading.source === 'turns') return true;
    const { participantInfo, conversationFlow } = before === null ? content : renamed(content, before.names);
    const { figures, summaryData, fullText } = content;
    const values: unknown[] = [
      owner.userId,
      heading.transcriptSid,
      heading.source,
      heading.callId,
      heading.callDate,
      heading.duration,
      heading.callDirection,
      heading.scenarioName,
      heading.languageCode,
      summaryData.participant_count,
      conversationFlow.length,
      summaryData.total_words,
      JSON.stringify(participantInfo),
      JSON.stringify(conversationFlow),
      JSON.stringify(summaryData),
      fullText,
      before?.notes ?? heading.notes,
      figures.talkRatio,
      figures.agentSpeakingMs,
      figures.customerSpeakingMs,
      figures.longestMonologueMs,
      figures.wordsPerMinute,
      figures.interruptions,
      figures.latenciesMs,
      searchConfigOf(heading.languageCode),
      this.config.transcripts.hasInsights && fullText !== '',
    ];
    await tx.query(before === null ? INSERT : UPDATE, before === null ? values : [...values, before.id]);
    return true;
  }
}

function contentOf(heading: Heading, utterances: readonly Utterance[]): Promise<EnhancedContent> {
  return enhanceSoftly(utterances, {
    names: {},
    durationSeconds: heading.duration,
    language: heading.languageCode,
  });
}

/** What the conversation itself has measured is better than what can be told from the times of sentences. */
function withMeasured(figures: ConversationFigures, turns: readonly Turn[]): ConversationFigures {
  if (turns.length === 0) return figures;
  return {
    ...figures,
    interruptions: turns.filter(({ wasInterrupted }) => wasInterrupted).length,
    latenciesMs: turns.flatMap(({ role, latencyMs }) => (role === 'agent' && latencyMs !== null ? [latencyMs] : [])),
  };
}

/**
 * Two may be at the same transcript at once, of Twilio's sentences and of the turns. Taken twice within a transaction it is
 * one lock.
 */
async function onlyOne(tx: EntityManager, subject: string): Promise<void> {
  await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [subject]);
}

const COLUMNS = [
  'user_id',
  'transcript_sid',
  'source',
  'call_id',
  'call_date',
  'duration',
  'call_direction',
  'scenario_name',
  'language_code',
  'participant_count',
  'conversation_turns',
  'total_words',
  'participant_info',
  'conversation_flow',
  'summary_data',
  'full_text',
  'notes',
  'talk_ratio',
  'agent_speaking_ms',
  'customer_speaking_ms',
  'longest_monologue_ms',
  'words_per_minute',
  'interruptions',
  'latencies_ms',
  'search_config',
];
const PLACES = COLUMNS.map((_, at) => `$${at + 1}`);
const TEXT = `$${COLUMNS.indexOf('full_text') + 1}::text`;
const CONFIG = `$${COLUMNS.indexOf('search_config') + 1}::text`;
const SEARCH = `transcript_words($1, ${CONFIG}, ${TEXT})`;
/** Not at once: of a call that has just ended the last words may be still to come, and whatever reads it costs. */
const READ_AFTER_SECONDS = 15;
const DUE = `CASE WHEN $${COLUMNS.length + 1} THEN now() + interval '${READ_AFTER_SECONDS} seconds' END`;

const INSERT = `INSERT INTO enhanced_transcripts (${COLUMNS.join(', ')}, search, insight_due_at)
  VALUES (${PLACES.join(', ')}, ${SEARCH}, ${DUE})`;
/** What was read out of other words says nothing of these; out of the same words it stays. */
const READ = {
  insight_due_at: DUE,
  sentiment: 'NULL',
  sentiment_score: 'NULL',
  topics: `'{}'`,
  insight_tries: '0',
  insight_error: 'NULL',
};
const AGAIN = Object.entries(READ).map(
  ([column, fresh]) => `${column} = CASE WHEN full_text IS DISTINCT FROM ${TEXT} THEN ${fresh} ELSE ${column} END`,
);
const UPDATE = `UPDATE enhanced_transcripts SET ${COLUMNS.map((column, at) => `${column} = ${PLACES[at] ?? ''}`).join(', ')},
  search = ${SEARCH}, ${AGAIN.join(', ')}, updated_at = now() WHERE user_id = $1 AND id = $${COLUMNS.length + 2}`;

function headingOf(call: Call): Heading {
  const answeredAt = call.answeredAt ?? call.createdAt;
  const talkedMs = (call.endedAt ?? answeredAt).getTime() - answeredAt.getTime();
  return {
    transcriptSid: ownSid(call.id),
    source: 'turns',
    callId: call.id,
    callDate: answeredAt,
    duration: call.callDuration ?? Math.max(0, Math.round(talkedMs / 1000)),
    callDirection: call.direction,
    scenarioName: call.scenarioName,
    languageCode: languageOf(call),
    notes: null,
  };
}

function toUtterance(turn: Turn): Utterance {
  return {
    channel: channelOf(turn.role),
    role: turn.role,
    text: turn.text,
    startMs: turn.startMs,
    endMs: turn.endMs,
    confidence: null,
    wasInterrupted: turn.wasInterrupted,
    latencyMs: turn.latencyMs,
  };
}
