import { Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../common/openapi.decorators';
import { CurrentOwner, Owner } from '../common/owner';
import { DisconnectedDto, SocketStatusDto, toSocketStatusDto } from './dto/voice-agent.dto';
import { VoiceAgentSockets } from './voice-agent-sockets.service';
import { VoiceSessionNotFound } from './voice-agent.errors';

@ApiTags('voice')
@ApiBearerAuth()
@Controller('ws')
export class VoiceAgentController {
  constructor(private readonly sockets: VoiceAgentSockets) {}

  @Get('status')
  @ApiOperation({ summary: 'Your open sockets', description: 'Of `/ws/voice-agent/{session_id}`, on all instances.' })
  @ApiOkResponse({ type: SocketStatusDto })
  @ApiProblems()
  status(@CurrentOwner() owner: Owner): Promise<SocketStatusDto> {
    return this.sockets.status(owner).then((sockets) => toSocketStatusDto(sockets, new Date()));
  }

  @Post('disconnect/:session_id')
  @HttpCode(200)
  @ApiParam({ name: 'session_id', description: 'The id of a session of yours', example: 'kitchen-tablet' })
  @ApiOperation({ summary: 'Closes the socket of a session', description: 'A call on it is over with that.' })
  @ApiOkResponse({ type: DisconnectedDto })
  @ApiProblems(new VoiceSessionNotFound())
  async disconnect(@CurrentOwner() owner: Owner, @Param('session_id') sessionId: string): Promise<DisconnectedDto> {
    await this.sockets.disconnect(owner, sessionId);
    return { message: `Session ${sessionId} disconnected` };
  }
}
