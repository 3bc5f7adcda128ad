import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A number of ours, and up to when the carrier was asked what has come to it. */
@Entity('sms_inboxes')
@Index('sms_inboxes_due_at_idx', ['dueAt'])
export class SmsInbox {
  /** E.164. */
  @PrimaryColumn({ name: 'own_number', type: 'text', primaryKeyConstraintName: 'sms_inboxes_pkey' })
  ownNumber: string;

  /** When it is asked about again, or until when somebody is at it. */
  @Column({ name: 'due_at', type: 'timestamptz' })
  dueAt: Date;

  @Column({ name: 'read_until', type: 'timestamptz' })
  readUntil: Date;
}
