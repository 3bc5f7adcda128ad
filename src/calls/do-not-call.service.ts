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

/** The numbers that a user must not call. They are kept as keyed hashes: enough to recognise one, not to read one. */
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
    const [numberHash = '', ...formerHashes] = this.hashes(owner, e164);
    return this.db.asOwner(owner, async (tx) => {
      // Written under a former key: there is to be one entry of a number.
      if (formerHashes.length > 0) {
        await tx.query(
          `UPDATE do_not_call d SET number_hash = $2 WHERE d.user_id = $1 AND d.number_hash = ANY ($3)
             AND NOT EXISTS (SELECT FROM do_not_call n WHERE n.user_id = $1 AND n.number_hash = $2)`,
          [owner.userId, numberHash, formerHashes],
        );
      }
      await tx.query(
        `INSERT INTO do_not_call (user_id, number_hash, masked_number, reason) VALUES ($1, $2, $3, $4)
         ON CONFLICT (user_id, number_hash) DO UPDATE SET reason = coalesce(excluded.reason, do_not_call.reason)`,
        [owner.userId, numberHash, maskNumber(e164), reason ?? null],
      );
      return tx.findOneByOrFail(DoNotCallEntry, { userId: owner.userId, numberHash });
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

  /** By each key: an entry that was written under a former one still counts. */
  private hashes(owner: Owner, e164: string): string[] {
    return this.keys.map((key) => createHmac('sha256', key).update(`${owner.userId}:${e164}`).digest('hex'));
  }
}
