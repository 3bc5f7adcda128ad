import {
  Column,
  CreateDateColumn,
  Entity,
  Index,
  JoinColumn,
  ManyToOne,
  PrimaryGeneratedColumn,
  Relation,
} from 'typeorm';
import { User } from '../users/user.entity';

/** Lets a browser, which cannot set headers on a WebSocket, open one socket. The row goes when it is redeemed. */
@Entity('ws_tickets')
@Index('ws_tickets_ticket_hash_key', ['ticketHash'], { unique: true })
@Index('ws_tickets_user_id_idx', ['userId'])
export class WsTicket {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'ws_tickets_pkey',
  })
  id: string;

  @Column({ name: 'user_id', type: 'integer' })
  userId: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'ws_tickets_user_id_fkey' })
  user?: Relation<User>;

  @Column({ name: 'ticket_hash', type: 'text' })
  ticketHash: string;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt: Date;
}
