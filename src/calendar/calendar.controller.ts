import { Body, Controller, Delete, Get, HttpCode, Post, Query, Req, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { InvalidPhoneNumber } from '../calls/calls.errors';
import { NEVER_CALLED } from '../calls/placing-answers';
import '../common/fastify-request';
import { Idempotent } from '../common/idempotent.decorator';
import { ApiIdempotencyKey, ApiProblems, ProblemAnswer } from '../common/openapi.decorators';
import { CurrentOwner, Owner } from '../common/owner';
import { NEXT_PAGE_TOKEN_HEADER } from '../common/paging';
import { CustomScenarioNotFound, InvalidScenario } from '../scenarios/scenarios.errors';
import { CalendarConnecting } from './calendar-connecting.service';
import { CalendarEvents } from './calendar-events.service';
import { CalendarGrants } from './calendar-grants.service';
import {
  CalendarEventExists,
  CalendarNotConfigured,
  CalendarNotConnected,
  CalendarQuestionRefused,
  CalendarReconnectRequired,
  CalendarRefused,
  CalendarUnavailable,
  EventCallsOff,
  NobodyToCall,
  NoEventTime,
} from './calendar.errors';
import {
  AuthorizationDto,
  CalendarEventDto,
  CalendarStatusDto,
  CreateEventDto,
  FreeBusyDto,
  FreeBusyQueryDto,
  ListEventsQueryDto,
  toCalendarEventDto,
  toCalendarStatusDto,
  toFreeBusyDto,
  toWrittenCall,
} from './dto/calendar.dto';

/** Whatever needs the calendar itself. */
const CALENDAR_PROBLEMS: ProblemAnswer[] = [
  [
    400,
    'Google did not take the question',
    new CalendarQuestionRefused('Google did not take the request: Bad Request'),
  ],
  [
    409,
    'No calendar is connected, or Google does not accept it any more',
    new CalendarNotConnected(),
    new CalendarReconnectRequired(),
  ],
  [501, 'This server has no Google client', new CalendarNotConfigured()],
  [502, 'Google refused', new CalendarRefused('Google did not take the request.')],
  [503, 'Google cannot be reached at the moment', new CalendarUnavailable()],
];

@ApiTags('calendar')
@ApiBearerAuth()
@Controller('google-calendar')
export class CalendarController {
  constructor(
    private readonly connecting: CalendarConnecting,
    private readonly grants: CalendarGrants,
    private readonly events: CalendarEvents,
  ) {}

  @Get('auth')
  @ApiOperation({
    summary: 'Where to connect a Google Calendar',
    description:
      'Send the browser there within ten minutes. Google sends it on to FRONTEND_URL/scheduled-meetings, with success=true&connected=calendar, or error=calendar_connection_failed and a message.',
  })
  @ApiOkResponse({ type: AuthorizationDto })
  @ApiProblems([501, 'This server has no Google client', new CalendarNotConfigured()])
  async authorize(@CurrentOwner() owner: Owner): Promise<AuthorizationDto> {
    return { authorization_url: await this.connecting.begin(owner) };
  }

  @Get('status')
  @ApiOperation({ summary: 'Whether a calendar is connected', description: 'Google is not asked.' })
  @ApiOkResponse({ type: CalendarStatusDto })
  status(@CurrentOwner() owner: Owner): Promise<CalendarStatusDto> {
    return this.grants.status(owner).then(toCalendarStatusDto);
  }

  @Delete('connection')
  @HttpCode(204)
  @ApiOperation({ summary: 'Disconnects the calendar', description: 'The permission is taken back at Google as well.' })
  @ApiNoContentResponse({ description: 'Disconnected' })
  @ApiProblems(
    [409, 'No calendar is connected', new CalendarNotConnected()],
    [503, 'Google cannot be reached; the calendar is still connected', new CalendarUnavailable()],
  )
  disconnect(@CurrentOwner() owner: Owner): Promise<void> {
    return this.grants.disconnect(owner);
  }

  @Get('events')
  @ApiOperation({
    summary: 'The next events',
    description:
      'By their start, all-day events and each occurrence of a series among them; cancelled ones are left out. X-Next-Page-Token asks for the page behind.',
  })
  @ApiOkResponse({
    type: [CalendarEventDto],
    headers: {
      [NEXT_PAGE_TOKEN_HEADER]: { description: 'Asks for the page behind this one', schema: { type: 'string' } },
    },
  })
  @ApiProblems(...CALENDAR_PROBLEMS)
  async list(
    @CurrentOwner() owner: Owner,
    @Query() { max_results, time_min, time_max, page_token }: ListEventsQueryDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CalendarEventDto[]> {
    const { events, nextPageToken } = await this.events.list(owner, {
      from: time_min === undefined ? new Date() : new Date(time_min),
      to: time_max === undefined ? undefined : new Date(time_max),
      limit: max_results,
      pageToken: page_token,
    });
    if (nextPageToken !== undefined) reply.header(NEXT_PAGE_TOKEN_HEADER, nextPageToken);
    return events.map(toCalendarEventDto);
  }

  @Post('events')
  @Idempotent()
  @ApiIdempotencyKey()
  @ApiOperation({
    summary: 'Puts an event into the calendar',
    description: 'With an `id` of your own, or an Idempotency-Key, asking again makes no second one.',
  })
  @ApiCreatedResponse({ type: CalendarEventDto })
  @ApiProblems(
    [
      400,
      'A time is none, or Google did not take the event',
      new NoEventTime('An event ends after it has begun.'),
      new CalendarQuestionRefused('Google did not take the request: Bad Request'),
      new InvalidPhoneNumber(),
      new InvalidScenario(),
      new NobodyToCall(),
    ],
    [403, 'The number of its call is never called', NEVER_CALLED],
    [404, 'The custom scenario of its call is not there', new CustomScenarioNotFound()],
    [
      409,
      'No calendar is connected, the id is taken, or calls before events are switched off',
      new CalendarNotConnected(),
      new CalendarReconnectRequired(),
      new CalendarEventExists(),
      new EventCallsOff(),
    ],
    ...CALENDAR_PROBLEMS.slice(2),
  )
  create(
    @CurrentOwner() owner: Owner,
    @Body() fields: CreateEventDto,
    @Req() { idempotencyKey }: FastifyRequest,
  ): Promise<CalendarEventDto> {
    const { id, timezone, call, ...rest } = fields;
    return this.events
      .create(owner, { ...rest, eventId: id, timeZone: timezone, idempotencyKey, call: toWrittenCall(call) })
      .then(toCalendarEventDto);
  }

  @Get('free-busy')
  @ApiOperation({ summary: 'When the calendar is taken' })
  @ApiOkResponse({ type: FreeBusyDto })
  @ApiProblems(...CALENDAR_PROBLEMS)
  async freeBusy(@CurrentOwner() owner: Owner, @Query() query: FreeBusyQueryDto): Promise<FreeBusyDto> {
    const [from, to] = [new Date(query.time_min), new Date(query.time_max)];
    return toFreeBusyDto(from, to, await this.events.busyTimes(owner, from, to));
  }
}
