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
import { Call } from './call.entity';

/** What somebody says about a demo call that they had; one a call. */
@Entity('feedback')
@Index('feedback_user_id_call_id_key', ['userId', 'callId'], { unique: true })
@Index('feedback_mail_due_idx', ['mailDueAt'], { where: 'mail_due_at IS NOT NULL' })
export class Feedback {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'feedback_pkey',
  })
  id: number;

  @Column({ name: 'user_id', type: 'integer' })
  userId: number;

  @Column({ name: 'call_id', type: 'uuid' })
  callId: string;

  @ManyToOne(() => Call, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn([
    { name: 'user_id', referencedColumnName: 'userId', foreignKeyConstraintName: 'feedback_call_fkey' },
    { name: 'call_id', referencedColumnName: 'id', foreignKeyConstraintName: 'feedback_call_fkey' },
  ])
  call?: Call;

  /** 1 to 5. */
  @Column({ type: 'smallint' })
  rating: number;

  @Column({ type: 'text' })
  message: string;

  @Column({ name: 'mailed_at', type: 'timestamptz', nullable: true })
  mailedAt: Date | null;

  /** When it is mailed, or tried again; null: it was mailed, given up, or nobody wants it by mail. */
  @Column({ name: 'mail_due_at', type: 'timestamptz', nullable: true })
  mailDueAt: Date | null;

  @Column({ name: 'mail_tries', type: 'integer', default: 0 })
  mailTries: number;

  @Column({ name: 'mail_error', type: 'text', nullable: true })
  mailError: string | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
