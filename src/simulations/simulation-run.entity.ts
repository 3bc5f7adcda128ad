import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import type { SimulationResult } from './simulation-plan';
import { Simulation } from './simulation.entity';

/** `broken`: it could not be made, and says nothing of the scenario. */
export const RUN_STATES = ['due', 'passed', 'failed', 'broken'] as const;
export type RunState = (typeof RUN_STATES)[number];

/** One call of a simulation. */
@Entity('simulation_runs')
@Index('simulation_runs_sequence_key', ['userId', 'simulationId', 'sequence'], { unique: true })
@Index('simulation_runs_due_idx', ['dueAt'], { where: 'due_at IS NOT NULL' })
export class SimulationRun {
  @PrimaryGeneratedColumn('uuid', { primaryKeyConstraintName: 'simulation_runs_pkey' })
  id: string;

  @Column({ name: 'user_id', type: 'integer' })
  userId: number;

  @Column({ name: 'simulation_id', type: 'uuid' })
  simulationId: string;

  @ManyToOne(() => Simulation, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn([
    { name: 'user_id', referencedColumnName: 'userId', foreignKeyConstraintName: 'simulation_runs_simulation_fkey' },
    { name: 'simulation_id', referencedColumnName: 'id', foreignKeyConstraintName: 'simulation_runs_simulation_fkey' },
  ])
  simulation?: Simulation;

  /** Counts from 0. */
  @Column({ type: 'integer' })
  sequence: number;

  /** Which of the plan's callers. */
  @Column({ type: 'integer' })
  caller: number;

  @Column({ type: 'text' })
  state: RunState;

  /** When it is made, or until when somebody is at it; null: it is over. */
  @Column({ name: 'due_at', type: 'timestamptz', nullable: true })
  dueAt: Date | null;

  @Column({ type: 'integer', default: 0 })
  tries: number;

  /** Why it failed, or could not be made, in a sentence. */
  @Column({ type: 'text', nullable: true })
  reason: string | null;

  @Column({ type: 'jsonb', nullable: true })
  result: SimulationResult | null;

  @Column({ name: 'finished_at', type: 'timestamptz', nullable: true })
  finishedAt: Date | null;
}
