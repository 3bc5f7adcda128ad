import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A recording whose owner is being erased: its file and the carrier's copy go, although its row will not be there any more. */
@Entity('files_to_remove')
@Index('files_to_remove_due_at_idx', ['dueAt'])
export class FileRemoval {
  /** Of the recording. */
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'files_to_remove_pkey' })
  id: string;

  @Column({ name: 'storage_key', type: 'text', nullable: true })
  storageKey: string | null;

  @Column({ name: 'recording_sid', type: 'text', nullable: true })
  recordingSid: string | null;

  @Column({ name: 'due_at', type: 'timestamptz' })
  dueAt: Date;

  @Column({ type: 'integer', default: 0 })
  tries: number;
}
