import { Inject, Injectable } from '@nestjs/common';
import { isUuid } from '../calls/call-lookups';
import { parseSubscriber } from '../calls/phone-number';
import type { Owner } from '../common/owner';
import type { Page } from '../common/paging';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { Database } from '../database/database';
import { SmsFilter, smsBy, smsPage, smsTotal, ToldSms } from './sms.repository';
import { SmsNotFound } from './sms.errors';

/** Reads texts. */
@Injectable()
export class SmsService {
  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly db: Database,
  ) {}

  /** Newest first. @throws InvalidPhoneNumber */
  async list(owner: Owner, written: SmsFilter): Promise<Page<ToldSms>> {
    const { phoneNumber } = written;
    const filter = {
      ...written,
      phoneNumber:
        phoneNumber === undefined ? undefined : parseSubscriber(phoneNumber, this.config.calls.defaultRegion),
    };
    const [rows, [count]] = await this.db.readAsOwner(owner, smsPage(owner, filter), smsTotal(owner, filter));
    return { rows, total: count?.total ?? 0 };
  }

  /** @throws SmsNotFound */
  async get(owner: Owner, smsId: string): Promise<ToldSms> {
    const [[sms]] = isUuid(smsId) ? await this.db.readAsOwner(owner, smsBy(owner, smsId)) : [[]];
    if (sms === undefined) throw new SmsNotFound();
    return sms;
  }
}
