import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { BeforeApplicationShutdown, Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { DialAttempts } from '../calls/dial-attempts.service';
import { Drain } from '../common/drain';
import type { Owner } from '../common/owner';
import { Rounds } from '../common/rounds';
import { Database } from '../database/database';
import { DialPace } from './dial-pace.service';
import { whyTooLate } from './retry-policy';
import { ScheduledCallOutcomes } from './scheduled-call-outcomes.service';
import { Claim, dueCall, takenOver } from './scheduled-dialling.repository';
import { ScheduledDialling } from './scheduled-dialling.service';

const INTERVAL_MS = 5_000;

/**
 * Looks after attempts that nobody has told the end of: those of processes that have died are gone on with, where no call was
 * made yet, and of the others the ledger is asked what became of them. Several processes may do so at once.
 */
@Injectable()
export class ScheduledCallRecovery implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(ScheduledCallRecovery.name);
  private readonly rounds = new Rounds(
    INTERVAL_MS,
    () => this.lookAfterAll(),
    (error) => this.log.error({ msg: 'Scheduled calls that are under way could not be looked at', err: error }),
  );

  constructor(
    private readonly db: Database,
    private readonly drain: Drain,
    private readonly pace: DialPace,
    private readonly ledger: DialAttempts,
    private readonly outcomes: ScheduledCallOutcomes,
    private readonly dialling: ScheduledDialling,
  ) {}

  onApplicationBootstrap(): void {
    this.rounds.callForOne();
    this.rounds.begin();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
  }

  private async lookAfterAll(): Promise<void> {
    if (this.drain.isDraining) return;
    const rows = await this.db.lookup<{ user_id: number; id: number }>(
      'SELECT user_id, id FROM lookup_scheduled_calls_to_check()',
    );
    for (const { user_id: userId, id } of rows) {
      try {
        await this.lookAfter({ userId }, id);
      } catch (error) {
        this.log.warn({
          msg: 'A scheduled call could not be looked at',
          scheduled_call_id: id,
          user_id: userId,
          err: error,
        });
      }
    }
  }

  private async lookAfter(owner: Owner, id: number): Promise<void> {
    const [[call]] = await this.db.readAsOwner(owner, dueCall(owner, id));
    if (call === undefined || call.callId === null) return;
    const { callId } = call;
    if (await this.isSettled(owner, callId)) return;
    const claim: Claim = { owner, id, callId, claim: randomUUID() };
    const [[taken]] = await this.db.writeAsOwner(owner, takenOver(claim));
    if (taken === undefined) return;
    // Since nobody else can write its call down any more; somebody may just have done so.
    if (await this.isSettled(owner, callId)) return;
    if (call.isLate && call.ifLate === 'skip') {
      await this.dialling.miss(claim, whyTooLate(call, call.now));
      return;
    }
    await sleep(await this.pace.reserve());
    this.dialling.start(call, claim);
  }

  /** Whether its call is there, so that the ledger tells what became of it. */
  private async isSettled(owner: Owner, callId: string): Promise<boolean> {
    const made = await this.ledger.findById(owner, callId);
    if (made === null) return false;
    // Written down, and nobody was asked to dial it: the ledger sees to it that nobody will be. Another attempt asks again
    // whether it may start.
    if (made.dialState === 'intended') await this.ledger.abandon(owner, callId);
    await this.outcomes.settle(owner, callId);
    return true;
  }
}
