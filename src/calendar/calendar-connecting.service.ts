import { createHash } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { LessThan } from 'typeorm';
import { AppError } from '../common/app-error';
import { DomainEvents } from '../common/domain-events';
import { hashOfToken, newOpaqueToken } from '../common/opaque-token';
import type { Owner } from '../common/owner';
import { SecretBox } from '../common/secret-box';
import { settledWithin } from '../common/settled-within';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { Database } from '../database/database';
import { CalendarError, CalendarProvider, GrantedTokens } from '../integrations/calendar/calendar-provider';
import { CalendarAuthorization } from './calendar-authorization.entity';
import { CalendarGrants } from './calendar-grants.service';
import { CalendarNotConfigured } from './calendar.errors';
import { CalendarConnected } from './calendar.events';

/** How long somebody may look at the consent page. */
const ANSWER_WITHIN_MINUTES = 10;
/** Of one user at once; the oldest are forgotten. */
const MOST_OPEN = 10;
/** The connection stands without it. */
const TIME_ZONE_LIMIT_MS = 3000;
/** What Google says in the address, which anybody may have written. */
const MAX_SAID = 100;

/** What Google sends a browser back with. */
export interface AuthorizationAnswer {
  state?: string;
  code?: string;
  error?: string;
}

/** Connecting failed; the sentence is shown to the person. */
class NotConnected extends Error {}

