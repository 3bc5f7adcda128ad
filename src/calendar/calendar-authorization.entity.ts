import { Column, CreateDateColumn, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import { User } from '../users/user.entity';

/** Somebody was sent to Google to agree. It is gone when they come back, once. */
@Entity('calendar_authorizations')
@Index('calendar_authorizations_state_hash_key', ['stateHash'], { unique: true })
@Index('calendar_authorizations_user_idx', ['userId', 'expiresAt'])
export class CalendarAuthorization {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'calendar_authorizations_pkey',
  })
  id: number;

  @Column({ name: 'user_id', type: 'integer' })
  userId: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'calendar_authorizations_user_id_fkey' })
  user?: User;

  @Column({ name: 'state_hash', type: 'text' })
  stateHash: string;

  /** Sealed (secret-box.ts). */
  @Column({ name: 'code_verifier', type: 'text' })
  codeVerifier: string;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt: Date;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}
