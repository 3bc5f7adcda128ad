import { Writable } from 'node:stream';
import type { Logger } from 'pino';
import type { AppConfig } from '../config/app-config';
import { createLog } from './logging';

type Line = Record<string, unknown>;

/** What the product's logger writes about something. */
function written(log: (logger: Logger) => void): { text: string; line: Line } {
  let text = '';
  const destination = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      text += chunk.toString();
      done();
    },
  });
  log(createLog({ logLevel: 'info', isProduction: true } as AppConfig, destination));
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

  it('names of an error what is known to be harmless', () => {
    const { line } = written((logger) => logger.error({ err: Object.assign(new Error('no'), { row: 'secret' }) }));
    expect(line).toMatchObject({ err: { type: 'Error', message: 'no' } });
    expect(JSON.stringify(line)).not.toContain('secret');
  });
});
