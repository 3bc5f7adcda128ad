import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { EntityManager, FindOptionsWhere, ILike } from 'typeorm';
import { parseSubscriber } from '../calls/phone-number';
import { AppError } from '../common/app-error';
import { isUniqueViolation } from '../common/database-errors';
import type { Owner } from '../common/owner';
import type { Page } from '../common/paging';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { Database } from '../database/database';
import { Customer } from './customer.entity';
import { CustomerIdTaken, CustomerNotFound } from './customers.errors';

/** What an agent may learn of somebody. */
export type CustomerDetail = 'name' | 'phone_number' | 'email';

export type CustomerFields = Pick<Customer, 'customerId' | 'name' | 'phoneNumber' | 'email' | 'notes'>;

export interface CustomerFilter {
  customerId: string | undefined;
  /** A part of the name, the key or the address. */
  q: string | undefined;
  limit: number;
  offset: number;
}

/** The people whom a user's agents talk to, by the user's own keys. */
@Injectable()
export class Customers {
  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly db: Database,
  ) {}

  /** Newest first. */
  async list(owner: Owner, { customerId, q, limit, offset }: CustomerFilter): Promise<Page<Customer>> {
    const mine: FindOptionsWhere<Customer> = {
      userId: owner.userId,
      ...(customerId === undefined ? {} : { customerId }),
    };
    const part = q === undefined ? undefined : ILike(`%${q.replace(/[\\%_]/g, '\\$&')}%`);
    return this.db.asOwner(owner, async (tx) => {
      const [rows, total] = await tx.findAndCount(Customer, {
        where:
          part === undefined
            ? mine
            : [
                { ...mine, name: part },
                { ...mine, email: part },
                ...(customerId === undefined ? [{ ...mine, customerId: part }] : []),
              ],
        order: { id: 'DESC' },
        take: limit,
        skip: offset,
      });
      return { rows, total };
    });
  }

  /** @throws CustomerNotFound */
  async get(owner: Owner, id: number): Promise<Customer> {
    return this.db.asOwner(owner, (tx) => found(tx, owner, id));
  }

  /** @throws InvalidPhoneNumber, CustomerIdTaken */
  async create(owner: Owner, fields: CustomerFields): Promise<Customer> {
    const row = { ...fields, userId: owner.userId, phoneNumber: this.read(fields.phoneNumber) };
    return this.db
      .asOwner(owner, async (tx) => tx.save(tx.create(Customer, row)))
      .catch((error: unknown) => {
        throw isUniqueViolation(error) ? new CustomerIdTaken() : error;
      });
  }

  /** @throws InvalidPhoneNumber, CustomerNotFound, CustomerIdTaken */
  async update(owner: Owner, id: number, changes: Partial<CustomerFields>): Promise<Customer> {
    const read = changes.phoneNumber === undefined ? {} : { phoneNumber: this.read(changes.phoneNumber) };
    return this.db
      .asOwner(owner, async (tx) => tx.save(Object.assign(await found(tx, owner, id), changes, read)))
      .catch((error: unknown) => {
        throw isUniqueViolation(error) ? new CustomerIdTaken() : error;
      });
  }

  /** Their conversations stay, under their key. @throws CustomerNotFound */
  async delete(owner: Owner, id: number): Promise<void> {
    await this.db.asOwner(owner, async (tx) => {
      const { affected } = await tx.delete(Customer, { userId: owner.userId, id });
      if (affected !== 1) throw new CustomerNotFound();
    });
  }

  /** The one with this key, who is made if there is none. Within a transaction of the owner. */
  async byKey(tx: EntityManager, owner: Owner, customerId: string): Promise<Customer> {
    await tx.query(
      `INSERT INTO customers (user_id, customer_id) VALUES ($1, $2) ON CONFLICT (user_id, customer_id) DO NOTHING`,
      [owner.userId, customerId],
    );
    return tx.findOneByOrFail(Customer, { userId: owner.userId, customerId });
  }

  /** The one with this key. Within a transaction of the owner. */
  async find(tx: EntityManager, owner: Owner, customerId: string): Promise<Customer | null> {
    return tx.findOneBy(Customer, { userId: owner.userId, customerId });
  }

  /**
   * What an agent has learned of the one with this key; what is known already is written over. Only what makes sense is kept.
   * @returns what was not, in words
   */
  async learn(owner: Owner, customerId: string, details: Partial<Record<CustomerDetail, string>>): Promise<string[]> {
    const problems: string[] = [];
    const { name, phone_number: written, email } = details;
    let phoneNumber: string | undefined;
    try {
      if (written !== undefined) phoneNumber = parseSubscriber(written, this.config.calls.defaultRegion);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      problems.push(`The phone number was not kept: ${error.detail}`);
    }
    const isEmail = email !== undefined && z.email().max(254).safeParse(email).success;
    if (email !== undefined && !isEmail) problems.push('The e-mail address was not kept: it is none.');
    const kept = {
      ...(name === undefined ? {} : { name: name.slice(0, 200) }),
      ...(phoneNumber === undefined ? {} : { phoneNumber }),
      ...(isEmail ? { email } : {}),
    };
    if (Object.keys(kept).length > 0) {
      const { affected } = await this.db.asOwner(owner, (tx) =>
        tx.update(Customer, { userId: owner.userId, customerId }, kept),
      );
      // Whoever was deleted does not come back by being talked to.
      if (affected !== 1) problems.push('Nothing was kept: this customer is not there any more.');
    }
    return problems;
  }

  private read(written: string | null): string | null {
    return written === null ? null : parseSubscriber(written, this.config.calls.defaultRegion);
  }
}

async function found(tx: EntityManager, owner: Owner, id: number): Promise<Customer> {
  const row = await tx.findOneBy(Customer, { userId: owner.userId, id });
  if (row === null) throw new CustomerNotFound();
  return row;
}
