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

/** No event at all, those that ask for it, or every one. */
export const CALLS_FOR = ['none', 'marked', 'all'] as const;
export type CallsFor = (typeof CALLS_FOR)[number];

/** What a user wants of calls before events: one a user, none for whoever has not said. */
@Entity('event_call_settings')
@Index('event_call_settings_user_id_key', ['userId'], { unique: true })
export class EventCallSettings {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'event_call_settings_pkey',
  })
  id: number;

  @Column({ name: 'user_id', type: 'integer' })
  userId: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'event_call_settings_user_id_fkey' })
  user?: User;

  @Column({ name: 'calls_for', type: 'text' })
  callsFor: CallsFor;

  @Column({ name: 'minutes_before', type: 'integer' })
  minutesBefore: number;

  /** E.164; the owner's own phone. */
  @Column({ name: 'phone_number', type: 'text', nullable: true })
  phoneNumber: string | null;

  @Column({ type: 'text' })
  scenario: string;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
