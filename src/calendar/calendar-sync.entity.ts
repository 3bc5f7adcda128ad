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

/** How far a user's calendar was followed, who is following it, and whether Google tells of changes: one a user. */
@Entity('calendar_syncs')
@Index('calendar_syncs_user_id_key', ['userId'], { unique: true })
@Index('calendar_syncs_channel_id_key', ['channelId'], { unique: true })
@Index('calendar_syncs_next_idx', ['nextSyncAt'], { where: 'next_sync_at IS NOT NULL' })
export class CalendarSync {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'calendar_syncs_pkey',
  })
  id: number;

  @Column({ name: 'user_id', type: 'integer' })
  userId: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'calendar_syncs_user_id_fkey' })
  user?: User;

  /** Of the connection that is followed: another one is followed from the beginning. */
  @Column({ name: 'connected_at', type: 'timestamptz' })
  connectedAt: Date;

  /** Google's; null begins anew. */
  @Column({ name: 'sync_token', type: 'text', nullable: true })
  syncToken: string | null;

  /** When all events of the next days were looked at last; null: they have to be. */
  @Column({ name: 'window_read_at', type: 'timestamptz', nullable: true })
  windowReadAt: Date | null;

  @Column({ name: 'synced_at', type: 'timestamptz', nullable: true })
  syncedAt: Date | null;

  /** Null: not before something happens. */
  @Column({ name: 'next_sync_at', type: 'timestamptz', nullable: true })
  nextSyncAt: Date | null;

  /** Somebody has called for it since it was claimed last. */
  @Column({ name: 'is_called_for', type: 'boolean', default: false })
  isCalledFor: boolean;

  /** Rises with each word of the owner: other settings, another time zone, a disconnection. It waits for nothing. */
  @Column({ name: 'wanted_version', type: 'integer', default: 0 })
  wantedVersion: number;

  /** Up to which of it the calls are in line. */
  @Column({ name: 'followed_version', type: 'integer', default: 0 })
  followedVersion: number;

  /** Of the channel by which Google tells of changes; null where there is none. */
  @Column({ name: 'channel_id', type: 'text', nullable: true })
  channelId: string | null;

  /** What comes with each notification, hashed. */
  @Column({ name: 'channel_token_hash', type: 'text', nullable: true })
  channelTokenHash: string | null;

  @Column({ name: 'resource_id', type: 'text', nullable: true })
  resourceId: string | null;

  @Column({ name: 'channel_expires_at', type: 'timestamptz', nullable: true })
  channelExpiresAt: Date | null;

  /** Google did not open a channel: not asked again before. */
  @Column({ name: 'watch_again_at', type: 'timestamptz', nullable: true })
  watchAgainAt: Date | null;

  /** Why it could not be followed the last time, in a sentence. */
  @Column({ type: 'text', nullable: true })
  trouble: string | null;

  /** In a row. */
  @Column({ type: 'integer', default: 0 })
  failures: number;

  /** Of whoever is at it, and until when nobody else is. */
  @Column({ type: 'uuid', nullable: true })
  claim: string | null;

  @Column({ name: 'claimed_until', type: 'timestamptz', nullable: true })
  claimedUntil: Date | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
