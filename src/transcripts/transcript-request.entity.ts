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
import { Call } from '../calls/call.entity';
import { User } from '../users/user.entity';

/**
 * `due`: Twilio is to be asked · `asked`: it was told to make a transcript, or is just being told, and whether it does is not
 * known · `done` · `failed`: there will be none.
 */
export type TranscriptRequestState = 'due' | 'asked' | 'done' | 'failed';

/**
 * What Voice Intelligence is asked for. The row of a call (without a recording) is there until its recordings are known; each
 * recording then has a row of its own, and a transcript is made of it once.
 */
@Entity('transcript_requests')
@Index('transcript_requests_call_idx', ['userId', 'callId'])
@Index('transcript_requests_call_key', ['userId', 'callId'], { unique: true, where: 'recording_sid IS NULL' })
@Index('transcript_requests_recording_key', ['recordingSid'], { unique: true })
@Index('transcript_requests_due_idx', ['checkAt'], { where: 'check_at IS NOT NULL' })
export class TranscriptRequest {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'transcript_requests_pkey',
  })
  id: number;

  @Column({ name: 'user_id', type: 'integer' })
  userId: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'transcript_requests_user_id_fkey' })
  user?: User;

  @Column({ name: 'call_id', type: 'uuid' })
  callId: string;

  @ManyToOne(() => Call, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn([
    { name: 'user_id', referencedColumnName: 'userId', foreignKeyConstraintName: 'transcript_requests_call_fkey' },
    { name: 'call_id', referencedColumnName: 'id', foreignKeyConstraintName: 'transcript_requests_call_fkey' },
  ])
  call?: Call;

  /** Null: the row is the call's own, whose recordings are looked for. */
  @Column({ name: 'recording_sid', type: 'text', nullable: true })
  recordingSid: string | null;

  /** Of the recording. */
  @Column({ type: 'integer', nullable: true })
  channels: number | null;

  @Column({ type: 'text' })
  state: TranscriptRequestState;

  /** How often somebody has set to work on it. */
  @Column({ type: 'integer', default: 0 })
  tries: number;

  /** How often Twilio may have been told to make a transcript. */
  @Column({ type: 'integer', default: 0 })
  asks: number;

  /** When it was told so last. */
  @Column({ name: 'asked_at', type: 'timestamptz', nullable: true })
  askedAt: Date | null;

  /** When it is looked at next; null when it is over. */
  @Column({ name: 'check_at', type: 'timestamptz', nullable: true })
  checkAt: Date | null;

  /** What came of it. */
  @Column({ name: 'transcript_sid', type: 'text', nullable: true })
  transcriptSid: string | null;

  /** Why nothing has come of it, or nothing yet: a sentence. */
  @Column({ type: 'text', nullable: true })
  error: string | null;

  /** Whose writes count, of those who have set to work on it. */
  @Column({ type: 'uuid', nullable: true })
  claim: string | null;

  /** Somebody is at it until then. */
  @Column({ name: 'claimed_until', type: 'timestamptz', nullable: true })
  claimedUntil: Date | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
