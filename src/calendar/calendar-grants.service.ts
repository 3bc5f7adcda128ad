import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { OnEvent } from '@nestjs/event-emitter';
import { DomainEvents } from '../common/domain-events';
import type { Owner } from '../common/owner';
import { CannotOpen } from '../common/secret-box';
import {
  CalendarError,
  CalendarProvider,
  EventPage,
  EventQuery,
  GrantedTokens,
} from '../integrations/calendar/calendar-provider';
import { UserErasing } from '../users/users.events';
import { CalendarGrantRows, GrantRead, OpenGrant } from './calendar-grants.repository';
import {
  CalendarNotConfigured,
  CalendarNotConnected,
  CalendarQuestionRefused,
  CalendarReconnectRequired,
  CalendarRefused,
  CalendarUnavailable,
} from './calendar.errors';
import { CalendarDisconnected, CalendarDisconnecting } from './calendar.events';

/** An access token that ends sooner than this is renewed before it is used. */
const EARLY_MS = 5 * 60_000;
/** One that ends sooner than this is not used any more, whoever is renewing it. */
const LAST_USE_MS = 30_000;
/** Longer than the provider may take, its library's own repetitions included. */
const RENEWAL_SECONDS = 20;
/** Whoever waits for somebody else's renewal or writing gives up after this long. */
const PATIENCE_MS = 15_000;
const POLL_MS = 100;
const DISCONNECTING_LIMIT_MS = 5000;
/** Whoever dies while writing holds up others for this long; whoever works on holds on. */
const WRITING_SECONDS = 30;
const HOLD_ON_EVERY_MS = 8000;
const UNREADABLE =
  'This server cannot read the connection to the calendar at the moment. If it stays so, please connect the calendar again.';
/** The caller decides what these mean. */
const TOLD_ON: ReadonlySet<string> = new Set(['not-found', 'duplicate', 'changed', 'sync-over']);

/** How a user's connection stands. */
export interface GrantStatus {
  isConnected: boolean;
  email: string | null;
  /** It was connected, and Google does not take it any more. */
  needsReconnect: boolean;
  /** IANA; that of the calendar, as far as it is known. */
  timeZone: string | null;
}

/** The tokens of each user's calendar: kept encrypted, renewed before they run out, one renewal at a time. */
@Injectable()
export class CalendarGrants {
  private readonly log = new Logger(CalendarGrants.name);
  /** What this process is renewing: by user and revision. */
  private readonly renewals = new Map<string, Promise<OpenGrant>>();

  constructor(
    private readonly rows: CalendarGrantRows,
    private readonly provider: CalendarProvider,
    private readonly events: DomainEvents,
  ) {}

  /** Asks no provider. */
  async status(owner: Owner): Promise<GrantStatus> {
    const row = await this.rows.find(owner);
    return {
      isConnected: row !== null && !row.needsReconnect,
      email: row?.email ?? null,
      needsReconnect: row?.needsReconnect ?? false,
      timeZone: row?.timeZone ?? null,
    };
  }

  /**
   * Asks the provider with an access token that is good; when it is refused all the same, once more with a new one.
   * @throws CalendarNotConfigured, CalendarNotConnected, CalendarReconnectRequired, CalendarUnavailable, CalendarRefused; what
   * `ask` throws with trouble not-found, duplicate, changed, sync-over comes through as it is (CalendarError)
   */
  async withAccess<Answer>(owner: Owner, ask: (accessToken: string) => Promise<Answer>): Promise<Answer> {
    if (!this.provider.isConfigured) throw new CalendarNotConfigured();
    const grant = await this.usable(owner);
    try {
      return await ask(grant.accessToken);
    } catch (error) {
      if (!isTrouble(error, 'token-refused')) throw await this.inOurErrors(owner, grant, error);
    }
    const renewed = await this.renewed(owner, grant);
    try {
      return await ask(renewed.accessToken);
    } catch (error) {
      throw await this.inOurErrors(owner, renewed, error);
    }
  }

