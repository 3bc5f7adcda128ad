import { randomUUID } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { OnEvent } from '@nestjs/event-emitter';
import { AppError } from '../common/app-error';
import { hashOfToken, newOpaqueToken } from '../common/opaque-token';
import type { Owner } from '../common/owner';
import { Patience } from '../common/softly';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { CalendarError, CalendarProvider } from '../integrations/calendar/calendar-provider';
import { CalendarAgenda } from './agenda.service';
import { CalendarGrants } from './calendar-grants.service';
import { CalendarSync } from './calendar-sync.entity';
import { CalendarSyncRows, SyncClaim, SyncClaimLost, SyncEnd } from './calendar-syncs.repository';
import {
  CalendarNotConnected,
  CalendarQuestionRefused,
  CalendarReconnectRequired,
  CalendarUnavailable,
} from './calendar.errors';
import { CalendarDisconnecting } from './calendar.events';
import { EventCallPreferencesService } from './event-call-preferences.service';
import { EventCallPreferences, EventCallWish, GONE, NOT_ASKED, wishOf } from './event-call-wish';
import { EventCalls } from './event-calls.service';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A day longer than the longest time before an event, so that none comes into it too late. */
const WINDOW_MS = 8 * DAY_MS;
const WINDOW_AGE_MS = 6 * HOUR_MS;
const PAGE = 250;
const MOST_PAGES = 40;

/** With a channel: Google says itself that it loses some notifications. */
const CHECK_DESPITE_CHANNEL_SECONDS = 15 * 60;
const CHANNEL_RENEWED_MS = DAY_MS;
const WATCH_AGAIN_AFTER_REFUSAL_MS = DAY_MS;
const WATCH_AGAIN_AFTER_TROUBLE_MS = 15 * MINUTE_MS;

const FIRST_PAUSE_SECONDS = 30;
const LONGEST_PAUSE_SECONDS = 60 * 60;
/** What is being dialled is soon over, or back. */
const INCOMPLETE_PAUSE_SECONDS = 20;

const DISCONNECTED = 'The calendar was disconnected.';
const RECONNECT_FIRST = 'The calendar has to be connected again before calls can be planned.';
const TROUBLE = 'The calendar could not be followed. It is tried again.';

/**
 * Follows the calendars of those who have connected one. Each round asks what has changed since the last; where something has,
 * and every few hours, all events of the next days are looked at. It can be broken off anywhere: the next begins where the
 * last one was finished.
 */
