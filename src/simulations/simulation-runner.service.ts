import { BeforeApplicationShutdown, Inject, Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import type { Owner } from '../common/owner';
import { Rounds } from '../common/rounds';
import { settledWithin } from '../common/settled-within';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { Database } from '../database/database';
import { LanguageModel, LanguageModelError } from '../integrations/language-model/language-model';
import { SpeechError } from '../integrations/speech/speech-error';
import { closedFile, encodedSpeech } from '../integrations/speech/speech-encoding';
import { SpeechOutput } from '../integrations/speech/speech-output';
import { Transcriber } from '../integrations/speech/transcriber';
import { displayNameOf } from '../users/display-name';
import { User } from '../users/user.entity';
import { simulateCall } from './simulated-call';
import { checkedCall } from './simulation-checks';
import type { SimulationResult } from './simulation-plan';
import { RunState, SimulationRun } from './simulation-run.entity';
import { Simulation } from './simulation.entity';

const INTERVAL_MS = 5000;
const AT_ONCE = 3;
/** A call of thirty turns through audio takes some minutes. */
const LIMIT_MS = 8 * 60_000;
/** Whoever takes longer has died. */
const LEASE_SECONDS = 600;
const MAX_TRIES = 4;
const RETRY_SECONDS = 20;
const STOP_WITHIN_MS = 3000;
const OTHER_TROUBLE = 'Something went wrong here.';

/** The right to make one call. */
interface Claim {
  owner: Owner;
  run: SimulationRun;
  simulation: Simulation;
  ownerName: string;
  lease: string;
}

/** Makes simulated calls: each once, by whichever server, again after a trouble that may pass. */
@Injectable()
export class SimulationRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(SimulationRunner.name);
  private readonly rounds = new Rounds(
    INTERVAL_MS,
    () => this.makeAll(),
    (error) => this.log.error({ msg: 'Simulated calls that are due could not be looked for', err: error }),
  );
  private readonly stopping = new AbortController();

  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly db: Database,
    private readonly model: LanguageModel,
    private readonly speech: SpeechOutput,
    private readonly transcriber: Transcriber,
  ) {}

  onApplicationBootstrap(): void {
    this.rounds.begin();
  }

  /** What is under way is made again by somebody else. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await settledWithin(this.rounds.stop(), STOP_WITHIN_MS);
  }

  callForOne(): void {
    this.rounds.callForOne();
  }

  /** One round, until nothing is due. @param now moves the clock in tests */
  async makeAll(now = new Date()): Promise<void> {
    for (;;) {
      const due = await this.db.lookup<{ user_id: number; id: string }>(
        'SELECT user_id, id FROM lookup_due_simulation_runs($1)',
        [now],
      );
      if (due.length === 0 || this.stopping.signal.aborted) return;
      const workers = Array.from({ length: AT_ONCE }, async () => {
        for (let next = due.shift(); next !== undefined && !this.stopping.signal.aborted; next = due.shift()) {
          await this.make({ userId: next.user_id }, next.id, now);
        }
      });
      await Promise.all(workers);
    }
  }

  private async make(owner: Owner, id: string, now: Date): Promise<void> {
    const claim = await this.claim(owner, id, now);
    if (claim === null) return;
    try {
      const result = await this.resultOf(claim);
      const failed = result.checks.filter(({ passed }) => !passed);
      await this.finish(claim, failed.length === 0 ? 'passed' : 'failed', failed[0]?.reason ?? null, result);
    } catch (error) {
      if (this.stopping.signal.aborted) return this.postpone(claim, 0, 1);
      this.log.warn({ msg: 'A simulated call could not be made', run_id: id, user_id: owner.userId, err: error });
      const isForNow = !isOwnTrouble(error) || error.trouble === 'moment';
      if (isForNow && claim.run.tries < MAX_TRIES) await this.postpone(claim, RETRY_SECONDS * claim.run.tries, 0);
      else await this.finish(claim, 'broken', isOwnTrouble(error) ? error.message : OTHER_TROUBLE, null);
    }
  }

  private async claim(owner: Owner, id: string, now: Date): Promise<Claim | null> {
    return this.db.asOwner(owner, async (tx) => {
      const [rows] = await tx.query<[{ lease: string }[], number]>(
        `UPDATE simulation_runs SET tries = tries + 1, due_at = clock_timestamp() + interval '${LEASE_SECONDS} seconds'
         WHERE user_id = $1 AND id = $2 AND due_at <= $3 RETURNING due_at::text AS lease`,
        [owner.userId, id, now],
      );
      const lease = rows[0]?.lease;
      if (lease === undefined) return null;
      const run = await tx.findOneByOrFail(SimulationRun, { userId: owner.userId, id });
      const simulation = await tx.findOneByOrFail(Simulation, { userId: owner.userId, id: run.simulationId });
      const user = await tx.findOneOrFail(User, {
        where: { id: owner.userId },
        select: { id: true, name: true, email: true },
      });
      return { owner, run, simulation, ownerName: displayNameOf(user), lease };
    });
  }

  private async resultOf({ run, simulation, ownerName }: Claim): Promise<SimulationResult> {
    const { agent, plan } = simulation;
    const caller = plan.callers[run.caller];
    if (caller === undefined) throw new Error('A simulation has no such caller.');
    const signal = AbortSignal.any([this.stopping.signal, AbortSignal.timeout(LIMIT_MS)]);
    const begunAt = performance.now();
    const talk = await simulateCall({
      model: this.model,
      agent,
      ownerName,
      isDisclosed: this.config.calls.aiDisclosure,
      caller,
      variables: plan.variables,
      maxTurns: plan.maxTurns,
      isAudible: plan.through === 'audio',
      hear: (said) => this.hear(said, simulation, signal),
      signal,
    });
    const checks = await checkedCall(talk, plan.checks, this.model, signal);
    return { ...talk, checks, durationMs: Math.round(performance.now() - begunAt) };
  }

  /** What is left of a line when it was spoken and heard. */
  private async hear(said: string, { agent }: Simulation, signal: AbortSignal): Promise<string> {
    const parts: Buffer[] = [];
    const spoken = this.speech.speak({ text: said, voice: agent.voice, signal });
    for await (const part of encodedSpeech(spoken, 'wav')) parts.push(part);
    const { text } = await this.transcriber.transcribe({ bytes: closedFile(parts, 'wav'), kind: 'wav' }, { signal });
    return text.trim();
  }

  private async finish(
    { owner, run, lease }: Claim,
    state: Exclude<RunState, 'due'>,
    reason: string | null,
    result: SimulationResult | null,
  ): Promise<void> {
    await this.db.asOwner(owner, (tx) =>
      tx.query(
        `UPDATE simulation_runs SET state = $4, reason = $5, result = $6, due_at = NULL, finished_at = clock_timestamp()
         WHERE user_id = $1 AND id = $2 AND due_at = $3::timestamptz`,
        [owner.userId, run.id, lease, state, reason, result === null ? null : JSON.stringify(result)],
      ),
    );
  }

  private async postpone({ owner, run, lease }: Claim, seconds: number, uncounted: number): Promise<void> {
    await this.db.asOwner(owner, (tx) =>
      tx.query(
        `UPDATE simulation_runs SET tries = tries - $5::integer, due_at = clock_timestamp() + make_interval(secs => $4)
         WHERE user_id = $1 AND id = $2 AND due_at = $3::timestamptz`,
        [owner.userId, run.id, lease, seconds, uncounted],
      ),
    );
  }
}

function isOwnTrouble(error: unknown): error is LanguageModelError | SpeechError {
  return error instanceof LanguageModelError || error instanceof SpeechError;
}
