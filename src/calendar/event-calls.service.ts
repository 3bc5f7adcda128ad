import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AppError, NotAuthenticated } from '../common/app-error';
import type { Owner } from '../common/owner';
import type { Page } from '../common/paging';
import { Patience } from '../common/softly';
import { Database } from '../database/database';
import { PlannedForAReason, ScheduledCalls } from '../scheduling/scheduled-calls.service';
import { ScheduledCallTakenUp } from '../scheduling/scheduling.errors';
import { CalendarSyncRows, SyncClaim } from './calendar-syncs.repository';
import { decide, EventCallStep, notAfter } from './event-call-decision';
import { askedOf, EventCallWish, EventInBrief, fingerprintOf, GONE, WantedCall } from './event-call-wish';
import {
  EventCallFilter,
  eventCallsPage,
  eventCallsTotal,
  KnownRow,
  knownEventCalls,
  LINK_CALL,
  ListedEventCall,
  NOTE_PROBLEM,
  WITHDRAW,
} from './event-calls.repository';

/**
 * Scheduled calls that events ask for. Each step changes the scheduled call and the row that links it to its event in one
 * transaction, under the lease of whoever follows the calendar: whatever breaks off in between, nothing is planned twice.
 */
@Injectable()
export class EventCalls {
  constructor(
    private readonly db: Database,
    private readonly scheduledCalls: ScheduledCalls,
    private readonly syncs: CalendarSyncRows,
  ) {}

  async list(owner: Owner, filter: EventCallFilter): Promise<Page<ListedEventCall>> {
    const [rows, [total]] = await this.db.readAsOwner(
      owner,
      eventCallsPage(owner, filter),
      eventCallsTotal(owner, filter),
    );
    return { rows, total: total?.total ?? 0 };
  }

  /**
   * Brings the calls in line with what the events of the next days ask for.
   * @param why those that are not among them lose their calls, in a sentence; null: nobody knows whether they are gone
   * @returns false where some could not be done just now
   * @throws SyncClaimLost
   */
  async follow(
    claim: SyncClaim,
    wishes: ReadonlyMap<string, EventCallWish>,
    timeZone: string,
    why: string | null,
  ): Promise<boolean> {
    const { owner } = claim;
    const [rows] = await this.db.readAsOwner(owner, knownEventCalls(owner, [...wishes.keys()]));
    const known = new Map(rows.map((row) => [row.eventId, row]));
    const patience = new Patience();
    let isInLine = true;
    for (const eventId of new Set([...wishes.keys(), ...(why === null ? [] : known.keys())])) {
      const wish: EventCallWish = wishes.get(eventId) ?? { kind: 'none', why: why ?? GONE };
      const row = known.get(eventId) ?? formerSelf(wish, rows, wishes);
      const step = decide(wish, row, new Date());
      await patience.pause();
      if (step.kind === 'leave') continue;
      if (step.kind === 'wait') {
        isInLine = false;
        continue;
      }
      try {
        await this.take(claim, step, wish, row, timeZone);
      } catch (error) {
        // It is being dialled, or its owner has just changed it.
        if (!(error instanceof ScheduledCallTakenUp)) throw error;
        isInLine = false;
      }
    }
    return isInLine;
  }

  private async take(
    claim: SyncClaim,
    step: Exclude<EventCallStep, { kind: 'leave' | 'wait' }>,
    wish: EventCallWish,
    row: KnownRow | null,
    timeZone: string,
  ): Promise<void> {
    const event = wish.kind === 'none' ? briefOf(row) : wish.event;
    if (step.kind === 'withdraw') {
      if (row !== null) await this.withdraw(claim, row, step.why);
    } else if (step.kind === 'note') {
      if (event !== null) await this.note(claim, event, step);
    } else if (wish.kind === 'call') {
      const problem = await this.refusalOf(() => this.arrange(claim, step, wish, row, timeZone));
      if (problem === null || row?.problem === problem) return;
      if (step.kind === 'move' && row !== null) await this.withdraw(claim, row, problem);
      else await this.note(claim, wish.event, { problem, isWithdrawn: row?.isWithdrawn ?? false });
    }
  }

