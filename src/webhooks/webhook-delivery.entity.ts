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
import { Webhook } from './webhook.entity';

/** pending: it is sent as soon as it is due. */
export const DELIVERY_STATUSES = ['pending', 'delivered', 'failed'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** Something that happened, as one webhook is told it. */
@Entity('webhook_deliveries')
@Index('webhook_deliveries_subject_key', ['userId', 'webhookId', 'event', 'subject', 'version'], { unique: true })
@Index('webhook_deliveries_list_idx', ['userId', 'webhookId', 'createdAt', 'id'])
@Index('webhook_deliveries_status_idx', ['userId', 'webhookId', 'status', 'createdAt', 'id'])
@Index('webhook_deliveries_event_idx', ['userId', 'webhookId', 'event', 'createdAt', 'id'])
@Index('webhook_deliveries_due_idx', ['webhookId', 'dueAt'], { where: 'due_at IS NOT NULL' })
@Index('webhook_deliveries_told_idx', ['userId', 'subject'], { where: `event = 'transcript.created'` })
@Index('webhook_deliveries_created_at_idx', ['createdAt'])
export class WebhookDelivery {
  /** The `webhook-id` of every attempt. */
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'webhook_deliveries_pkey' })
  id: string;

  @Column({ name: 'user_id', type: 'integer' })
  userId: number;

  @Column({ name: 'webhook_id', type: 'integer' })
  webhookId: number;

  @ManyToOne(() => Webhook, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn([
    { name: 'user_id', referencedColumnName: 'userId', foreignKeyConstraintName: 'webhook_deliveries_webhook_fkey' },
    { name: 'webhook_id', referencedColumnName: 'id', foreignKeyConstraintName: 'webhook_deliveries_webhook_fkey' },
  ])
  webhook?: Webhook;

  /** A type of told-events.ts. */
  @Column({ type: 'text' })
  event: string;

  /** What it happened to; with the version, where it can happen more than once. */
  @Column({ type: 'text' })
  subject: string;

  @Column({ type: 'text', default: '' })
  version: string;

  /** The body, byte for byte: it is signed anew at every attempt, and never another. Empty where what it told was deleted since. */
  @Column({ type: 'text' })
  payload: string;

  @Column({ type: 'text' })
  status: DeliveryStatus;

  /** When it is sent, or somebody else may send it; null: never again by itself. */
  @Column({ name: 'due_at', type: 'timestamptz', nullable: true })
  dueAt: Date | null;

  /** Since it was made, or asked for again. */
  @Column({ type: 'integer', default: 0 })
  attempts: number;

  @Column({ name: 'attempted_at', type: 'timestamptz', nullable: true })
  attemptedAt: Date | null;

  @Column({ name: 'delivered_at', type: 'timestamptz', nullable: true })
  deliveredAt: Date | null;

  /** Of the last attempt, as the others below. */
  @Column({ name: 'response_status', type: 'smallint', nullable: true })
  responseStatus: number | null;

  @Column({ name: 'response_body', type: 'text', nullable: true })
  responseBody: string | null;

  /** What went wrong, in a sentence. */
  @Column({ type: 'text', nullable: true })
  error: string | null;

  @Column({ name: 'duration_ms', type: 'integer', nullable: true })
  durationMs: number | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
