import { api, type SignedUp } from '../support/api';
import { median } from '../bench/driver/latency-histogram';
import type { CallRow } from './held-database';
import type { Point } from './points';

/** A call as the carrier has it. */
export interface CarriedCall {
  call_sid: string;
  to: string;
  status: string;
  created_at: string;
}

/** A kill, and the scheduled call that it struck. */
export interface PlayedRound {
  point: Point;
  phoneNumber: string;
  user: SignedUp;
  scheduledCallId: number;
  killedAtMs: number;
  /** The servers that died. */
  killed: readonly string[];
  /** Why the process did not die where it should have; null: it did. */
  missed: string | null;
}

export interface Evidence {
  carried: CarriedCall[];
  rows: CallRow[];
  /** The server that the carrier was asked by when it made the call. */
  askedBy: string | undefined;
  /** Whether the scheduled call was shown as unknown, be it for a while. */
  wasUnknown: boolean;
  scheduled: ScheduledBody;
  attempts: AttemptBody[];
}

export interface ScheduledBody {
  id: number;
  status: string;
  attempts: number;
  call_id: string | null;
  call_sid: string | null;
  call_status: string | null;
  last_error: string | null;
  finished_at: string | null;
}

export interface AttemptBody {
  number: number;
  call_id: string;
  call_sid: string | null;
  outcome: string | null;
  ended_at: string | null;
}

export interface Verdict {
  point: Point;
  phoneNumber: string;
  dialled: 'once' | 'twice' | 'lost' | 'unknown';
  /** Shown as unknown for a while. */
  wasUnknown: boolean;
  /** What is wrong, in sentences. */
  problems: string[];
  /** From the kill to the create of another process; null: the one that died had sent it. */
  nextDialMs: number | null;
  /** From the kill until the scheduled call was over; null: it is not. */
  overMs: number | null;
}

/** Every phone of the rig rings until the carrier gives up. */
const CARRIER_STATUS = 'no-answer';

export async function evidenceOf(
  url: string,
  { scheduledCallId, phoneNumber }: PlayedRound,
  token: string,
  known: Pick<Evidence, 'carried' | 'rows' | 'askedBy' | 'wasUnknown'>,
): Promise<Evidence> {
  const path = `/scheduled-calls/${scheduledCallId}`;
  const [scheduled, attempts] = [
    await api(url).get<ScheduledBody>(path, { token }),
    await api(url).get<AttemptBody[]>(`${path}/attempts`, { token }),
  ];
  if (scheduled.status !== 200 || attempts.status !== 200) throw new Error(`${path}: ${scheduled.text}`);
  return {
    ...known,
    carried: known.carried.filter(({ to }) => to === phoneNumber),
    scheduled: scheduled.body,
    attempts: attempts.body,
  };
}

/** The carrier's own record decides; what the product says must agree with it. */
export function judge(round: PlayedRound, evidence: Evidence): Verdict {
  const { point, phoneNumber, killedAtMs, killed, missed } = round;
  const { carried, askedBy, scheduled } = evidence;
  const [first] = carried;
  const dialled = wasDialled(evidence);
  const problems = [
    ...(missed === null ? [] : [`The process did not die at its point: ${missed}`]),
    ...problemsOf(dialled, point, evidence),
  ];
  const createdAtMs = first === undefined ? NaN : Date.parse(first.created_at);
  return {
    point,
    phoneNumber,
    dialled,
    wasUnknown: evidence.wasUnknown,
    problems,
    nextDialMs: createdAtMs > killedAtMs && !killed.some((name) => name === askedBy) ? createdAtMs - killedAtMs : null,
    overMs: scheduled.finished_at === null ? null : Date.parse(scheduled.finished_at) - killedAtMs,
  };
}

function wasDialled({ carried, scheduled }: Evidence): Verdict['dialled'] {
  if (carried.length > 1) return 'twice';
  if (scheduled.status === 'outcome_unknown') return 'unknown';
  return carried.length === 1 ? 'once' : 'lost';
}

