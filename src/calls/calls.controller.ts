import {
  Body,
  Controller,
  Get,
  Header,
  HttpCode,
  Param,
  Patch,
  Post,
  Query,
  Req,
  Res,
  UseGuards,
} from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import '../common/fastify-request';
import { Idempotent } from '../common/idempotent.decorator';
import { ApiIdempotencyKey, ApiPage, ApiProblems, ProblemAnswer } from '../common/openapi.decorators';
import { CurrentOwner, Owner } from '../common/owner';
import { sendPage } from '../common/paging';
import { RateLimit } from '../common/rate-limit.decorator';
import { CustomScenarioNotFound, InvalidScenario } from '../scenarios/scenarios.errors';
import { CallChecking } from './call-checking.service';
import { SERVER_FULL } from './call-permission';
import { CallPlacing } from './call-placing.service';
import {
  CallNotAllowed,
  CallNotFound,
  CallOutcomeUnknown,
  CarrierTrouble,
  CarrierUnavailable,
  InvalidPhoneNumber,
} from './calls.errors';
import { CallsService } from './calls.service';
import { GetOnlyGuard } from './get-only.guard';
import { CallDto, toCallDto } from './dto/call.dto';
import {
  CallPermissionDto,
  CheckCallDto,
  ListCallsQueryDto,
  PlaceCallDto,
  PlacedCallDto,
  toCallFilter,
  toCallPermissionDto,
  UpdateCallDto,
} from './dto/call-requests.dto';

const REFUSED = new CallNotAllowed(
  {
    allowed: false,
    reasons: [{ code: 'quiet_hours', detail: 'It is quiet hours where this number belongs.' }],
    earliestAt: new Date('2026-11-21T13:00:00Z'),
  },
  new Date('2026-11-21T09:30:00Z'),
);
const FULL = new CallNotAllowed({ allowed: false, reasons: [SERVER_FULL], earliestAt: null }, new Date());
const EXAMPLE_CALL_ID = '6f1f5b0e-5b64-4f0c-9d38-6f6d6ac4b3a1';
const UNREACHED = new CarrierUnavailable('Twilio cannot be reached. Nothing was dialled.', {}, undefined);

const NO_TARGET: ProblemAnswer[] = [
  [400, 'The number or the scenario is not one', new InvalidPhoneNumber(), new InvalidScenario()],
  [404, 'The custom scenario is not there', new CustomScenarioNotFound()],
];
const PLACING_PROBLEMS: ProblemAnswer[] = [
  ...NO_TARGET,
  [403, 'This number may not be called now: destination, do-not-call list, quiet hours', REFUSED],
  [429, 'As many calls are live, or were placed today or within a minute, as you may have'],
  [502, 'Twilio refused the call, or did not say whether it was placed', new CallOutcomeUnknown(EXAMPLE_CALL_ID, null)],
  [503, 'The server is full, or Twilio cannot be reached; nothing was dialled', FULL, UNREACHED],
];

const PHONE_NUMBER = {
  name: 'phone_number',
  description: 'As a person writes it, percent-encoded; the plus may be left out',
  example: '+12025550100',
};
const SCENARIO = { name: 'scenario', description: 'A name of GET /scenarios', example: 'sales' };
const SCENARIO_ID = {
  name: 'scenario_id',
  description: 'The scenario_id of a scenario of yours',
  example: 'custom_1_1763700000',
};
const CALL_SID = {
  name: 'call_sid',
  description: 'The call_sid of a call of yours, or its id',
  example: 'CA0123456789abcdef0123456789abcdef',
};

@ApiTags('calls')
@ApiBearerAuth()
@Controller()
export class CallsController {
  constructor(
    private readonly calls: CallsService,
    private readonly placing: CallPlacing,
    private readonly checking: CallChecking,
  ) {}

  @Get('make-call/:phone_number/:scenario')
  @RateLimit('calls')
  @UseGuards(GetOnlyGuard)
  @Header('Cache-Control', 'no-store')
  @ApiParam(PHONE_NUMBER)
  @ApiParam(SCENARIO)
  @ApiOperation({
    summary: 'Rings a phone',
    description: 'For clients of the first version; use POST /calls.',
    deprecated: true,
  })
  @ApiOkResponse({ type: PlacedCallDto })
  @ApiProblems(...PLACING_PROBLEMS)
  async makeCall(
    @CurrentOwner() owner: Owner,
    @Param('phone_number') phoneNumber: string,
    @Param('scenario') scenario: string,
  ): Promise<PlacedCallDto> {
    const call = await this.placing.place(owner, { phoneNumber, isNumberInPath: true, scenario });
    return { status: 'success', call_sid: call.callSid ?? '' };
  }

