import { Inject, Injectable, LoggerService } from '@nestjs/common';
import type { Logger } from 'pino';
import { describeError } from './describe-error';
import { LOG } from './log.token';

/** What the framework says while it starts: a page of lines that interest nobody on a good day. */
const FRAMEWORK = new Set<unknown>([
  'NestFactory',
  'NestApplication',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'WebSocketsController',
]);

/** Some of the framework's handlers hand an error over as its message and its stack. */
const STACK = /\n\s*at /;

type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/**
 * The framework's way to the log; its own news is at the debug level. A last argument that is text is the context, as its
 * loggers write it.
 */
@Injectable()
export class AppLogger implements LoggerService {
  constructor(@Inject(LOG) private readonly pino: Logger) {}

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  log(message: unknown, ...rest: unknown[]): void {
    this.write(FRAMEWORK.has(rest.at(-1)) ? 'debug' : 'info', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  private write(level: Level, message: unknown, rest: readonly unknown[]): void {
    const fields: Record<string, unknown> = {};
    let sentence = typeof message === 'object' && message !== null ? undefined : String(message);
    const more: unknown[] = [];
    for (const [at, one] of rest.entries()) {
      if (one instanceof Error) fields['err'] = one;
      else if (typeof one !== 'string') more.push(one);
      else if (STACK.test(one)) fields['err'] = { name: 'Error', message: sentence, stack: one };
      else if (at === rest.length - 1) fields['context'] = one;
      else if (sentence === undefined) sentence = one;
      else more.push(one);
    }
    if (more.length > 0) fields['more'] = more;
    if (message instanceof Error) fields['err'] = message;
    else if (typeof message === 'object' && message !== null) Object.assign(fields, message);
    if (fields['err'] === undefined) this.pino[level](fields, sentence);
    else this.pino[level](fields, besideAnError(sentence, fields));
  }
}

/** Without a sentence pino would take the error's own words for the line's, numbers of phones and all. */
function besideAnError(sentence: string | undefined, { err, msg }: Record<string, unknown>): string {
  if (sentence !== undefined) return describeError({ message: sentence }).message;
  return typeof msg === 'string' ? msg : describeError(err).message;
}
