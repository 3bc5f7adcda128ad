import type { Readable } from 'node:stream';
import { Body, Controller, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { goneSignal } from '../common/client-gone';
import { asEvents, EVENT_STREAM, wantsEvents } from '../common/event-stream';
import '../common/fastify-request';
import { Idempotent } from '../common/idempotent.decorator';
import { ApiIdempotencyKey, ApiPage, ApiProblems } from '../common/openapi.decorators';
import { CurrentOwner, Owner } from '../common/owner';
import { sendPage } from '../common/paging';
import { CustomScenarioNotFound, InvalidScenario } from '../scenarios/scenarios.errors';
import { READ_AT_MOST } from './conversation-instructions';
import { ConversationTurns, TurnOptions } from './conversation-turns.service';
import {
  AnswerGivenUp,
  ConversationBusy,
  ConversationEnded,
  ConversationNotFound,
  ModelBusy,
  NoAnswer,
} from './conversations.errors';
import { Conversations } from './conversations.service';
import {
  ConversationDto,
  ConversationQueryDto,
  ConversationTurnDto,
  ListConversationsQueryDto,
  ProcessConversationDto,
  StartConversationDto,
  StartedConversationDto,
  toConversationDto,
  toConversationFilter,
  toNewConversation,
  toStartedDto,
  toTurnDto,
  toWholeConversationDto,
  WholeConversationDto,
} from './dto/conversations.dto';

const SESSION = {
  name: 'session_id',
  description: 'Of a conversation of yours',
  example: '0b0f6a3e-7a34-4b44-9a0e-9f3f2c0f3a31',
};
const EVENTS =
  'event: delta\ndata: {"text":"We open at"}\n\nevent: delta\ndata: {"text":" eleven."}\n\nevent: done\ndata: {"response":"We open at eleven."}\n\n';

@ApiTags('conversations')
@ApiBearerAuth()
@Controller()
export class ConversationsController {
  constructor(
    private readonly conversations: Conversations,
    private readonly turns: ConversationTurns,
  ) {}

  @Post('conversation/start')
  @ApiOperation({ summary: 'Begins a conversation with an agent, who speaks first' })
  @ApiCreatedResponse({ type: StartedConversationDto })
  @ApiProblems([400, 'There is no such scenario', new InvalidScenario()], new CustomScenarioNotFound())
  start(@CurrentOwner() owner: Owner, @Body() body: StartConversationDto): Promise<StartedConversationDto> {
    return this.conversations.start(owner, toNewConversation(body)).then(toStartedDto);
  }

  @Post('conversation/process')
  @HttpCode(200)
  @Idempotent({ unless: wantsEvents })
  @ApiIdempotencyKey()
  @ApiOperation({
    summary: 'Says something to the agent, and gives its answer',
    description:
      'With `Accept: text/event-stream` as it is thought of: events `delta` with a piece of the text, then `done` with the whole answer, or `error`. Whoever goes away before ends the answer; what was said by then stays.',
  })
  @ApiOkResponse({
    type: ConversationTurnDto,
    content: { [EVENT_STREAM]: { schema: { type: 'string' }, example: EVENTS } },
  })
  @ApiProblems(
    new ConversationNotFound(),
    [
      409,
      'It has ended, or is being answered',
      new ConversationEnded(),
      new ConversationBusy(),
      new AnswerGivenUp(undefined),
    ],
    new NoAnswer(undefined),
    new ModelBusy(undefined),
  )
  async process(
    @CurrentOwner() owner: Owner,
    @Body() { session_id: sessionId, text, user_input: input }: ProcessConversationDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ConversationTurnDto | Readable> {
    const answer = async (options: TurnOptions) => {
      const turn = await this.turns.turn(owner, sessionId, text ?? input ?? '', options);
      return toTurnDto(turn, (await this.conversations.get(owner, sessionId, READ_AT_MOST)).messages);
    };
    if (wantsEvents(request)) {
      return asEvents(reply, request.id, (send, signal) =>
        answer({ signal, onDelta: (delta) => send('delta', { text: delta }) }),
      );
    }
    // Whoever has given a key may come back for the answer.
    return answer(request.idempotencyKey === undefined ? { signal: goneSignal(reply) } : {});
  }

  @Get('conversation/:session_id')
  @ApiParam(SESSION)
  @ApiOperation({ summary: 'A conversation with what was said in it' })
  @ApiOkResponse({ type: WholeConversationDto })
  @ApiProblems(new ConversationNotFound())
  get(
    @CurrentOwner() owner: Owner,
    @Param('session_id') sessionId: string,
    @Query() { limit }: ConversationQueryDto,
  ): Promise<WholeConversationDto> {
    return this.conversations.get(owner, sessionId, limit).then(toWholeConversationDto);
  }

  @Post('conversation/:session_id/end')
  @HttpCode(200)
  @ApiParam(SESSION)
  @ApiOperation({
    summary: 'Ends a conversation',
    description: 'Also what is being thought of. One that has ended stays as it is.',
  })
  @ApiOkResponse({ type: WholeConversationDto })
  @ApiProblems(new ConversationNotFound())
  end(@CurrentOwner() owner: Owner, @Param('session_id') sessionId: string): Promise<WholeConversationDto> {
    return this.conversations.end(owner, sessionId).then(toWholeConversationDto);
  }

  @Get('conversations')
  @ApiOperation({ summary: 'Your conversations, newest first' })
  @ApiPage(ConversationDto)
  @ApiProblems()
  async list(
    @CurrentOwner() owner: Owner,
    @Query() query: ListConversationsQueryDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ConversationDto[]> {
    const page = await this.conversations.list(owner, toConversationFilter(query));
    return sendPage(reply, page, (row) => toConversationDto(row));
  }
}
