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

/**
 * Where it comes from: `api`, somebody wrote it down · `upload`, with a file of theirs · `process`, a file that was understood and
 * answered here · `voice_agent`, the same within a conversation · `socket`, a browser's.
 */
export const INTERACTION_SOURCES = ['api', 'upload', 'process', 'voice_agent', 'socket'] as const;
export type InteractionSource = (typeof INTERACTION_SOURCES)[number];

/** One thing that somebody said to an agent, and what it answered. */
@Entity('voice_interactions')
@Index('voice_interactions_user_id_created_at_id_idx', ['userId', 'createdAt', 'id'])
@Index('voice_interactions_user_id_session_id_idx', ['userId', 'sessionId', 'createdAt', 'id'], {
  where: 'session_id IS NOT NULL',
})
@Index('voice_interactions_stored_idx', ['createdAt'], { where: 'storage_key IS NOT NULL' })
export class VoiceInteraction {
  @PrimaryGeneratedColumn('uuid', { primaryKeyConstraintName: 'voice_interactions_pkey' })
  id: string;

  @Column({ name: 'user_id', type: 'integer' })
  userId: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'voice_interactions_user_id_fkey' })
  user?: User;

  @Column({ type: 'text' })
  source: InteractionSource;

  /** Of the conversation that it was part of. */
  @Column({ name: 'session_id', type: 'text', nullable: true })
  sessionId: string | null;

  /** The user's own key of a customer. */
  @Column({ name: 'customer_id', type: 'text', nullable: true })
  customerId: string | null;

  /** Where somebody else keeps the audio; null where we do, or nobody does. */
  @Column({ name: 'audio_file_url', type: 'text', nullable: true })
  audioFileUrl: string | null;

  /** Of the file in our storage. Whoever sets it to null leaves the file to a trigger, and that to FileRemovals. */
  @Column({ name: 'storage_key', type: 'text', nullable: true })
  storageKey: string | null;

  /** wav, mp3, … */
  @Column({ name: 'audio_format', type: 'text', nullable: true })
  audioFormat: string | null;

  /** PostgreSQL's bigint comes as text. */
  @Column({ name: 'size_bytes', type: 'bigint', nullable: true })
  sizeBytes: string | null;

  /** Of the file, in hexadecimal. */
  @Column({ type: 'text', nullable: true })
  sha256: string | null;

  /** Null where the file does not say. */
  @Column({ name: 'duration_ms', type: 'integer', nullable: true })
  durationMs: number | null;

  @Column({ type: 'text' })
  transcript: string;

  @Column({ name: 'llm_response', type: 'text' })
  llmResponse: string;

  /** When its audio was deleted because it was too old. */
  @Column({ name: 'audio_erased_at', type: 'timestamptz', nullable: true })
  audioErasedAt: Date | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
