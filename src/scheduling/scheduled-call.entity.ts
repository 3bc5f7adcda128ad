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
import { User } from '../users/user.entity';
import type { IfLate, QuietHoursPolicy, RetryPolicy } from './retry-policy';
import type { ScheduledCallStatus } from './scheduled-call-status';

/** A call that shall be dialled at a time. Of a series each occurrence is a row, made when the one before it is taken up. */
@Entity('scheduled_calls')
@Index('scheduled_calls_user_id_id_key', ['userId', 'id'], { unique: true })
@Index('scheduled_calls_time_idx', ['userId', 'scheduledTime', 'id'])
@Index('scheduled_calls_status_idx', ['userId', 'status', 'scheduledTime', 'id'])
@Index('scheduled_calls_occurrence_key', ['userId', 'seriesId', 'occurrenceAt'], { unique: true })
@Index('scheduled_calls_idempotency_key_key', ['userId', 'idempotencyKey'], { unique: true })
@Index('scheduled_calls_call_id_key', ['callId'], { unique: true })
@Index('scheduled_calls_due_idx', ['dueAt'], { where: `status = 'scheduled'` })
@Index('scheduled_calls_own_due_idx', ['userId', 'dueAt', 'id'], { where: `status = 'scheduled'` })
@Index('scheduled_calls_waiting_idx', ['userId', 'waitingCode', 'dueAt'], {
  where: `status = 'scheduled' AND waiting_code IS NOT NULL`,
})
@Index('scheduled_calls_updated_idx', ['userId', 'updatedAt'])
@Index('scheduled_calls_check_idx', ['checkAt'], { where: 'check_at IS NOT NULL' })
export class ScheduledCall {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'scheduled_calls_pkey',
  })
  id: number;

  @Column({ name: 'user_id', type: 'integer' })
  userId: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'scheduled_calls_user_id_fkey' })
  user?: User;

  /** E.164. */
  @Column({ name: 'phone_number', type: 'text' })
  phoneNumber: string;

  /** A built-in name or `custom_…`, as it was asked for; it is looked up again when it is dialled. */
  @Column({ type: 'text' })
  scenario: string;

  /** When its owner wants it. */
  @Column({ name: 'scheduled_time', type: 'timestamptz' })
  scheduledTime: Date;

  /** IANA name: the clock by which the time was named and a series recurs. */
  @Column({ type: 'text' })
  timezone: string;

  /** What that clock shows then, such as 2026-03-29T03:30:00. */
  @Column({ name: 'local_time', type: 'text' })
  localTime: string;

  /** What a change of the clocks has made of the time, in a sentence. */
  @Column({ type: 'text', nullable: true })
  note: string | null;

  @Column({ type: 'jsonb', default: {} })
  variables: Record<string, string>;

  @Column({ type: 'jsonb', default: {} })
  metadata: Record<string, unknown>;

  @Column({ type: 'boolean', default: false })
  record: boolean;

  @Column({ name: 'max_duration_seconds', type: 'integer', nullable: true })
  maxDurationSeconds: number | null;

  @Column({ type: 'jsonb', nullable: true })
  retry: RetryPolicy | null;

  @Column({ name: 'if_late', type: 'text' })
  ifLate: IfLate;

  /** After this moment it makes no sense any more, whoever was there to dial it; null: it does. */
  @Column({ name: 'not_after', type: 'timestamptz', nullable: true })
  notAfter: Date | null;

  @Column({ name: 'quiet_hours', type: 'text' })
  quietHours: QuietHoursPolicy;

  @Column({ type: 'text' })
  status: ScheduledCallStatus;

  /** When it is dialled next, which caps, quiet hours and retries move; null when it is not to be dialled any more. */
  @Column({ name: 'due_at', type: 'timestamptz', nullable: true })
  dueAt: Date | null;

  /** When it was given to the job queue last; null: not for this due time. */
  @Column({ name: 'handed_at', type: 'timestamptz', nullable: true })
  handedAt: Date | null;

  /** Why it is not dialled at its time. */
  @Column({ name: 'waiting_code', type: 'text', nullable: true })
  waitingCode: string | null;

  @Column({ name: 'waiting_detail', type: 'text', nullable: true })
  waitingDetail: string | null;

  /** Rises whenever its owner changes it: whoever has read an older one must read again. */
  @Column({ type: 'integer', default: 0 })
  revision: number;

  /** Attempts to dial so far, each of which has a row of its own. */
  @Column({ type: 'integer', default: 0 })
  attempts: number;

  /** Since when the carrier cannot be reached for it. */
  @Column({ name: 'trouble_since', type: 'timestamptz', nullable: true })
  troubleSince: Date | null;

  /** The id of the latest attempt's call, chosen before the call is made: whoever goes on with the attempt makes the same. */
  @Column({ name: 'call_id', type: 'uuid', nullable: true })
  callId: string | null;

  /** Of whoever has taken it up last: a process that has lost it may neither dial it nor give it back. */
  @Column({ type: 'uuid', nullable: true })
  claim: string | null;

  /** When somebody looks at what became of the latest attempt. */
  @Column({ name: 'check_at', type: 'timestamptz', nullable: true })
  checkAt: Date | null;

  @Column({ name: 'last_error', type: 'text', nullable: true })
  lastError: string | null;

  @Column({ name: 'series_id', type: 'uuid', nullable: true })
  seriesId: string | null;

  /** RFC 5545, without `RRULE:`. */
  @Column({ type: 'text', nullable: true })
  recurrence: string | null;

  /** The clock of its first occurrence, which the rule counts from. */
  @Column({ name: 'series_start', type: 'text', nullable: true })
  seriesStart: string | null;

  /** The rule's own time of this occurrence, wherever its owner has moved it since. */
  @Column({ name: 'occurrence_at', type: 'timestamptz', nullable: true })
  occurrenceAt: Date | null;

  /** The occurrence after it was made, or was found not to be: whatever becomes of this one, none is made again. */
  @Column({ name: 'has_next', type: 'boolean', default: false })
  hasNext: boolean;

  /** Its series was canceled while it was being dialled: it is not dialled again. */
  @Column({ name: 'is_canceled', type: 'boolean', default: false })
  isCanceled: boolean;

  /** Of the request that made it, and its place in that: the same one never makes it twice. */
  @Column({ name: 'idempotency_key', type: 'text', nullable: true })
  idempotencyKey: string | null;

  @Column({ name: 'finished_at', type: 'timestamptz', nullable: true })
  finishedAt: Date | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
