import { createHmac, hkdfSync } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { EntityManager, In } from 'typeorm';
import type { Owner } from '../common/owner';
import type { Page } from '../common/paging';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { Database } from '../database/database';
import { DoNotCallEntryNotFound } from './calls.errors';
import { DoNotCallEntry } from './do-not-call.entity';
import { maskNumber, parseSubscriber } from './phone-number';

/** A word that somebody has texted. */
interface StopWord {
  /** To this number of ours, E.164. */
  ownNumber: string;
  at: Date;
}

const STOPPED = 'Answered STOP to a text.';

/** The numbers that a user must not call or text. They are kept as keyed hashes: enough to recognise one, not to read one. */
@Injectable()
export class DoNotCallService {
  /** The first is the one that is written with. */
  private readonly keys: readonly Buffer[];

  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly db: Database,
  ) {
    this.keys = config.encryptionKeys.map((key) =>
      Buffer.from(hkdfSync('sha256', key, '', 'speech-assistant/do-not-call', 32)),
    );
  }

  /** A number that is on the list already stays as it is, with a new reason if one is given. */
  async add(owner: Owner, phoneNumber: string, reason: string | undefined): Promise<DoNotCallEntry> {
    const e164 = parseSubscriber(phoneNumber, this.config.calls.defaultRegion);
    return this.db.asOwner(owner, async (tx) => {
      const numberHash = await this.hashOfOne(tx, owner, e164);
      await tx.query(
        `INSERT INTO do_not_call (user_id, number_hash, masked_number, reason) VALUES ($1, $2, $3, $4)
         ON CONFLICT (user_id, number_hash)
         DO UPDATE SET by_owner = true, reason = coalesce(excluded.reason, do_not_call.reason)`,
        [owner.userId, numberHash, maskNumber(e164), reason ?? null],
      );
      return tx.findOneByOrFail(DoNotCallEntry, { userId: owner.userId, numberHash });
    });
  }

  /** Whoever has the number wants to hear no more, also of an owner who is switched off. */
  async stop(owner: Owner, e164: string, { ownNumber, at }: StopWord): Promise<void> {
    await this.db.asNewOwner(owner, async (tx) => {
      const numberHash = await this.hashOfOne(tx, owner, e164);
      await tx.query(
        `INSERT INTO do_not_call AS d (user_id, number_hash, masked_number, reason, by_owner, stopped_at, stopped_numbers)
         SELECT $1, $2, $3, $4, false, $5, ARRAY[$6::text] WHERE EXISTS (SELECT FROM users WHERE id = $1)
         ON CONFLICT (user_id, number_hash) DO UPDATE SET stopped_at = greatest(d.stopped_at, excluded.stopped_at),
           stopped_numbers = array_remove(d.stopped_numbers, $6::text) || $6::text`,
        [owner.userId, numberHash, maskNumber(e164), STOPPED, at, ownNumber],
      );
    });
  }

  /**
   * Takes back what `stop` did for one number of ours, and nothing that the owner has put there: told STOP by another number it
   * stays. @returns whether there was something
   */
  async restart(owner: Owner, e164: string, { ownNumber, at }: StopWord): Promise<boolean> {
    return this.db.asNewOwner(owner, async (tx) => {
      const hashes = this.hashes(owner, e164);
      const [, taken] = await tx.query<[unknown[], number]>(
        // Of those from before, it is not known which number was told.
        `UPDATE do_not_call SET stopped_numbers = array_remove(stopped_numbers, $3),
           stopped_at = CASE WHEN array_remove(stopped_numbers, $3) = '{}' THEN NULL ELSE stopped_at END
         WHERE user_id = $1 AND number_hash = ANY ($2) AND stopped_at <= $4
           AND ($3 = ANY (stopped_numbers) OR stopped_numbers = '{}')`,
        [owner.userId, hashes, ownNumber, at],
      );
      await tx.query(
        `DELETE FROM do_not_call
         WHERE user_id = $1 AND number_hash = ANY ($2) AND stopped_at IS NULL AND NOT by_owner`,
        [owner.userId, hashes],
      );
      return taken > 0;
    });
  }

  /** Newest first. */
  async list(owner: Owner, page: { limit: number; offset: number }): Promise<Page<DoNotCallEntry>> {
    return this.db.asOwner(owner, async (tx) => {
      const [rows, total] = await tx.findAndCount(DoNotCallEntry, {
        where: { userId: owner.userId },
        order: { id: 'DESC' },
        take: page.limit,
        skip: page.offset,
      });
      return { rows, total };
    });
  }

  /** @throws DoNotCallEntryNotFound */
  async remove(owner: Owner, id: number): Promise<void> {
    await this.db.asOwner(owner, async (tx) => {
      const { affected } = await tx.delete(DoNotCallEntry, { userId: owner.userId, id });
      if (affected === 0) throw new DoNotCallEntryNotFound();
    });
  }

  /** Within a transaction of the owner. */
  async has(tx: EntityManager, owner: Owner, e164: string): Promise<boolean> {
    return tx.existsBy(DoNotCallEntry, { userId: owner.userId, numberHash: In(this.hashes(owner, e164)) });
  }

  /** Which of the numbers are on the list. Within a transaction of the owner. */
  async among(tx: EntityManager, owner: Owner, numbers: readonly string[]): Promise<ReadonlySet<string>> {
    const byHash = new Map(
      numbers.flatMap((e164) => this.hashes(owner, e164).map((numberHash) => [numberHash, e164] as const)),
    );
    const found = await tx.find(DoNotCallEntry, {
      where: { userId: owner.userId, numberHash: In([...byHash.keys()]) },
      select: { numberHash: true },
    });
    return new Set(found.map(({ numberHash }) => byHash.get(numberHash) ?? ''));
  }

  /** The hash to write with. An entry that was written under a former key gets it: there is to be one of a number. */
  private async hashOfOne(tx: EntityManager, owner: Owner, e164: string): Promise<string> {
    const [numberHash = '', ...formerHashes] = this.hashes(owner, e164);
    if (formerHashes.length > 0) {
      await tx.query(
        `UPDATE do_not_call d SET number_hash = $2 WHERE d.user_id = $1 AND d.number_hash = ANY ($3)
           AND NOT EXISTS (SELECT FROM do_not_call n WHERE n.user_id = $1 AND n.number_hash = $2)`,
        [owner.userId, numberHash, formerHashes],
      );
    }
    return numberHash;
  }

  /** By each key: an entry that was written under a former one still counts. */
  private hashes(owner: Owner, e164: string): string[] {
    return this.keys.map((key) => createHmac('sha256', key).update(`${owner.userId}:${e164}`).digest('hex'));
  }
}
