import { Column, CreateDateColumn, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import type { Agent } from '../scenarios/agent';
import { User } from '../users/user.entity';
import type { ConversationState } from './conversation-states';

export type ConversationEnd = 'requested' | 'said_goodbye' | 'idle';

/** A conversation with an agent outside of calls. */
@Entity('conversation_sessions')
@Index('conversation_sessions_user_id_session_id_key', ['userId', 'sessionId'], { unique: true })
@Index('conversation_sessions_user_id_id_key', ['userId', 'id'], { unique: true })
@Index('conversation_sessions_list_idx', ['userId', 'createdAt', 'id'])
@Index('conversation_sessions_open_idx', ['activeAt'], { where: 'ended_at IS NULL' })
export class ConversationSession {
  @PrimaryGeneratedColumn('uuid', { primaryKeyConstraintName: 'conversation_sessions_pkey' })
  id: string;

  @Column({ name: 'user_id', type: 'integer' })
  userId: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'conversation_sessions_user_id_fkey' })
  user?: User;

  /** What the user calls it; another user's equal one is another conversation. */
  @Column({ name: 'session_id', type: 'text' })
  sessionId: string;

  /** The user's own key of whom the agent talks to. */
  @Column({ name: 'customer_id', type: 'text', nullable: true })
  customerId: string | null;

  /** As its scenario was when it began. */
  @Column({ type: 'jsonb' })
  agent: Agent;

  @Column({ type: 'text' })
  state: ConversationState;

  /** The answer that is being thought of; null: none is. */
  @Column({ name: 'turn_id', type: 'uuid', nullable: true })
  turnId: string | null;

  /** Whoever has not answered by then has died. */
  @Column({ name: 'turn_until', type: 'timestamptz', nullable: true })
  turnUntil: Date | null;

  @Column({ name: 'message_count', type: 'integer', default: 0 })
  messageCount: number;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  /** When something was said last. */
  @Column({ name: 'active_at', type: 'timestamptz', default: () => 'now()' })
  activeAt: Date;

  @Column({ name: 'ended_at', type: 'timestamptz', nullable: true })
  endedAt: Date | null;

  @Column({ name: 'ended_reason', type: 'text', nullable: true })
  endedReason: ConversationEnd | null;
}
