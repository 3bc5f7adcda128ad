import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import { User } from '../users/user.entity';
import type { AttemptOutcome } from './retry-policy';
import { ScheduledCall } from './scheduled-call.entity';

/** One time that a scheduled call was taken up to be dialled. */
@Entity('scheduled_call_attempts')
@Index('scheduled_call_attempts_number_key', ['userId', 'scheduledCallId', 'number'], { unique: true })
@Index('scheduled_call_attempts_call_id_key', ['callId'], { unique: true })
export class ScheduledCallAttempt {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'scheduled_call_attempts_pkey',
  })
  id: string;

  @Column({ name: 'user_id', type: 'integer' })
  userId: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'scheduled_call_attempts_user_id_fkey' })
  user?: User;

  @Column({ name: 'scheduled_call_id', type: 'integer' })
  scheduledCallId: number;

  @ManyToOne(() => ScheduledCall, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn([
    {
      name: 'user_id',
      referencedColumnName: 'userId',
      foreignKeyConstraintName: 'scheduled_call_attempts_call_fkey',
    },
    {
      name: 'scheduled_call_id',
      referencedColumnName: 'id',
      foreignKeyConstraintName: 'scheduled_call_attempts_call_fkey',
    },
  ])
  scheduledCall?: ScheduledCall;

  /** 1, 2, … */
  @Column({ type: 'integer' })
  number: number;

  /** The call that it has made, or was about to make. */
  @Column({ name: 'call_id', type: 'uuid' })
  callId: string;

  @Column({ name: 'due_at', type: 'timestamptz' })
  dueAt: Date;

  @Column({ name: 'started_at', type: 'timestamptz' })
  startedAt: Date;

  @Column({ name: 'ended_at', type: 'timestamptz', nullable: true })
  endedAt: Date | null;

  /** Null while it is not known. */
  @Column({ type: 'text', nullable: true })
  outcome: AttemptOutcome | null;

  @Column({ type: 'text', nullable: true })
  error: string | null;
}
