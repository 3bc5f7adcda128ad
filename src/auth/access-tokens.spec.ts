import { createSecretKey } from 'node:crypto';
import { JwtService } from '@nestjs/jwt';
import { NotAuthenticated } from '../common/app-error';
import type { AppConfig } from '../config/app-config';
import { ACCESS_TOKEN_SECONDS, AccessTokens } from './access-tokens';
import { TokenExpired } from './auth.errors';

const NOW = new Date('2026-11-21T09:30:00Z');
const OWNER = { userId: 7 };
const RULES = { issuer: 'speech-assistant', audience: 'speech-assistant-api', subject: '7', expiresIn: 60 };
const SECRET = 'a secret of thirty-two bytes, or more';

const withSecret = (secretKey: string) => new AccessTokens({ secretKey } as AppConfig, new JwtService());
const signed = (options: object, secret = SECRET) =>
  new JwtService().sign({}, { privateKey: createSecretKey(Buffer.from(secret)), ...RULES, ...options });

let tokens: AccessTokens;

beforeEach(() => {
  jest.useFakeTimers({ now: NOW });
  tokens = withSecret(SECRET);
});
afterEach(() => jest.useRealTimers());

const passes = (seconds: number) => jest.setSystemTime(new Date(NOW.getTime() + seconds * 1000));

it('tells whose a token is, each time', () => {
  const { accessToken } = tokens.issue(OWNER, NOW);
  for (let time = 1; time <= 3; time += 1) expect(tokens.verify(accessToken)).toEqual(OWNER);
  const another = tokens.issue({ userId: 8 }, NOW).accessToken;
  expect(tokens.verify(another)).toEqual({ userId: 8 });
  expect(tokens.verify(accessToken)).toEqual(OWNER);
});

it('ends a token on time, also one that was seen before', () => {
  const { accessToken } = tokens.issue(OWNER, NOW);
  passes(ACCESS_TOKEN_SECONDS - 1);
  expect(tokens.verify(accessToken)).toEqual(OWNER);
  passes(ACCESS_TOKEN_SECONDS);
  expect(() => tokens.verify(accessToken)).toThrow(TokenExpired);
  expect(() => tokens.verify(accessToken)).toThrow(TokenExpired);
});

it('refuses what was not signed by us, also after the right one was seen', () => {
  const { accessToken } = tokens.issue(OWNER, NOW);
  tokens.verify(accessToken);
  const [head = '', body = '', signature = ''] = accessToken.split('.');
  const claims = Buffer.from(JSON.stringify({ sub: '8', exp: NOW.getTime() })).toString('base64url');
  const unsigned = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
  for (const forged of [
    `${head}.${claims}.${signature}`,
    `${head}.${body}.${signature.slice(0, -2)}AA`,
    `${unsigned}.${body}.`,
    signed({}, 'another secret of thirty-two bytes'),
    signed({ algorithm: 'HS384' }),
    signed({ issuer: 'somebody-else' }),
    signed({ audience: 'something-else' }),
    signed({ subject: '0' }),
    signed({ subject: '7x' }),
    signed({ subject: '2147483648' }),
    'no token',
    '',
  ]) {
    expect(() => tokens.verify(forged)).toThrow(NotAuthenticated);
  }
  expect(
    withSecret('another secret of thirty-two bytes').verify(signed({}, 'another secret of thirty-two bytes')),
  ).toEqual(OWNER);
});
