import { Inject, Injectable } from '@nestjs/common';
import { EntityManager, IsNull } from 'typeorm';
import type { Owner } from '../common/owner';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { isOver } from '../calls/call-status';
import { Call } from '../calls/call.entity';
import { Turn } from '../calls/turn.entity';
import { Database } from '../database/database';
import { channelOf, toUtterances } from './spoken-sentences';
import { enhance } from './enhance';
import type { Utterance } from './enhanced-content';
import { EnhancedTranscript } from './enhanced-transcript.entity';
import {
  ListedTranscript,
  ToldTranscript,
  transcriptBySid,
  TranscriptFilter,
  TranscriptPage,
  transcriptsPage,
  TranscriptPlace,
  transcriptsTotal,
  wholeTranscriptsPage,
} from './enhanced-transcripts.repository';
import { ownSid } from './transcript-sid';
import { searchConfigOf } from './search-config';
import type { StoredTranscript } from './stored-transcript.entity';
import { TranscriptNotFound } from './transcripts.errors';

/** Of a long list: transcripts of an hour have some hundred kilobytes. */
const AT_ONCE = 50;

/** What an owner may write on a transcript. */
export interface TranscriptNotes {
  notes?: string | null;
  /** What participants are called, by channel. */
  names?: Record<string, string>;
}

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

