import { Body, Controller, Get, Header, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../common/openapi.decorators';
import { Public } from '../common/public.decorator';
import { CallNotFound, FeedbackGiven, SessionNotFound } from './calls.errors';
import { DemoSessions } from './demo-sessions.service';
import {
  DemoSessionDto,
  FeedbackDto,
  GiveFeedbackDto,
  PublicCallStatusDto,
  PublicCallStatusQueryDto,
  toDemoSessionDto,
  toFeedbackDto,
  toPublicCallStatusDto,
} from './dto/demo.dto';
import { FeedbackMail } from './feedback-mail.service';

/** For the page beside the demo number: whoever asks brings an id that cannot be guessed, and no token. */
@ApiTags('demo')
@Public()
@Controller()
export class DemoController {
  constructor(
    private readonly sessions: DemoSessions,
    private readonly mail: FeedbackMail,
  ) {}

  @Get('call-status')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Where a call stands, by the carrier’s id of it' })
  @ApiOkResponse({ type: PublicCallStatusDto })
  @ApiProblems(new CallNotFound())
  status(@Query() { callSid }: PublicCallStatusQueryDto): Promise<PublicCallStatusDto> {
    return this.sessions.callBySid(callSid).then(toPublicCallStatusDto);
  }

  @Get('api/validate-session/:id')
  @Header('Cache-Control', 'no-store')
  @ApiParam({ name: 'id', description: '`session_id` of GET /call-status' })
  @ApiOperation({ summary: 'Whether a demo goes on, and for how long' })
  @ApiOkResponse({ type: DemoSessionDto })
  @ApiProblems(new SessionNotFound())
  session(@Param('id') id: string): Promise<DemoSessionDto> {
    return this.sessions.session(id).then(toDemoSessionDto);
  }

  @Post('api/feedback')
  @HttpCode(201)
  @ApiOperation({ summary: 'Says what a demo was like, once', description: 'It is kept, and mailed to the platform.' })
  @ApiCreatedResponse({ type: FeedbackDto })
  @ApiProblems(new SessionNotFound(), new FeedbackGiven())
  async feedback(@Body() { session_id: sessionId, rating, message }: GiveFeedbackDto): Promise<FeedbackDto> {
    const feedback = await this.sessions.giveFeedback(sessionId, rating, message);
    this.mail.callForOne();
    return toFeedbackDto(feedback);
  }
}
