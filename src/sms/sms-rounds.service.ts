import { BeforeApplicationShutdown, Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { OnEvent } from '@nestjs/event-emitter';
import { CallLookups } from '../calls/call-lookups';
import { CallEnded, CallWritten } from '../calls/calls.events';
import { NotAuthenticated } from '../common/app-error';
import { Rounds } from '../common/rounds';
import { settledWithin } from '../common/settled-within';
import { FollowUpTexts } from './follow-up-texts.service';
import { SendAttempts } from './send-attempts.service';
import { SmsLookups, SmsRef } from './sms-lookups';
import { SmsSettlement } from './sms-settlement.service';

const INTERVAL_MS = 5000;
/** Requests to the carrier at once. */
const SENT_AT_ONCE = 8;
const LOOKED_AT_AT_ONCE = 4;
/** Longer than the carrier may take. Who takes longer has died, and somebody else sees to it. */
const LEASE_SECONDS = 60;
/** What is under way longer than that when the server stops is settled by another. */
const STOP_WITHIN_MS = 5000;

/**
 * Sees to the texts that are due: those to be sent after a call, and those of which it is not known what became of them; neither
 * waits for the other. What is due stands in the rows, so a restart loses nothing; several processes may do it at once.
 */
@Injectable()
export class SmsRounds implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(SmsRounds.name);
  private readonly sends = this.roundsOf(() => this.sendAll());
  private readonly looks = this.roundsOf(() => this.lookAtAll());
  private isOver = false;

  constructor(
    private readonly callLookups: CallLookups,
    private readonly lookups: SmsLookups,
    private readonly attempts: SendAttempts,
    private readonly settlement: SmsSettlement,
    private readonly followUps: FollowUpTexts,
  ) {}

  onApplicationBootstrap(): void {
    this.sends.begin();
    this.looks.begin();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.isOver = true;
    await settledWithin(Promise.all([this.sends.stop(), this.looks.stop()]), STOP_WITHIN_MS);
  }

  @OnEvent(CallEnded.type)
  @OnEvent(CallWritten.type)
  onCallOver(): void {
    this.sends.callForOne();
  }

  /** One round of both. @param aheadMs moves the clock in tests */
  async seeToAll(aheadMs = 0): Promise<void> {
    await this.sendAll(aheadMs);
    await this.lookAtAll(aheadMs);
  }

  private async sendAll(aheadMs = 0): Promise<void> {
    for (const { owner, callId } of await this.lookups.callsToFollowUp(await this.now(aheadMs))) {
      if (this.isOver) return;
      await this.attended('A text after a call could not be written down', { call_id: callId }, () =>
        this.followUps.write(owner, callId),
      );
    }
    const now = await this.now(aheadMs);
    await this.each(SENT_AT_ONCE, () => this.lookups.toSend(now), now);
  }

  private async lookAtAll(aheadMs = 0): Promise<void> {
    const now = await this.now(aheadMs);
    await this.each(LOOKED_AT_AT_ONCE, () => this.lookups.toLookAt(now), now);
  }

  /** A few of each user, and again, until there is nothing that was not seen to in this round. */
  private async each(atOnce: number, find: () => Promise<SmsRef[]>, now: Date): Promise<void> {
    const seen = new Set<string>();
    for (;;) {
      const due = (await find()).filter(({ smsId }) => !seen.has(smsId));
      if (due.length === 0) return;
      const workers = Array.from({ length: atOnce }, async () => {
        for (let next = due.shift(); next !== undefined && !this.isOver; next = due.shift()) {
          const one = next;
          seen.add(one.smsId);
          await this.attended('A text could not be seen to', { sms_id: one.smsId }, () => this.seeTo(one, now));
        }
      });
      await Promise.all(workers);
      if (this.isOver) return;
    }
  }

  private roundsOf(work: () => Promise<void>): Rounds {
    return new Rounds(INTERVAL_MS, work, (error) =>
      this.log.error({ msg: 'Texts that are due could not be looked for', err: error }),
    );
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
