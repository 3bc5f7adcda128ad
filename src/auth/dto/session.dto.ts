import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { toUserDto, UserDto, userExample } from '../../users/dto/user.dto';
import type { User } from '../../users/user.entity';
import type { TokenPair } from '../accounts.service';

const registeredSchema = z
  .object({ id: z.int(), email: z.string(), is_active: z.boolean() })
  .meta({ example: { id: 1, email: 'user@example.com', is_active: true } });

export class RegisteredDto extends createZodDto(registeredSchema) {}

export function toRegisteredDto(user: User): RegisteredDto {
  return { id: user.id, email: user.email, is_active: user.isActive };
}

const tokenPairExample = {
  access_token: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl',
  refresh_token: 'p1bD3c0mQn7mJ0mB5l4X1zv4nWm8cU0hXq2tq6m8H2E',
  token_type: 'bearer',
  expires_in: 1800,
};

const tokenPairSchema = z.object({
  access_token: z.string().describe('For `Authorization: Bearer`'),
  refresh_token: z.string().describe('Good for one `POST /auth/refresh`'),
  token_type: z.literal('bearer'),
  expires_in: z.int().describe('Seconds until the access token runs out'),
});

export class TokenPairDto extends createZodDto(tokenPairSchema.meta({ example: tokenPairExample })) {}

export function toTokenPairDto(pair: TokenPair): TokenPairDto {
  return {
    access_token: pair.accessToken,
    refresh_token: pair.refreshToken,
    token_type: 'bearer',
    expires_in: pair.expiresInSeconds,
  };
}

export class SignedInDto extends createZodDto(
  tokenPairSchema.extend({ user: UserDto.schema }).meta({ example: { ...tokenPairExample, user: userExample } }),
) {}

export function toSignedInDto(signedIn: TokenPair & { user: User }): SignedInDto {
  return { ...toTokenPairDto(signedIn), user: toUserDto(signedIn.user) };
}

const wsTicketSchema = z
  .object({
    ticket: z.string().describe('For `?ticket=` of one WebSocket'),
    expires_in: z.int().describe('Seconds'),
  })
  .meta({ example: { ticket: '0hXq2tq6m8H2Ep1bD3c0mQn7mJ0mB5l4X1zv4nWm8cU', expires_in: 60 } });

export class WsTicketDto extends createZodDto(wsTicketSchema) {}
