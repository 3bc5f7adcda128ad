import { Finding, findingsOn, Verdict } from './common/finding';
import { redisCheckup } from './common/redis-checkup';
import { settledWithin } from './common/settled-within';
import type { AppConfig } from './config/app-config';
import { databaseCheckup } from './database/database-checkup';
import { PROVIDER_CHECKUPS } from './integrations/provider-checkups';
import { storageCheckup } from './integrations/storage/storage-checkup';
import { BUILT_IN_NAMES } from './scenarios/built-in-scenarios';

/** Of each part; whoever hangs is one more finding. */
const LOOK_LIMIT_MS = 60_000;

interface Checkup {
  subject: string;
  look(config: AppConfig): Promise<Finding[]>;
}

const OWN_CHECKUPS: readonly Checkup[] = [
  { subject: 'Database', look: databaseCheckup },
  { subject: 'Redis', look: redisCheckup },
  { subject: 'Storage', look: storageCheckup },
  { subject: 'Demo', look: (config) => Promise.resolve([demoFinding(config)]) },
];

function demoFinding({ calls }: AppConfig): Finding {
  const { ok, failure } = findingsOn('Demo');
  const { scenario, userEmail } = calls.demo;
  if (BUILT_IN_NAMES.includes(scenario))
    return ok(`Numbers that nobody has claimed run ${scenario}, for ${userEmail}.`);
  const names = BUILT_IN_NAMES.join(', ');
  return failure(`DEMO_SCENARIO is ${scenario}, which is none that is built in (${names}): nobody can answer.`);
}

/** Looks at everything that this configuration uses, all at the same time, and tells it in a fixed order. */
export async function lookAtAll(config: AppConfig): Promise<Finding[]> {
  const providers = PROVIDER_CHECKUPS.map(({ provider, subject, look }): Checkup => {
    const isSimulated = config.sandbox.providers.includes(provider);
    return isSimulated
      ? { subject, look: () => Promise.resolve([findingsOn(subject).off('No credentials are set: it is simulated.')]) }
      : { subject, look };
  });
  const found = await Promise.all([...OWN_CHECKUPS, ...providers].map((checkup) => lookedAt(checkup, config)));
  return found.flat();
}

async function lookedAt({ subject, look }: Checkup, config: AppConfig): Promise<Finding[]> {
  const { failure } = findingsOn(subject);
  let found: Finding[] = [failure(`It did not answer within ${LOOK_LIMIT_MS / 1000} seconds.`)];
  const looking = look(config).then(
    (findings) => {
      found = findings;
    },
    (error: unknown) => {
      found = [failure(`It could not be looked at: ${error instanceof Error ? error.message : String(error)}`)];
    },
  );
  await settledWithin(looking, LOOK_LIMIT_MS);
  return found;
}

const MARKS: Readonly<Record<Verdict, string>> = { ok: '✓', off: '·', warning: '!', failure: '✗' };

/** For a person, a line each, with a last line that says how it stands. */
export function reportOf(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ subject }) => subject.length));
  const lines = findings.map(
    ({ verdict, subject, sentence }) => `${MARKS[verdict]} ${subject.padEnd(width)}  ${sentence}`,
  );
  const count = (verdict: Verdict) => findings.filter((finding) => finding.verdict === verdict).length;
  const [failures, warnings] = [count('failure'), count('warning')];
  const end = failures > 0 ? `${failures} to mend` : 'Nothing to mend';
  return [...lines, '', warnings > 0 ? `${end}, ${warnings} to look at.` : `${end}.`].join('\n');
}

export function isWell(findings: readonly Finding[]): boolean {
  return findings.every(({ verdict }) => verdict !== 'failure');
}
