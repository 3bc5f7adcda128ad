/** One figure of the bench, with the goal that the issue has set for it. */
export interface Figure {
  what: string;
  value: number;
  unit: Unit;
  goal: Goal | null;
  /** What stands behind it. */
  detail?: string;
}

export type Unit = 'x' | 'ms' | 'µs' | 'KB' | 'calls' | 'frames' | 's' | '%';
export type Goal = { atMost: number } | { atLeast: number };

export interface PartReport {
  part: string;
  /** How it was made, in a line. */
  how: string;
  figures: Figure[];
  /** Everything that was measured, for machines. */
  data: unknown;
  /** What makes the figures doubtful. */
  warnings: string[];
  /** What kept the part from being measured. */
  failure?: string;
}

/** Whether the part was measured, and met every goal that was set for it. */
export function isGood({ figures, failure }: PartReport): boolean {
  return failure === undefined && figures.every((figure) => isMet(figure) !== false);
}

/** Null where no goal was set. */
function isMet({ value, goal }: Figure): boolean | null {
  if (goal === null) return null;
  return 'atMost' in goal ? value <= goal.atMost : value >= goal.atLeast;
}

const DECIMALS: Record<Unit, number> = { x: 2, ms: 2, µs: 2, KB: 1, calls: 0, frames: 0, s: 1, '%': 1 };
const WHAT_CHARS = 64;
const VALUE_CHARS = 12;
const GOAL_CHARS = 20;

export function linesOf({ part, how, figures, warnings, failure }: PartReport): string {
  return [
    `${part} (${how})`,
    ...figures.map(lineOf),
    ...warnings.map((warning) => `  ! ${warning}`),
    ...(failure === undefined ? [] : [`  FAILED: ${failure}`]),
  ].join('\n');
}

function lineOf(figure: Figure): string {
  const { what, value, unit, goal, detail } = figure;
  const shown = (of: number) => `${Number.isFinite(of) ? of.toFixed(DECIMALS[unit]) : '-'} ${unit}`;
  const aim =
    goal === null ? '' : 'atMost' in goal ? `goal <= ${shown(goal.atMost)}` : `goal >= ${shown(goal.atLeast)}`;
  const verdict = { true: 'met', false: 'MISSED', null: '' }[String(isMet(figure)) as 'true' | 'false' | 'null'];
  return [
    `  ${what.padEnd(WHAT_CHARS)}`,
    shown(value).padStart(VALUE_CHARS),
    aim.padStart(GOAL_CHARS),
    verdict.padEnd(6),
    detail ?? '',
  ]
    .join('  ')
    .trimEnd();
}
