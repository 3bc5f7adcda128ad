const MINUTES_A_DAY = 24 * 60;
const MS_A_MINUTE = 60_000;
/** Two days hold every window there can be, even across a change of the clocks; nothing later is looked for. */
const SEARCH_LIMIT_MS = 3 * MINUTES_A_DAY * MS_A_MINUTE;

/** Local wall-clock minutes since midnight; a range that ends before it starts spans midnight. */
export interface QuietHours {
  startMinute: number;
  endMinute: number;
}

/** @param text such as `21:00-08:00`, as the configuration has checked it */
export function parseQuietHours(text: string): QuietHours {
  const [start = '', end = ''] = text.split('-');
  return { startMinute: minuteOf(start), endMinute: minuteOf(end) };
}

export function isQuiet(at: Date, timeZone: string, quiet: QuietHours): boolean {
  const minute = localMinute(at, timeZone);
  return quiet.startMinute <= quiet.endMinute
    ? minute >= quiet.startMinute && minute < quiet.endMinute
    : minute >= quiet.startMinute || minute < quiet.endMinute;
}

/**
 * The first instant, at or after `from`, at which none of the zones is quiet: the strictest zone decides. Null when there is
 * none (quiet hours so long that some zone always is).
 */
export function earliestLoudInstant(from: Date, timeZones: readonly string[], quiet: QuietHours): Date | null {
  let at = from;
  while (at.getTime() - from.getTime() <= SEARCH_LIMIT_MS) {
    const quietZone = timeZones.find((zone) => isQuiet(at, zone, quiet));
    if (quietZone === undefined) return at;
    at = endOfQuiet(at, quietZone, quiet);
  }
  return null;
}

/** The instant at which the zone's quiet hours end. A change of the clocks on the way is taken back where it overshot. */
function endOfQuiet(at: Date, timeZone: string, quiet: QuietHours): Date {
  const wait = (quiet.endMinute - localMinute(at, timeZone) + MINUTES_A_DAY) % MINUTES_A_DAY;
  const startOfMinute = Math.floor(at.getTime() / MS_A_MINUTE) * MS_A_MINUTE;
  const guess = new Date(startOfMinute + Math.max(wait, 1) * MS_A_MINUTE);
  const overshot = (localMinute(guess, timeZone) - quiet.endMinute + MINUTES_A_DAY) % MINUTES_A_DAY;
  if (overshot === 0 || overshot > 2 * 60) return guess;
  const corrected = new Date(guess.getTime() - overshot * MS_A_MINUTE);
  return corrected > at && !isQuiet(corrected, timeZone, quiet) ? corrected : guess;
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function localMinute(at: Date, timeZone: string): number {
  let formatter = formatters.get(timeZone);
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
    formatters.set(timeZone, formatter);
  }
  return minuteOf(formatter.format(at));
}

function minuteOf(clock: string): number {
  const [hours = '0', minutes = '0'] = clock.split(':');
  return Number(hours) * 60 + Number(minutes);
}
