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
import { AudioLinks } from '../files/audio-links';
import '../common/fastify-request';
import { Idempotent } from '../common/idempotent.decorator';
import { ApiIdempotencyKey, ApiPage, ApiProblems } from '../common/openapi.decorators';
import { CurrentOwner, Owner } from '../common/owner';
import { sendPage } from '../common/paging';
import { RateLimit } from '../common/rate-limit.decorator';
import { CallChecking } from './call-checking.service';
import { CallPlacing } from './call-placing.service';
import { CallNotFound, CarrierTrouble } from './calls.errors';
import type { CallWithTurns } from './calls.repository';
import { CallsService } from './calls.service';
import { GetOnlyGuard } from './get-only.guard';
import { NO_TARGET, PHONE_NUMBER, PLACING_PROBLEMS, UNREACHED } from './placing-answers';
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
    private readonly links: AudioLinks,
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
    return this.calls.get(owner, call.id).then((call) => this.told(call));
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
    return sendPage(reply, await this.calls.list(owner, toCallFilter(query)), (call) => this.told(call));
  }

  @Get('calls/:call_sid')
  @ApiParam(CALL_SID)
  @ApiOperation({ summary: 'One call', description: 'By its sid, or by its id while Twilio has not told one.' })
  @ApiOkResponse({ type: CallDto })
  @ApiProblems(new CallNotFound())
  get(@CurrentOwner() owner: Owner, @Param('call_sid') callSid: string): Promise<CallDto> {
    return this.calls.get(owner, callSid).then((call) => this.told(call));
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
      .then((call) => this.told(call));
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
    return this.calls.hangUp(owner, callSid).then((call) => this.told(call));
  }

  private told(call: CallWithTurns): CallDto {
    return toCallDto(call, (recordingId) => this.links.linkTo('recordings', recordingId));
  }
}
