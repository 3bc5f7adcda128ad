import { completeEnvironment, loadDotEnv, providersToSimulate } from './bootstrap-environment';
import { Finding, findingsOn } from './common/finding';
import { ConfigError, NO_SANDBOX, readConfig } from './config/app-config';
import { isWell, lookAtAll, reportOf } from './doctor-report';
import { placeholderEnvironment } from './sandbox-process';

/** Looks at every setting and provider, says in words what to mend, and exits with 1 where something is. */
async function main(): Promise<void> {
  loadDotEnv();
  const findings = await look();
  const report = process.argv.includes('--json') ? JSON.stringify(findings, null, 2) : reportOf(findings);
  // Whoever did not answer may still hold a socket open.
  process.stdout.write(`${report}\n`, () => process.exit(isWell(findings) ? 0 : 1));
}

async function look(): Promise<Finding[]> {
  const settings = findingsOn('Settings');
  try {
    const env = await completeEnvironment(process.env);
    const providers = providersToSimulate(env);
    const config = readConfig(
      { ...env, ...placeholderEnvironment(providers, env) },
      { ...NO_SANDBOX, enabled: providers.length > 0, providers },
    );
    return [settings.ok('Each can be used.'), ...(await lookAtAll(config))];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map((problem) => settings.failure(`${problem}.`));
    throw error;
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
