import type { LoggerService } from '@nestjs/common';
import type { Log } from '#platform/telemetry';

/** Nest's own messages, in our log. Its notes about each route and module at start are for a debugger. */
export class NestLog implements LoggerService {
  constructor(private readonly out: Log) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.out.debug(fields(rest), text(message));
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.out.error({ ...fields(rest), ...(message instanceof Error ? { error: message } : {}) }, text(message));
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.out.warn(fields(rest), text(message));
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.out.debug(fields(rest), text(message));
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.out.trace(fields(rest), text(message));
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.out.fatal(fields(rest), text(message));
  }
}

/** Nest passes the context last and, for errors, a stack before it. */
function fields(rest: readonly unknown[]): object {
  const context = rest.at(-1);
  return typeof context === 'string' ? { context } : {};
}

function text(message: unknown): string {
  if (message instanceof Error) return message.message;
  return typeof message === 'string' ? message : JSON.stringify(message);
}
