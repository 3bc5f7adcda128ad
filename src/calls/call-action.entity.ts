import { Column, CreateDateColumn, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import { Call } from './call.entity';

/**
 * `asked`: somebody else is about to be asked for it · `done` · `refused`: it was not done · `unknown`: it may have been
 * done, and is found out before it is tried again.
 */
export const ACTION_STATES = ['asked', 'done', 'refused', 'unknown'] as const;
export type ActionState = (typeof ACTION_STATES)[number];

/** Something that the agent did to the world during a call, such as booking an event. */
@Entity('call_actions')
@Index('call_actions_user_id_call_id_sequence_key', ['userId', 'callId', 'sequence'], { unique: true })
@Index('call_actions_open_idx', ['createdAt'], { where: `state <> 'done' AND state <> 'refused'` })
export class CallAction {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'call_actions_pkey',
  })
  id: string;

  @Column({ name: 'user_id', type: 'integer' })
  userId: number;

  @Column({ name: 'call_id', type: 'uuid' })
  callId: string;

  /** Bound by both columns: an action can only belong to a call of the same user. */
  @ManyToOne(() => Call, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn([
    { name: 'user_id', referencedColumnName: 'userId', foreignKeyConstraintName: 'call_actions_call_fkey' },
    { name: 'call_id', referencedColumnName: 'id', foreignKeyConstraintName: 'call_actions_call_fkey' },
  ])
  call?: Call;

  /** Position within the call. */
  @Column({ type: 'integer' })
  sequence: number;

  /** The model's name of it, such as `book_event`. */
  @Column({ type: 'text' })
  tool: string;

  /** The model's id of its call of the tool. A session that takes over from another may use one again. */
  @Column({ name: 'tool_call_id', type: 'text' })
  toolCallId: string;

  /** The same for what would do the same. */
  @Column({ type: 'text' })
  fingerprint: string;

  @Column({ type: 'jsonb' })
  arguments: Record<string, unknown>;

  @Column({ type: 'text' })
  state: ActionState;

  /** In the calendar; chosen before it is there. */
  @Column({ name: 'event_id', type: 'text', nullable: true })
  eventId: string | null;

  /** A sentence for whoever reads the transcript. */
  @Column({ type: 'text' })
  outcome: string;

  /** Milliseconds since the answer. */
  @Column({ name: 'at_ms', type: 'integer' })
  atMs: number;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'finished_at', type: 'timestamptz', nullable: true })
  finishedAt: Date | null;
}
