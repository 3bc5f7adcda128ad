import { timingSafeEqual } from 'node:crypto';
import { Controller, Headers, HttpCode, Post } from '@nestjs/common';
import { ApiHeader, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { hashOfToken } from '../common/opaque-token';
import { ApiProblems } from '../common/openapi.decorators';
import { Public } from '../common/public.decorator';
import { RateLimit } from '../common/rate-limit.decorator';
import { CalendarSyncRows } from './calendar-syncs.repository';
import { CalendarChannelNotFound } from './calendar.errors';

/** Google's own limits: 64 for the id, 256 for the token. */
const MAX_LENGTH = 256;
/** The first message of a channel: it is open. */
const OPENED = 'sync';

/**
 * What Google tells of a calendar: that something has changed, and not what.
 * https://developers.google.com/workspace/calendar/api/guides/push#understanding-the-notification-message-format
 */
@ApiTags('calendar')
@Public()
@RateLimit('none')
@Controller()
export class CalendarNotificationsController {
  constructor(private readonly syncs: CalendarSyncRows) {}

  @Post('google-calendar/notifications')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Google tells that a calendar has changed',
    description: 'It is read soon, once for many notifications. The body, if there is one, is ignored.',
  })
  @ApiHeader({ name: 'X-Goog-Channel-ID', description: 'The channel that we have opened', required: true })
  @ApiHeader({ name: 'X-Goog-Channel-Token', description: 'What we have opened it with', required: true })
  @ApiHeader({ name: 'X-Goog-Resource-State', description: '`sync` when the channel is new', required: false })
  @ApiHeader({ name: 'X-Goog-Message-Number', description: 'Grows with each message', required: false })
  @ApiNoContentResponse({ description: 'Taken note of' })
  @ApiProblems(new CalendarChannelNotFound())
  async changed(
    @Headers('x-goog-channel-id') channelId: string | undefined,
    @Headers('x-goog-channel-token') token: string | undefined,
    @Headers('x-goog-resource-state') state: string | undefined,
  ): Promise<void> {
    if (!isSensible(channelId) || !isSensible(token)) throw new CalendarChannelNotFound();
    const channel = await this.syncs.ofChannel(channelId);
    // The same work whether there is one or not.
    const isOurs = isSame(hashOfToken(token), channel?.tokenHash ?? hashOfToken(channelId));
    if (channel === null || !isOurs) throw new CalendarChannelNotFound();
    if (state !== OPENED) await this.syncs.callFor(channel.owner);
  }
}

function isSensible(text: string | undefined): text is string {
  return text !== undefined && text.length > 0 && text.length <= MAX_LENGTH;
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