function problemsOf(dialled: Verdict['dialled'], point: Point, evidence: Evidence): string[] {
  const { carried, scheduled } = evidence;
  switch (dialled) {
    case 'twice':
      return [`The carrier has made ${carried.length} calls.`];
    // Nothing here keeps a call from being made in the end, so one that says it was not is no better than one that is silent.
    case 'lost':
      return [`The carrier has made no call, and the scheduled call is ${scheduled.status} (${scheduled.last_error}).`];
    case 'unknown':
      return point.mayStayUnknown ? [] : ['It is called unknown, although nobody had been asked.'];
    case 'once':
      return disagreements(evidence, point);
  }
}

function disagreements({ carried, rows, scheduled, attempts, wasUnknown }: Evidence, point: Point): string[] {
  const [call] = carried;
  const last = attempts.at(-1);
  const claims: [boolean, string][] = [
    [call?.status === CARRIER_STATUS, `The carrier's call is ${call?.status}.`],
    [scheduled.status === 'failed', `The scheduled call is ${scheduled.status} (${scheduled.last_error}).`],
    [scheduled.call_status === CARRIER_STATUS, `Its call is ${scheduled.call_status}.`],
    [scheduled.call_sid === call?.call_sid, `Its sid is ${scheduled.call_sid}, the carrier's ${call?.call_sid}.`],
    [scheduled.attempts === attempts.length, `It counts ${scheduled.attempts} attempts and has ${attempts.length}.`],
    [attempts.every(({ number }, at) => number === at + 1), 'Its attempts are not numbered one by one.'],
    [last?.call_id === scheduled.call_id, 'Its call is not that of the last attempt.'],
    [last?.outcome === 'no_answer' && last.ended_at !== null, `The last attempt came to ${last?.outcome}.`],
    [
      attempts.slice(0, -1).every(({ outcome, call_sid }) => outcome === 'not_dialled' && call_sid === null),
      'An attempt before the last one has reached the carrier.',
    ],
    [
      attempts.length === rows.length && attempts.every(({ call_id }) => rows.some(({ id }) => id === call_id)),
      `There are ${rows.length} calls for ${attempts.length} attempts.`,
    ],
    [wasUnknown || !point.isUnknownMeanwhile, 'It was never shown as unknown.'],
    [rows.filter(({ call_sid }) => call_sid !== null).length === 1, 'More calls than one, or none, have a sid.'],
  ];
  return claims.flatMap(([isTrue, sentence]) => (isTrue ? [] : [sentence]));
}

const HEAD = ['point', 'rounds', 'once', 'twice', 'lost', 'unknown', 'for a while', 'next dial after', 'over after'];

export function tableOf(verdicts: readonly Verdict[]): string {
  const names = [...new Set(verdicts.map(({ point }) => point.name))];
  const rows = names.map((name) =>
    rowOf(
      name,
      verdicts.filter(({ point }) => point.name === name),
    ),
  );
  const lines = [HEAD, ...rows, rowOf('all', verdicts)];
  const widths = HEAD.map((_, at) => Math.max(...lines.map((cells) => cells[at]?.length ?? 0)));
  return lines
    .map((cells) => cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[at] ?? 0))))
    .map((cells) => cells.join('  '))
    .join('\n');
}

function rowOf(name: string, verdicts: readonly Verdict[]): string[] {
  const count = (how: Verdict['dialled']) => String(verdicts.filter(({ dialled }) => dialled === how).length);
  const times = (of: 'nextDialMs' | 'overMs') => {
    const values = verdicts.flatMap((verdict) => verdict[of] ?? []);
    if (values.length === 0) return '-';
    return `${seconds(median(values))} / ${seconds(Math.max(...values))} s`;
  };
  return [
    name,
    String(verdicts.length),
    count('once'),
    count('twice'),
    count('lost'),
    count('unknown'),
    String(verdicts.filter(({ dialled, wasUnknown }) => wasUnknown && dialled !== 'unknown').length),
    times('nextDialMs'),
    times('overMs'),
  ];
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}
