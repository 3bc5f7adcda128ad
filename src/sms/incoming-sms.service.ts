import { randomUUID } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { DoNotCallService } from '../calls/do-not-call.service';
import { PhoneNumbers } from '../calls/phone-numbers.service';
import { NotAuthenticated } from '../common/app-error';
import { isUniqueViolation } from '../common/database-errors';
import { DomainEvents } from '../common/domain-events';
import type { Owner } from '../common/owner';
import { storedText } from '../common/stored-text';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { Database } from '../database/database';
import { FormParams, formText, ReceivedSms, Telephony } from '../integrations/telephony/telephony';
import { Keyword, keywordIn, KEYWORDS } from './keywords';
import { SmsLookups } from './sms-lookups';
import { SmsMessage } from './sms-message.entity';
import { SmsReceived } from './sms.events';

const E164 = /^\+\d{3,15}$/;
/** More than any text has, and less than a row minds. */
const MAX_BODY = 10_000;

const HELP =
  'An automated assistant texts and calls from this number. Reply STOP to get no more texts and calls. Message and data rates may apply.';
const STARTED = 'You get texts and calls from this number again. Reply STOP to get none, HELP for help.';

interface IncomingSms {
  sid: string;
  from: string;
  to: string;
  body: string;
  segments: number | null;
  mediaCount: number;
  keyword: Keyword | null;
  /** When it came to the carrier, where that is known; null: now. */
  receivedAt: Date | null;
}

/** People who text one of the platform's numbers. STOP, START and HELP come before anything else. */
@Injectable()
export class IncomingSmsService {
  private readonly log = new Logger(IncomingSmsService.name);

  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly db: Database,
    private readonly numbers: PhoneNumbers,
    private readonly doNotCall: DoNotCallService,
    private readonly lookups: SmsLookups,
    private readonly telephony: Telephony,
    private readonly events: DomainEvents,
  ) {}

  /** The carrier may tell of a text twice: it is heeded and kept once. @returns TwiML */
  async onReceived(form: FormParams): Promise<string> {
    const sms = read(form);
    if (sms === null || !this.telephony.isSmsSid(sms.sid) || (await this.lookups.bySid(sms.sid)) !== null) {
      return this.telephony.smsReply(null);
    }
    const reply = await this.heed(sms);
    const isNew = await this.keep(sms);
    const isAnswered = typeof form['OptOutType'] === 'string' && form['OptOutType'] !== '';
    return this.telephony.smsReply(isNew && !isAnswered && this.config.sms.answersKeywords ? reply : null);
  }

  /**
   * A text that the carrier has and may not have told of: heeded and kept as if it had, but not answered, since nobody waits for an
   * answer any more. @returns whether it was news
   */
  async onMissed({ receivedAt, ...text }: ReceivedSms): Promise<boolean> {
    const sms = toIncoming({ ...text, optOutType: '' });
    if (sms === null || (await this.lookups.bySid(sms.sid)) !== null) return false;
    // What was asked for since, and heard, stands.
    if (!(await this.lookups.hasLaterWord(sms.from, sms.to, receivedAt))) await this.heed({ ...sms, receivedAt });
    return this.keep({ ...sms, receivedAt });
  }

  /** Does what a word asks for. @returns what to answer, or null. STOP is answered by the carrier alone. */
  private async heed({ keyword, from, to, receivedAt }: IncomingSms): Promise<string | null> {
    if (keyword === 'help') return HELP;
    if (keyword === null || !E164.test(from)) return null;
    const those = await this.concerned(from, to);
    const word = { ownNumber: to, at: receivedAt ?? new Date() };
    if (keyword === 'stop') {
      for (const owner of those) await this.doNotCall.stop(owner, from, word);
      return null;
    }
    let isRestarted = false;
    for (const owner of those) isRestarted = (await this.doNotCall.restart(owner, from, word)) || isRestarted;
    // Somebody who says YES in a conversation has not asked for anything.
    return isRestarted ? STARTED : null;
  }

  /** Whose texts and calls such a word is about: of whoever has the number, and of all who have reached the person from it. */
  private async concerned(from: string, to: string): Promise<Owner[]> {
    const claim = await this.numbers.ownerOf(to);
    const contacts = await this.lookups.contactsOf(from, to);
    const ids = new Set([...contacts, ...(claim === null ? [] : [claim.owner])].map(({ userId }) => userId));
    return [...ids].map((userId) => ({ userId }));
  }

  /** @returns false where it is there already */
  private async keep(sms: IncomingSms): Promise<boolean> {
    const owner = await this.ownerOf(sms);
    if (owner === null) {
      this.log.warn({ msg: 'A text has come in that is nobody’s', sid: sms.sid });
      return true;
    }
    const id = randomUUID();
    try {
      await this.db.asOwner(owner, (tx) =>
        tx.insert(SmsMessage, {
          id,
          userId: owner.userId,
          direction: 'inbound',
          phoneNumber: sms.from,
          ownNumber: sms.to,
          body: sms.body,
          status: 'received',
          sendState: 'placed',
          sid: sms.sid,
          keyword: sms.keyword,
          segments: sms.segments,
          mediaCount: sms.mediaCount,
          createdAt: sms.receivedAt ?? (() => 'clock_timestamp()'),
        }),
      );
    } catch (error) {
      // The other of two that came at once has written it down.
      if (isUniqueViolation(error)) return false;
      // Erased or switched off a moment ago.
      if (error instanceof NotAuthenticated) return true;
      throw error;
    }
    this.events.emit(new SmsReceived(owner, id));
    return true;
  }

  /** Who has the number; of the platform's, who was in touch with that person last, else the demo's user. */
  private async ownerOf({ from, to }: IncomingSms): Promise<Owner | null> {
    const claim = await this.numbers.ownerOf(to);
    if (claim !== null) return claim.isActive ? claim.owner : null;
    const contact = await this.lookups.lastContact(from, to);
    if (contact !== null) return contact;
    const [user] = await this.db.lookup<{ id: number; is_active: boolean }>(
      'SELECT id, is_active FROM lookup_user_by_email($1)',
      [this.config.calls.demo.userEmail.toLowerCase()],
    );
    return user?.is_active === true ? { userId: user.id } : null;
  }
}

function read(form: FormParams): IncomingSms | null {
  const text = (name: string) => formText(form, name);
  const segments = Number.parseInt(text('NumSegments'), 10);
  return toIncoming({
    sid: text('MessageSid') || text('SmsSid'),
    from: text('From'),
    to: text('To'),
    body: text('Body'),
    segments: Number.isInteger(segments) && segments > 0 && segments < 1000 ? segments : null,
    mediaCount: /^\d{1,2}$/.test(text('NumMedia')) ? Number(text('NumMedia')) : 0,
    optOutType: text('OptOutType'),
  });
}

/** @param written.optOutType what Twilio's Advanced Opt-Out has understood, perhaps by words of its own */
function toIncoming(written: Omit<ReceivedSms, 'receivedAt'> & { optOutType: string }): IncomingSms | null {
  const { sid, to, segments, mediaCount } = written;
  const from = storedText(written.from).slice(0, 100);
  if (from === '' || !E164.test(to)) return null;
  const body = storedText(written.body).slice(0, MAX_BODY);
  const told = written.optOutType.toLowerCase();
  const keyword = KEYWORDS.find((word) => word === told) ?? keywordIn(body);
  return { sid, from, to, body, segments, mediaCount, keyword, receivedAt: null };
}
