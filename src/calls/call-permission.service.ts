import { Inject, Injectable } from '@nestjs/common';
import { EntityManager } from 'typeorm';
import { Capacity } from '../common/capacity';
import type { Owner } from '../common/owner';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { Database } from '../database/database';
import { CallPermission, decideCall } from './call-permission';
import { LIVE_STATUSES } from './call-status';
import { calleeTimeZones } from './callee-time-zones';
import { DoNotCallService } from './do-not-call.service';
import { destinationRefusal, parsePhoneNumber, PhoneNumber } from './phone-number';
import { parseQuietHours, QuietHours } from './quiet-hours';

/** A question about a time further ahead than this is not answered by what is live now. */
const SOON_MS = 60_000;

/** Collects the facts for `decideCall` and asks it: the one place where "may this call start now?" is answered. */
@Injectable()
export class CallPermissionService {
  private readonly quietHours: QuietHours | undefined;

  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly db: Database,
    private readonly doNotCall: DoNotCallService,
    private readonly capacity: Capacity,
  ) {
    const { quietHours } = config.calls;
    this.quietHours = quietHours === undefined ? undefined : parseQuietHours(quietHours);
  }

  /** @throws InvalidPhoneNumber */
  read(phoneNumber: string, options: { inPath?: boolean } = {}): PhoneNumber {
    return parsePhoneNumber(phoneNumber, this.config.calls.defaultRegion, options);
  }

  /** The answer without dialling, for now or for a time to come. */
  async check(owner: Owner, number: PhoneNumber, at: Date): Promise<CallPermission> {
    return this.db.asOwner(owner, (tx) => this.decide(tx, owner, number, at, this.capacity.isFull));
  }

  /**
   * The answer for a call that is about to be placed in this transaction. Placings of one user queue up here, so that
   * several at once cannot pass the caps together; the row that is inserted next is counted by the one who waits.
   * @param hasPlace whether this process has kept a place for the call (Capacity)
   */
  async decideForPlacing(
    tx: EntityManager,
    owner: Owner,
    number: PhoneNumber,
    hasPlace: boolean,
  ): Promise<CallPermission> {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtext('calls'), $1)`, [owner.userId]);
    return this.decide(tx, owner, number, new Date(), !hasPlace);
  }

  private async decide(
    tx: EntityManager,
    owner: Owner,
    number: PhoneNumber,
    at: Date,
    isServerFull: boolean,
  ): Promise<CallPermission> {
    const { calls, limits, twilio } = this.config;
    const isSoon = at.getTime() - Date.now() < SOON_MS;
    const counts = await countCalls(tx, owner, at);
    const isSubscriber = number.kind === 'subscriber';
    return decideCall({
      at,
      destinationRefusal: destinationRefusal(number, {
        allowedCountries: calls.allowedCountries,
        ownNumber: twilio.phoneNumber,
      }),
      isOnDoNotCallList: isSubscriber && (await this.doNotCall.has(tx, owner, number.e164)),
      quietHours: this.quietHours,
      calleeTimeZones: isSubscriber ? calleeTimeZones(number.e164, number.country) : [],
      callsInLastMinute: isSoon ? counts.inLastMinute : [],
      callsToday: counts.today,
      liveCalls: isSoon ? counts.live : 0,
      isServerFull: isSoon && isServerFull,
      limits: {
        perMinute: limits.callsPerMinute,
        perDay: limits.maxCallsPerDay,
        atOnce: limits.maxConcurrentCalls,
      },
    });
  }
}

interface CallCounts {
  /** Oldest first. */
  inLastMinute: Date[];
  today: number;
  live: number;
}

/** Attempts that certainly never rang a phone do not count against minute and day. */
async function countCalls(tx: EntityManager, owner: Owner, at: Date): Promise<CallCounts> {
  const [row] = await tx.query<{ in_last_minute: Date[] | null; today: string; live: string }[]>(
    `SELECT
       (SELECT array_agg(created_at ORDER BY created_at) FROM calls
         WHERE user_id = $1 AND created_at > $2::timestamptz - interval '1 minute'
         AND direction = 'outbound' AND dial_state NOT IN ('refused', 'absent')) AS in_last_minute,
       (SELECT count(*) FROM calls
         WHERE user_id = $1 AND created_at >= date_trunc('day', $2::timestamptz, 'UTC')
         AND direction = 'outbound' AND dial_state NOT IN ('refused', 'absent')) AS today,
       (SELECT count(*) FROM calls WHERE user_id = $1 AND status = ANY ($3)) AS live`,
    [owner.userId, at, LIVE_STATUSES],
  );
  return {
    inLastMinute: row?.in_last_minute ?? [],
    today: Number(row?.today ?? 0),
    live: Number(row?.live ?? 0),
  };
}
