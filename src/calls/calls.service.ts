import { Injectable, Logger } from '@nestjs/common';
import { OnEvent } from '@nestjs/event-emitter';
import { EntityManager, In, IsNull, Not } from 'typeorm';
import { DomainEvents } from '../common/domain-events';
import type { Owner } from '../common/owner';
import type { Page } from '../common/paging';
import { Database } from '../database/database';
import { CarrierError, Telephony } from '../integrations/telephony/telephony';
import { UserErasing } from '../users/users.events';
import { isOver, LIVE_STATUSES } from './call-status';
import { Call } from './call.entity';
import { CallHangUpAsked, CallUpdated } from './calls.events';
import { CallNotFound, CarrierTrouble, CarrierUnavailable } from './calls.errors';
import { callBy, CallFilter, callsPage, callsTotal, CallWithTurns } from './calls.repository';
import { alsoWritten } from './written-fields';

/** What an owner may write on a call. */
export type CallNotes = Partial<
  Pick<Call, 'orderItems' | 'customerName' | 'deliveryAddress' | 'restaurantId' | 'notes'>
>;

/** An owner's calls: looking, noting, hanging up. Placing is call-placing.service.ts. */
@Injectable()
export class CallsService {
  private readonly log = new Logger(CallsService.name);

  constructor(
    private readonly db: Database,
    private readonly telephony: Telephony,
    private readonly events: DomainEvents,
  ) {}

  async list(owner: Owner, filter: CallFilter): Promise<Page<CallWithTurns>> {
    const [page, total] = [callsPage(owner, filter), callsTotal(owner, filter)];
    if (filter.q === undefined) {
      const [rows, [count]] = await this.db.readAsOwner(owner, page, total);
      return { rows, total: count?.total ?? 0 };
    }
    // A search goes through everything that was said: not a second time where the page tells the total.
    const [rows] = await this.db.readAsOwner(owner, page);
    const isLastPage = rows.length < filter.limit && (rows.length > 0 || filter.offset === 0);
    if (isLastPage) return { rows, total: filter.offset + rows.length };
    const [[count]] = await this.db.readAsOwner(owner, total);
    return { rows, total: count?.total ?? 0 };
  }

  /** @param sidOrId the carrier's sid, or our id while there is none @throws CallNotFound */
  async get(owner: Owner, sidOrId: string): Promise<CallWithTurns> {
    const [[call]] = await this.db.readAsOwner(owner, callBy(owner, sidOrId));
    if (call === undefined) throw new CallNotFound();
    return call;
  }

  /** @throws CallNotFound */
  async update(owner: Owner, sidOrId: string, notes: CallNotes): Promise<CallWithTurns> {
    const { id } = await this.get(owner, sidOrId);
    if (Object.keys(notes).length > 0) {
      // jsonb columns are `unknown` to us and recursive partials to TypeORM.
      const changes = { ...notes, ...alsoWritten(notes) } as Parameters<EntityManager['update']>[2];
      await this.db.asOwner(owner, (tx) => tx.update(Call, { userId: owner.userId, id }, changes));
    }
    this.events.emit(new CallUpdated(owner, id));
    return this.get(owner, id);
  }

  /**
   * Hangs up a live call. One that is already over is returned as it is: people double-click. One that the carrier is only
   * being asked for is hung up as soon as its sid is known.
   * @throws CallNotFound, CarrierUnavailable, CarrierTrouble
   */
  async hangUp(owner: Owner, sidOrId: string): Promise<CallWithTurns> {
    const call = await this.get(owner, sidOrId);
    if (isOver(call.status)) return this.get(owner, call.id);
    // The reason stands before the carrier is asked, so that its callback finds it there.
    const isOurs = await this.db.asOwner(owner, async (tx) => {
      const { affected } = await tx.update(
        Call,
        { userId: owner.userId, id: call.id, endedReason: IsNull(), status: In([...LIVE_STATUSES]) },
        { endedReason: 'owner_hung_up' },
      );
      return affected === 1;
    });
    const { callSid, direction } = await this.get(owner, call.id);
    if (direction === 'browser') this.events.emit(new CallHangUpAsked(owner, call.id));
    if (callSid !== null) {
      try {
        await this.telephony.hangUp(callSid);
      } catch (error) {
        if (isOurs) await this.takeBackHangUp(owner, call.id);
        throw hangUpTrouble(error);
      }
    }
    return this.get(owner, call.id);
  }

  /** Before a user's rows go, their phones are put down. */
  @OnEvent(UserErasing.type)
  async onUserErasing({ owner }: UserErasing): Promise<void> {
    const live = await this.db.asOwner(owner, (tx) =>
      tx.find(Call, {
        where: [
          { userId: owner.userId, status: In([...LIVE_STATUSES]), callSid: Not(IsNull()) },
          { userId: owner.userId, status: In([...LIVE_STATUSES]), direction: 'browser' },
        ],
        select: { id: true },
      }),
    );
    await Promise.all(
      live.map(({ id }) =>
        this.hangUp(owner, id).catch((error: unknown) =>
          this.log.error({ msg: 'A call of an erased user could not be hung up', call_id: id, err: error }),
        ),
      ),
    );
  }

  /** The call goes on, so it has not ended for this reason. */
  private async takeBackHangUp(owner: Owner, callId: string): Promise<void> {
    await this.db.asOwner(owner, (tx) =>
      tx.update(
        Call,
        { userId: owner.userId, id: callId, endedReason: 'owner_hung_up', status: In([...LIVE_STATUSES]) },
        { endedReason: null },
      ),
    );
  }
}

function hangUpTrouble(error: unknown): unknown {
  if (!(error instanceof CarrierError)) return error;
  if (error.carrierCode !== null) return new CarrierTrouble(`Twilio did not hang up: ${error.message}`, error);
  return new CarrierUnavailable('Twilio cannot be reached at the moment. Please try to hang up again.', {}, error);
}
