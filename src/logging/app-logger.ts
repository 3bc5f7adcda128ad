import { Inject, Injectable, LoggerService } from '@nestjs/common';
import type { Logger } from 'pino';
import { LOG } from './log.token';

/** What the framework says while it starts: a page of lines that interest nobody on a good day. */
const FRAMEWORK = new Set([
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

/** The framework's way to the log; its own news is at the debug level. Its last argument is always the context. */
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
    this.write(FRAMEWORK.has(String(rest.at(-1))) ? 'debug' : 'info', message, rest);
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
    const context = rest.length === 0 ? {} : { context: rest.at(-1) };
    const [detail] = rest.slice(0, -1);
    if (message instanceof Error) this.pino[level]({ ...context, err: message });
    else if (typeof message === 'object' && message !== null) {
      if (typeof detail === 'string') this.pino[level]({ ...context, ...message }, detail);
      else this.pino[level]({ ...context, ...message });
    } else if (typeof detail === 'string' && STACK.test(detail)) {
      this.pino[level]({ ...context, err: { name: 'Error', message: String(message), stack: detail } });
    } else this.pino[level](context, String(message));
  }
}
