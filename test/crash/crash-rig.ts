/**
 * Kills servers at every point of a dialling and asks the carrier afterwards: no call is dialled twice, none is lost, and what
 * is not known is visible. Each round is a scheduled call to a number of its own and a SIGKILL; nobody waits for what becomes
 * of it, so the servers that come next look after it beside the calls of their own rounds.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PlayedRound, tableOf } from './judge';
import { HELP, InASentence, type Options, optionsOf, planOf, WrongOption } from './plan';
import { CrashRig, progress } from './rig';

const MOST_ERRORS_SHOWN = 20;

/** @returns whether every round has passed */
async function run(
  options: Options,
  dist: string,
  dataDir: string,
  undo: (() => Promise<unknown>)[],
): Promise<boolean> {
  const startedAtMs = performance.now();
  const rig = await CrashRig.start(dist, dataDir, undo);
  const played: PlayedRound[] = [];
  for (const [at, round] of planOf(options).entries()) {
    progress(`round ${at + 1} of ${options.rounds}: ${round.point.name}`);
    played.push(await rig.play(round, at));
  }
  const verdicts = await rig.settle(played);
  const failed = verdicts.filter(({ problems }) => problems.length > 0);
  write(`\n${tableOf(verdicts)}\n`);
  for (const { point, phoneNumber, problems } of failed) write(`${point.name} ${phoneNumber}: ${problems.join(' ')}`);
  const errors = new Set(rig.fleet.errors.map(subjectOf));
  for (const error of [...errors].slice(0, MOST_ERRORS_SHOWN)) write(`A server's log: ${error}`);
  write(`Seed ${options.seed}, ${((performance.now() - startedAtMs) / 1000).toFixed(0)} s.`);
  write(`${verdicts.length - failed.length} passed, ${failed.length} failed`);
  return failed.length === 0;
}

async function main(): Promise<void> {
  const options = optionsOf(process.argv.slice(2));
  if (options === null) return write(HELP);
  // A copy: whoever builds meanwhile would change what servers of the same run are made of.
  mkdirSync('coverage', { recursive: true });
  const dist = mkdtempSync(join('coverage', 'crash-dist-'));
  const dataDir = mkdtempSync(join(tmpdir(), 'speech-assistant-crash-'));
  const tidy = () => [dist, dataDir].forEach((folder) => rmSync(folder, { recursive: true, force: true }));
  process.once('exit', tidy);
  cpSync(options.dist, dist, { recursive: true });
  const interrupted = new Promise<never>((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => reject(new InASentence(`Ended by ${signal}.`)));
    }
  });
  const undo: (() => Promise<unknown>)[] = [];
  try {
    const passed = await Promise.race([run(options, dist, dataDir, undo), interrupted]);
    process.exitCode = passed ? 0 : 1;
  } finally {
    for (const step of undo.splice(0).reverse()) await step().catch((error: unknown) => complain(error));
  }
}

/** What a line of a server's log is about, without the call and the moment. */
function subjectOf(line: string): string {
  const [, msg = line] = /"msg":"([^"]*)/.exec(line) ?? [];
  const [, error = ''] = /"err":\{.*?"message":"([^"]*)/.exec(line) ?? [];
  return error === '' ? msg : `${msg}: ${error}`;
}

function write(line: string): void {
  process.stdout.write(`${line}\n`);
}

function complain(error: unknown): void {
  const isPlain = error instanceof InASentence;
  const text = error instanceof Error ? ((isPlain ? undefined : error.stack) ?? error.message) : String(error);
  process.stderr.write(`${text}\n`);
}

main().then(
  () => process.exit(),
  (error: unknown) => {
    complain(error);
    process.exit(error instanceof WrongOption ? 2 : 1);
  },
);
