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
import { Call, type CallDirection } from '../calls/call.entity';
import { User } from '../users/user.entity';

/** As Twilio wrote it down; times are seconds. */
export interface StoredSentence {
  text: string;
  /** Twilio's media channel. */
  speaker: number;
  start_time: number;
  end_time: number;
  confidence: number | null;
}

/**
 * `asked`: somebody asks for it for the first time, and it is not known yet whether there is one · `awaited`: Twilio is still
 * at it · `stored` · `failed`: Twilio could not make it, or it did not come.
 */
export type StoredState = 'asked' | 'awaited' | 'stored' | 'failed';

/** A transcript of Twilio's Voice Intelligence, fetched once. */
@Entity('stored_twilio_transcripts')
// Unique by user_id and transcript_sid; it has more in it, which TypeORM does not know how to say.
@Index('stored_twilio_transcripts_user_id_sid_key', { synchronize: false })
@Index('stored_twilio_transcripts_sid_key', ['transcriptSid'], { unique: true, where: `state = 'stored'` })
@Index('stored_twilio_transcripts_list_idx', ['userId', 'dateCreated', 'id'], {
  where: `state <> 'asked' AND deleted_at IS NULL`,
})
@Index('stored_twilio_transcripts_status_idx', ['userId', 'status', 'dateCreated', 'id'], {
  where: `state <> 'asked' AND deleted_at IS NULL`,
})
@Index('stored_twilio_transcripts_unstored_idx', ['transcriptSid'], { where: `state <> 'stored'` })
@Index('stored_twilio_transcripts_call_idx', ['userId', 'callId'])
@Index('stored_twilio_transcripts_awaited_idx', ['checkAt'], { where: `state = 'awaited'` })
export class StoredTranscript {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'stored_twilio_transcripts_pkey',
  })
  id: number;

  @Column({ name: 'user_id', type: 'integer' })
  userId: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'stored_twilio_transcripts_user_id_fkey' })
  user?: User;

  @Column({ name: 'transcript_sid', type: 'text' })
  transcriptSid: string;

  @Column({ type: 'text' })
  state: StoredState;

  /** Twilio's word: queued, in-progress, completed, failed, canceled, error. */
  @Column({ type: 'text' })
  status: string;

  /** Null where it belongs to no call of ours. */
  @Column({ name: 'call_id', type: 'uuid', nullable: true })
  callId: string | null;

  @ManyToOne(() => Call, { onDelete: 'CASCADE', nullable: true })
  @JoinColumn([
    {
      name: 'user_id',
      referencedColumnName: 'userId',
      foreignKeyConstraintName: 'stored_twilio_transcripts_call_fkey',
    },
    { name: 'call_id', referencedColumnName: 'id', foreignKeyConstraintName: 'stored_twilio_transcripts_call_fkey' },
  ])
  call?: Call | null;

  @Column({ name: 'date_created', type: 'timestamptz' })
  dateCreated: Date;

  @Column({ name: 'date_updated', type: 'timestamptz' })
  dateUpdated: Date;

  /** Seconds. */
  @Column({ type: 'integer', default: 0 })
  duration: number;

  @Column({ name: 'language_code', type: 'text', default: 'en-US' })
  languageCode: string;

  @Column({ type: 'json', default: [] })
  sentences: StoredSentence[];

  @Column({ name: 'full_text', type: 'text', default: '' })
  fullText: string;

  @Column({ name: 'call_direction', type: 'text', nullable: true })
  callDirection: CallDirection | null;

  @Column({ name: 'scenario_name', type: 'text', nullable: true })
  scenarioName: string | null;

  @Column({ type: 'text', nullable: true })
  notes: string | null;

  /** Deleted by its owner: nothing of what was said is left, and it is not fetched again. */
  @Column({ name: 'deleted_at', type: 'timestamptz', nullable: true })
  deletedAt: Date | null;

  /** Whose writes count, of those who fetch it. */
  @Column({ type: 'uuid', nullable: true })
  claim: string | null;

  /** Somebody is fetching it until then. */
  @Column({ name: 'claimed_until', type: 'timestamptz', nullable: true })
  claimedUntil: Date | null;

  /** When Twilio is asked again for one that is awaited. */
  @Column({ name: 'check_at', type: 'timestamptz', nullable: true })
  checkAt: Date | null;

  @Column({ type: 'integer', default: 0 })
  checks: number;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
