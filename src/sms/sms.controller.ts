import { Body, Controller, Get, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CallNotAllowed, CarrierUnavailable, InvalidPhoneNumber, PhoneNumberNotFound } from '../calls/calls.errors';
import '../common/fastify-request';
import { Idempotent } from '../common/idempotent.decorator';
import { ApiIdempotencyKey, ApiPage, ApiProblems, ProblemAnswer } from '../common/openapi.decorators';
import { CurrentOwner, Owner } from '../common/owner';
import { sendPage } from '../common/paging';
import { RateLimit } from '../common/rate-limit.decorator';
import { ListSmsQueryDto, SendSmsDto, SmsDto, toSmsDto, toSmsFilter } from './dto/sms.dto';
import { SmsSending } from './sms-sending.service';
import { SmsService } from './sms.service';
import {
  CarrierRefusedSms,
  NoSmsSender,
  NumberCannotReceive,
  OptedOut,
  SenderCannotText,
  SmsNotFound,
  SmsOutcomeUnknown,
} from './sms.errors';

const EXAMPLE_ID = '0b0f6a3e-7a34-4b44-9a0e-9f3f2c0f3a11';
const REFUSED = new CallNotAllowed(
  {
    allowed: false,
    reasons: [{ code: 'do_not_call', detail: 'This number is on your do-not-call list.' }],
    earliestAt: null,
  },
  new Date('2026-11-21T09:30:00Z'),
);

const SENDING_PROBLEMS: ProblemAnswer[] = [
  [
    400,
    'A number is none, cannot receive texts, or cannot send them',
    new InvalidPhoneNumber(),
    new NumberCannotReceive(EXAMPLE_ID, null),
    new SenderCannotText(),
  ],
  [
    403,
    'This number may not be texted now: destination, do-not-call list, quiet hours, STOP; or you have no number',
    REFUSED,
    new OptedOut(EXAMPLE_ID, null),
    new NoSmsSender(),
  ],
  [404, 'The number that it is to come from is not yours', new PhoneNumberNotFound()],
  [429, 'Too many requests within a minute, or as many texts today as you may send'],
  [
    502,
    'Twilio refused the text, or did not say whether it was sent',
    new CarrierRefusedSms(EXAMPLE_ID, 'Permission to send to this region is missing.', null),
    new SmsOutcomeUnknown(EXAMPLE_ID, null),
  ],
  [
    503,
    'Twilio cannot be reached; nothing was sent',
    new CarrierUnavailable('Twilio cannot be reached. Nothing was sent.', {}, undefined),
  ],
];

@ApiTags('sms')
@ApiBearerAuth()
@Controller('sms')
export class SmsController {
  constructor(
    private readonly sms: SmsService,
    private readonly sending: SmsSending,
  ) {}

  @Post('send')
  @RateLimit('texts')
  @Idempotent()
  @ApiIdempotencyKey()
  @ApiOperation({
    summary: 'Sends a text',
    description:
      'The row is written first, then Twilio is asked once. Whom you may not call now you may not text either: the same rules decide.',
  })
  @ApiCreatedResponse({ type: SmsDto })
  @ApiProblems(...SENDING_PROBLEMS)
  async send(
    @CurrentOwner() owner: Owner,
    @Body() { to, body, from }: SendSmsDto,
    @Req() request: FastifyRequest,
  ): Promise<SmsDto> {
    return toSmsDto(await this.sending.send(owner, { to, body, from, idempotencyKey: request.idempotencyKey }));
  }

  @Get()
  @ApiOperation({ summary: 'Your texts, sent and received, newest first' })
  @ApiPage(SmsDto)
  @ApiProblems([400, 'Not a phone number', new InvalidPhoneNumber()])
  async list(
    @CurrentOwner() owner: Owner,
    @Query() query: ListSmsQueryDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SmsDto[]> {
    return sendPage(reply, await this.sms.list(owner, toSmsFilter(query)), toSmsDto);
  }

  @Get(':id')
  @ApiParam({ name: 'id', description: 'The id of a text of yours', example: EXAMPLE_ID })
  @ApiOperation({ summary: 'One text' })
  @ApiOkResponse({ type: SmsDto })
  @ApiProblems(new SmsNotFound())
  get(@CurrentOwner() owner: Owner, @Param('id') id: string): Promise<SmsDto> {
    return this.sms.get(owner, id).then(toSmsDto);
  }
}
