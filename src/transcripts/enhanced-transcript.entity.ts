import {
  Column,
  CreateDateColumn,
  Entity,
  Index,
  JoinColumn,
  ManyToOne,
  PrimaryGeneratedColumn,
  UpdateDateColumn,
} from 'typeorm';
import { Call, type CallDirection } from '../calls/call.entity';
import { User } from '../users/user.entity';
import type { FlowEntry, Participant, SummaryData } from './enhanced-content';

export const SENTIMENTS = ['positive', 'neutral', 'negative'] as const;
export type Sentiment = (typeof SENTIMENTS)[number];

/** A conversation as it can be read, searched and counted. One for each call that was answered. */
@Entity('enhanced_transcripts')
@Index('enhanced_transcripts_user_id_sid_key', ['userId', 'transcriptSid'], { unique: true })
@Index('enhanced_transcripts_user_id_call_id_key', ['userId', 'callId'], { unique: true })
@Index('enhanced_transcripts_list_idx', ['userId', 'callDate', 'id'], { where: 'deleted_at IS NULL' })
@Index('enhanced_transcripts_scenario_idx', ['userId', 'scenarioName', 'callDate', 'id'], {
  where: 'deleted_at IS NULL',
})
@Index('enhanced_transcripts_direction_idx', ['userId', 'callDirection', 'callDate', 'id'], {
  where: 'deleted_at IS NULL',
})
@Index('enhanced_transcripts_insight_idx', ['insightDueAt'], { where: 'insight_due_at IS NOT NULL' })
@Index('enhanced_transcripts_config_idx', ['userId', 'searchConfig'])
@Index('enhanced_transcripts_search_idx', { synchronize: false })
export class EnhancedTranscript {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'enhanced_transcripts_pkey',
  })
  id: number;

  @Column({ name: 'user_id', type: 'integer' })
  userId: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'enhanced_transcripts_user_id_fkey' })
  user?: User;

  /** Twilio's, or one of ours that is made from the call's id. */
  @Column({ name: 'transcript_sid', type: 'text' })
  transcriptSid: string;

  /** What it was made of: Twilio's sentences, or the turns that the conversation itself wrote down. */
  @Column({ type: 'text' })
  source: 'twilio' | 'turns';

  @Column({ name: 'call_id', type: 'uuid', nullable: true })
  callId: string | null;

  @ManyToOne(() => Call, { onDelete: 'CASCADE', nullable: true })
  @JoinColumn([
    { name: 'user_id', referencedColumnName: 'userId', foreignKeyConstraintName: 'enhanced_transcripts_call_fkey' },
    { name: 'call_id', referencedColumnName: 'id', foreignKeyConstraintName: 'enhanced_transcripts_call_fkey' },
  ])
  call?: Call | null;

  @Column({ name: 'call_date', type: 'timestamptz' })
  callDate: Date;

  /** Seconds. */
  @Column({ type: 'integer' })
  duration: number;

  @Column({ name: 'call_direction', type: 'text' })
  callDirection: CallDirection;

  @Column({ name: 'scenario_name', type: 'text', nullable: true })
  scenarioName: string | null;

  /** BCP 47. */
  @Column({ name: 'language_code', type: 'text' })
  languageCode: string;

  @Column({ name: 'participant_count', type: 'integer' })
  participantCount: number;

  @Column({ name: 'conversation_turns', type: 'integer' })
  conversationTurns: number;

  @Column({ name: 'total_words', type: 'integer' })
  totalWords: number;

  @Column({ name: 'participant_info', type: 'jsonb' })
  participantInfo: Record<string, Participant>;

  @Column({ name: 'conversation_flow', type: 'jsonb' })
  conversationFlow: FlowEntry[];

  @Column({ name: 'summary_data', type: 'jsonb' })
  summaryData: SummaryData;

  @Column({ name: 'full_text', type: 'text' })
  fullText: string;

  /** What the owner calls the participants, by channel. */
  @Column({ type: 'jsonb', default: {} })
  names: Record<string, string>;

  @Column({ type: 'text', nullable: true })
  notes: string | null;

  @Column({ name: 'talk_ratio', type: 'real', nullable: true })
  talkRatio: number | null;

  @Column({ name: 'agent_speaking_ms', type: 'integer' })
  agentSpeakingMs: number;

  @Column({ name: 'customer_speaking_ms', type: 'integer' })
  customerSpeakingMs: number;

  @Column({ name: 'longest_monologue_ms', type: 'integer' })
  longestMonologueMs: number;

  @Column({ name: 'words_per_minute', type: 'real', nullable: true })
  wordsPerMinute: number | null;

  @Column({ type: 'integer' })
  interruptions: number;

  @Column({ name: 'latencies_ms', type: 'integer', array: true })
  latenciesMs: number[];

  /** PostgreSQL's text search configuration for its language. */
  @Column({ name: 'search_config', type: 'text' })
  searchConfig: string;

  /** The words of `full_text`, as they are and by the rules of its language, each with its owner (see the migration). */
  @Column({ type: 'tsvector', select: false })
  search: string;

  /** The customer's, as a language model read it; null where none was asked, or has not answered. */
  @Column({ type: 'text', nullable: true })
  sentiment: Sentiment | null;

  /** -1 to 1. */
  @Column({ name: 'sentiment_score', type: 'real', nullable: true })
  sentimentScore: number | null;

  /** What it was about, in a few words each. */
  @Column({ type: 'text', array: true, default: [] })
  topics: string[];

  /** When a language model is to be asked about it; null where it has answered or will not be asked. */
  @Column({ name: 'insight_due_at', type: 'timestamptz', nullable: true })
  insightDueAt: Date | null;

  @Column({ name: 'insight_tries', type: 'integer', default: 0 })
  insightTries: number;

  /** Why the last try failed. */
  @Column({ name: 'insight_error', type: 'text', nullable: true })
  insightError: string | null;

  /** Deleted by its owner: nothing of what was said is left, and it is not made anew. */
  @Column({ name: 'deleted_at', type: 'timestamptz', nullable: true })
  deletedAt: Date | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
