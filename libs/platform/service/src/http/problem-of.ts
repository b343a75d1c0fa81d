import { HttpException } from '@nestjs/common';
import { Retriable } from '#platform/outcomes';
import { locateJsonFault } from './locate-json-fault.js';
import { Problem } from './problem.js';

/** What Fastify and its parsers throw. */
interface FastifyFailure extends Error {
  readonly code?: string;
  readonly statusCode?: number;
}

/** Any error thrown while a request was served → the problem that the caller is told. Unexpected ones reveal nothing. */
export function problemOf(error: unknown, limits: { readonly bodyLimitBytes: number }): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof Retriable) {
    return new Problem(503, error.code, error.message, { retryAfterSeconds: 5, cause: error });
  }
  if (error instanceof HttpException) return httpExceptionProblem(error);
  const { code, statusCode, message } = error as FastifyFailure;
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return bodyTooLargeProblem(limits.bodyLimitBytes);
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new Problem(415, 'unsupported_media_type', `${message}. See /docs for what is accepted.`, {
        cause: error,
      });
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return new Problem(400, 'empty_body', 'The body is empty although the content type says JSON.', { cause: error });
    case 'ECONNRESET':
      return new Problem(400, 'aborted', 'The sender went away in the middle of the body.', { cause: error });
    default:
  }
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return new Problem(statusCode, (code ?? 'bad_request').toLowerCase(), message, { cause: error });
  }
  return new Problem(500, 'internal', 'The service failed unexpectedly; the trace id leads to its log.', {
    cause: error,
  });
}

export function bodyTooLargeProblem(limitBytes: number): Problem {
  return new Problem(413, 'body_too_large', `The body is larger than the limit of ${limitBytes} bytes.`, {
    extensions: { limitBytes },
  });
}

const LONGEST_SEARCHED = 1 << 20;

/** @param subject what was read, e.g. `The body` */
export function jsonSyntaxProblem(text: string, error: Error, subject: string): Problem {
  // The search steps through the text in regular expressions, whose stack a long one could exhaust.
  const fault = text.length > LONGEST_SEARCHED ? undefined : locateJsonFault(text);
  const where = fault === undefined ? '' : ` at line ${fault.line}, column ${fault.column}`;
  // V8 quotes a part of the text, which the sender has; the position says more.
  const what = error.message.replace(/, (?:\.\.\.)?".*$/s, '').replace(/ in JSON at position.*$/s, '');
  return new Problem(400, 'invalid_json', `${subject} is not valid JSON${where}: ${what}.`, {
    extensions: { ...fault },
  });
}

function httpExceptionProblem(error: HttpException): Problem {
  const status = error.getStatus();
  const code = status === 404 ? 'not_found' : status >= 500 ? 'internal' : 'bad_request';
  return new Problem(status, code, error.message, { cause: error });
}
