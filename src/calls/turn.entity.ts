import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import { Call } from './call.entity';

export type TurnRole = 'agent' | 'customer' | 'operator';

/** One speaker until the other, on a call. Times are milliseconds since the answer. */
@Entity('turns')
@Index('turns_user_id_call_id_sequence_key', ['userId', 'callId', 'sequence'], { unique: true })
export class Turn {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'turns_pkey',
  })
  id: string;

  @Column({ name: 'user_id', type: 'integer' })
  userId: number;

  @Column({ name: 'call_id', type: 'uuid' })
  callId: string;

  /** Bound by both columns: a turn can only belong to a call of the same user. */
  @ManyToOne(() => Call, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn([
    { name: 'user_id', referencedColumnName: 'userId', foreignKeyConstraintName: 'turns_call_fkey' },
    { name: 'call_id', referencedColumnName: 'id', foreignKeyConstraintName: 'turns_call_fkey' },
  ])
  call?: Call;

  /** Position within the call. */
  @Column({ type: 'integer' })
  sequence: number;

  /** The model's id of the item. */
  @Column({ name: 'item_id', type: 'text', nullable: true })
  itemId: string | null;

  @Column({ type: 'text' })
  role: TurnRole;

  /** What was heard. */
  @Column({ type: 'text' })
  text: string;

  /** What the model had made, where it was not heard to the end; null where nothing was generated. */
  @Column({ name: 'generated_text', type: 'text', nullable: true })
  generatedText: string | null;

  @Column({ name: 'start_ms', type: 'integer' })
  startMs: number;

  @Column({ name: 'end_ms', type: 'integer' })
  endMs: number;

  @Column({ name: 'was_interrupted', type: 'boolean', default: false })
  wasInterrupted: boolean;

  /** From the end of the person's speech to the first audio out. */
  @Column({ name: 'latency_ms', type: 'integer', nullable: true })
  latencyMs: number | null;
}
