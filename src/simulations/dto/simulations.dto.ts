import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { pagingQuery } from '../../common/paging';
import { storableText, trimmedText } from '../../common/text';
import type { SimulationCheck, SimulationPlan } from '../simulation-plan';
import { RUN_STATES, SimulationRun } from '../simulation-run.entity';
import type { ToldSimulation, WholeSimulation } from '../simulations.service';

const dateTime = z.string().meta({ format: 'date-time' });

const caller = z.strictObject({
  name: trimmedText(1, 100),
  persona: trimmedText(1, 2000).describe('Who they are'),
  goal: trimmedText(1, 2000).describe('What they want of the call'),
  temper: trimmedText(1, 200).optional().describe('How they are today'),
});

const check = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('said'), text: trimmedText(1, 500) }),
  z.strictObject({ type: z.literal('not_said'), text: trimmedText(1, 500) }),
  z.strictObject({ type: z.literal('tool_called'), tool: trimmedText(1, 64) }),
  z.strictObject({ type: z.literal('tool_not_called'), tool: trimmedText(1, 64) }),
  z.strictObject({ type: z.literal('outcome'), expected: trimmedText(1, 2000) }),
]);

const EXAMPLE = {
  callers: [
    {
      name: 'Sam',
      persona: 'Sam is at work and has little time.',
      goal: 'Find out when the shop opens on Sundays.',
      temper: 'in a hurry',
    },
  ],
  checks: [
    { type: 'said' as const, text: 'eleven' },
    { type: 'not_said' as const, text: 'discount' },
    { type: 'tool_called' as const, tool: 'end_call' },
    { type: 'outcome' as const, expected: 'The caller knows when the shop opens on Sundays.' },
  ],
  runs: 3,
};

export class CreateSimulationDto extends createZodDto(
  z
    .strictObject({
      callers: z.array(caller).min(1).max(10).describe('Whom a model plays against the scenario'),
      checks: z.array(check).min(1).max(20).describe('What each call must show to have passed'),
      runs: z.int().min(1).max(20).default(1).describe('Calls with each caller'),
      max_turns: z.int().min(1).max(30).default(10).describe('After so many lines of the agent a call is over'),
      through: z
        .enum(['text', 'audio'])
        .default('text')
        .describe('`audio`: each line is spoken, and written down again before the other one hears it'),
      variables: z
        .record(z.string().max(64), storableText(0, 500))
        .default({})
        .describe('For the scenario’s `{{names}}`'),
    })
    .meta({ example: EXAMPLE }),
) {}

const result = z.object({
  check: z.record(z.string(), z.unknown()),
  passed: z.boolean(),
  reason: z.string().describe('Why, in a sentence'),
});

const run = z.object({
  caller: z.string().describe('Their name'),
  state: z.enum(RUN_STATES).describe('broken: the call could not be made, and says nothing of the scenario'),
  reason: z.string().nullable().describe('Why it failed or could not be made'),
  end: z.enum(['agent_hung_up', 'caller_hung_up', 'too_long']).nullable(),
  lines: z.array(
    z.object({
      role: z.enum(['agent', 'caller']),
      said: z.string(),
      heard: z.string().nullable().describe('What the other one heard, where it went through audio'),
    }),
  ),
  tools: z
    .array(z.object({ name: z.string(), arguments: z.string() }))
    .describe('What the agent called; nothing is done to the world'),
  checks: z.array(result),
  duration_ms: z.int().nullable(),
});

const simulation = z.object({
  id: z.uuid(),
  scenario_id: z.string(),
  status: z.enum(['running', 'done']),
  total: z.int(),
  passed: z.int(),
  failed: z.int(),
  broken: z.int(),
  pass_rate: z.number().nullable().describe('0 to 1, of all calls; null until they are over'),
  created_at: dateTime,
  finished_at: dateTime.nullable(),
});

const SIMULATION = {
  id: '3f0b6a3e-7a34-4b44-9a0e-9f3f2c0f3a41',
  scenario_id: 'receptionist',
  status: 'done' as const,
  total: 1,
  passed: 1,
  failed: 0,
  broken: 0,
  pass_rate: 1,
  created_at: '2026-12-01T09:30:00.000Z',
  finished_at: '2026-12-01T09:30:20.000Z',
};

export class SimulationDto extends createZodDto(simulation.meta({ example: SIMULATION })) {}

export class SimulationReportDto extends createZodDto(
  simulation.extend({ runs: z.array(run) }).meta({
    example: {
      ...SIMULATION,
      runs: [
        {
          caller: 'Sam',
          state: 'passed' as const,
          reason: null,
          end: 'agent_hung_up' as const,
          lines: [{ role: 'caller' as const, said: 'When do you open on Sundays?', heard: null }],
          tools: [{ name: 'end_call', arguments: '{}' }],
          checks: [{ check: { type: 'said', text: 'eleven' }, passed: true, reason: 'The agent said: “At eleven.”' }],
          duration_ms: 8200,
        },
      ],
    },
  }),
) {}

export class ListSimulationsQueryDto extends createZodDto(pagingQuery()) {}

export function toPlan(body: CreateSimulationDto): SimulationPlan {
  return {
    callers: body.callers.map(({ temper = null, ...rest }) => ({ ...rest, temper })),
    checks: body.checks as SimulationCheck[],
    runs: body.runs,
    maxTurns: body.max_turns,
    through: body.through,
    variables: body.variables,
  };
}

export function toSimulationDto({ simulation: row, counts }: ToldSimulation): SimulationDto {
  const { total, passed, failed, broken, finishedAt } = counts;
  return {
    id: row.id,
    scenario_id: row.scenarioId,
    status: finishedAt === null ? 'running' : 'done',
    ...{ total, passed, failed, broken },
    pass_rate: finishedAt === null || total === 0 ? null : passed / total,
    created_at: row.createdAt.toISOString(),
    finished_at: finishedAt?.toISOString() ?? null,
  };
}

export function toReportDto(whole: WholeSimulation): SimulationReportDto {
  return { ...toSimulationDto(whole), runs: whole.runs.map((one) => toRunDto(one, whole.simulation.plan)) };
}

function toRunDto({ caller: at, state, reason, result: came }: SimulationRun, { callers }: SimulationPlan) {
  return {
    caller: callers[at]?.name ?? '',
    state,
    reason,
    end: came?.end ?? null,
    lines: came?.lines ?? [],
    tools: came?.tools ?? [],
    checks: (came?.checks ?? []).map((one) => ({ ...one, check: { ...one.check } })),
    duration_ms: came?.durationMs ?? null,
  };
}
