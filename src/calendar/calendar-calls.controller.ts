import { Controller, Get, Header, Param, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { CallPermissionService } from '../calls/call-permission.service';
import { CallPlacing } from '../calls/call-placing.service';
import { InvalidPhoneNumber } from '../calls/calls.errors';
import { GetOnlyGuard } from '../calls/get-only.guard';
import { DIALLING_PROBLEMS, PHONE_NUMBER } from '../calls/placing-answers';
import { ApiProblems } from '../common/openapi.decorators';
import { CurrentOwner, Owner } from '../common/owner';
import { RateLimit } from '../common/rate-limit.decorator';
import { CalendarProvider } from '../integrations/calendar/calendar-provider';
import { CalendarGrants } from './calendar-grants.service';
import { CalendarNotConfigured, CalendarReconnectRequired, NoCalendarForCall } from './calendar.errors';
import { PlacedCalendarCallDto } from './dto/calendar-call.dto';

const SCENARIO = 'calendar_assistant';

@ApiTags('calls')
@ApiBearerAuth()
@Controller()
export class CalendarCallsController {
  constructor(
    private readonly provider: CalendarProvider,
    private readonly grants: CalendarGrants,
    private readonly permission: CallPermissionService,
    private readonly placing: CallPlacing,
  ) {}

  @Get('make-calendar-call-scenario/:phone_number')
  @RateLimit('calls')
  @UseGuards(GetOnlyGuard)
  @Header('Cache-Control', 'no-store')
  @ApiParam(PHONE_NUMBER)
  @ApiOperation({
    summary: 'Rings a phone with an agent that knows your calendar',
    description: 'For clients of the first version; use POST /calls with the scenario calendar_assistant.',
    deprecated: true,
  })
  @ApiOkResponse({ type: PlacedCalendarCallDto })
  @ApiProblems(
    [400, 'The number is not one, or no calendar is connected', new InvalidPhoneNumber(), new NoCalendarForCall()],
    ...DIALLING_PROBLEMS,
    [501, 'This server has no Google client', new CalendarNotConfigured()],
  )
  async makeCalendarCall(
    @CurrentOwner() owner: Owner,
    @Param('phone_number') phoneNumber: string,
  ): Promise<PlacedCalendarCallDto> {
    this.permission.read(phoneNumber, { inPath: true });
    await this.requireCalendar(owner);
    const call = await this.placing.place(owner, { phoneNumber, isNumberInPath: true, scenario: SCENARIO });
    return {
      status: 'success',
      call_sid: call.callSid ?? '',
      message: 'Calendar call initiated',
      phone_number: call.phoneNumber,
    };
  }

  private async requireCalendar(owner: Owner): Promise<void> {
    if (!this.provider.isConfigured) throw new CalendarNotConfigured();
    const { isConnected, needsReconnect } = await this.grants.status(owner);
    if (isConnected) return;
    throw needsReconnect ? new NoCalendarForCall(new CalendarReconnectRequired().detail) : new NoCalendarForCall();
  }
}
