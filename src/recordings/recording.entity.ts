import {
  Column,
  CreateDateColumn,
  Entity,
  Index,
  JoinColumn,
  ManyToOne,
  PrimaryColumn,
  UpdateDateColumn,
} from 'typeorm';
import { Call } from '../calls/call.entity';

/**
 * `sought`: a call was to be recorded, and what the carrier has of it is looked for · `due`: it is to be copied · `stored` ·
 * `absent`: there is none (nothing was said, or it was too short) · `failed`: it could not be had for days · `erased`: it was too old.
 */
export type RecordingState = 'sought' | 'due' | 'stored' | 'absent' | 'failed' | 'erased';

/** A recording of a call, and where our copy of it is. */
@Entity('recordings')
@Index('recordings_recording_sid_key', ['recordingSid'], { unique: true })
@Index('recordings_sought_key', ['userId', 'callId'], { unique: true, where: 'recording_sid IS NULL' })
@Index('recordings_user_id_call_id_idx', ['userId', 'callId'])
@Index('recordings_due_idx', ['dueAt'], { where: 'due_at IS NOT NULL' })
@Index('recordings_carrier_delete_idx', ['carrierDeleteDueAt'], { where: 'carrier_delete_due_at IS NOT NULL' })
@Index('recordings_stored_idx', ['storedAt'], { where: `state = 'stored'` })
export class Recording {
  /** Part of the key of its file, and of the address at which it is played. */
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'recordings_pkey' })
  id: string;

  @Column({ name: 'user_id', type: 'integer' })
  userId: number;

  @Column({ name: 'call_id', type: 'uuid' })
  callId: string;

  /** Bound by both columns: a recording can only belong to a call of the same user. */
  @ManyToOne(() => Call, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn([
    { name: 'user_id', referencedColumnName: 'userId', foreignKeyConstraintName: 'recordings_call_fkey' },
    { name: 'call_id', referencedColumnName: 'id', foreignKeyConstraintName: 'recordings_call_fkey' },
  ])
  call?: Call;

  /** The carrier's id; null where none is known. */
  @Column({ name: 'recording_sid', type: 'text', nullable: true })
  recordingSid: string | null;

  @Column({ type: 'text' })
  state: RecordingState;

  @Column({ name: 'duration_seconds', type: 'integer', nullable: true })
  durationSeconds: number | null;

  @Column({ type: 'integer', nullable: true })
  channels: number | null;

  @Column({ type: 'text', default: 'wav' })
  format: string;

  /** PostgreSQL's bigint comes as text. */
  @Column({ name: 'size_bytes', type: 'bigint', nullable: true })
  sizeBytes: string | null;

  /** Of the file, in hexadecimal. */
  @Column({ type: 'text', nullable: true })
  sha256: string | null;

  @Column({ name: 'storage_key', type: 'text', nullable: true })
  storageKey: string | null;

  /** When it is to be looked for or copied, or until when somebody is at it; null: nothing is to be done. */
  @Column({ name: 'due_at', type: 'timestamptz', nullable: true })
  dueAt: Date | null;

  @Column({ type: 'integer', default: 0 })
  tries: number;

  @Column({ type: 'text', nullable: true })
  error: string | null;

  @Column({ name: 'stored_at', type: 'timestamptz', nullable: true })
  storedAt: Date | null;

  /** When the carrier's copy is to be deleted; null: it is not, or was. */
  @Column({ name: 'carrier_delete_due_at', type: 'timestamptz', nullable: true })
  carrierDeleteDueAt: Date | null;

  @Column({ name: 'carrier_delete_tries', type: 'integer', default: 0 })
  carrierDeleteTries: number;

  @Column({ name: 'carrier_deleted_at', type: 'timestamptz', nullable: true })
  carrierDeletedAt: Date | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