  /**
   * Lets one at a time of all processes look at an owner's calendar and write into it.
   * @throws CalendarNotConnected; CalendarUnavailable where somebody else takes too long
   */
  async exclusively<Answer>(owner: Owner, work: () => Promise<Answer>): Promise<Answer> {
    if (!this.provider.isConfigured) throw new CalendarNotConfigured();
    const claim = await this.claimed(owner);
    const holding = setInterval(() => {
      this.rows.extendWriting(owner, claim, WRITING_SECONDS).catch((error: unknown) => {
        this.log.warn({ msg: 'A calendar could not be held on to', user_id: owner.userId, err: error });
      });
    }, HOLD_ON_EVERY_MS);
    try {
      return await work();
    } finally {
      clearInterval(holding);
      await this.rows.release(owner, 'writing', claim).catch((error: unknown) => {
        // It ends by itself.
        this.log.warn({ msg: 'A calendar stays taken for a moment', user_id: owner.userId, err: error });
      });
    }
  }

  /** The calendar says where it lives with each of its lists; that is noted. @throws as `withAccess` */
  async listEvents(owner: Owner, query: EventQuery): Promise<EventPage> {
    const page = await this.withAccess(owner, (accessToken) => this.provider.listEvents(accessToken, query));
    await this.rows.noteTimeZone(owner, page.timeZone);
    return page;
  }

  /**
   * Keeps what was granted; the grant of another account that was there before is given back.
   * @throws CalendarRefused where nothing lasting was granted
   */
  async store(owner: Owner, { refreshToken, ...tokens }: GrantedTokens): Promise<void> {
    if (refreshToken === undefined) {
      throw new CalendarRefused(
        'Google gave no lasting permission. Take away this app’s access in your Google account, and connect again.',
      );
    }
    const [{ email }, former] = [await this.status(owner), await this.read(owner)];
    await this.rows.store(owner, { ...tokens, refreshToken });
    const isAnother = email !== null && tokens.email !== undefined && email !== tokens.email;
    if (isAnother && former.state === 'open') this.giveBack(owner, former.grant.refreshToken);
  }

  /** Nobody waits for it: somebody looks at an empty page meanwhile. */
  private giveBack(owner: Owner, refreshToken: string): void {
    this.provider.revoke(refreshToken).catch((error: unknown) => {
      this.log.warn({ msg: 'The calendar of before was not revoked', user_id: owner.userId, err: error });
    });
  }

  /**
   * Ends the grant at Google and forgets it.
   * @throws CalendarNotConnected; CalendarUnavailable: Google did not hear of it, and nothing was changed
   */
  async disconnect(owner: Owner): Promise<void> {
    const row = await this.rows.find(owner);
    if (row === null) throw new CalendarNotConnected();
    await this.events.emitAndWait(new CalendarDisconnecting(owner), DISCONNECTING_LIMIT_MS);
    await this.revoke(owner);
    await this.rows.remove(owner, row);
    this.events.emit(new CalendarDisconnected(owner));
  }

  /** Whoever is erased leaves nothing at Google either, if Google can be reached. */
  @OnEvent(UserErasing.type)
  async onErasing({ owner }: UserErasing): Promise<void> {
    if ((await this.rows.find(owner)) === null) return;
    try {
      await this.revoke(owner);
    } catch (error) {
      this.log.warn({
        msg: 'A calendar could not be revoked for somebody who goes',
        user_id: owner.userId,
        err: error,
      });
    }
  }

  private async revoke(owner: Owner): Promise<void> {
    const read = await this.read(owner);
    if (read.state !== 'open' || !this.provider.isConfigured) return;
    try {
      // Of the refresh token: it ends the whole grant, its access tokens with it.
      await this.provider.revoke(read.grant.refreshToken);
    } catch (error) {
      if (isTrouble(error, 'unreachable') || isTrouble(error, 'rate-limited')) {
        throw new CalendarUnavailable(
          'Google cannot be reached at the moment, so the connection is still there. Please try again.',
          error,
        );
      }
      this.log.warn({ msg: 'Google did not revoke a calendar', user_id: owner.userId, err: error });
    }
  }

  private async usable(owner: Owner): Promise<OpenGrant> {
    const grant = await this.open(owner);
    const restMs = grant.accessExpiresAt.getTime() - Date.now();
    if (restMs > EARLY_MS) return grant;
    if (restMs < LAST_USE_MS) return this.renewed(owner, grant);
    // It is early: what there is still works, and nobody waits for what comes.
    this.renewed(owner, grant).catch((error: unknown) => {
      this.log.warn({ msg: 'The access token of a calendar was not renewed early', user_id: owner.userId, err: error });
    });
    return grant;
  }

