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

/** What answers a number: the agent at once, or the demo: a welcome, any key, and a short conversation. */
export const NUMBER_MODES = ['agent', 'demo'] as const;
export type NumberMode = (typeof NUMBER_MODES)[number];

/** One of the platform's numbers that a user has claimed, and what answers it. */
@Entity('phone_numbers')
@Index('phone_numbers_phone_number_key', ['phoneNumber'], { unique: true })
@Index('phone_numbers_user_id_idx', ['userId', 'id'])
export class OwnedPhoneNumber {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'phone_numbers_pkey',
  })
  id: number;

  @Column({ name: 'user_id', type: 'integer' })
  userId: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'phone_numbers_user_id_fkey' })
  user?: User;

  /** E.164. */
  @Column({ name: 'phone_number', type: 'text' })
  phoneNumber: string;

  /** A built-in name, or `custom_…`. */
  @Column({ type: 'text' })
  scenario: string;

  @Column({ type: 'text' })
  mode: NumberMode;

  @Column({ type: 'text', nullable: true })
  label: string | null;

  /** Whether calls to it are recorded. */
  @Column({ type: 'boolean' })
  record: boolean;

  /** The carrier's id of it. */
  @Column({ name: 'carrier_sid', type: 'text' })
  carrierSid: string;

  @Column({ name: 'can_talk', type: 'boolean' })
  canTalk: boolean;

  @Column({ name: 'can_text', type: 'boolean' })
  canText: boolean;

  /** What kept it from being set up at the carrier, in a sentence; null: nothing did. */
  @Column({ type: 'text', nullable: true })
  problem: string | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
