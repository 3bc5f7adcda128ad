/**
 * The relay under load beside the bare floor, and in the troubles that the issue names. Everything is measured in
 * processes of their own: the relay (or the floor) on one core, the bench with phones and model on another.
 */
import { parseArgs } from 'node:util';
import { type Bench, ECHO, type Part } from './bench';
import { CAN_PIN, leaveTheRelaysCore } from './cores';
import { Driver } from './driver/driver';
import { isGood, linesOf, type PartReport } from './figures';
import { bargeInPart } from './parts/barge-in';
import { cutPart } from './parts/cut';
import { loadPart } from './parts/load';
import { memoryPart } from './parts/memory';
import { overloadPart } from './parts/overload';
import { setUpPart } from './parts/set-up';
import { stuckPart } from './parts/stuck';
import { type BenchDatabase, startBenchDatabase } from './product';
import { type Floor, type Relay, startFloor, startRelay, untilCallsAreGone, warmUp } from './sides';

const WARM_UP_CALLS = 50;
const SHOWN_TROUBLES = 5;
const SHOWN_CHARS = 300;

const PARTS: Readonly<Record<string, Part>> = {
  load: loadPart,
  memory: memoryPart,
  'set-up': setUpPart,
  'barge-in': bargeInPart,
  stuck: stuckPart,
  cut: cutPart,
  overload: overloadPart,
};
/** Other names: what somebody looks for. */
const ALSO: Readonly<Record<string, string>> = { cpu: 'load', latency: 'load' };

interface Options {
  streams: number[];
  seconds: number;
  runs: number;
  parts: string[];
  json: boolean;
  dist: string;
  log: string | undefined;
}

const HELP = `npm run bench -- [options]

  --streams 100,200,400  numbers of calls at which load is measured; the last is also that of the memory part
  --runs 5               pairs of runs (floor and relay) at each of them
  --seconds 10           how long each of these runs is
  --only load,cut        parts to be measured: ${Object.keys(PARTS).join(', ')}
  --json                 prints everything that was measured, as JSON
  --dist dist            the compiled server
  --log file             where the server's log goes

Ends with 1 when a goal is missed or a part could not be measured.`;

function optionsOf(args: readonly string[]): Options | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      streams: { type: 'string', default: '100,200,400' },
      seconds: { type: 'string', default: '10' },
      runs: { type: 'string', default: '5' },
      only: { type: 'string', default: Object.keys(PARTS).join(',') },
      json: { type: 'boolean', default: false },
      dist: { type: 'string', default: 'dist' },
      log: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return null;
  const parts = [...new Set(values.only.split(',').map((name) => ALSO[name] ?? name))];
  const unknown = parts.find((name) => PARTS[name] === undefined);
  if (unknown !== undefined) throw new Error(`No part is called ${unknown}: ${Object.keys(PARTS).join(', ')}.`);
  return {
    ...values,
    log: values.log,
    parts,
    streams: values.streams.split(',').map((count) => numberOf('streams', count)),
    seconds: numberOf('seconds', values.seconds),
    runs: numberOf('runs', values.runs),
  };
}

function numberOf(name: string, text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new Error(`--${name} takes whole numbers above 0, not "${text}".`);
  return number;
}

/** Starts what is needed when it is needed, and knows what is to be stopped. */
class Workshop implements Bench {
  readonly driver = new Driver(ECHO);
  readonly streams: readonly number[];
  readonly seconds: number;
  readonly runs: number;
  calmStreams: number | null = null;
  private database: Promise<BenchDatabase> | null = null;
  private theFloor: Promise<Floor> | null = null;
  private theRelay: Promise<Relay> | null = null;
  private readonly others = new Set<Relay>();

  constructor(private readonly options: Options) {
    ({ streams: this.streams, seconds: this.seconds, runs: this.runs } = options);
  }

  async floor(): Promise<Floor> {
    this.theFloor ??= startFloor(this.driver).then(async (floor) => {
      await warmUp(this.driver, floor, WARM_UP_CALLS);
      return floor;
    });
    return this.theFloor;
  }

  async relay(): Promise<Relay> {
    // The loop is watched as ever, but a disturbance from outside is no reason to refuse the calls that a part needs.
    this.theRelay ??= this.newRelay({ MAX_EVENT_LOOP_DELAY_MS: '1000' });
    return this.theRelay;
  }

  async anotherRelay(env: Record<string, string>): Promise<Relay> {
    const relay = await this.newRelay(env);
    this.others.add(relay);
    return relay;
  }

  /** What went wrong since somebody has asked last, and how often. */
  async troubles(): Promise<string[]> {
    const lines = this.driver.errors.splice(0).map((error) => `In a call: ${error}`);
    for (const side of await this.started()) {
      lines.push(...side.errors.splice(0).map((error) => `From the ${side.name}: ${error.slice(0, SHOWN_CHARS)}`));
    }
    const counts = new Map<string, number>();
    for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
    return [...counts]
      .slice(0, SHOWN_TROUBLES)
      .map(([line, count]) => (count === 1 ? line : `${count} times: ${line}`));
  }

  readonly say = (line: string): void => console.error(line);

  async close(): Promise<void> {
    for (const side of await this.started()) await side.stop();
    await (await this.database)?.remove();
    this.driver.close();
  }

  private async started(): Promise<(Floor | Relay)[]> {
    const sides = await Promise.allSettled([this.theFloor, this.theRelay].filter((side) => side !== null));
    return [...sides.flatMap((side) => (side.status === 'fulfilled' ? [side.value] : [])), ...this.others];
  }

  private async newRelay(env: Record<string, string>): Promise<Relay> {
    this.database ??= startBenchDatabase();
    const { dist, log } = this.options;
    const relay = await startRelay(this.driver, await this.database, { dist, env, logFile: log });
    await warmUp(this.driver, relay, WARM_UP_CALLS);
    return relay;
  }
}

/** Measures one part. What goes wrong in it ends this part and no other. */
async function measure(workshop: Workshop, name: string): Promise<PartReport[]> {
  const reports: PartReport[] = [];
  let failure: string | undefined;
  try {
    await untilCallsAreGone(workshop.driver);
    reports.push(...(await (PARTS[name] as Part)(workshop)));
  } catch (error) {
    failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
    await workshop.driver.end(workshop.driver.calls.values()).catch(() => undefined);
  }
  const warnings = await workshop.troubles();
  if (failure !== undefined)
    reports.push({ part: name, how: 'not measured', figures: [], data: null, warnings, failure });
  else reports.at(-1)?.warnings.push(...warnings);
  return reports;
}

async function main(): Promise<void> {
  const options = optionsOf(process.argv.slice(2));
  if (options === null) return console.log(HELP);
  leaveTheRelaysCore();
  if (!CAN_PIN) console.error('Nothing can be bound to a core here (taskset, two cores): expect noise.');
  const workshop = new Workshop(options);
  // What was started goes down with this process.
  process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143));
  const reports: PartReport[] = [];
  try {
    await workshop.driver.start();
    for (const name of options.parts) {
      const made = await measure(workshop, name);
      reports.push(...made);
      if (!options.json) for (const report of made) console.log(linesOf(report));
    }
  } finally {
    await workshop.close();
  }
  if (options.json) console.log(JSON.stringify(reports, null, 2));
  if (!reports.every(isGood)) process.exitCode = 1;
}

main().then(
  () => process.exit(),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
