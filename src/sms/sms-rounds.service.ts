import { BeforeApplicationShutdown, Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { OnEvent } from '@nestjs/event-emitter';
import { CallLookups } from '../calls/call-lookups';
import { CallEnded, CallWritten } from '../calls/calls.events';
import { NotAuthenticated } from '../common/app-error';
import { Rounds } from '../common/rounds';
import { FollowUpTexts } from './follow-up-texts.service';
import { SendAttempts } from './send-attempts.service';
import { SmsLookups, SmsRef } from './sms-lookups';
import { SmsSettlement } from './sms-settlement.service';

const INTERVAL_MS = 5000;
/** Longer than the carrier may take. Who takes longer has died, and somebody else sees to it. */
const LEASE_SECONDS = 60;

/**
 * Sees to the texts that are due: those to be sent after a call, and those of which it is not known what became of them. What is
 * due stands in the rows, so a restart loses nothing; several processes may do it at once.
 */
@Injectable()
export class SmsRounds implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(SmsRounds.name);
  private readonly rounds = new Rounds(
    INTERVAL_MS,
    () => this.seeToAll(),
    (error) => this.log.error({ msg: 'Texts that are due could not be looked for', err: error }),
  );
  private isOver = false;

  constructor(
    private readonly callLookups: CallLookups,
    private readonly lookups: SmsLookups,
    private readonly attempts: SendAttempts,
    private readonly settlement: SmsSettlement,
    private readonly followUps: FollowUpTexts,
  ) {}

  onApplicationBootstrap(): void {
    this.rounds.begin();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.isOver = true;
    await this.rounds.stop();
  }

  @OnEvent(CallEnded.type)
  @OnEvent(CallWritten.type)
  onCallOver(): void {
    this.rounds.callForOne();
  }

  /** One round. @param aheadMs moves the clock in tests */
  async seeToAll(aheadMs = 0): Promise<void> {
    for (const { owner, callId } of await this.lookups.callsToFollowUp(await this.now(aheadMs))) {
      if (this.isOver) return;
      await this.attended('A text after a call could not be written down', { call_id: callId }, () =>
        this.followUps.write(owner, callId),
      );
    }
    const now = await this.now(aheadMs);
    for (const due of await this.lookups.due(now)) {
      if (this.isOver) return;
      await this.attended('A text could not be seen to', { sms_id: due.smsId }, () => this.seeTo(due, now));
    }
  }

  /** By the clock that rows are written by. */
  private async now(aheadMs: number): Promise<Date> {
    return new Date((await this.callLookups.databaseNow()).getTime() + aheadMs);
  }

  private async seeTo({ owner, smsId }: SmsRef, now: Date): Promise<void> {
    const sms = await this.attempts.claim(owner, smsId, now, LEASE_SECONDS);
    if (sms === null) return;
    if (sms.sendState === 'intended') await this.followUps.send(owner, sms, now);
    else if (sms.sendState === 'placed') await this.settlement.look(owner, sms, now);
    else await this.settlement.settle(owner, sms, now);
  }

  /** One text's trouble is no other's. */
  private async attended(msg: string, about: object, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof NotAuthenticated)) this.log.warn({ msg, ...about, err: error });
    }
  }
}
