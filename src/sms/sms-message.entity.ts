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
import { User } from '../users/user.entity';
import type { Keyword } from './keywords';
import type { SendState } from './send-ledger';
import type { SmsStatus } from './sms-status';

export const SMS_DIRECTIONS = ['inbound', 'outbound'] as const;
export type SmsDirection = (typeof SMS_DIRECTIONS)[number];

/** Who had it sent: a request, the agent of a call while it talked, or the setting of a scenario after a call. */
export const SMS_SOURCES = ['request', 'agent', 'follow_up'] as const;
export type SmsSource = (typeof SMS_SOURCES)[number];

/** A text. */
@Entity('sms_messages')
@Index('sms_messages_sid_key', ['sid'], { unique: true })
@Index('sms_messages_attempt_id_key', ['attemptId'], { unique: true })
@Index('sms_messages_user_id_idempotency_key_key', ['userId', 'idempotencyKey'], { unique: true })
@Index('sms_messages_follow_up_key', ['userId', 'callId'], { unique: true, where: `source = 'follow_up'` })
@Index('sms_messages_user_id_created_at_id_idx', ['userId', 'createdAt', 'id'])
@Index('sms_messages_user_id_phone_number_idx', ['userId', 'phoneNumber', 'createdAt', 'id'])
@Index('sms_messages_pair_idx', ['phoneNumber', 'ownNumber', 'createdAt'])
@Index('sms_messages_send_idx', ['userId', 'dueAt'], { where: `due_at IS NOT NULL AND send_state = 'intended'` })
@Index('sms_messages_look_idx', ['userId', 'dueAt'], { where: `due_at IS NOT NULL AND send_state <> 'intended'` })
@Index('sms_messages_asked_idx', ['userId', 'askedAt'], { where: `direction = 'outbound'` })
export class SmsMessage {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'sms_messages_pkey' })
  id: string;

  @Column({ name: 'user_id', type: 'integer' })
  userId: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'sms_messages_user_id_fkey' })
  user?: User;

  @Column({ type: 'text' })
  direction: SmsDirection;

  /** The other party's number: E.164, or what stands there instead (a short code, a name). */
  @Column({ name: 'phone_number', type: 'text' })
  phoneNumber: string;

  /** The platform's number on this text, E.164. */
  @Column({ name: 'own_number', type: 'text' })
  ownNumber: string;

  @Column({ type: 'text' })
  body: string;

  @Column({ type: 'text' })
  status: SmsStatus;

  @Column({ name: 'send_state', type: 'text' })
  sendState: SendState;

  /** The carrier's id; null until it is known. */
  @Column({ type: 'text', nullable: true })
  sid: string | null;

  /** Rides in the address of the status callback, so that a callback finds a row which has no sid yet. */
  @Column({ name: 'attempt_id', type: 'uuid', nullable: true })
  attemptId: string | null;

  @Column({ type: 'text', nullable: true })
  source: SmsSource | null;

  /** What a text that came in asks for by a word: to hear no more, to hear again, to be told what this is. */
  @Column({ type: 'text', nullable: true })
  keyword: Keyword | null;

  @Column({ name: 'call_id', type: 'uuid', nullable: true })
  callId: string | null;

  /** Bound by both columns: a text can only belong to a call of the same user. */
  @ManyToOne(() => Call, { onDelete: 'CASCADE', nullable: true })
  @JoinColumn([
    { name: 'user_id', referencedColumnName: 'userId', foreignKeyConstraintName: 'sms_messages_call_fkey' },
    { name: 'call_id', referencedColumnName: 'id', foreignKeyConstraintName: 'sms_messages_call_fkey' },
  ])
  call?: Call;

  /** In how many parts it travels, as the carrier counts them. */
  @Column({ type: 'integer', nullable: true })
  segments: number | null;

  /** Pictures and the like that came with it; they stay with the carrier. */
  @Column({ name: 'media_count', type: 'integer', default: 0 })
  mediaCount: number;

  @Column({ name: 'error_code', type: 'text', nullable: true })
  errorCode: string | null;

  @Column({ name: 'error_detail', type: 'text', nullable: true })
  errorDetail: string | null;

  /** Of the request that had it sent: the same key never sends twice, whatever becomes of its stored answer. */
  @Column({ name: 'idempotency_key', type: 'text', nullable: true })
  idempotencyKey: string | null;

  /** When somebody has to see to it: send it, find out what became of it, or ask where it stands; null: nobody. */
  @Column({ name: 'due_at', type: 'timestamptz', nullable: true })
  dueAt: Date | null;

  /** How often somebody has seen to it. */
  @Column({ type: 'integer', default: 0 })
  tries: number;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  /** When the carrier was asked to send it. */
  @Column({ name: 'asked_at', type: 'timestamptz', nullable: true })
  askedAt: Date | null;

  @Column({ name: 'sent_at', type: 'timestamptz', nullable: true })
  sentAt: Date | null;

  @Column({ name: 'delivered_at', type: 'timestamptz', nullable: true })
  deliveredAt: Date | null;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
