/**
 * The relay under load beside the bare floor, and in the troubles that the issue names. Everything is measured in
 * processes of their own: the relay (or the floor) on one core, the bench with phones and model on another.
 */
import { parseArgs } from 'node:util';
import { type Bench, ECHO, type Part } from './bench';
import { CAN_PIN, leaveTheRelaysCore } from './cores';
import { Driver } from './driver/driver';
import { isMet, linesOf, type PartReport } from './figures';
import { bargeInPart } from './parts/barge-in';
import { cutPart } from './parts/cut';
import { loadPart } from './parts/load';
import { memoryPart } from './parts/memory';
import { overloadPart } from './parts/overload';
import { setUpPart } from './parts/set-up';
import { stuckPart } from './parts/stuck';
import { type BenchDatabase, startBenchDatabase } from './product';
import { type Floor, type Relay, startFloor, startRelay, warmUp } from './sides';

const WARM_UP_CALLS = 50;

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

function optionsOf(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      streams: { type: 'string', default: '200,400' },
      seconds: { type: 'string', default: '20' },
      runs: { type: 'string', default: '3' },
      only: { type: 'string', default: Object.keys(PARTS).join(',') },
      json: { type: 'boolean', default: false },
      dist: { type: 'string', default: 'dist' },
      log: { type: 'string' },
    },
  });
  const parts = [...new Set(values.only.split(',').map((name) => ALSO[name] ?? name))];
  const unknown = parts.find((name) => PARTS[name] === undefined);
  if (unknown !== undefined) throw new Error(`No part is called ${unknown}: ${Object.keys(PARTS).join(', ')}.`);
  return {
    ...values,
    log: values.log,
    parts,
    streams: values.streams.split(',').map(Number),
    seconds: Number(values.seconds),
    runs: Number(values.runs),
  };
}

/** Starts what is needed when it is needed, and knows what is to be stopped. */
class Workshop implements Bench {
  readonly driver = new Driver(ECHO);
  readonly streams: readonly number[];
  readonly seconds: number;
  readonly runs: number;
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
    this.theRelay ??= this.newRelay({ MAX_EVENT_LOOP_DELAY_MS: '0' });
    return this.theRelay;
  }

  async anotherRelay(env: Record<string, string>): Promise<Relay> {
    const relay = await this.newRelay(env);
    this.others.add(relay);
    return relay;
  }

  readonly say = (line: string): void => console.error(line);

  async close(): Promise<void> {
    for (const side of [this.theFloor, this.theRelay, ...this.others]) await (await side)?.stop();
    await (await this.database)?.remove();
    this.driver.close();
  }

  private async newRelay(env: Record<string, string>): Promise<Relay> {
    this.database ??= startBenchDatabase();
    const { dist, log } = this.options;
    const relay = await startRelay(this.driver, await this.database, { dist, env, logFile: log });
    await warmUp(this.driver, relay, WARM_UP_CALLS);
    return relay;
  }
}

async function main(): Promise<void> {
  const options = optionsOf(process.argv.slice(2));
  leaveTheRelaysCore();
  if (!CAN_PIN) console.error('Nothing can be bound to a core here (taskset, two cores): expect noise.');
  const workshop = new Workshop(options);
  // What was started goes down with this process.
  process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143));
  const reports: PartReport[] = [];
  try {
    await workshop.driver.start();
    for (const name of options.parts) {
      const made = await (PARTS[name] as Part)(workshop);
      reports.push(...made);
      if (!options.json) for (const report of made) console.log(linesOf(report));
    }
  } finally {
    await workshop.close();
  }
  if (options.json) console.log(JSON.stringify(reports, null, 2));
  if (reports.some(({ figures }) => figures.some((figure) => isMet(figure) === false))) process.exitCode = 1;
}

main().then(
  () => process.exit(),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
