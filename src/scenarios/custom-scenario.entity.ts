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
import type { InterruptionSettings, WhoSpeaksFirst } from './agent';

/** An agent that a user has described. */
@Entity('custom_scenarios')
@Index('custom_scenarios_scenario_id_key', ['scenarioId'], { unique: true })
@Index('custom_scenarios_user_id_created_at_idx', ['userId', 'createdAt'])
export class CustomScenario {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'custom_scenarios_pkey',
  })
  id: number;

  @Column({ name: 'user_id', type: 'integer' })
  userId: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'custom_scenarios_user_id_fkey' })
  user?: User;

  /** `custom_<user id>_<unix seconds>`: what clients know it by. */
  @Column({ name: 'scenario_id', type: 'text' })
  scenarioId: string;

  @Column({ type: 'text', nullable: true })
  name: string | null;

  @Column({ type: 'text' })
  persona: string;

  @Column({ type: 'text' })
  prompt: string;

  @Column({ name: 'voice_type', type: 'text' })
  voiceType: string;

  @Column({ type: 'double precision' })
  temperature: number;

  @Column({ type: 'text', nullable: true })
  greeting: string | null;

  @Column({ name: 'who_speaks_first', type: 'text', default: 'agent' })
  whoSpeaksFirst: WhoSpeaksFirst;

  @Column({ type: 'text', default: 'en-US' })
  language: string;

  @Column({ name: 'max_duration_seconds', type: 'integer', nullable: true })
  maxDurationSeconds: number | null;

  @Column({ name: 'voicemail_message', type: 'text', nullable: true })
  voicemailMessage: string | null;

  @Column({ name: 'extraction_schema', type: 'jsonb', nullable: true })
  extractionSchema: Record<string, unknown> | null;

  /** Null: the defaults. */
  @Column({ type: 'jsonb', nullable: true })
  interruption: InterruptionSettings | null;

  /** Whether its agent can text the person on the line. */
  @Column({ name: 'sends_texts', type: 'boolean', default: false })
  sendsTexts: boolean;

  /** What is texted to the person once the call is over; null: nothing. */
  @Column({ name: 'follow_up_text', type: 'text', nullable: true })
  followUpText: string | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