/** The way to a grant: somebody is sent to Google, agrees, and comes back with a code. */
@Injectable()
export class CalendarConnecting {
  private readonly log = new Logger(CalendarConnecting.name);
  private readonly box: SecretBox;

  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly db: Database,
    private readonly provider: CalendarProvider,
    private readonly grants: CalendarGrants,
    private readonly events: DomainEvents,
  ) {
    this.box = new SecretBox(config.encryptionKeys, 'calendar-authorizations');
  }

  /** Where the user is to agree. @throws CalendarNotConfigured */
  async begin(owner: Owner): Promise<string> {
    if (!this.provider.isConfigured) throw new CalendarNotConfigured();
    const state = newOpaqueToken();
    // 43 characters of base64url: RFC 7636 section 4.1.
    const codeVerifier = newOpaqueToken();
    const stateHash = hashOfToken(state);
    await this.db.asOwner(owner, async (tx) => {
      await tx.delete(CalendarAuthorization, { userId: owner.userId, expiresAt: LessThan(new Date()) });
      await tx.query(
        `DELETE FROM calendar_authorizations WHERE user_id = $1 AND id NOT IN
           (SELECT id FROM calendar_authorizations WHERE user_id = $1 ORDER BY id DESC LIMIT $2)`,
        [owner.userId, MOST_OPEN - 1],
      );
      await tx.insert(CalendarAuthorization, {
        userId: owner.userId,
        stateHash,
        codeVerifier: this.box.seal(codeVerifier, placeOf(owner, stateHash)),
        expiresAt: () => `now() + interval '${ANSWER_WITHIN_MINUTES} minutes'`,
      });
    });
    const { email } = await this.grants.status(owner);
    return this.provider.authorizationUrl({
      state,
      codeChallenge: createHash('sha256').update(codeVerifier).digest('base64url'),
      loginHint: email ?? undefined,
    });
  }

  /** Takes what Google sent back. @returns where the browser goes; trouble is in the address, in a sentence */
  async finish(answer: AuthorizationAnswer): Promise<string> {
    try {
      await this.connect(answer);
      return this.frontend({ success: 'true', connected: 'calendar' });
    } catch (error) {
      return this.frontend({ error: 'calendar_connection_failed', message: this.sentenceOf(error) });
    }
  }

  private async connect({ state, code, error }: AuthorizationAnswer): Promise<void> {
    const question = await this.take(state ?? '');
    if (error !== undefined) throw new NotConnected(saidByGoogle(error));
    if (code === undefined || code === '')
      throw new NotConnected('Google sent no authorization code. Please try again.');
    const tokens = await this.exchanged(code, question.codeVerifier);
    await this.requireScopes(question.owner, tokens);
    await this.grants.store(question.owner, tokens);
    this.log.log({ msg: 'A calendar was connected', user_id: question.owner.userId });
    // Somebody looks at an empty page meanwhile.
    await settledWithin(this.learnTimeZone(question.owner), TIME_ZONE_LIMIT_MS);
    this.events.emit(new CalendarConnected(question.owner));
  }

  /** Of several with the same state one gets it, once. */
  private async take(state: string): Promise<{ owner: Owner; codeVerifier: string }> {
    const stateHash = hashOfToken(state);
    const [found] = await this.db.lookup<{ user_id: number; id: number }>(
      'SELECT user_id, id FROM lookup_calendar_authorization($1)',
      [stateHash],
    );
    if (found !== undefined) {
      const owner = { userId: found.user_id };
      const [taken] = await this.db.asOwner(owner, async (tx) => {
        const rows = await tx.find(CalendarAuthorization, {
          where: { userId: owner.userId, id: found.id },
          lock: { mode: 'pessimistic_write' },
        });
        await tx.delete(CalendarAuthorization, { userId: owner.userId, id: found.id });
        return rows;
      });
      if (taken !== undefined && taken.expiresAt > new Date()) {
        return { owner, codeVerifier: this.box.open(taken.codeVerifier, placeOf(owner, stateHash)) };
      }
    }
    throw new NotConnected('This link to connect a calendar was used before, or is too old. Please start again.');
  }

  private async exchanged(code: string, codeVerifier: string): Promise<GrantedTokens> {
    try {
      return await this.provider.exchange(code, codeVerifier);
    } catch (error) {
      if (error instanceof CalendarError && error.trouble === 'grant-over') {
        throw new NotConnected(
          'Google did not accept the answer of its own page: it was used before, or is too old. Please start again.',
        );
      }
      throw error;
    }
  }

  /** People may untick what they are asked for. */
  private async requireScopes(owner: Owner, { scopes, accessToken, email }: GrantedTokens): Promise<void> {
    if (this.provider.neededScopes.every((scope) => scopes.includes(scope))) return;
    // Half a permission is of no use, and nobody is to find it in their account; but to give it back would end a whole one.
    const present = await this.grants.status(owner);
    if (!present.isConnected || present.email !== email) {
      await this.provider.revoke(accessToken).catch((error: unknown) => {
        this.log.warn({ msg: 'A permission that is not enough could not be given back', err: error });
      });
    }
    throw new NotConnected(
      'The calendar was not connected, because access to its events or to its free times was not ticked. Please start again and tick both.',
    );
  }

  /** It is shown and spoken by; without it there is that of the user. */
  private async learnTimeZone(owner: Owner): Promise<void> {
    try {
      await this.grants.listEvents(owner, { from: new Date(), limit: 1 });
    } catch (error) {
      this.log.warn({ msg: 'The time zone of a calendar is not known', user_id: owner.userId, err: error });
    }
  }

  private sentenceOf(error: unknown): string {
    if (error instanceof NotConnected || error instanceof CalendarError) return error.message;
    if (error instanceof AppError) return error.detail;
    this.log.error({ msg: 'Connecting a calendar failed', err: error });
    return 'An unexpected error occurred. Please try again later.';
  }

  private frontend(query: Record<string, string>): string {
    return `${this.config.frontendUrl}/scheduled-meetings?${new URLSearchParams(query).toString()}`;
  }
}

function saidByGoogle(error: string): string {
  if (error === 'access_denied') return 'You did not allow access to the calendar, so it was not connected.';
  return `Google did not connect the calendar: ${error
    .replace(/[^\w .-]+/g, ' ')
    .trim()
    .slice(0, MAX_SAID)}.`;
}

function placeOf({ userId }: Owner, stateHash: string): string {
  return `calendar_authorizations.code_verifier:${stateHash}:${userId}`;
}
