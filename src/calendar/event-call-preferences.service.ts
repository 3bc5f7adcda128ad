import { Injectable } from '@nestjs/common';
import { CallPermissionService } from '../calls/call-permission.service';
import { CallNotAllowed } from '../calls/calls.errors';
import type { Owner } from '../common/owner';
import { Database } from '../database/database';
import { ScenariosService } from '../scenarios/scenarios.service';
import { CalendarSyncRows, lookAgain } from './calendar-syncs.repository';
import { EventCallsOff, NobodyToCall } from './calendar.errors';
import { EventCallSettings } from './event-call-settings.entity';
import { DEFAULT_PREFERENCES, EventCallPreferences, propertiesOf, WrittenCall } from './event-call-wish';

/** What users want of calls before events. */
@Injectable()
export class EventCallPreferencesService {
  constructor(
    private readonly db: Database,
    private readonly scenarios: ScenariosService,
    private readonly permission: CallPermissionService,
    private readonly syncs: CalendarSyncRows,
  ) {}

  async get(owner: Owner): Promise<EventCallPreferences> {
    const row = await this.db.asOwner(owner, (tx) => tx.findOneBy(EventCallSettings, { userId: owner.userId }));
    return row ?? DEFAULT_PREFERENCES;
  }

  /** The calendar is looked at anew. @throws InvalidPhoneNumber, CallNotAllowed, InvalidScenario, CustomScenarioNotFound, NobodyToCall */
  async set(owner: Owner, wanted: EventCallPreferences): Promise<EventCallPreferences> {
    const phoneNumber = wanted.phoneNumber === null ? null : await this.e164(owner, wanted.phoneNumber);
    await this.scenarios.resolveAgent(owner, wanted.scenario);
    if (wanted.callsFor === 'all' && phoneNumber === null) throw new NobodyToCall();
    await this.syncs.begin(owner);
    await this.db.asOwner(owner, async (tx) => {
      const settings = { userId: owner.userId, ...wanted, phoneNumber };
      await tx.upsert(EventCallSettings, settings, ['userId']);
      await lookAgain(tx, owner);
    });
    return { ...wanted, phoneNumber };
  }

  /**
   * A call that is asked for on an event itself, as it is written there: said at once where it could not come about.
   * @throws EventCallsOff, NobodyToCall, InvalidPhoneNumber, CallNotAllowed, InvalidScenario, CustomScenarioNotFound
   */
  async written(owner: Owner, call: WrittenCall): Promise<Record<string, string>> {
    const preferences = await this.get(owner);
    if (preferences.callsFor === 'none') throw new EventCallsOff();
    if (call.phoneNumber === null && preferences.phoneNumber === null) throw new NobodyToCall();
    const phoneNumber = call.phoneNumber === null ? null : await this.e164(owner, call.phoneNumber);
    if (call.scenario !== null) await this.scenarios.resolveAgent(owner, call.scenario);
    return propertiesOf({ ...call, phoneNumber });
  }

  /** Where it may never be called is said at once; all else when there is a call. */
  private async e164(owner: Owner, written: string): Promise<string> {
    const number = this.permission.read(written);
    const now = new Date();
    const { reasons } = await this.permission.check(owner, number, now);
    const lasting = reasons.filter(({ code }) => code === 'destination_not_allowed' || code === 'do_not_call');
    if (lasting.length > 0 || number.kind !== 'subscriber') {
      throw new CallNotAllowed({ allowed: false, reasons: lasting, earliestAt: null }, now);
    }
    return number.e164;
  }
}
