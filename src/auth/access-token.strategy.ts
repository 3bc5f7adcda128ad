import { Inject, Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import type { Owner } from '../common/owner';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { AccessTokenClaims, ownerOf, signingKey, TOKEN_RULES } from './access-tokens';

export const ACCESS_TOKEN_STRATEGY = 'access-token';

/** Reads the `Authorization: Bearer` header. Whether the user still exists is asked by the owner's transaction. */
@Injectable()
export class AccessTokenStrategy extends PassportStrategy(Strategy, ACCESS_TOKEN_STRATEGY) {
  constructor(@Inject(APP_CONFIG) config: AppConfig) {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      algorithms: [TOKEN_RULES.algorithm],
      issuer: TOKEN_RULES.issuer,
      audience: TOKEN_RULES.audience,
      // The typings know strings and buffers only.
      secretOrKey: signingKey(config) as unknown as Buffer,
    });
  }

  validate(claims: AccessTokenClaims): Owner {
    return ownerOf(claims);
  }
}
