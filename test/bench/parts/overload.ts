import type { Bench } from '../bench';
import type { PartReport } from '../figures';
import { competitorReport } from '../overload/competitor';
import { rampReport } from '../overload/ramp';

/** More than the relay can carry: by calls that come, and by another process that takes its core. */
export async function overloadPart(bench: Bench): Promise<PartReport[]> {
  // With the settings that everybody has: the relay is to notice by itself.
  const relay = await bench.anotherRelay({});
  const reports = [await rampReport(bench, relay), await competitorReport(bench, relay)];
  await relay.stop();
  return reports;
}
