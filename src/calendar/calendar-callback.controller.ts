import { Controller, Get, Header, HttpCode, Query, Res, UseGuards } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiFoundResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { GetOnlyGuard } from '../calls/get-only.guard';
import { Public } from '../common/public.decorator';
import { CalendarConnecting } from './calendar-connecting.service';
import { connectionPage } from './connection-page';

const MAX_LENGTH = 2000;

/** Where Google sends browsers back to: they bring no token, the state tells whose they are. */
@ApiTags('calendar')
@Public()
@Controller()
export class CalendarCallbackController {
  constructor(private readonly connecting: CalendarConnecting) {}

  @Get('google-calendar/callback')
  // Programs that look at links before people do ask with HEAD, which would spend the state.
  @UseGuards(GetOnlyGuard)
  @Header('Cache-Control', 'no-store')
  @Header('Referrer-Policy', 'no-referrer')
  @ApiOperation({
    summary: 'Google sends the browser back here',
    description: 'Whatever happened, the browser goes on to FRONTEND_URL/scheduled-meetings; trouble is told there.',
  })
  @ApiFoundResponse({ description: 'To the front end, with what became of it' })
  @ApiQuery({ name: 'state', required: false, description: 'As it was given to Google; good once, for ten minutes' })
  @ApiQuery({ name: 'code', required: false, description: 'What is exchanged for tokens' })
  @ApiQuery({ name: 'error', required: false, description: 'Why there is no code, in Google’s word' })
  async callback(@Query() query: Record<string, unknown>, @Res() reply: FastifyReply): Promise<void> {
    const { state, code, error } = query;
    const address = await this.connecting.finish({ state: one(state), code: one(code), error: one(error) });
    await reply.redirect(address, 302);
  }

  /** As long as no front end of one's own is set. */
  @Get('scheduled-meetings')
  @HttpCode(200)
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Cache-Control', 'no-store')
  @ApiExcludeEndpoint()
  page(@Query() query: Record<string, unknown>): string {
    return connectionPage({ isConnected: query['success'] === 'true', message: one(query['message']) });
  }
}

/** Whatever stands in the address, the person is sent on: what is not a text of a sensible length is not there. */
function one(value: unknown): string | undefined {
  return typeof value === 'string' && value.length <= MAX_LENGTH ? value : undefined;
}
