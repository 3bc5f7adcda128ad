import { Controller, Get, Header, HttpCode, Query, Res } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiFoundResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../common/public.decorator';
import { CalendarConnecting } from './calendar-connecting.service';
import { connectionPage } from './connection-page';
import { CallbackQueryDto } from './dto/calendar.dto';

/** Where Google sends browsers back to: they bring no token, the state tells whose they are. */
@ApiTags('calendar')
@Public()
@Controller()
export class CalendarCallbackController {
  constructor(private readonly connecting: CalendarConnecting) {}

  @Get('google-calendar/callback')
  @Header('Cache-Control', 'no-store')
  @Header('Referrer-Policy', 'no-referrer')
  @ApiOperation({
    summary: 'Google sends the browser back here',
    description: 'Whatever happened, the browser goes on to FRONTEND_URL/scheduled-meetings; trouble is told there.',
  })
  @ApiFoundResponse({ description: 'To the front end, with what became of it' })
  async callback(@Query() answer: CallbackQueryDto, @Res() reply: FastifyReply): Promise<void> {
    const address = await this.connecting.finish(answer);
    await reply.redirect(address, 302);
  }

  /** As long as no front end of one's own is set. */
  @Get('scheduled-meetings')
  @HttpCode(200)
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Cache-Control', 'no-store')
  @ApiExcludeEndpoint()
  page(@Query() query: Record<string, string | string[] | undefined>): string {
    const message = typeof query['message'] === 'string' ? query['message'] : undefined;
    return connectionPage({ isConnected: query['success'] === 'true', message });
  }
}
