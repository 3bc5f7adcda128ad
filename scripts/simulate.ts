import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

/**
 * Has a scenario tried out by simulated callers, waits for the report and says by the exit code what came of it: 0 enough calls
 * have passed, 1 they have not, 2 it could not be found out.
 */

const USAGE = `npm run simulate -- --scenario receptionist --plan plan.json [--url http://localhost:5050] [--token …]
  [--min-pass-rate 1] [--wait-seconds 900] [--json]

plan.json is the body of POST /scenarios/{scenario_id}/simulations. The token may also stand in SPEECH_ASSISTANT_TOKEN.`;

const POLL_MS = 1000;

interface Report {
  id: string;
  status: 'running' | 'done';
  total: number;
  passed: number;
  failed: number;
  broken: number;
  pass_rate: number | null;
  runs: {
    caller: string;
    state: string;
    reason: string | null;
    checks: { check: object; passed: boolean; reason: string }[];
  }[];
}

class Trouble extends Error {}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      scenario: { type: 'string' },
      plan: { type: 'string' },
      url: { type: 'string', default: 'http://localhost:5050' },
      token: { type: 'string', default: process.env['SPEECH_ASSISTANT_TOKEN'] ?? '' },
      'min-pass-rate': { type: 'string', default: '1' },
      'wait-seconds': { type: 'string', default: '900' },
      json: { type: 'boolean', default: false },
    },
  });
  const { scenario, plan, url, token } = values;
  const least = Number(values['min-pass-rate']);
  const waitMs = Number(values['wait-seconds']) * 1000;
  if (scenario === undefined || plan === undefined || token === '' || !(least >= 0 && least <= 1) || !(waitMs > 0)) {
    throw new Trouble(USAGE);
  }
  const at = `${url.replace(/\/+$/, '')}/scenarios/${encodeURIComponent(scenario)}/simulations`;
  const ask = async (address: string, body?: string): Promise<Report> => {
    const answer = await fetch(address, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body }),
    }).catch(() => {
      throw new Trouble(`Nothing answers at ${url}.`);
    });
    const told = (await answer.json()) as Report & { detail?: string };
    if (!answer.ok) throw new Trouble(told.detail ?? `The server answered with status ${answer.status}.`);
    return told;
  };
  const written = await readFile(plan, 'utf8').catch(() => {
    throw new Trouble(`${plan} cannot be read.`);
  });
  let report = await ask(at, written);
  for (const until = Date.now() + waitMs; report.status === 'running'; report = await ask(`${at}/${report.id}`)) {
    if (Date.now() > until) throw new Trouble(`It has not come to its end within ${waitMs / 1000} seconds.`);
    await sleep(POLL_MS);
  }
  console.log(values.json ? JSON.stringify(report, null, 2) : readable(report));
  return (report.pass_rate ?? 0) >= least ? 0 : 1;
}

function readable({ runs, total, passed, failed, broken, pass_rate: rate }: Report): string {
  const lines = runs.flatMap(({ caller, state, reason, checks }) => [
    `${state.padEnd(7)} ${caller}${reason === null ? '' : `: ${reason}`}`,
    ...checks.map((one) => `        ${one.passed ? 'ok  ' : 'NOT '} ${JSON.stringify(one.check)}: ${one.reason}`),
  ]);
  const sum = `${passed} of ${total} passed, ${failed} failed, ${broken} could not be made: ${Math.round((rate ?? 0) * 100)} %`;
  return [...lines, '', sum].join('\n');
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error instanceof Trouble ? error.message : error);
    process.exitCode = 2;
  },
);
