import { Column, CreateDateColumn, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

/** What a user's request with an `Idempotency-Key` was answered, to be said again. */
@Entity('idempotency_keys')
@Index(['userId', 'createdAt'])
export class IdempotencyKey {
  // By name: the database room knows no feature's classes.
  @ForeignKey('User', { onDelete: 'CASCADE' })
  @PrimaryColumn({ type: 'integer' })
  userId: number;

  @PrimaryColumn({ type: 'text' })
  key: string;

  /** Method and route pattern. */
  @Column({ type: 'text' })
  route: string;

  /** SHA-256 of what was asked. */
  @Column({ type: 'text' })
  bodyHash: string;

  /** Null while the first request is still being worked on. */
  @Column({ type: 'smallint', nullable: true })
  statusCode: number | null;

  /** json and not jsonb: the answer is repeated letter by letter. Null for an answer without a body. */
  @Column({ type: 'json', nullable: true })
  body: unknown;

  @CreateDateColumn({ type: 'timestamptz' })
  createdAt: Date;
}
