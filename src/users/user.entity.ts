import { Check, Column, CreateDateColumn, Entity, Index, PrimaryGeneratedColumn, UpdateDateColumn } from 'typeorm';

/** A person who signed up, and at the same time the tenant: every owned row names its user. */
@Entity('users')
@Index('users_email_key', ['email'], { unique: true })
@Check('users_email_lower', `email = lower(email)`)
export class User {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'users_pkey',
  })
  id: number;

  /** In lower case; two spellings of one address are one user. */
  @Column({ type: 'text' })
  email: string;

  /** argon2id; null for users who only sign in by somebody else's word, such as Google's. */
  @Column({ name: 'password_hash', type: 'text', nullable: true })
  passwordHash: string | null;

  @Column({ type: 'text', nullable: true })
  name: string | null;

  /** IANA name; scheduled times without an offset are read in it. */
  @Column({ type: 'text', default: 'UTC' })
  timezone: string;

  @Column({ name: 'is_active', type: 'boolean', default: true })
  isActive: boolean;

  @Column({ name: 'is_admin', type: 'boolean', default: false })
  isAdmin: boolean;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
