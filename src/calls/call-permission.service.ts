import { Inject, Injectable } from '@nestjs/common';
import { EntityManager } from 'typeorm';
import { Capacity } from '../common/capacity';
import type { Owner } from '../common/owner';
import { mapSoftly } from '../common/softly';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { Database } from '../database/database';
import { CallPermission, decideCall, decideText } from './call-permission';
import { LIVE_STATUSES } from './call-status';
import { calleeTimeZones } from './callee-time-zones';
import { InvalidPhoneNumber } from './calls.errors';
import { DoNotCallService } from './do-not-call.service';
import { destinationRefusal, Means, parsePhoneNumber, PhoneNumber } from './phone-number';
import { parseQuietHours, QuietHours } from './quiet-hours';

/** A question about a time further ahead than this is not answered by what is live now. */
const SOON_MS = 60_000;

/** Collects the facts for `decideCall` and asks it: the one place where "may this call start now?" is answered, and about
 * texts the same. */
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

  /** Null where it is none. */
  readOrNull(phoneNumber: string): PhoneNumber | null {
    try {
      return this.read(phoneNumber);
    } catch (error) {
      if (error instanceof InvalidPhoneNumber) return null;
      throw error;
    }
  }

  /** The answer without dialling, for now or for a time to come. */
  async check(owner: Owner, number: PhoneNumber, at: Date): Promise<CallPermission> {
    return this.db.asOwner(owner, (tx) => this.decide(tx, owner, number, at, this.capacity.isFull));
  }

  /**
   * The answers for calls that are about to be scheduled, in their order: all but the caps, which spread the dialling. Within a
   * transaction of the owner.
   */
  async checkAhead(
    tx: EntityManager,
    owner: Owner,
    planned: readonly { number: PhoneNumber; at: Date }[],
  ): Promise<CallPermission[]> {
    const numbers = planned.flatMap(({ number }) => (number.kind === 'subscriber' ? [number.e164] : []));
    const unwanted = await this.doNotCall.among(tx, owner, numbers);
    return mapSoftly(planned, ({ number, at }) =>
      decideCall({
        ...this.factsOf(number, at),
        isOnDoNotCallList: number.kind === 'subscriber' && unwanted.has(number.e164),
        callsInLastMinute: [],
        callsToday: 0,
        liveCalls: 0,
        isServerFull: false,
      }),
    );
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
    return this.decide(tx, owner, number, await turnOf(tx, owner), !hasPlace);
  }

  /**
   * The same for a call from a browser: nobody is rung, so it is the caps alone. It waits in the same queue.
   * @param hasPlace whether this process has kept a place for the call (Capacity)
   */
  async decideForBrowser(tx: EntityManager, owner: Owner, hasPlace: boolean): Promise<CallPermission> {
    const at = await turnOf(tx, owner);
    const counts = await countCalls(tx, owner, at);
    const limits = this.capsOf(counts);
    return decideCall({
      at,
      destinationRefusal: null,
      isOnDoNotCallList: false,
      quietHours: undefined,
      calleeTimeZones: [],
      callsInLastMinute: counts.inLastMinute,
      callsToday: counts.today,
      liveCalls: this.liveOf(counts),
      isServerFull: !hasPlace,
      limits,
    });
  }

  /**
   * The answer for a text that is about to be sent in this transaction of the owner's.
   * @param text the number that it comes from, and how many they have sent since midnight (UTC)
   */
  async decideForTexting(
    tx: EntityManager,
    owner: Owner,
    number: PhoneNumber,
    text: { from: string; textsToday: number; at: Date },
  ): Promise<CallPermission> {
    return decideText({
      ...this.contactFacts(number, text.at, { means: 'text', ownNumber: text.from }),
      isOnDoNotCallList: await this.isUnwanted(tx, owner, number),
      textsToday: text.textsToday,
      limits: { perDay: this.config.limits.maxTextsPerDay },
    });
  }

  private async decide(
    tx: EntityManager,
    owner: Owner,
    number: PhoneNumber,
    at: Date,
    isServerFull: boolean,
  ): Promise<CallPermission> {
    const isSoon = at.getTime() - Date.now() < SOON_MS;
    const counts = await countCalls(tx, owner, at);
    const facts = this.factsOf(number, at);
    return decideCall({
      ...facts,
      limits: this.capsOf(counts),
      isOnDoNotCallList: await this.isUnwanted(tx, owner, number),
      callsInLastMinute: isSoon ? counts.inLastMinute : [],
      callsToday: counts.today,
      liveCalls: isSoon ? this.liveOf(counts) : 0,
      isServerFull: isSoon && isServerFull,
    });
  }

  private async isUnwanted(tx: EntityManager, owner: Owner, number: PhoneNumber): Promise<boolean> {
    return number.kind === 'subscriber' && this.doNotCall.has(tx, owner, number.e164);
  }

  private capsOf(counts: CallCounts) {
    const { atOnce, ...caps } = this.caps;
    return { ...caps, atOnce: atOnce - this.reservedOf(counts) };
  }

  /** Those that came in take what is reserved for them first. */
  private liveOf(counts: CallCounts): number {
    return Math.max(counts.liveOutbound, counts.live - this.reservedOf(counts));
  }

  /** Who can be rung keeps a part of their lines free for that. */
  private reservedOf({ hasNumber }: CallCounts): number {
    const { maxConcurrentCalls, reservedForInbound } = this.config.limits;
    return hasNumber ? Math.floor(maxConcurrentCalls * reservedForInbound) : 0;
  }

  private get caps() {
    const { callsPerMinute, maxCallsPerDay, maxConcurrentCalls } = this.config.limits;
    return { perMinute: callsPerMinute, perDay: maxCallsPerDay, atOnce: maxConcurrentCalls };
  }

  /** What hangs on the number, the time and the settings alone. */
  private factsOf(number: PhoneNumber, at: Date) {
    const { twilio } = this.config;
    return {
      ...this.contactFacts(number, at, { means: 'call', ownNumber: twilio.phoneNumber }),
      limits: this.caps,
    };
  }

  private contactFacts(number: PhoneNumber, at: Date, by: { means: Means; ownNumber: string }) {
    return {
      at,
      destinationRefusal: destinationRefusal(number, {
        ...by,
        allowedCountries: this.config.calls.allowedCountries,
      }),
      quietHours: this.quietHours,
      calleeTimeZones: number.kind === 'subscriber' ? calleeTimeZones(number.e164, number.country) : [],
    };
  }
}