/** Transcripts with roles, times and figures: made of what Twilio wrote down, or of a call's own turns. */
@Injectable()
export class EnhancedTranscripts {
  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly db: Database,
  ) {}

  async list(
    owner: Owner,
    filter: TranscriptFilter,
    page: TranscriptPage,
  ): Promise<{ rows: ListedTranscript[]; total: number; hasMore: boolean }> {
    // One more than is asked for tells whether there are more.
    const [rows, [count]] = await this.db.readAsOwner(
      owner,
      transcriptsPage(owner, filter, { ...page, limit: page.limit + 1 }),
      transcriptsTotal(owner, filter),
    );
    return { rows: rows.slice(0, page.limit), total: count?.total ?? 0, hasMore: rows.length > page.limit };
  }

  /** @throws TranscriptNotFound */
  async get(owner: Owner, sid: string): Promise<ToldTranscript> {
    const [[row]] = await this.db.readAsOwner(owner, transcriptBySid(owner, sid));
    if (row === undefined) throw new TranscriptNotFound();
    return row;
  }

  /** Every one, newest first; few at a time, each few in a transaction of their own. */
  async *all(owner: Owner, filter: TranscriptFilter): AsyncGenerator<ToldTranscript> {
    let after: TranscriptPlace | undefined;
    for (;;) {
      const [rows] = await this.db.readAsOwner(owner, wholeTranscriptsPage(owner, filter, { after, limit: AT_ONCE }));
      yield* rows;
      const last = rows.at(-1);
      if (last === undefined || rows.length < AT_ONCE) return;
      after = { callDate: last.callDate, id: last.id };
    }
  }

  /** @throws TranscriptNotFound */
  async update(owner: Owner, sid: string, { notes, names }: TranscriptNotes): Promise<ToldTranscript> {
    const { id } = await this.get(owner, sid);
    await this.db.asOwner(owner, async (tx) => {
      const row = await tx.findOne(EnhancedTranscript, {
        where: { userId: owner.userId, id, deletedAt: IsNull() },
        lock: { mode: 'pessimistic_write' },
      });
      if (row === null) throw new TranscriptNotFound();
      if (notes !== undefined) await tx.update(EnhancedTranscript, { userId: owner.userId, id }, { notes });
      if (names !== undefined) await this.rename(tx, row, names);
    });
    return this.get(owner, sid);
  }

  /** Nothing of what was said is left, and it is not made again. @throws TranscriptNotFound */
  async delete(owner: Owner, sid: string): Promise<void> {
    const { id, callId, transcriptSid } = await this.get(owner, sid);
    await this.db.asOwner(owner, async (tx) => {
      await tx.query(
        `UPDATE enhanced_transcripts SET deleted_at = now(), full_text = '', search = '', notes = NULL,
           participant_info = '{}', conversation_flow = '[]', summary_data = '{}', names = '{}'
         WHERE user_id = $1 AND id = $2`,
        [owner.userId, id],
      );
      await tx.query(
        `UPDATE stored_twilio_transcripts SET deleted_at = now(), full_text = '', sentences = '[]', notes = NULL
         WHERE user_id = $1 AND (transcript_sid = $2 OR call_id = $3)`,
        [owner.userId, transcriptSid, callId],
      );
    });
  }

  /**
   * Makes the transcript of a call that is over and was answered, of its turns; made again when more of them are written.
   * One that is made of Twilio's sentences stays as it is.
   */
  async makeOfTurns(owner: Owner, callId: string): Promise<void> {
    await this.db.asOwner(owner, async (tx) => {
      // Before anything is read: of two who are at it the second sees what the first did not.
      await onlyOne(tx, callId);
      const call = await tx.findOneBy(Call, { userId: owner.userId, id: callId });
      if (call === null || call.answeredAt === null || !isOver(call.status)) return;
      const turns = await tx.find(Turn, { where: { userId: owner.userId, callId }, order: { sequence: 'ASC' } });
      await this.write(tx, owner, headingOf(call), turns.map(toUtterance));
    });
  }

  /**
   * Makes the transcript of what Twilio wrote down, in the place of the one that was made of turns. False when its owner has
   * deleted that one.
   */
  async makeOfStored(tx: EntityManager, stored: StoredTranscript): Promise<boolean> {
    const owner = { userId: stored.userId };
    const call = stored.callId === null ? null : await tx.findOneBy(Call, { userId: owner.userId, id: stored.callId });
    const ofCall = call === null ? null : headingOf(call);
    const callDirection = stored.callDirection ?? ofCall?.callDirection ?? 'outbound';
    return this.write(
      tx,
      owner,
      {
        transcriptSid: stored.transcriptSid,
        source: 'twilio',
        callId: stored.callId,
        callDate: ofCall?.callDate ?? stored.dateCreated,
        duration: stored.duration,
        callDirection,
        scenarioName: stored.scenarioName ?? ofCall?.scenarioName ?? null,
        languageCode: stored.languageCode,
        notes: stored.notes,
      },
      toUtterances(stored.sentences, this.config.transcripts.firstChannel[callDirection]),
    );
  }

  private async write(
    tx: EntityManager,
    owner: Owner,
    heading: Heading,
    utterances: readonly Utterance[],
  ): Promise<boolean> {
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
    const content = enhance(utterances, {
      names: before?.names ?? {},
      durationSeconds: heading.duration,
      language: heading.languageCode,
    });
    const { figures } = content;
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
      content.summaryData.participant_count,
      content.conversationFlow.length,
      content.summaryData.total_words,
      JSON.stringify(content.participantInfo),
      JSON.stringify(content.conversationFlow),
      JSON.stringify(content.summaryData),
      content.fullText,
      before?.notes ?? heading.notes,
      figures.talkRatio,
      figures.agentSpeakingMs,
      figures.customerSpeakingMs,
      figures.longestMonologueMs,
      figures.wordsPerMinute,
      figures.interruptions,
      figures.latenciesMs,
      searchConfigOf(heading.languageCode),
    ];
    await tx.query(before === null ? INSERT : UPDATE, before === null ? values : [...values, before.id]);
    return true;
  }

  private async rename(tx: EntityManager, row: EnhancedTranscript, given: Record<string, string>): Promise<void> {
    const names = { ...row.names, ...given };
    const nameOf = (channel: number, name: string) => names[String(channel)]?.trim() || name;
    const participantInfo = Object.fromEntries(
      Object.entries(row.participantInfo).map(([channel, one]) => [
        channel,
        { ...one, name: nameOf(one.channel, one.name) },
      ]),
    );
    const conversationFlow = row.conversationFlow.map((entry) => ({
      ...entry,
      speaker: { ...entry.speaker, name: nameOf(entry.speaker.channel, entry.speaker.name) },
    }));
    await tx.update(
      EnhancedTranscript,
      { userId: row.userId, id: row.id },
      { names, participantInfo, conversationFlow },
    );
  }
}

/**
 * Two may be at the same transcript at once: the conversation is written down, and the carrier says that it is over. Taken
 * twice within a transaction it is one lock.
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
const SEARCH = `owned_words($1, to_tsvector('simple', ${TEXT}) || to_tsvector(${CONFIG}::regconfig, ${TEXT}))`;

const INSERT = `INSERT INTO enhanced_transcripts (${COLUMNS.join(', ')}, search) VALUES (${PLACES.join(', ')}, ${SEARCH})`;
const UPDATE = `UPDATE enhanced_transcripts SET ${COLUMNS.map((column, at) => `${column} = ${PLACES[at] ?? ''}`).join(', ')},
  search = ${SEARCH}, updated_at = now() WHERE user_id = $1 AND id = $${COLUMNS.length + 1}`;

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
    languageCode: call.agent.language,
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
