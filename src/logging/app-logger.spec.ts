import { Writable } from 'node:stream';
import type { AppConfig } from '../config/app-config';
import { AppLogger } from './app-logger';
import { createLog } from './logging';

let lines: Record<string, unknown>[];
let log: AppLogger;

beforeEach(() => {
  lines = [];
  const destination = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>);
      done();
    },
  });
  log = new AppLogger(createLog({ logLevel: 'trace', isProduction: true } as AppConfig, destination));
});

const [DEBUG, INFO, ERROR] = [20, 30, 50];
const NUMBER = 'The number +1 202 555 0100 is not reachable';
const CLEAN = 'The number [number] is not reachable';

it('writes text with its context', () => {
  log.log('Up', 'Server');
  expect(lines).toEqual([expect.objectContaining({ level: INFO, msg: 'Up', context: 'Server' })]);
});

it('writes fields with their own message', () => {
  log.warn({ msg: 'A call is left', call_id: 'c' }, 'Calls');
  expect(lines[0]).toMatchObject({ msg: 'A call is left', call_id: 'c', context: 'Calls' });
});

it('writes fields with an error and a sentence', () => {
  log.error({ err: new Error(NUMBER), code: 'x' }, 'A request could not be served', 'Problem');
  expect(lines[0]).toMatchObject({
    level: ERROR,
    msg: 'A request could not be served',
    code: 'x',
    err: { message: CLEAN },
    context: 'Problem',
  });
});

it.each([
  ['an error', (logger: AppLogger) => logger.error(new Error(NUMBER), 'Events')],
  [
    'an error as message and stack',
    (logger: AppLogger) => logger.error(NUMBER, `Error: ${NUMBER}\n    at x`, 'Events'),
  ],
  ['an error as message and stack alone', (logger: AppLogger) => logger.error(NUMBER, `Error: ${NUMBER}\n    at x`)],
])('gives away no number of a phone in %s', (_, write) => {
  write(log);
  expect(lines[0]).toMatchObject({ msg: CLEAN, err: { message: CLEAN } });
  expect(JSON.stringify(lines)).not.toContain('0100');
});

it('loses nothing that it is given beside', () => {
  log.error('Trouble', new Error('why'), { more: 1 }, 'Room');
  expect(lines[0]).toMatchObject({ msg: 'Trouble', err: { message: 'why' }, more: [{ more: 1 }], context: 'Room' });
});

it('keeps the news of the framework at the debug level', () => {
  log.log('Mapped {/calls, GET} route', 'RouterExplorer');
  expect(lines[0]).toMatchObject({ level: DEBUG });
});

it.each([[undefined], [null], [5], [Object.create(null) as unknown]])('survives %p', (odd) => {
  expect(() => log.log(odd)).not.toThrow();
  expect(() => log.log('text', odd)).not.toThrow();
  expect(lines).toHaveLength(2);
});
