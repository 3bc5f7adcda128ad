import { Body, Controller, Header, HttpCode, Post } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiConsumes,
  ApiCreatedResponse,
  ApiExtraModels,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import { ApiProblems } from '../common/openapi.decorators';
import { CurrentOwner, Owner } from '../common/owner';
import { Public } from '../common/public.decorator';
import { RateLimit } from '../common/rate-limit.decorator';
import { AccountsService } from './accounts.service';
import { EmailTaken, IncorrectCredentials, RefreshTokenInvalid, SignInBusy } from './auth.errors';
import { LoginDto, LoginFormDto, readCredentials, RefreshDto, RegisterDto } from './dto/credentials.dto';
import {
  RegisteredDto,
  SignedInDto,
  TokenPairDto,
  toRegisteredDto,
  toSignedInDto,
  toTokenPairDto,
  WsTicketDto,
} from './dto/session.dto';
import { WS_TICKET_SECONDS, WsTickets } from './ws-tickets';

@ApiTags('auth')
@Controller('auth')
export class AuthController {
  constructor(
    private readonly accounts: AccountsService,
    private readonly tickets: WsTickets,
  ) {}

  @Post('register')
  @Public()
  @RateLimit('register')
  @ApiOperation({ summary: 'Signs up' })
  @ApiCreatedResponse({ type: RegisteredDto })
  @ApiProblems(new EmailTaken(), new SignInBusy())
  register(@Body() { email, password }: RegisterDto): Promise<RegisteredDto> {
    return this.accounts.register(email, password).then(toRegisteredDto);
  }

  @Post('login')
  @HttpCode(200)
  @Public()
  @RateLimit('sign-in')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Signs in', description: 'JSON, or the form of an OAuth 2 password grant.' })
  @ApiExtraModels(LoginDto, LoginFormDto)
  @ApiConsumes('application/json', 'application/x-www-form-urlencoded')
  @ApiBody({ schema: { oneOf: [LoginDto, LoginFormDto].map((shape) => ({ $ref: getSchemaPath(shape) })) } })
  @ApiOkResponse({ type: SignedInDto })
  @ApiProblems(new IncorrectCredentials(), new SignInBusy())
  login(@Body() body: unknown): Promise<SignedInDto> {
    const { email, password } = readCredentials(body);
    return this.accounts.signIn(email, password).then(toSignedInDto);
  }

  @Post('refresh')
  @HttpCode(200)
  @Public()
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    summary: 'Exchanges a refresh token for a new pair',
    description:
      'The old token is spent. Within 10 seconds it still gives the same successor, for a client that lost the answer; ' +
      'any other reuse ends all sessions that came from the same sign-in.',
  })
  @ApiOkResponse({ type: TokenPairDto })
  @ApiProblems([401, 'Unknown, spent, expired or revoked', new RefreshTokenInvalid()])
  refresh(@Body() { refresh_token }: RefreshDto): Promise<TokenPairDto> {
    return this.accounts.refresh(refresh_token).then(toTokenPairDto);
  }

  @Post('logout')
  @HttpCode(204)
  @Public()
  @ApiOperation({ summary: 'Signs out', description: 'Ends the session of this refresh token. May be repeated.' })
  @ApiNoContentResponse({ description: 'Signed out' })
  @ApiProblems()
  logout(@Body() { refresh_token }: RefreshDto): Promise<void> {
    return this.accounts.signOut(refresh_token);
  }

  @Post('ws-ticket')
  @Header('Cache-Control', 'no-store')
  @ApiBearerAuth()
  @ApiOperation({ summary: 'A ticket for one WebSocket', description: 'Single use; for sockets opened by a browser.' })
  @ApiCreatedResponse({ type: WsTicketDto })
  @ApiProblems()
  async wsTicket(@CurrentOwner() owner: Owner): Promise<WsTicketDto> {
    return { ticket: await this.tickets.issue(owner), expires_in: WS_TICKET_SECONDS };
  }
}
