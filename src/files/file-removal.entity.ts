import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/**
 * Something of a user who is gone that lies outside the database: a file, the carrier's copy of it, or whatever the carrier has
 * recorded of a call. Triggers write it down in the transaction that deletes the rows.
 */
@Entity('files_to_remove')
@Index('files_to_remove_due_at_idx', ['dueAt'])
export class FileRemoval {
  @PrimaryGeneratedColumn('uuid', { primaryKeyConstraintName: 'files_to_remove_pkey' })
  id: string;

  @Column({ name: 'storage_key', type: 'text', nullable: true })
  storageKey: string | null;

  @Column({ name: 'recording_sid', type: 'text', nullable: true })
  recordingSid: string | null;

  @Column({ name: 'call_sid', type: 'text', nullable: true })
  callSid: string | null;

  @Column({ name: 'due_at', type: 'timestamptz' })
  dueAt: Date;

  @Column({ type: 'integer', default: 0 })
  tries: number;
}
