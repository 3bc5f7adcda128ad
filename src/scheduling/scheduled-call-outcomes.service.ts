import { Injectable } from '@nestjs/common';
import { OnEvent } from '@nestjs/event-emitter';
import { isOver } from '../calls/call-status';
import { CallEnded } from '../calls/calls.events';
import { DialAttempts } from '../calls/dial-attempts.service';
import { DomainEvents } from '../common/domain-events';
import type { Owner } from '../common/owner';
import { Database } from '../database/database';
import { nextStep } from './retry-policy';
import { ScheduledCallHandover } from './scheduled-call-handover.service';
import { attempted, finished, toBeDialledAgain, waitedFor, wokenUp } from './scheduled-dialling.repository';
import { ScheduledCallUpdated } from './scheduling.events';

/** What became of attempts: what the dial ledger and the carrier say of their calls, and what follows from it. */
@Injectable()
export class ScheduledCallOutcomes {
  constructor(
    private readonly db: Database,
    private readonly ledger: DialAttempts,
    private readonly handover: ScheduledCallHandover,
    private readonly events: DomainEvents,
  ) {}

  @OnEvent(CallEnded.type)
  async onEnded({ owner, callId }: CallEnded): Promise<void> {
    await this.settle(owner, callId);
    const [[woken]] = await this.db.writeAsOwner(owner, wokenUp(owner, 'calls_at_once'));
    if (woken !== undefined) this.handover.callForOne();
  }

  /**
   * Takes note of where an attempt's call stands. Whoever does so first is the one whose note counts.
   * @returns false when there is no such call (yet)
   */
  async settle(owner: Owner, callId: string): Promise<boolean> {
    const [[scheduled]] = await this.db.readAsOwner(owner, attempted(owner, callId));
    if (scheduled === undefined) return true;
    const call = await this.ledger.findById(owner, callId);
    if (call === null) return false;
    const { dialState, status, endedReason, errorDetail } = call;
    const step = nextStep(
      { dialState, status, isOver: isOver(status), endedReason, errorDetail },
      { ...scheduled, attempts: scheduled.reached },
      scheduled.now,
    );
    switch (step.kind) {
      case 'wait': {
        const [[noted]] = await this.db.writeAsOwner(owner, waitedFor(owner, callId, step));
        if (noted?.isChanged === true) this.events.emit(new ScheduledCallUpdated(owner, noted.id));
        break;
      }
      case 'again': {
        const [[noted]] = await this.db.writeAsOwner(owner, toBeDialledAgain(owner, callId, step));
        if (noted !== undefined) this.events.emit(new ScheduledCallUpdated(owner, noted.id));
        this.handover.callForOne();
        break;
      }
      case 'finish': {
        const [[noted]] = await this.db.writeAsOwner(owner, finished(owner, callId, step));
        if (noted !== undefined) this.events.emit(new ScheduledCallUpdated(owner, noted.id));
      }
    }
    return true;
  }
}
