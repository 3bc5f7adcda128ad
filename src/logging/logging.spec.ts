import { Writable } from 'node:stream';
import pino from 'pino';
import type { AppConfig } from '../config/app-config';
import { loggingParams } from './logging';

type Line = Record<string, unknown>;

/** What the product's logger writes about something. */
function written(log: (logger: pino.Logger) => void): { text: string; line: Line } {
  let text = '';
  const destination = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      text += chunk.toString();
      done();
    },
  });
  const { pinoHttp } = loggingParams({ logLevel: 'info', isProduction: true } as AppConfig, destination);
  const [options] = pinoHttp as [pino.LoggerOptions];
  log(pino(options, destination));
  return { text, line: JSON.parse(text) as Line };
}

describe('the log', () => {
  it('gives away no value of a member with a secret name, however deep it lies', () => {
    const { text, line } = written((logger) =>
      logger.child({ token: 'abc1' }).info({
        password: 'abc2',
        user: { phone_number: 'abc3', name: 'Ada', list: [{ deep: { refreshToken: { inside: 'abc4' } } }] },
      }),
    );
    expect(text).not.toMatch(/abc/);
    expect(text.endsWith('}\n')).toBe(true);
    expect(line).toMatchObject({
      token: '[redacted]',
      password: '[redacted]',
      user: { phone_number: '[redacted]', name: 'Ada', list: [{ deep: { refreshToken: '[redacted]' } }] },
    });
  });

  it('leaves words alone that only look like it', () => {
    const { line } = written((logger) =>
      logger.info({ tokens: 3, message: 'a "token": none' }, 'The password is kept'),
    );
    expect(line).toMatchObject({ tokens: 3, message: 'a "token": none', msg: 'The password is kept' });
  });

  it('tells of a request its id, method and cleaned address, of an answer its status, and no header', () => {
    const headers = { authorization: 'Bearer abc', 'user-agent': 'curl' };
    const req = { id: 'request-1', method: 'GET', url: '/sms?to=%2B12025550100&limit=5', headers };
    const res = { headersSent: true, statusCode: 200, getHeaders: () => headers };
    const { line } = written((logger) => logger.info({ req, res }));
    expect(line).toMatchObject({
      req: { id: 'request-1', method: 'GET', url: '/sms?to=[redacted]&limit=5' },
      res: { status: 200 },
    });
    expect(JSON.stringify(line)).not.toMatch(/Bearer|curl/);
  });

  it('says nothing of an answer that never began', () => {
    const { line } = written((logger) => logger.info({ res: { headersSent: false, statusCode: 200 } }));
    expect(line).toMatchObject({ res: { status: null } });
  });

  it('names of an error what is known to be harmless', () => {
    const { line } = written((logger) => logger.error({ err: Object.assign(new Error('no'), { row: 'secret' }) }));
    expect(line).toMatchObject({ err: { type: 'Error', message: 'no' } });
    expect(JSON.stringify(line)).not.toContain('secret');
  });
});
