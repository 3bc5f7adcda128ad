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

/** Where a user wants to be told what happens. */
@Entity('webhooks')
@Index('webhooks_user_id_id_key', ['userId', 'id'], { unique: true })
export class Webhook {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'webhooks_pkey',
  })
  id: number;

  @Column({ name: 'user_id', type: 'integer' })
  userId: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'webhooks_user_id_fkey' })
  user?: User;

  @Column({ type: 'text' })
  url: string;

  @Column({ type: 'text', nullable: true })
  description: string | null;

  /** Types of told-events.ts, or `*`. */
  @Column({ type: 'text', array: true })
  events: string[];

  @Column({ name: 'is_active', type: 'boolean' })
  isActive: boolean;

  /** Why it was switched off by us, in a sentence. */
  @Column({ type: 'text', nullable: true })
  problem: string | null;

  /** Sealed (secret-box.ts). */
  @Column({ type: 'text' })
  secret: string;

  /** Sealed. Signs beside the other one for a while after a rotation. */
  @Column({ name: 'previous_secret', type: 'text', nullable: true })
  previousSecret: string | null;

  @Column({ name: 'previous_until', type: 'timestamptz', nullable: true })
  previousUntil: Date | null;

  /** The key that both are sealed with. */
  @Column({ name: 'key_id', type: 'text' })
  keyId: string;

  /** Since when it has been on, with these events: what happened before is none of its business. */
  @Column({ name: 'listening_since', type: 'timestamptz' })
  listeningSince: Date;

  /** Since when nothing has arrived; null: the last attempt did. */
  @Column({ name: 'failing_since', type: 'timestamptz', nullable: true })
  failingSince: Date | null;

  /** Of anything but a test. */
  @Column({ name: 'last_failed_at', type: 'timestamptz', nullable: true })
  lastFailedAt: Date | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
