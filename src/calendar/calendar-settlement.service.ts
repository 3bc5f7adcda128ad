import { BeforeApplicationShutdown, Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { OnEvent } from '@nestjs/event-emitter';
import { CallActions } from '../calls/call-actions.service';
import { CallEnded } from '../calls/calls.events';
import { NotAuthenticated } from '../common/app-error';
import type { Owner } from '../common/owner';
import { Rounds } from '../common/rounds';
import { Database } from '../database/database';
import { DEED_TOOLS } from './calendar-deed';
import { CalendarDeeds } from './calendar-deeds.service';

/** What could not be found out is asked again so often, for three days (lookup_open_call_actions). */
const INTERVAL_MS = 60_000;

/**
 * What was being done to a calendar when somebody hung up, when Google was away or when a process died is found out: when the
 * call ends, and by whoever is there then until it is known.
 */
@Injectable()
export class CalendarSettlement implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(CalendarSettlement.name);
  private readonly rounds = new Rounds(
    INTERVAL_MS,
    () => this.settleAll(),
    (error) => this.log.error({ msg: 'What calls did to calendars could not be looked for', err: error }),
  );
  private isOver = false;

  constructor(
    private readonly db: Database,
    private readonly actions: CallActions,
    private readonly deeds: CalendarDeeds,
  ) {}

  onApplicationBootstrap(): void {
    this.rounds.begin();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.isOver = true;
    await this.rounds.stop();
  }

  @OnEvent(CallEnded.type)
  async onEnded({ owner, callId }: CallEnded): Promise<void> {
    await this.settle(owner, callId);
  }

  /** One round. */
  async settleAll(): Promise<void> {
    const open = await this.db.lookup<{ user_id: number; call_id: string }>(
      'SELECT user_id, call_id FROM lookup_open_call_actions()',
    );
    for (const { user_id: userId, call_id: callId } of open) {
      if (!this.isOver) await this.settle({ userId }, callId);
    }
  }

  private async settle(owner: Owner, callId: string): Promise<void> {
    try {
      if (await this.actions.areOpen(owner, callId, DEED_TOOLS)) await this.deeds.settle(owner, callId);
    } catch (error) {
      if (error instanceof NotAuthenticated) return;
      this.log.warn({ msg: 'What a call did to a calendar is not known yet', call_id: callId, err: error });
    }
  }
}
