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
import { ScheduledCall } from '../scheduling/scheduled-call.entity';
import { User } from '../users/user.entity';

/** An event that asks for a call, or did; of a series each occurrence for itself. */
@Entity('event_calls')
@Index('event_calls_event_key', ['userId', 'eventId'], { unique: true })
@Index('event_calls_call_key', ['userId', 'scheduledCallId'], { unique: true })
@Index('event_calls_start_idx', ['userId', 'eventStart', 'id'])
export class EventCall {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'event_calls_pkey',
  })
  id: number;

  @Column({ name: 'user_id', type: 'integer' })
  userId: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'event_calls_user_id_fkey' })
  user?: User;

  /** Google's; of an occurrence its own. */
  @Column({ name: 'event_id', type: 'text' })
  eventId: string;

  /** Of an occurrence its series', else its own id. */
  @Column({ name: 'series_id', type: 'text' })
  seriesId: string;

  @Column({ type: 'text' })
  summary: string;

  @Column({ name: 'event_start', type: 'timestamptz' })
  eventStart: Date;

  /** The latest; null where none could be planned. */
  @Column({ name: 'scheduled_call_id', type: 'integer', nullable: true })
  scheduledCallId: number | null;

  @ManyToOne(() => ScheduledCall, { onDelete: 'CASCADE', nullable: true })
  @JoinColumn([
    { name: 'user_id', referencedColumnName: 'userId', foreignKeyConstraintName: 'event_calls_call_fkey' },
    { name: 'scheduled_call_id', referencedColumnName: 'id', foreignKeyConstraintName: 'event_calls_call_fkey' },
  ])
  scheduledCall?: ScheduledCall | null;

  /** The start that this call is, or was, made for. */
  @Column({ name: 'called_for', type: 'timestamptz', nullable: true })
  calledFor: Date | null;

  /** Whom, how long before and with what: a hash. */
  @Column({ type: 'text', nullable: true })
  asked: string | null;

  /** All that the planned call is made of: a hash. */
  @Column({ type: 'text', nullable: true })
  fingerprint: string | null;

  /** How many calls were planned for it. */
  @Column({ type: 'integer', default: 0 })
  plans: number;

  /** Its call was taken back, because the event is gone or asks for none. */
  @Column({ name: 'is_withdrawn', type: 'boolean', default: false })
  isWithdrawn: boolean;

  /** Why there is no call, in a sentence. */
  @Column({ type: 'text', nullable: true })
  problem: string | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