/** Waits for their turn. @returns how late it is then, by the clock that calls are written down by */
async function turnOf(tx: EntityManager, owner: Owner): Promise<Date> {
  const [row] = await tx.query<{ now: Date }[]>(
    `WITH turn AS MATERIALIZED (SELECT pg_advisory_xact_lock(hashtext('calls'), $1)) SELECT clock_timestamp() AS now FROM turn`,
    [owner.userId],
  );
  return row?.now ?? new Date();
}

interface CallCounts {
  /** Oldest first. */
  inLastMinute: Date[];
  today: number;
  live: number;
  liveOutbound: number;
  /** One of the platform's numbers is theirs. */
  hasNumber: boolean;
}

/** What costs money counts, so calls from a browser do too; attempts that certainly never rang a phone do not. */
async function countCalls(tx: EntityManager, owner: Owner, at: Date): Promise<CallCounts> {
  const [row] = await tx.query<
    { in_last_minute: Date[] | null; today: string; live: string; live_outbound: string; has_number: boolean }[]
  >(
    `SELECT
       (SELECT array_agg(created_at ORDER BY created_at) FROM calls
         WHERE user_id = $1 AND created_at > $2::timestamptz - interval '1 minute'
         AND direction <> 'inbound' AND dial_state NOT IN ('refused', 'absent')) AS in_last_minute,
       (SELECT count(*) FROM calls
         WHERE user_id = $1 AND created_at >= date_trunc('day', $2::timestamptz, 'UTC')
         AND direction <> 'inbound' AND dial_state NOT IN ('refused', 'absent')) AS today,
       (SELECT count(*) FROM calls WHERE user_id = $1 AND status = ANY ($3)) AS live,
       (SELECT count(*) FROM calls WHERE user_id = $1 AND status = ANY ($3) AND direction <> 'inbound') AS live_outbound,
       EXISTS (SELECT FROM phone_numbers WHERE user_id = $1) AS has_number`,
    [owner.userId, at, LIVE_STATUSES],
  );
  return {
    inLastMinute: row?.in_last_minute ?? [],
    today: Number(row?.today ?? 0),
    live: Number(row?.live ?? 0),
    liveOutbound: Number(row?.live_outbound ?? 0),
    hasNumber: row?.has_number ?? false,
  };
}
