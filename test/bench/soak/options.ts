import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

/** Each call under way is dialled at a number of its own, of which the bench has 800; half of them may still be ringing. */
const MAX_CALLS = 400;

const HELP = `The real server for an hour: calls that come and go. Says whether memory grows, whether the event loop stays free,
and whether anything of a call outlives it.

  npm run soak -- [options]

  --minutes <number>   how long calls are placed; 60 unless told
  --calls <number>     calls at once, 1 to ${MAX_CALLS}; 50 unless told
  --faults             the network cuts model sockets now and then
  --phones <whose>     driver: the bench's own, which account for every frame (the default);
                       sandbox: the sandbox's, which speak words
  --dist <folder>      the compiled server; dist unless told
  --log <file>         keeps the server's log
  --json <file>        keeps all figures
  --help               this page

Exit code: 0 when every check is met, 1 when one is not, 2 for a wrong option.`;

export interface SoakOptions {
  minutes: number;
  calls: number;
  faults: boolean;
  phones: 'driver' | 'sandbox';
  dist: string;
  log: string | undefined;
  json: string | undefined;
}

/** Whoever started the soak made a mistake; the message tells them which. */
export class WrongOption extends Error {}

/** What was asked for; null, with the page printed, where that is help. @throws WrongOption */
export function optionsOf(args: readonly string[]): SoakOptions | null {
  const { help, minutes, calls, phones, faults, dist, log, json } = parsed(args);
  if (help) {
    console.log(HELP);
    return null;
  }
  if (phones !== 'driver' && phones !== 'sandbox') throw new WrongOption('--phones is driver or sandbox.');
  const options = { minutes: Number(minutes), calls: Number(calls), phones, faults, dist, log, json } as const;
  if (!(options.minutes > 0 && Number.isFinite(options.minutes))) {
    throw new WrongOption('--minutes is a number above 0.');
  }
  if (!(Number.isInteger(options.calls) && options.calls >= 1 && options.calls <= MAX_CALLS)) {
    throw new WrongOption(`--calls is a whole number from 1 to ${MAX_CALLS}.`);
  }
  if (!existsSync(join(dist, 'src', 'main.js'))) throw new WrongOption(`--dist: there is no server in ${dist}.`);
  for (const file of [log, json]) {
    // Not to be found out after an hour.
    if (file !== undefined && !existsSync(dirname(file))) {
      throw new WrongOption(`There is no folder for ${file}.`);
    }
  }
  return options;
}

function parsed(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean', default: false },
        minutes: { type: 'string', default: '60' },
        calls: { type: 'string', default: '50' },
        faults: { type: 'boolean', default: false },
        phones: { type: 'string', default: 'driver' },
        dist: { type: 'string', default: 'dist' },
        log: { type: 'string' },
        json: { type: 'string' },
      },
    });
    return values;
  } catch (error) {
    // parseArgs says in words what it does not understand.
    if (error instanceof TypeError) throw new WrongOption(`${error.message}.`);
    throw error;
  }
}
