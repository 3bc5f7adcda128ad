import { setTimeout as sleep } from 'node:timers/promises';
import type { MeasuredProcess } from '../measured-process';

const LOOK_EVERY_MS = 1000;
/** Before anything is judged as lasting. */
const CALM_MS = 30_000;
/** Idle connections to the database and to the providers are closed within this. */
const SETTLE_LIMIT_MS = 60_000;
const SAME_FOR = 5;
/** Objects are counted anew so often, with a pause before each, when there are more than before. */
const OBJECT_LOOKS = 4;
const OBJECT_PAUSE_MS = 10_000;

/** What is there, by its name: sockets, timers, listeners, objects of calls. */
export type Counts = Record<string, number>;

/** What is there when nothing has happened for a while. */
export async function countsAtRest(measured: MeasuredProcess): Promise<Counts> {
  await sleep(CALM_MS);
  let handles = await handlesOf(measured);
  let same = 0;
  for (let waitedMs = 0; waitedMs < SETTLE_LIMIT_MS && same < SAME_FOR; waitedMs += LOOK_EVERY_MS) {
    await sleep(LOOK_EVERY_MS);
    const now = await handlesOf(measured);
    same = isMore(handles, now) || isMore(now, handles) ? 0 : same + 1;
    handles = now;
  }
  return { ...handles, ...(await heapOf(measured)) };
}

/** Waits until no more is there than before, and answers what is there if that does not come. */
export async function countsAfter(measured: MeasuredProcess, before: Counts): Promise<Counts> {
  let handles = await handlesOf(measured);
  for (let waitedMs = 0; waitedMs < SETTLE_LIMIT_MS && isMore(before, handles); waitedMs += LOOK_EVERY_MS) {
    await sleep(LOOK_EVERY_MS);
    handles = await handlesOf(measured);
  }
  let objects = await heapOf(measured);
  for (let look = 1; look < OBJECT_LOOKS && isMore(before, objects); look++) {
    await sleep(OBJECT_PAUSE_MS);
    objects = await heapOf(measured);
  }
  return { ...handles, ...objects };
}

/** What there is more of than before. */
export function leaksBetween(before: Counts, after: Counts): Counts {
  return Object.fromEntries(
    Object.entries(after).flatMap(([name, count]) => {
      const more = count - (before[name] ?? 0);
      return more > 0 ? [[name, more]] : [];
    }),
  );
}

function isMore(before: Counts, after: Counts): boolean {
  return Object.keys(leaksBetween(before, after)).length > 0;
}

async function handlesOf(measured: MeasuredProcess): Promise<Counts> {
  const { active, listeners } = await measured.ask('resources');
  return { ...named('active', active), ...named('listeners of process', listeners) };
}

async function heapOf(measured: MeasuredProcess): Promise<Counts> {
  const { objects, listeners } = await measured.ask('heap');
  return { ...named('object', objects), ...named('listeners of', listeners) };
}

function named(kind: string, counts: Counts): Counts {
  return Object.fromEntries(Object.entries(counts).map(([name, count]) => [`${kind} ${name}`, count]));
}