  @Get('make-custom-call/:phone_number/:scenario_id')
  @RateLimit('calls')
  @UseGuards(GetOnlyGuard)
  @Header('Cache-Control', 'no-store')
  @ApiParam(PHONE_NUMBER)
  @ApiParam(SCENARIO_ID)
  @ApiOperation({
    summary: 'Rings a phone with a scenario of your own',
    description: 'For clients of the first version; use POST /calls.',
    deprecated: true,
  })
  @ApiOkResponse({ type: PlacedCallDto })
  @ApiProblems(...PLACING_PROBLEMS)
  async makeCustomCall(
    @CurrentOwner() owner: Owner,
    @Param('phone_number') phoneNumber: string,
    @Param('scenario_id') scenario: string,
  ): Promise<PlacedCallDto> {
    const call = await this.placing.placeCustom(owner, { phoneNumber, isNumberInPath: true, scenario });
    return { status: 'Custom call initiated', call_sid: call.callSid ?? '' };
  }

  @Post('calls')
  @RateLimit('calls')
  @Idempotent()
  @ApiIdempotencyKey()
  @ApiOperation({ summary: 'Rings a phone', description: 'The row is written first, then Twilio is asked once.' })
  @ApiCreatedResponse({ type: CallDto })
  @ApiProblems(...PLACING_PROBLEMS)
  async place(
    @CurrentOwner() owner: Owner,
    @Body() body: PlaceCallDto,
    @Req() request: FastifyRequest,
  ): Promise<CallDto> {
    const call = await this.placing.place(owner, {
      phoneNumber: body.phone_number,
      scenario: body.scenario,
      variables: body.variables,
      maxDurationSeconds: body.max_duration_seconds,
      record: body.record,
      metadata: body.metadata,
      idempotencyKey: request.idempotencyKey,
    });
    return this.calls.get(owner, call.id).then(toCallDto);
  }

  @Post('calls/check')
  @HttpCode(200)
  @ApiOperation({ summary: 'May this call start?', description: 'The same answer as placing it, without dialling.' })
  @ApiOkResponse({ type: CallPermissionDto })
  @ApiProblems(...NO_TARGET)
  check(@CurrentOwner() owner: Owner, @Body() body: CheckCallDto): Promise<CallPermissionDto> {
    return this.checking
      .check(owner, {
        phoneNumber: body.phone_number,
        scenario: body.scenario,
        at: body.at === undefined ? undefined : new Date(body.at),
      })
      .then(toCallPermissionDto);
  }

  @Get('calls')
  @ApiOperation({ summary: 'Your calls, newest first', description: 'The total stands in X-Total-Count.' })
  @ApiPage(CallDto)
  @ApiProblems()
  async list(
    @CurrentOwner() owner: Owner,
    @Query() query: ListCallsQueryDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CallDto[]> {
    return sendPage(reply, await this.calls.list(owner, toCallFilter(query)), toCallDto);
  }

  @Get('calls/:call_sid')
  @ApiParam(CALL_SID)
  @ApiOperation({ summary: 'One call', description: 'By its sid, or by its id while Twilio has not told one.' })
  @ApiOkResponse({ type: CallDto })
  @ApiProblems(new CallNotFound())
  get(@CurrentOwner() owner: Owner, @Param('call_sid') callSid: string): Promise<CallDto> {
    return this.calls.get(owner, callSid).then(toCallDto);
  }

  @Patch('calls/:call_sid')
  @ApiParam(CALL_SID)
  @ApiOperation({ summary: 'Notes, order and names' })
  @ApiOkResponse({ type: CallDto })
  @ApiProblems(new CallNotFound())
  update(
    @CurrentOwner() owner: Owner,
    @Param('call_sid') callSid: string,
    @Body() body: UpdateCallDto,
  ): Promise<CallDto> {
    return this.calls
      .update(owner, callSid, {
        ...(body.order_items === undefined ? {} : { orderItems: body.order_items }),
        ...(body.customer_name === undefined ? {} : { customerName: body.customer_name }),
        ...(body.delivery_address === undefined ? {} : { deliveryAddress: body.delivery_address }),
        ...(body.restaurant_id === undefined ? {} : { restaurantId: body.restaurant_id }),
        ...(body.notes === undefined ? {} : { notes: body.notes }),
      })
      .then(toCallDto);
  }

  @Post('calls/:call_sid/hangup')
  @HttpCode(200)
  @ApiParam(CALL_SID)
  @ApiOperation({ summary: 'Hangs up', description: 'A call that is over already is given back as it is.' })
  @ApiOkResponse({ type: CallDto })
  @ApiProblems(
    new CallNotFound(),
    [502, 'Twilio did not hang up', new CarrierTrouble('Twilio did not hang up.', null)],
    [503, 'Twilio cannot be reached', UNREACHED],
  )
  hangup(@CurrentOwner() owner: Owner, @Param('call_sid') callSid: string): Promise<CallDto> {
    return this.calls.hangUp(owner, callSid).then(toCallDto);
  }
}
