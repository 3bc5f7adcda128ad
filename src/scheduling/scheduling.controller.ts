import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import {
  ApiBearerAuth,
  ApiBody,
  ApiConsumes,
  ApiCreatedResponse,
  ApiExtraModels,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import '../common/fastify-request';
import { CustomScenarioNotFound, InvalidScenario } from '../scenarios/scenarios.errors';
import { CallNotAllowed, InvalidPhoneNumber } from '../calls/calls.errors';
import { Idempotent } from '../common/idempotent.decorator';
import { ApiIdempotencyKey, ApiPage, ApiProblems, ProblemAnswer } from '../common/openapi.decorators';
import { CurrentOwner, Owner } from '../common/owner';
import { sendPage } from '../common/paging';
import { RowIdPipe } from '../common/row-id.pipe';
import { TEXT_FILE } from '../common/uploaded-text';
import {
  CancelScheduledCallQueryDto,
  ListScheduledCallsQueryDto,
  ScheduleBatchDto,
  ScheduleCallDto,
  toScheduledCallFilter,
  UpdateScheduledCallDto,
} from './dto/schedule-requests.dto';
import {
  ScheduledBatchDto,
  ScheduledCallAttemptDto,
  ScheduledCallDto,
  toScheduledBatchDto,
  toScheduledCallAttemptDto,
  toScheduledCallDto,
} from './dto/scheduled-call.dto';
import { readBatch } from './schedule-batch';
import { MAX_SCHEDULED_CALLS, ScheduledCalls } from './scheduled-calls.service';
import {
  NoScheduleTime,
  ScheduledCallNotFound,
  ScheduledCallTakenUp,
  ScheduledInThePast,
  TooManyScheduledCalls,
} from './scheduling.errors';

const REFUSED = new CallNotAllowed(
  {
    allowed: false,
    reasons: [{ code: 'do_not_call', detail: 'This number is on your do-not-call list.' }],
    earliestAt: null,
  },
  new Date('2026-11-21T09:30:00Z'),
);

const SCHEDULING_PROBLEMS: ProblemAnswer[] = [
  [
    400,
    'The number or the scenario is not one, or the time is over',
    new ScheduledInThePast(),
    new InvalidPhoneNumber(),
    new InvalidScenario(),
    new TooManyScheduledCalls(MAX_SCHEDULED_CALLS),
  ],
  [403, 'This number may not be called then: destination, do-not-call list, quiet hours', REFUSED],
];
const NOT_FOUND = new ScheduledCallNotFound();
const TAKEN_UP = new ScheduledCallTakenUp('dialing');
const ID = { name: 'id', description: 'The id of a scheduled call of yours', example: 17 };

@ApiTags('scheduling')
@ApiBearerAuth()
@Controller()
export class SchedulingController {
  constructor(private readonly scheduledCalls: ScheduledCalls) {}

  @Post('schedule-call')
  @Idempotent()
  @ApiIdempotencyKey()
  @ApiOperation({
    summary: 'Has a phone rung later',
    description: 'May the call start? is asked now, and again when it is dialled.',
  })
  @ApiCreatedResponse({ type: ScheduledCallDto })
  @ApiProblems(
    ...SCHEDULING_PROBLEMS,
    [404, 'The custom scenario is not there', new CustomScenarioNotFound()],
    [422, 'A field is wrong', new NoScheduleTime()],
  )
  schedule(
    @CurrentOwner() owner: Owner,
    @Body() body: ScheduleCallDto,
    @Req() { idempotencyKey }: FastifyRequest,
  ): Promise<ScheduledCallDto> {
    return this.scheduledCalls.schedule(owner, body, idempotencyKey).then(toScheduledCallDto);
  }

  @Post('schedule-call/batch')
  @HttpCode(200)
  @RouteConfig(TEXT_FILE)
  @Idempotent()
  @ApiIdempotencyKey()
  @ApiOperation({
    summary: 'Many at once, as JSON or as a CSV file',
    description:
      'Rows that are good are scheduled, the others come back with their place and the reason. The caps spread the dialling.',
  })
  @ApiExtraModels(ScheduleBatchDto, ScheduleCallDto)
  @ApiConsumes('application/json', 'multipart/form-data')
  @ApiBody({
    schema: {
      example: ScheduleBatchDto.schema.meta()?.example,
      oneOf: [
        { $ref: getSchemaPath(ScheduleBatchDto) },
        {
          type: 'object',
          required: ['file'],
          properties: { file: { type: 'string', format: 'binary', description: 'CSV; see docs/scheduling.md' } },
        },
      ],
    },
  })
  @ApiOkResponse({ type: ScheduledBatchDto })
  @ApiProblems([400, 'You have too many', new TooManyScheduledCalls(MAX_SCHEDULED_CALLS)])
  async scheduleAll(
    @CurrentOwner() owner: Owner,
    @Body() body: unknown,
    @Req() { idempotencyKey }: FastifyRequest,
  ): Promise<ScheduledBatchDto> {
    return toScheduledBatchDto(await this.scheduledCalls.scheduleAll(owner, await readBatch(body), idempotencyKey));
  }

  @Get('scheduled-calls')
  @ApiOperation({ summary: 'Your scheduled calls', description: 'The total stands in X-Total-Count.' })
  @ApiPage(ScheduledCallDto)
  @ApiProblems()
  async list(
    @CurrentOwner() owner: Owner,
    @Query() query: ListScheduledCallsQueryDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ScheduledCallDto[]> {
    return sendPage(reply, await this.scheduledCalls.list(owner, toScheduledCallFilter(query)), toScheduledCallDto);
  }

  @Get('scheduled-calls/:id')
  @ApiParam(ID)
  @ApiOperation({ summary: 'One scheduled call' })
  @ApiOkResponse({ type: ScheduledCallDto })
  @ApiProblems(NOT_FOUND)
  get(@CurrentOwner() owner: Owner, @Param('id', RowIdPipe) id: number): Promise<ScheduledCallDto> {
    return this.scheduledCalls.get(owner, id).then(toScheduledCallDto);
  }

  @Get('scheduled-calls/:id/attempts')
  @ApiParam(ID)
  @ApiOperation({ summary: 'Each time that it was dialled', description: 'Oldest first.' })
  @ApiOkResponse({ type: [ScheduledCallAttemptDto] })
  @ApiProblems(NOT_FOUND)
  async attempts(@CurrentOwner() owner: Owner, @Param('id', RowIdPipe) id: number): Promise<ScheduledCallAttemptDto[]> {
    return (await this.scheduledCalls.attempts(owner, id)).map(toScheduledCallAttemptDto);
  }

  @Put('scheduled-calls/:id')
  @ApiParam(ID)
  @ApiOperation({
    summary: 'Moves or changes it',
    description:
      'What is left out stays. Of one that recurs, `recurrence` changes all from this one on, the rest this one.',
  })
  @ApiOkResponse({ type: ScheduledCallDto })
  @ApiProblems(...SCHEDULING_PROBLEMS, NOT_FOUND, TAKEN_UP)
  update(
    @CurrentOwner() owner: Owner,
    @Param('id', RowIdPipe) id: number,
    @Body() body: UpdateScheduledCallDto,
  ): Promise<ScheduledCallDto> {
    return this.scheduledCalls.update(owner, id, body).then(toScheduledCallDto);
  }

  @Delete('scheduled-calls/:id')
  @HttpCode(204)
  @ApiParam(ID)
  @ApiOperation({ summary: 'Cancels it', description: 'What is canceled is never dialled. It stays in the list.' })
  @ApiNoContentResponse()
  @ApiProblems(NOT_FOUND, TAKEN_UP)
  cancel(
    @CurrentOwner() owner: Owner,
    @Param('id', RowIdPipe) id: number,
    @Query() { scope }: CancelScheduledCallQueryDto,
  ): Promise<void> {
    return this.scheduledCalls.cancel(owner, id, scope);
  }
}
