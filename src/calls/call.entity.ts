import {
  Column,
  CreateDateColumn,
  Entity,
  Index,
  JoinColumn,
  ManyToOne,
  PrimaryColumn,
  UpdateDateColumn,
} from 'typeorm';
import { primaryLanguage } from '../languages/languages';
import type { Agent } from '../scenarios/agent';
import { User } from '../users/user.entity';
import type { CallOutcome } from './call-outcome';
import type { CallStatus } from './call-status';
import type { DialState } from './dial-ledger';
import type { EndedReason } from './ended-reason';

/** `outbound`: we rang · `inbound`: we were rung · `browser`: no phone at all, somebody talks to an agent from a web page. */
export const CALL_DIRECTIONS = ['inbound', 'outbound', 'browser'] as const;
export type CallDirection = (typeof CALL_DIRECTIONS)[number];

/** In the place of the numbers of a call without a phone. */
export const BROWSER = 'browser';

/** A machine answered. */
export interface Voicemail {
  /** Who noticed: the carrier's detection, the first words that were heard, or both. */
  detectedBy: 'carrier' | 'words' | 'both';
  messageLeft: boolean;
  /** What was said to it, as far as it was said; null where nothing was. */
  message: string | null;
}

/**
 * A call. The carrier's reports own status, times and duration; the conversation owns order, usage, voicemail and
 * turns; the owner writes notes. Nobody writes another's columns.
 * Of a call from a browser, which has no carrier, browser-calls.service.ts writes what a carrier would report.
 */
