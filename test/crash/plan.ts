import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Point, POINTS } from './points';

export const HELP = `Kills servers at every point of a dialling, and asks the carrier what was dialled.

  npm run crash -- [options]

  --rounds <number>    kills; 100 unless told
  --seed <number>      decides the order of the points and the moments; the same again with the same seed
  --point <name>       at this point alone
  --dist <folder>      the compiled server; dist unless told
  --help               this page`;

/** After a call is due: by then it is taken from the queue, and mostly the carrier has it. */
const MOMENTS_MS = 400;
/** What takes long is begun in the first part of a run, so that its end has not to be waited for. */
const SLOW_UNTIL = 0.65;

export interface Options {
  rounds: number;
  seed: number;
  points: readonly Point[];
  dist: string;
}

export interface PlannedRound {
  point: Point;
  phoneNumber: string;
  /** All that the carrier tells about the call is lost; the settlement finds out. */
  isUntold: boolean;
  /** After the call is due, where nothing keeps the process at its point. */
  momentMs: number;
  /** Which of the servers that run is asked, or dies: 0 to 1. */
  draw: number;
}

/** Every point as often as the others, in an order that the seed decides. */
export function planOf({ rounds, seed, points }: Options): PlannedRound[] {
  const random = randomFrom(seed);
  const plan = Array.from({ length: rounds }, (_, at): PlannedRound => {
    const point = points[at % points.length] as Point;
    return {
      point,
      phoneNumber: `+1202556${String(at).padStart(4, '0')}`,
      isUntold: point.isMade && Math.floor(at / points.length) % 2 === 1,
      momentMs: Math.floor(random() * MOMENTS_MS),
      draw: random(),
    };
  });
  return plan
    .map((round) => ({ round, place: random() * (isSlow(round) ? SLOW_UNTIL : 1) }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ round }) => round);
}

/** What a callback does not tell takes the settlement a minute or two. */
function isSlow({ point, isUntold }: PlannedRound): boolean {
  return isUntold || point.name === 'asked-not-made' || point.hold.by === 'moment';
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What needs no stack to be understood. */
export class InASentence extends Error {}

/** A mistake of whoever started the rig. */
export class WrongOption extends InASentence {}

/** @returns null where only the page was asked for. @throws WrongOption */
export function optionsOf(args: string[]): Options | null {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '100' },
      seed: { type: 'string', default: '1' },
      point: { type: 'string' },
      dist: { type: 'string', default: 'dist' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  const [rounds, seed] = [Number(values.rounds), Number(values.seed)];
  if (!(Number.isInteger(rounds) && rounds >= 1 && rounds <= 10_000)) {
    throw new WrongOption('--rounds is a whole number from 1 to 10000.');
  }
  if (!Number.isInteger(seed)) throw new WrongOption('--seed is a whole number.');
  const points = POINTS.filter(({ name }) => values.point === undefined || name === values.point);
  if (points.length === 0) throw new WrongOption(`--point is one of ${POINTS.map(({ name }) => name).join(', ')}.`);
  if (!existsSync(join(values.dist, 'src', 'main.js'))) {
    throw new WrongOption(`--dist: there is no server in ${values.dist}.`);
  }
  return { rounds, seed, points, dist: values.dist };
}
