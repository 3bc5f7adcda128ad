import { Inject, Injectable } from '@nestjs/common';
import { PhoneNumberNotFound } from '../calls/calls.errors';
import { parseSubscriber } from '../calls/phone-number';
import { OwnedPhoneNumber } from '../calls/phone-number.entity';
import { PhoneNumbers } from '../calls/phone-numbers.service';
import type { Owner } from '../common/owner';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { Database } from '../database/database';
import { NoSmsSender, SenderCannotText } from './sms.errors';

/** From which numbers a user may text: their own, and the platform's while nobody else has it. */
@Injectable()
export class SmsSenders {
  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly db: Database,
    private readonly numbers: PhoneNumbers,
  ) {}

  /** @throws InvalidPhoneNumber, PhoneNumberNotFound for somebody else's number too, SenderCannotText */
  async require(owner: Owner, written: string): Promise<string> {
    const e164 = parseSubscriber(written, this.config.calls.defaultRegion);
    const standing = await this.standingOf(owner, e164);
    if (standing === 'foreign') throw new PhoneNumberNotFound();
    if (standing === 'mute') throw new SenderCannotText();
    return e164;
  }

  /** @param preferred taken where it can be @throws NoSmsSender */
  async choose(owner: Owner, preferred?: string): Promise<string> {
    for (const e164 of [preferred, this.config.twilio.phoneNumber]) {
      if (e164 !== undefined && (await this.standingOf(owner, e164)) === 'usable') return e164;
    }
    const own = await this.db.asOwner(owner, (tx) =>
      tx.findOne(OwnedPhoneNumber, { where: { userId: owner.userId, canText: true }, order: { id: 'ASC' } }),
    );
    if (own === null) throw new NoSmsSender();
    return own.phoneNumber;
  }

  private async standingOf(owner: Owner, e164: string): Promise<'usable' | 'mute' | 'foreign'> {
    const claim = await this.numbers.ownerOf(e164);
    if (claim === null) return e164 === this.config.twilio.phoneNumber ? 'usable' : 'foreign';
    if (claim.owner.userId !== owner.userId) return 'foreign';
    return (await this.numbers.get(owner, claim.id)).canText ? 'usable' : 'mute';
  }
}