  private async arrange(
    claim: SyncClaim,
    step: Extract<EventCallStep, { kind: 'plan' | 'move' }>,
    { event, call }: Extract<EventCallWish, { kind: 'call' }>,
    row: KnownRow | null,
    timeZone: string,
  ): Promise<void> {
    const { owner } = claim;
    const fields = {
      phone_number: call.phoneNumber,
      scenario: call.scenario,
      scheduled_time: step.at.toISOString(),
      timezone: timeZone,
      variables: call.variables,
      metadata: { calendar_event_id: event.eventId, event_start: event.start.toISOString() },
    };
    const isMove = step.kind === 'move' && row !== null && row.scheduledCallId !== null;
    const reason: PlannedForAReason = {
      notAfter: notAfter(step.at, event.start),
      confirm: (tx, id) => this.link(tx, claim, event, call, id, isMove ? 0 : 1),
    };
    if (isMove) {
      await this.scheduledCalls.update(owner, row.scheduledCallId ?? 0, fields, reason);
    } else {
      const key = `event:${event.eventId}:${event.start.toISOString()}:${(row?.plans ?? 0) + 1}`;
      await this.scheduledCalls.schedule(owner, fields, key, reason);
    }
  }

  /** What a rule of the product says against the call, in a sentence; null where it was done. */
  private async refusalOf(work: () => Promise<void>): Promise<string | null> {
    try {
      await work();
      return null;
    } catch (error) {
      const isRefusal = error instanceof AppError && error.kind !== 'unavailable';
      if (!isRefusal || error instanceof ScheduledCallTakenUp || error instanceof NotAuthenticated) throw error;
      return error.detail;
    }
  }

  private async link(
    tx: EntityManager,
    claim: SyncClaim,
    { eventId, seriesId, summary, start }: EventInBrief,
    call: WantedCall,
    scheduledCallId: number,
    plans: number,
  ): Promise<void> {
    await this.syncs.confirm(tx, claim);
    const { userId } = claim.owner;
    const hashes = [askedOf(call), fingerprintOf(call)];
    await tx.query(LINK_CALL, [userId, eventId, seriesId, summary, start, scheduledCallId, ...hashes, plans]);
  }

  private async withdraw(claim: SyncClaim, { eventId, scheduledCallId }: KnownRow, why: string): Promise<void> {
    const { owner } = claim;
    await this.scheduledCalls.takeBack(owner, scheduledCallId ?? 0, async (tx) => {
      await this.syncs.confirm(tx, claim);
      await tx.query(WITHDRAW, [owner.userId, eventId, why]);
    });
  }

  private async note(
    claim: SyncClaim,
    { eventId, seriesId, summary, start }: EventInBrief,
    { problem, isWithdrawn }: { problem: string | null; isWithdrawn: boolean },
  ): Promise<void> {
    const { owner } = claim;
    await this.db.asOwner(owner, async (tx) => {
      await this.syncs.confirm(tx, claim);
      await tx.query(NOTE_PROBLEM, [owner.userId, eventId, seriesId, summary, start, problem, isWithdrawn]);
    });
  }
}

function briefOf(row: KnownRow | null): EventInBrief | null {
  if (row === null) return null;
  const { eventId, seriesId, summary, eventStart } = row;
  return { eventId, seriesId, summary, start: eventStart };
}

/**
 * An occurrence has its first start in its id, and gets another with all of its series when that is moved, or when an event
 * begins to recur. What was called for under the former id was called for.
 */
function formerSelf(
  wish: EventCallWish,
  rows: readonly KnownRow[],
  wishes: ReadonlyMap<string, EventCallWish>,
): KnownRow | null {
  if (wish.kind !== 'call') return null;
  const former = rows.filter(
    ({ eventId, seriesId, callStatus, isWithdrawn }) =>
      seriesId === wish.event.seriesId &&
      !wishes.has(eventId) &&
      callStatus !== null &&
      callStatus !== 'scheduled' &&
      !isWithdrawn,
  );
  return former.sort((a, b) => (b.calledFor?.getTime() ?? 0) - (a.calledFor?.getTime() ?? 0))[0] ?? null;
}
