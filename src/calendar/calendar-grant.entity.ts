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

/** What a user gave us when they connected a calendar: one a user. */
@Entity('calendar_grants')
@Index('calendar_grants_user_id_key', ['userId'], { unique: true })
export class CalendarGrant {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'calendar_grants_pkey',
  })
  id: number;

  @Column({ name: 'user_id', type: 'integer' })
  userId: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'calendar_grants_user_id_fkey' })
  user?: User;

  /** Whose calendar it is, as far as Google said. */
  @Column({ type: 'text', nullable: true })
  email: string | null;

  @Column({ type: 'text', array: true })
  scopes: string[];

  /** Sealed (secret-box.ts); null where the grant is over. */
  @Column({ name: 'refresh_token', type: 'text', nullable: true })
  refreshToken: string | null;

  /** Sealed. */
  @Column({ name: 'access_token', type: 'text', nullable: true })
  accessToken: string | null;

  @Column({ name: 'access_expires_at', type: 'timestamptz', nullable: true })
  accessExpiresAt: Date | null;

  /** The key that both are sealed with. */
  @Column({ name: 'key_id', type: 'text' })
  keyId: string;

  /** Counts what was written to the tokens: whoever has an older one is late. */
  @Column({ type: 'integer', default: 0 })
  revision: number;

  @Column({ name: 'needs_reconnect', type: 'boolean', default: false })
  needsReconnect: boolean;

  /** IANA; that of the calendar. */
  @Column({ name: 'time_zone', type: 'text', nullable: true })
  timeZone: string | null;

  /** Who renews the access token, and until when nobody else does. */
  @Column({ name: 'renewal_claim', type: 'uuid', nullable: true })
  renewalClaim: string | null;

  @Column({ name: 'renewal_until', type: 'timestamptz', nullable: true })
  renewalUntil: Date | null;

  /** Who looks and writes into the calendar, and until when nobody else does. */
  @Column({ name: 'writing_claim', type: 'uuid', nullable: true })
  writingClaim: string | null;

  @Column({ name: 'writing_until', type: 'timestamptz', nullable: true })
  writingUntil: Date | null;

  @Column({ name: 'connected_at', type: 'timestamptz' })
  connectedAt: Date;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
