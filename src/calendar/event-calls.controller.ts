import { Body, Controller, Get, Put, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { InvalidPhoneNumber } from '../calls/calls.errors';
import { NEVER_CALLED } from '../calls/placing-answers';
import { ApiPage, ApiProblems } from '../common/openapi.decorators';
import { CurrentOwner, Owner } from '../common/owner';
import { sendPage } from '../common/paging';
import { CustomScenarioNotFound, InvalidScenario } from '../scenarios/scenarios.errors';
import { NobodyToCall } from './calendar.errors';
import {
  CallSettingsDto,
  EventCallDto,
  ListEventCallsQueryDto,
  SetCallSettingsDto,
  toCallSettingsDto,
  toEventCallDto,
  toEventCallFilter,
  toPreferences,
} from './dto/event-calls.dto';
import { EventCallPreferencesService } from './event-call-preferences.service';
import { EventCalls } from './event-calls.service';

@ApiTags('calendar')
@ApiBearerAuth()
@Controller('google-calendar')
export class EventCallsController {
  constructor(
    private readonly preferences: EventCallPreferencesService,
    private readonly eventCalls: EventCalls,
  ) {}

  @Get('call-settings')
  @ApiOperation({ summary: 'Which events you are called before' })
  @ApiOkResponse({ type: CallSettingsDto })
  settings(@CurrentOwner() owner: Owner): Promise<CallSettingsDto> {
    return this.preferences.get(owner).then(toCallSettingsDto);
  }

  @Put('call-settings')
  @ApiOperation({
    summary: 'Says which events you are called before',
    description:
      'An event asks for a call by words in its title or description, such as “call me 10 minutes before”; see docs/calendar.md. What is left out is as at the beginning.',
  })
  @ApiOkResponse({ type: CallSettingsDto })
  @ApiProblems(
    [
      400,
      'The number or the scenario is not one, or there is none to call',
      new InvalidPhoneNumber(),
      new InvalidScenario(),
      new NobodyToCall(),
    ],
    [403, 'This number is never called', NEVER_CALLED],
    [404, 'The custom scenario is not there', new CustomScenarioNotFound()],
  )
  set(@CurrentOwner() owner: Owner, @Body() body: SetCallSettingsDto): Promise<CallSettingsDto> {
    return this.preferences.set(owner, toPreferences(body)).then(toCallSettingsDto);
  }

  @Get('event-calls')
  @ApiOperation({
    summary: 'Events that ask for a call, and what became of it',
    description: 'Each occurrence of a series stands for itself. The total stands in X-Total-Count.',
  })
  @ApiPage(EventCallDto)
  @ApiProblems()
  async list(
    @CurrentOwner() owner: Owner,
    @Query() query: ListEventCallsQueryDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<EventCallDto[]> {
    return sendPage(reply, await this.eventCalls.list(owner, toEventCallFilter(query)), toEventCallDto);
  }
}
