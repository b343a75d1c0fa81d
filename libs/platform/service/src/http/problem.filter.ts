import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { trace } from '@opentelemetry/api';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Log } from '#platform/telemetry';
import { jsonAnswer } from './json-answer.js';
import { lingerUnread } from './linger.js';
import { PROBLEM_MEDIA_TYPE } from './problem.js';
import { problemOf } from './problem-of.js';
import { spanOf } from './request-span.js';

/** Answers everything that was thrown over HTTP, also by Fastify itself, as problem details. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly log: Log,
    readonly bodyLimitBytes: number,
  ) {}

  async catch(error: unknown, host: ArgumentsHost): Promise<void> {
    // Handlers of the stream have their own way with errors: the transport must see them untouched.
    if (host.getType() !== 'http') throw error;
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const problem = problemOf(error, this);
    const span = spanOf(request) ?? trace.getActiveSpan();
    if (problem.details.status >= 500) {
      this.log.error({ error, method: request.method, url: request.url }, `request failed: ${problem.message}`);
      span?.recordException(error as Error);
    }
    if (reply.sent) return;
    if (problem.retryAfterSeconds !== undefined) void reply.header('retry-after', String(problem.retryAfterSeconds));
    // The rest of a body that nobody will read must not be sent to the end.
    const unread = problem.details.status === 413 || problem.details.status === 429;
    if (unread && lingerUnread(request.raw)) void reply.header('connection', 'close');
    const traceId = span?.spanContext().traceId;
    await reply
      .status(problem.details.status)
      .type(`${PROBLEM_MEDIA_TYPE}; charset=utf-8`)
      .send(jsonAnswer({ ...problem.details, ...(traceId === undefined ? {} : { traceId }) }));
  }
}
