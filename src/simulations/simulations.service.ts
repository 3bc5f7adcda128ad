import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { isUuid } from '../calls/call-lookups';
import type { Owner } from '../common/owner';
import type { Page } from '../common/paging';
import { Database } from '../database/database';
import { ScenariosService } from '../scenarios/scenarios.service';
import { RunState, SimulationRun } from './simulation-run.entity';
import { SimulationRunner } from './simulation-runner.service';
import type { SimulationPlan } from './simulation-plan';
import { Simulation } from './simulation.entity';
import { SimulationNotFound, TooManySimulations } from './simulations.errors';

/** Of one user: each costs what a model costs. */
export const MAX_WAITING_RUNS = 200;

export interface RunCounts {
  total: number;
  passed: number;
  failed: number;
  broken: number;
  finishedAt: Date | null;
}

export interface ToldSimulation {
  simulation: Simulation;
  counts: RunCounts;
}

export interface WholeSimulation extends ToldSimulation {
  /** In their order. */
  runs: SimulationRun[];
}

/** Has a scenario tried out by callers whom a model plays. */
@Injectable()
export class Simulations {
  constructor(
    private readonly db: Database,
    private readonly scenarios: ScenariosService,
    private readonly runner: SimulationRunner,
  ) {}

  /** Writes it down; the calls are made by whichever server. @throws InvalidScenario, CustomScenarioNotFound, TooManySimulations */
  async create(owner: Owner, scenarioId: string, plan: SimulationPlan): Promise<WholeSimulation> {
    const agent = await this.scenarios.resolveAgent(owner, scenarioId);
    const id = await this.db.asOwner(owner, async (tx) => {
      await tx.query(`SELECT pg_advisory_xact_lock(hashtext('simulations'), $1)`, [owner.userId]);
      const waiting = await tx.countBy(SimulationRun, { userId: owner.userId, state: 'due' });
      const calls = plan.callers.length * plan.runs;
      if (waiting + calls > MAX_WAITING_RUNS) throw new TooManySimulations(MAX_WAITING_RUNS);
      const { identifiers } = await tx.insert(Simulation, {
        userId: owner.userId,
        scenarioId,
        agent: agent as never,
        plan: plan as never,
      });
      const simulationId = identifiers[0]?.['id'] as string;
      await tx.query(
        `INSERT INTO simulation_runs (user_id, simulation_id, sequence, caller, state, due_at)
         SELECT $1, $2, n, n / $3, 'due', date_trunc('milliseconds', clock_timestamp()) FROM generate_series(0, $4::integer - 1) n`,
        [owner.userId, simulationId, plan.runs, calls],
      );
      return simulationId;
    });
    this.runner.callForOne();
    return this.get(owner, scenarioId, id);
  }

  /** Newest first. */
  async list(owner: Owner, scenarioId: string, page: { limit: number; offset: number }): Promise<Page<ToldSimulation>> {
    return this.db.asOwner(owner, async (tx) => {
      const [rows, total] = await tx.findAndCount(Simulation, {
        where: { userId: owner.userId, scenarioId },
        order: { createdAt: 'DESC', id: 'DESC' },
        take: page.limit,
        skip: page.offset,
      });
      const counts = await countsOf(
        tx,
        owner,
        rows.map(({ id }) => id),
      );
      return { rows: rows.map((simulation) => ({ simulation, counts: counts.get(simulation.id) ?? NONE })), total };
    });
  }

  /** @throws SimulationNotFound */
  async get(owner: Owner, scenarioId: string, id: string): Promise<WholeSimulation> {
    if (!isUuid(id)) throw new SimulationNotFound();
    return this.db.asOwner(owner, async (tx) => {
      const simulation = await tx.findOneBy(Simulation, { userId: owner.userId, scenarioId, id });
      if (simulation === null) throw new SimulationNotFound();
      const runs = await tx.find(SimulationRun, {
        where: { userId: owner.userId, simulationId: id },
        order: { sequence: 'ASC' },
      });
      // Of the same moment.
      return { simulation, runs, counts: countsAmong(runs) };
    });
  }
}

const NONE: RunCounts = { total: 0, passed: 0, failed: 0, broken: 0, finishedAt: null };

function countsAmong(runs: readonly SimulationRun[]): RunCounts {
  const are = (state: RunState) => runs.filter((run) => run.state === state).length;
  const ends = runs.flatMap(({ finishedAt }) => finishedAt ?? []);
  return {
    total: runs.length,
    passed: are('passed'),
    failed: are('failed'),
    broken: are('broken'),
    finishedAt: ends.length < runs.length ? null : new Date(Math.max(...ends.map((end) => end.getTime()))),
  };
}

async function countsOf(tx: EntityManager, { userId }: Owner, ids: readonly string[]): Promise<Map<string, RunCounts>> {
  const rows = await tx.query<(RunCounts & { id: string })[]>(
    `SELECT simulation_id AS id, count(*)::integer AS total, count(*) FILTER (WHERE state = 'passed')::integer AS passed,
       count(*) FILTER (WHERE state = 'failed')::integer AS failed, count(*) FILTER (WHERE state = 'broken')::integer AS broken,
       CASE WHEN bool_and(finished_at IS NOT NULL) THEN max(finished_at) END AS "finishedAt"
     FROM simulation_runs WHERE user_id = $1 AND simulation_id = ANY ($2) GROUP BY simulation_id`,
    [userId, ids],
  );
  return new Map(rows.map(({ id, ...counts }) => [id, counts]));
}
