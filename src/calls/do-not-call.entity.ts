import { Column, CreateDateColumn, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import { User } from '../users/user.entity';

/** A number that a user must not call or text. The number itself is not kept. */
@Entity('do_not_call')
@Index('do_not_call_user_id_number_hash_key', ['userId', 'numberHash'], { unique: true })
export class DoNotCallEntry {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'do_not_call_pkey',
  })
  id: number;

  @Column({ name: 'user_id', type: 'integer' })
  userId: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'do_not_call_user_id_fkey' })
  user?: User;

  /** Keyed hash of user and number, so that nobody can try all numbers without the key. */
  @Column({ name: 'number_hash', type: 'text' })
  numberHash: string;

  @Column({ name: 'masked_number', type: 'text' })
  maskedNumber: string;

  @Column({ type: 'text', nullable: true })
  reason: string | null;

  /** The owner has put it there. */
  @Column({ name: 'by_owner', type: 'boolean', default: true })
  byOwner: boolean;

  /** When whoever has the number has texted STOP; null: they have not, or START since. */
  @Column({ name: 'stopped_at', type: 'timestamptz', nullable: true })
  stoppedAt: Date | null;

  /** The numbers of ours that were told so; empty where it is not known. */
  @Column({ name: 'stopped_numbers', type: 'text', array: true, default: [] })
  stoppedNumbers: string[];

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}
