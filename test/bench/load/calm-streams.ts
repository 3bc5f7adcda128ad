import { setTimeout as sleep } from 'node:timers/promises';
import { type Bench, ECHO } from '../bench';
import { capacityOf, measureTraffic } from './traffic';

const STREAMS = 50;
const SETTLE_MS = 5000;
const SECONDS = 3;

/** The most streams beside which something else can be measured; what the load part has not found out is estimated. */
export async function calmStreams(bench: Bench): Promise<number> {
  bench.calmStreams ??= await estimate(bench);
  return bench.calmStreams;
}

async function estimate(bench: Bench): Promise<number> {
  const { driver, streams, say } = bench;
  driver.model.script = ECHO;
  const relay = await bench.relay();
  const calls = await driver.begin(relay.target, STREAMS);
  await sleep(SETTLE_MS);
  const traffic = await measureTraffic(driver, relay.process, calls, SECONDS);
  await driver.end(calls);
  const { utilisation } = traffic.driver;
  const carries = Math.min(capacityOf(traffic), capacityOf({ ...traffic, utilisation }));
  const calm = Math.max(...streams.filter((count) => count <= carries), Math.min(carries, ...streams));
  say(`about ${carries} streams can be carried here: ${calm} are calm`);
  return calm;
}
