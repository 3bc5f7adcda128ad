import { Temporal } from 'temporal-polyfill';

/**
 * The clocks of time zones, in milliseconds. A calendar reads them some thousand times for one list, in the process that
 * also carries calls with a frame each 20 ms: so that a zone's offset is looked up once for each of its summers.
 */
interface Season {
  fromMs: number;
  toMs: number;
  offsetMs: number;
}

const DAY_MS = 86_400_000;
const seasonsByZone = new Map<string, Season[]>();

/** How far the zone's clock is ahead of UTC at a moment. @param timeZone an IANA name that there is */
export function offsetMsAt(atMs: number, timeZone: string): number {
  const seasons = seasonsByZone.get(timeZone) ?? [];
  const known = seasons.find(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs);
  if (known) return known.offsetMs;
  const season = seasonAt(atMs, timeZone);
  seasonsByZone.set(timeZone, [...seasons, season]);
  return season.offsetMs;
}

/** What the clock on the wall shows at a moment, as if it were UTC's. */
export function wallMsAt(atMs: number, timeZone: string): number {
  return atMs + offsetMsAt(atMs, timeZone);
}

/**
 * The moment at which the clock on the wall shows a time: of two the first, and of a time that is left out as much later
 * as the clocks go forward (the "compatible" rule of Temporal).
 * @param wallMs as if the clock were UTC's
 */
export function momentOfWall(wallMs: number, timeZone: string): number {
  const before = offsetMsAt(wallMs - DAY_MS, timeZone);
  const after = offsetMsAt(wallMs + DAY_MS, timeZone);
  if (before === after) return wallMs - before;
  const isRight = (offsetMs: number) => offsetMsAt(wallMs - offsetMs, timeZone) === offsetMs;
  return wallMs - (isRight(before) || !isRight(after) ? before : after);
}

function seasonAt(atMs: number, timeZone: string): Season {
  const at = (ms: number) => Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(timeZone);
  const zoned = at(atMs);
  // Strictly before a moment later: a change at this very moment begins its season.
  const from = at(atMs + 1).getTimeZoneTransition('previous');
  const to = zoned.getTimeZoneTransition('next');
  return {
    fromMs: from?.epochMilliseconds ?? -Infinity,
    toMs: to?.epochMilliseconds ?? Infinity,
    offsetMs: Math.round(zoned.offsetNanoseconds / 1e6),
  };
}