  /** Tokens that are newer than these. Of all who ask at once one renews them. */
  private renewed(owner: Owner, former: OpenGrant): Promise<OpenGrant> {
    const name = `${owner.userId} ${former.id} ${former.revision}`;
    const underWay = this.renewals.get(name);
    if (underWay !== undefined) return underWay;
    const renewal = this.renew(owner, former).finally(() => this.renewals.delete(name));
    this.renewals.set(name, renewal);
    return renewal;
  }

  private async renew(owner: Owner, former: OpenGrant): Promise<OpenGrant> {
    const giveUpAt = Date.now() + PATIENCE_MS;
    for (;;) {
      const grant = await this.open(owner);
      if (grant.id !== former.id || grant.revision !== former.revision) return grant;
      // Of this revision alone: somebody else may be done between the look and the claim.
      const claim = await this.rows.claim(owner, 'renewal', RENEWAL_SECONDS, grant.revision);
      if (claim !== null) return this.renewUnder(owner, claim);
      if (Date.now() > giveUpAt) throw new CalendarUnavailable();
      await sleep(POLL_MS);
    }
  }

  private async renewUnder(owner: Owner, claim: string): Promise<OpenGrant> {
    try {
      const { refreshToken, ...grant } = await this.open(owner);
      let tokens: GrantedTokens;
      try {
        tokens = await this.provider.refresh(refreshToken);
      } catch (error) {
        throw await this.inOurErrors(owner, { ...grant, refreshToken }, error);
      }
      // Where it was connected anew meanwhile, that is what is read.
      await this.rows.storeRenewed(owner, claim, tokens);
      return await this.open(owner);
    } finally {
      await this.rows.release(owner, 'renewal', claim);
    }
  }

  private async open(owner: Owner): Promise<OpenGrant> {
    const read = await this.read(owner);
    if (read.state === 'none') throw new CalendarNotConnected();
    if (read.state === 'over') throw new CalendarReconnectRequired();
    if (read.state === 'unreadable') throw new CalendarUnavailable(UNREADABLE);
    return read.grant;
  }

  /** What this server has no key for may be written with one that it does not know yet. */
  private async read(owner: Owner): Promise<GrantRead | { state: 'unreadable' }> {
    try {
      return await this.rows.read(owner);
    } catch (error) {
      if (!(error instanceof CannotOpen)) throw error;
      this.log.error({ msg: 'Tokens of a calendar cannot be read', user_id: owner.userId, err: error });
      return { state: 'unreadable' };
    }
  }

  private async claimed(owner: Owner): Promise<string> {
    const giveUpAt = Date.now() + PATIENCE_MS;
    for (;;) {
      const claim = await this.rows.claim(owner, 'writing', WRITING_SECONDS);
      if (claim !== null) return claim;
      if ((await this.rows.find(owner)) === null) throw new CalendarNotConnected();
      if (Date.now() > giveUpAt) {
        throw new CalendarUnavailable('The calendar is being written to by somebody else. Please try again.');
      }
      await sleep(POLL_MS);
    }
  }

  private async inOurErrors(owner: Owner, grant: OpenGrant, error: unknown): Promise<unknown> {
    if (!(error instanceof CalendarError) || TOLD_ON.has(error.trouble)) return error;
    switch (error.trouble) {
      case 'grant-over':
      case 'token-refused':
        // Of a grant that was replaced meanwhile nothing follows.
        if (await this.rows.markOver(owner, grant.revision)) {
          this.log.warn({ msg: 'A calendar has to be connected again', user_id: owner.userId });
          return new CalendarReconnectRequired();
        }
        return new CalendarUnavailable(undefined, error);
      case 'refused':
        return new CalendarQuestionRefused(error.message, error);
      case 'rate-limited':
      case 'unreachable':
        return new CalendarUnavailable(error.message, error);
      default:
        return new CalendarRefused(error.message, error);
    }
  }
}

function isTrouble(error: unknown, trouble: CalendarError['trouble']): boolean {
  return error instanceof CalendarError && error.trouble === trouble;
}
