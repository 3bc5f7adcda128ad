import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { PassportModule } from '@nestjs/passport';
import { UsersModule } from '../users/users.module';
import { AccessTokenStrategy } from './access-token.strategy';
import { AccessTokens } from './access-tokens';
import { AccountsService } from './accounts.service';
import { AuthController } from './auth.controller';
import { Passwords } from './passwords';
import { RefreshTokens } from './refresh-tokens.service';
import { WsTickets } from './ws-tickets';

@Module({
  imports: [UsersModule, PassportModule, JwtModule.register({})],
  controllers: [AuthController],
  providers: [AccountsService, AccessTokens, AccessTokenStrategy, Passwords, RefreshTokens, WsTickets],
  exports: [AccountsService, AccessTokens, WsTickets],
})
export class AuthModule {}
