import { BeforeApplicationShutdown, Inject, Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { CallLookups } from '../calls/call-lookups';
import { Rounds } from '../common/rounds';
import { settledWithin } from '../common/settled-within';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { Database } from '../database/database';
import { Telephony } from '../integrations/telephony/telephony';
import { IncomingSmsService } from './incoming-sms.service';

const INTERVAL_MS = 20_000;
/** Between two looks at the same number. */
const PAUSE_SECONDS = 60;
/** Of numbers, in one round. */
const AT_ONCE = 20;
/** A text is listed by the carrier a moment after it has told of it. */
const OVERLAP_MS = 5 * 60_000;
/** A server that was away for longer does not ask about more than this. */
const LOOKS_BACK_MS = 3 * 24 * 3_600_000;
const STOP_WITHIN_MS = 3000;

/**
 * Asks the carrier what has come to our numbers. It tells of a text once: whoever texts STOP while no server is there would be
 * texted and called all the same.
 */
@Injectable()
export class MissedSms implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(MissedSms.name);
  private readonly rounds = new Rounds(
    INTERVAL_MS,
    () => this.readAll(),
    (error) => this.log.error({ msg: 'Texts that came in could not be looked for', err: error }),
  );
  private isOver = false;

  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly db: Database,
    private readonly lookups: CallLookups,
    private readonly telephony: Telephony,
    private readonly incoming: IncomingSmsService,
  ) {}

  onApplicationBootstrap(): void {
    this.rounds.begin();
    this.rounds.callForOne();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.isOver = true;
    await settledWithin(this.rounds.stop(), STOP_WITHIN_MS);
  }

  /** One round. @param aheadMs moves the clock in tests */
  async readAll(aheadMs = 0): Promise<void> {
    await this.db.unowned(
      `INSERT INTO sms_inboxes (own_number, due_at, read_until)
       SELECT n.phone_number, clock_timestamp(), clock_timestamp()
       FROM (SELECT phone_number FROM lookup_claimed_numbers() UNION SELECT $1) n
       ON CONFLICT (own_number) DO NOTHING`,
      [this.config.twilio.phoneNumber],
    );
    const seen: string[] = [];
    while (seen.length < AT_ONCE && !this.isOver) {
      const claimed = await this.claim(aheadMs, seen);
      if (claimed === undefined) return;
      seen.push(claimed.ownNumber);
      await this.read(claimed).catch((error: unknown) => {
        this.log.warn({ msg: 'A number could not be asked about', err: error });
      });
    }
  }

  private async claim(
    aheadMs: number,
    seen: readonly string[],
  ): Promise<{ ownNumber: string; readUntil: Date } | undefined> {
    const [row] = await this.db.unowned<{ ownNumber: string; readUntil: Date }>(
      `UPDATE sms_inboxes SET due_at = clock_timestamp() + make_interval(secs => ${PAUSE_SECONDS})
       WHERE own_number = (SELECT own_number FROM sms_inboxes WHERE due_at <= clock_timestamp() + make_interval(secs => $1::float8) AND own_number <> ALL ($2)
         ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
       RETURNING own_number AS "ownNumber", read_until AS "readUntil"`,
      [aheadMs / 1000, seen],
    );
    return row;
  }

  private async read({ ownNumber, readUntil }: { ownNumber: string; readUntil: Date }): Promise<void> {
    const now = await this.lookups.databaseNow();
    const since = new Date(Math.max(readUntil.getTime() - OVERLAP_MS, now.getTime() - LOOKS_BACK_MS));
    for (const sms of await this.telephony.receivedSms({ to: ownNumber, since, now })) {
      if (await this.incoming.onMissed(sms)) this.log.warn({ msg: 'A text that came in was missed', sid: sms.sid });
    }
    // Once all of them are kept.
    await this.db.unowned('UPDATE sms_inboxes SET read_until = greatest(read_until, $2) WHERE own_number = $1', [
      ownNumber,
      now,
    ]);
  }
}