@Entity('calls')
@Index('calls_call_sid_key', ['callSid'], { unique: true })
@Index('calls_attempt_id_key', ['attemptId'], { unique: true })
@Index('calls_user_id_id_key', ['userId', 'id'], { unique: true })
@Index('calls_user_id_idempotency_key_key', ['userId', 'idempotencyKey'], { unique: true })
@Index('calls_user_id_created_at_id_idx', ['userId', 'createdAt', 'id'])
@Index('calls_phone_number_from_number_idx', ['phoneNumber', 'fromNumber'])
@Index('calls_follow_up_idx', ['endedAt'], { where: `agent ? 'followUpText' AND followed_up_at IS NULL` })
@Index('calls_untranscribed_idx', ['endedAt'], { where: 'words_version > transcribed_version' })
@Index('calls_analysis_due_idx', ['analysisDueAt'], { where: 'analysis_due_at IS NOT NULL' })
@Index('calls_unrecorded_idx', ['endedAt'], {
  where: 'record AND answered_at IS NOT NULL AND call_sid IS NOT NULL AND NOT is_recording_noted',
})
@Index('calls_recorded_idx', ['endedAt', 'userId', 'id'], {
  where: 'record AND answered_at IS NOT NULL AND call_sid IS NOT NULL',
})
@Index('calls_carried_idx', ['carriedAt'], {
  where: `direction = 'browser' AND status IN ('queued', 'initiated', 'ringing', 'in-progress')`,
})
@Index('calls_live_idx', ['userId', 'createdAt'], {
  where: `status IN ('queued', 'initiated', 'ringing', 'in-progress')`,
})
export class Call {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'calls_pkey' })
  id: string;

  @Column({ name: 'user_id', type: 'integer' })
  userId: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'calls_user_id_fkey' })
  user?: User;

  /** The carrier's id; null until it is known. */
  @Column({ name: 'call_sid', type: 'text', nullable: true })
  callSid: string | null;

  /** Rides in every callback address of an outbound call, so that a callback finds a row which has no sid yet. */
  @Column({ name: 'attempt_id', type: 'uuid', nullable: true })
  attemptId: string | null;

  @Column({ name: 'dial_state', type: 'text' })
  dialState: DialState;

  @Column({ type: 'text' })
  direction: CallDirection;

  @Column({ type: 'text' })
  status: CallStatus;

  @Column({ name: 'ended_reason', type: 'text', nullable: true })
  endedReason: EndedReason | null;

  /** The other party's number, E.164; {@link BROWSER} where there is no phone. */
  @Column({ name: 'phone_number', type: 'text' })
  phoneNumber: string;

  /** The platform's number on this call, E.164. */
  @Column({ name: 'from_number', type: 'text' })
  fromNumber: string;

  @Column({ name: 'scenario_name', type: 'text' })
  scenarioName: string;

  /** The scenario as it was when the call was placed. */
  @Column({ type: 'jsonb' })
  agent: Agent;

  @Column({ type: 'jsonb', default: {} })
  variables: Record<string, string>;

  @Column({ type: 'jsonb', default: {} })
  metadata: Record<string, unknown>;

  @Column({ type: 'boolean', default: false })
  record: boolean;

  /** A demo: it was begun by a key, lasts as long as demos do, and whoever has its id may say what they think of it. */
  @Column({ name: 'is_demo', type: 'boolean', default: false })
  isDemo: boolean;

  /** Our copy that is played; null while there is none. */
  @Column({ name: 'recording_id', type: 'uuid', nullable: true })
  recordingId: string | null;

  /** Something is known of what was to be recorded: there is a row of it. */
  @Column({ name: 'is_recording_noted', type: 'boolean', default: false })
  isRecordingNoted: boolean;

  @Column({ name: 'max_duration_seconds', type: 'integer' })
  maxDurationSeconds: number;

  /** Of the request that placed the call: the same key never dials twice, whatever becomes of its stored answer. */
  @Column({ name: 'idempotency_key', type: 'text', nullable: true })
  idempotencyKey: string | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  /** When the carrier was asked to dial. */
  @Column({ name: 'asked_at', type: 'timestamptz', nullable: true })
  askedAt: Date | null;

  /** For how long the carrier said that it would wait before it dials, in milliseconds; null: it did not say. */
  @Column({ name: 'queue_time_ms', type: 'integer', nullable: true })
  queueTimeMs: number | null;

  /** When the carrier began to dial. */
  @Column({ name: 'started_at', type: 'timestamptz', nullable: true })
  startedAt: Date | null;

  @Column({ name: 'answered_at', type: 'timestamptz', nullable: true })
  answeredAt: Date | null;

  @Column({ name: 'ended_at', type: 'timestamptz', nullable: true })
  endedAt: Date | null;

  /** Seconds from the answer to the end, as the carrier counts them. */
  @Column({ name: 'call_duration', type: 'integer', nullable: true })
  callDuration: number | null;

  /** The carrier's word: human, machine_start, machine_end_beep (_silence, _other), fax, unknown. */
  @Column({ name: 'answered_by', type: 'text', nullable: true })
  answeredBy: string | null;

  @Column({ name: 'last_sequence', type: 'integer', nullable: true })
  lastSequence: number | null;

  @Column({ name: 'order_items', type: 'jsonb', nullable: true })
  orderItems: unknown[] | null;

  @Column({ name: 'restaurant_id', type: 'text', nullable: true })
  restaurantId: string | null;

  @Column({ name: 'customer_name', type: 'text', nullable: true })
  customerName: string | null;

  @Column({ name: 'delivery_address', type: 'text', nullable: true })
  deliveryAddress: string | null;

  @Column({ type: 'text', nullable: true })
  notes: string | null;

  @Column({ type: 'jsonb', nullable: true })
  extracted: Record<string, unknown> | null;

  /** Why nothing was extracted although the scenario asks for it; null where something was. */
  @Column({ name: 'extraction_error', type: 'text', nullable: true })
  extractionError: string | null;

  @Column({ type: 'text', nullable: true })
  summary: string | null;

  @Column({ type: 'text', nullable: true })
  outcome: CallOutcome | null;

  @Column({ name: 'outcome_reason', type: 'text', nullable: true })
  outcomeReason: string | null;

  /** What the agent promised and nothing that was done keeps. */
  @Column({ name: 'open_promises', type: 'jsonb', default: [] })
  openPromises: string[];

  /** Columns that the owner or a tool has written: no reading of the call writes over them. */
  @Column({ name: 'written_fields', type: 'text', array: true, default: [] })
  writtenFields: string[];

  @Column({ name: 'analysed_at', type: 'timestamptz', nullable: true })
  analysedAt: Date | null;

  /** When it is to be read, or until when somebody is at it; null: it is not to be read. */
  @Column({ name: 'analysis_due_at', type: 'timestamptz', nullable: true })
  analysisDueAt: Date | null;

  @Column({ name: 'analysis_tries', type: 'integer', default: 0 })
  analysisTries: number;

  @Column({ name: 'analysis_error', type: 'text', nullable: true })
  analysisError: string | null;

  /** Primary BCP 47 subtag of what the other person spoke; null until they have said enough. */
  @Column({ name: 'spoken_language', type: 'text', nullable: true })
  spokenLanguage: string | null;

  /** What became of the call where a machine answered it; null where nobody took it for one. */
  @Column({ type: 'jsonb', nullable: true })
  voicemail: Voicemail | null;

  /** Tokens that the model billed. */
  @Column({ type: 'jsonb', nullable: true })
  usage: Record<string, unknown> | null;

  /** What the carrier charged, in `carrier_currency`; null until it says. */
  @Column({ name: 'carrier_price', type: 'numeric', nullable: true })
  carrierPrice: string | null;

  @Column({ name: 'carrier_currency', type: 'text', nullable: true })
  carrierCurrency: string | null;

  /** When the media stream was opened; a call's stream token is spent with it. */
  @Column({ name: 'stream_opened_at', type: 'timestamptz', nullable: true })
  streamOpenedAt: Date | null;

  /** When the process that carries a call from a browser has last said that it does; null of all others. */
  @Column({ name: 'carried_at', type: 'timestamptz', nullable: true })
  carriedAt: Date | null;

  @Column({ name: 'error_code', type: 'text', nullable: true })
  errorCode: string | null;

  @Column({ name: 'error_detail', type: 'text', nullable: true })
  errorDetail: string | null;

  /** When it was seen to what is to be texted after it. */
  @Column({ name: 'followed_up_at', type: 'timestamptz', nullable: true })
  followedUpAt: Date | null;

  /** How often what was said has become final; see finished-calls.service.ts. */
  @Column({ name: 'words_version', type: 'integer', default: 0 })
  wordsVersion: number;

  /** The version of it that a transcript was made of. */
  @Column({ name: 'transcribed_version', type: 'integer', default: 0 })
  transcribedVersion: number;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}

/** BCP 47: in which the call is spoken of, as far as anybody knows. */
export function languageOf({ agent, spokenLanguage }: Pick<Call, 'agent' | 'spokenLanguage'>): string {
  return spokenLanguage === null || spokenLanguage === primaryLanguage(agent.language)
    ? agent.language
    : spokenLanguage;
}
