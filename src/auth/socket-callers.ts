import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { AppError, NotAuthenticated } from '../common/app-error';
import type { Owner } from '../common/owner';
import type { AppConfig } from '../config/app-config';
import { APP_CONFIG } from '../config/config.module';
import { AccessTokens, bearerOf } from './access-tokens';
import { WsTickets } from './ws-tickets';

/** Who asks to open a socket: a browser shows a ticket, since it cannot set headers, and anything else its access token. */
@Injectable()
export class SocketCallers {
  private readonly origins: ReadonlySet<string>;

  constructor(
    @Inject(APP_CONFIG) { publicUrl, frontendUrl, corsOrigins }: AppConfig,
    private readonly tokens: AccessTokens,
    private readonly tickets: WsTickets,
  ) {
    this.origins = new Set([new URL(publicUrl).origin, new URL(frontendUrl).origin, ...corsOrigins]);
  }

  /** A ticket is spent by it, whatever else is said to the upgrade. @throws NotAuthenticated, TokenExpired, OriginNotAllowed */
  async ownerOf({ headers }: IncomingMessage, url: URL): Promise<Owner> {
    const { origin, host } = headers;
    if (origin !== undefined && !this.origins.has(origin) && !isOwn(origin, host)) throw new OriginNotAllowed();
    if (headers.authorization !== undefined) return this.tokens.verify(bearerOf(headers.authorization));
    const ticket = url.searchParams.get('ticket');
    const owner = ticket === null ? undefined : await this.tickets.redeem(ticket);
    if (owner === undefined) throw new NotAuthenticated();
    return owner;
  }
}

/** CORS_ORIGINS says which web pages may use the API; sockets know no CORS. */
class OriginNotAllowed extends AppError {
  constructor() {
    super('forbidden', 'socket.origin_not_allowed', 'Web pages of this origin may not open sockets here.');
  }
}

function isOwn(origin: string, host: string | undefined): boolean {
  return host !== undefined && (origin === `http://${host}` || origin === `https://${host}`);
}
