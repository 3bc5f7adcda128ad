import { Column, CreateDateColumn, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import type { DoneAction } from './conversation-tools';
import { ConversationSession } from './conversation-session.entity';

/** Something that was said in a conversation. */
@Entity('conversation_messages')
@Index('conversation_messages_sequence_key', ['userId', 'conversationId', 'sequence'], { unique: true })
export class ConversationMessage {
  @PrimaryGeneratedColumn('uuid', { primaryKeyConstraintName: 'conversation_messages_pkey' })
  id: string;

  @Column({ name: 'user_id', type: 'integer' })
  userId: number;

  @Column({ name: 'conversation_id', type: 'uuid' })
  conversationId: string;

  @ManyToOne(() => ConversationSession, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn([
    {
      name: 'user_id',
      referencedColumnName: 'userId',
      foreignKeyConstraintName: 'conversation_messages_conversation_fkey',
    },
    {
      name: 'conversation_id',
      referencedColumnName: 'id',
      foreignKeyConstraintName: 'conversation_messages_conversation_fkey',
    },
  ])
  conversation?: ConversationSession;

  /** Counts from 0. */
  @Column({ type: 'integer' })
  sequence: number;

  @Column({ type: 'text' })
  role: 'user' | 'assistant';

  @Column({ type: 'text' })
  text: string;

  /** What the agent did while it answered. */
  @Column({ type: 'jsonb', default: [] })
  actions: DoneAction[];

  /** Nobody waited for the rest of it. */
  @Column({ name: 'was_interrupted', type: 'boolean', default: false })
  wasInterrupted: boolean;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}
