import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { UsersModule } from '../users/users.module';
import { AccessTokens } from './access-tokens';
import { AccountsService } from './accounts.service';
import { AuthController } from './auth.controller';
import { Passwords } from './passwords';
import { RefreshTokens } from './refresh-tokens.service';
import { SocketCallers } from './socket-callers';
import { WsTickets } from './ws-tickets';

@Module({
  imports: [UsersModule, JwtModule.register({})],
  controllers: [AuthController],
  providers: [AccountsService, AccessTokens, Passwords, RefreshTokens, SocketCallers, WsTickets],
  exports: [AccountsService, AccessTokens, SocketCallers, WsTickets],
})
export class AuthModule {}