@Injectable()
export class CalendarSyncs {
  private readonly log = new Logger(CalendarSyncs.name);

  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly rows: CalendarSyncRows,
    private readonly grants: CalendarGrants,
    private readonly provider: CalendarProvider,
    private readonly agenda: CalendarAgenda,
    private readonly preferences: EventCallPreferencesService,
    private readonly eventCalls: EventCalls,
  ) {}

  /** One round for one calendar, if it is due and nobody is at it. */
  async sync(owner: Owner): Promise<void> {
    const claimed = await this.rows.claim(owner);
    if (claimed === null) return;
    const { claim, row } = claimed;
    try {
      const end = await this.follow(claim, row).catch((error: unknown) => this.troubleOf(claim, row, error));
      if (end !== null) await this.rows.finish(claim, end);
    } catch (error) {
      if (!(error instanceof SyncClaimLost)) throw error;
      this.log.warn({ msg: 'A calendar is followed by somebody else by now', user_id: owner.userId });
    }
  }

  /** While the tokens still work. */
  @OnEvent(CalendarDisconnecting.type)
  async onDisconnecting({ owner }: CalendarDisconnecting): Promise<void> {
    const row = await this.rows.find(owner);
    if (row !== null) await this.stopWatching(owner, row);
  }

  private async follow(claim: SyncClaim, row: CalendarSync): Promise<SyncEnd> {
    const { owner } = claim;
    const { isConnected, needsReconnect } = await this.grants.status(owner);
    if (!isConnected && !needsReconnect) throw new CalendarNotConnected();
    const preferences = await this.preferences.get(owner);
    if (preferences.callsFor === 'none') return this.rest(claim, row);
    if (needsReconnect) throw new CalendarReconnectRequired();

    const channel = await this.watch(claim, row);
    // Before the events are looked at: what changes meanwhile is told the next time.
    const { hasChanged, nextSyncToken } = await this.changes(claim, row.syncToken);
    const isOld = row.windowReadAt === null || Date.now() - row.windowReadAt.getTime() > WINDOW_AGE_MS;
    const isToRead = hasChanged || isOld || hasNewWord(row);
    const readAt = new Date();
    const isInLine = isToRead ? await this.bringInLine(claim, preferences) : true;
    return {
      syncToken: nextSyncToken,
      // What could not be done is looked at again soon.
      windowReadAt: !isInLine ? null : isToRead ? readAt : row.windowReadAt,
      nextInSeconds: isInLine ? this.nextIn(channel) : INCOMPLETE_PAUSE_SECONDS,
      trouble: null,
      isInLine,
    };
  }

  /** Its owner wants no calls: nothing is asked of Google any more. */
  private async rest(claim: SyncClaim, row: CalendarSync): Promise<SyncEnd> {
    const isInLine = await this.withdrawAll(claim, NOT_ASKED);
    if (row.channelId !== null) {
      await this.stopWatching(claim.owner, row);
      await this.rows.forgetChannel(claim);
    }
    const nextInSeconds = isInLine ? null : INCOMPLETE_PAUSE_SECONDS;
    return { syncToken: row.syncToken, windowReadAt: null, nextInSeconds, trouble: null, isInLine };
  }

  private async changes(
    claim: SyncClaim,
    syncToken: string | null,
  ): Promise<{ hasChanged: boolean; nextSyncToken: string }> {
    try {
      const { hasChanged, nextSyncToken } = await this.ask(claim, (accessToken) =>
        this.provider.changesSince(accessToken, syncToken),
      );
      return { hasChanged: syncToken === null || hasChanged, nextSyncToken };
    } catch (error) {
      // A token that is not taken any more comes with 410 for the most part, and not always.
      const isOver = error instanceof CalendarQuestionRefused || error instanceof CalendarError;
      if (!isOver || syncToken === null) throw error;
      return this.changes(claim, null);
    }
  }

  /** The calls as the events of the next days ask for them. @returns false where some could not be done just now */
  private async bringInLine(claim: SyncClaim, preferences: EventCallPreferences): Promise<boolean> {
    const from = new Date();
    const to = new Date(from.getTime() + WINDOW_MS);
    const region = this.config.calls.defaultRegion;
    const wishes = new Map<string, EventCallWish>();
    const patience = new Patience();
    let timeZone: string | undefined;
    let pageToken: string | undefined;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      await this.rows.holdOn(claim);
      const query = { from, to, limit: PAGE, ...(pageToken === undefined ? {} : { pageToken }) };
      const { events, nextPageToken } = await this.grants.listEvents(claim.owner, query);
      // With the zone that the calendar has said just now.
      timeZone ??= (await this.agenda.standing(claim.owner)).timeZone;
      for (const event of events) {
        wishes.set(event.id, wishOf(event, preferences, { timeZone, region }));
        await patience.pause();
      }
      pageToken = nextPageToken;
      if (pageToken === undefined) break;
    }
    // Of what was not read nobody knows whether it is gone.
    const why = pageToken === undefined ? GONE : null;
    return this.eventCalls.follow(claim, wishes, timeZone ?? 'UTC', why);
  }

  private withdrawAll(claim: SyncClaim, why: string): Promise<boolean> {
    return this.eventCalls.follow(claim, new Map(), 'UTC', why);
  }

  /** Whether Google tells of changes; asks it to where it does not, or not for much longer. @returns the channel's end */
  private async watch(claim: SyncClaim, row: CalendarSync): Promise<Date | null> {
    const now = Date.now();
    const live = row.channelExpiresAt !== null && row.channelExpiresAt.getTime() > now ? row.channelExpiresAt : null;
    // Whether it reaches this server Google knows best: where it does not it refuses.
    if (row.watchAgainAt !== null && row.watchAgainAt.getTime() > now) return live;
    const request = {
      channelId: randomUUID(),
      token: newOpaqueToken(),
      address: `${this.config.publicUrl}/google-calendar/notifications`,
    };
    try {
      const opened = await this.ask(claim, (accessToken) => this.provider.watch(accessToken, request));
      const lifeMs = Math.max(0, opened.expiresAt.getTime() - now);
      const renewInMs = Math.max(lifeMs - CHANNEL_RENEWED_MS, lifeMs / 2, MINUTE_MS);
      await this.rows.noteWatch(
        claim,
        { id: request.channelId, tokenHash: hashOfToken(request.token), ...opened },
        new Date(now + renewInMs),
      );
      if (row.channelId !== null) await this.stopWatching(claim.owner, row);
      return opened.expiresAt;
    } catch (error) {
      if (!(error instanceof AppError) || isOver(error)) throw error;
      const pauseMs =
        error instanceof CalendarUnavailable ? WATCH_AGAIN_AFTER_TROUBLE_MS : WATCH_AGAIN_AFTER_REFUSAL_MS;
      this.log.log({
        msg: 'Google does not tell of changes, so it is asked for them',
        user_id: claim.owner.userId,
        reason: error.detail,
      });
      await this.rows.noteWatch(claim, null, new Date(now + pauseMs));
      return live;
    }
  }

  /** Nothing hangs on it: a channel ends by itself. */
  private async stopWatching(owner: Owner, { channelId, resourceId }: CalendarSync): Promise<void> {
    if (channelId === null || resourceId === null) return;
    try {
      await this.grants.withAccess(owner, (accessToken) =>
        this.provider.stopWatching(accessToken, channelId, resourceId),
      );
    } catch (error) {
      this.log.warn({ msg: 'A channel of a calendar could not be stopped', user_id: owner.userId, err: error });
    }
  }

  private async ask<Answer>(claim: SyncClaim, question: (accessToken: string) => Promise<Answer>): Promise<Answer> {
    await this.rows.holdOn(claim);
    return this.grants.withAccess(claim.owner, question);
  }

  private nextIn(channelUntil: Date | null): number {
    const { pollSeconds } = this.config.calendar;
    if (channelUntil === null) return jittered(pollSeconds);
    const restSeconds = Math.max(1, (channelUntil.getTime() - Date.now()) / SECOND_MS);
    return Math.min(jittered(Math.max(CHECK_DESPITE_CHANNEL_SECONDS, pollSeconds)), restSeconds);
  }

  /** How it goes on; null where there is nothing left to follow. @throws SyncClaimLost */
  private async troubleOf(claim: SyncClaim, row: CalendarSync, error: unknown): Promise<SyncEnd | null> {
    if (error instanceof SyncClaimLost) throw error;
    if (error instanceof CalendarNotConnected) {
      await this.withdrawAll(claim, DISCONNECTED);
      await this.rows.remove(claim);
      return null;
    }
    const isGrantOver = error instanceof CalendarReconnectRequired;
    // What was planned stays, but for what its owner wants otherwise by now: nobody can find out what that comes to.
    const isInLine = isGrantOver && hasNewWord(row) && (await this.withdrawAll(claim, RECONNECT_FIRST));
    if (!isGrantOver) {
      this.log.warn({ msg: 'A calendar could not be followed', user_id: claim.owner.userId, err: error });
    }
    const pause = Math.min(FIRST_PAUSE_SECONDS * 2 ** Math.min(row.failures, 20), LONGEST_PAUSE_SECONDS);
    return {
      syncToken: row.syncToken,
      windowReadAt: row.windowReadAt,
      // Whoever connects the calendar anew has it followed again.
      nextInSeconds: isGrantOver ? null : jittered(pause, 0.5),
      trouble: error instanceof AppError ? error.detail : TROUBLE,
      isInLine,
    };
  }
}

/** Its owner wants something else than what the calls were brought in line with. */
function hasNewWord({ wantedVersion, followedVersion }: CalendarSync): boolean {
  return wantedVersion > followedVersion;
}

function isOver(error: AppError): boolean {
  return error instanceof CalendarReconnectRequired || error instanceof CalendarNotConnected;
}

/** So that those who were connected together, or were in trouble together, do not come together for ever. */
function jittered(seconds: number, part = 0.1): number {
  return seconds * (1 + part * (2 * Math.random() - 1));
}
