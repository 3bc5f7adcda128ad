import { Column, CreateDateColumn, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import type { Agent } from '../scenarios/agent';
import { User } from '../users/user.entity';
import type { SimulationPlan } from './simulation-plan';

/** Simulated callers against a scenario. */
@Entity('simulations')
@Index('simulations_user_id_id_key', ['userId', 'id'], { unique: true })
@Index('simulations_list_idx', ['userId', 'scenarioId', 'createdAt', 'id'])
export class Simulation {
  @PrimaryGeneratedColumn('uuid', { primaryKeyConstraintName: 'simulations_pkey' })
  id: string;

  @Column({ name: 'user_id', type: 'integer' })
  userId: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'simulations_user_id_fkey' })
  user?: User;

  /** A built-in name or `custom_…`. */
  @Column({ name: 'scenario_id', type: 'text' })
  scenarioId: string;

  /** As its scenario was then. */
  @Column({ type: 'jsonb' })
  agent: Agent;

  @Column({ type: 'jsonb' })
  plan: SimulationPlan;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}
