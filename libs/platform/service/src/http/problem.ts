import { HttpException } from '@nestjs/common';
import { STATUS_CODES } from 'node:http';

/** One of several things wrong with a request. */
export interface ProblemError {
  /** JSON pointer to the place within the body (RFC 6901), as RFC 9457 shows it. */
  readonly pointer?: string;
  /** Reason code, e.g. `range`. */
  readonly code: string;
  /** One sentence for a person: what, where, how to mend it. */
  readonly detail: string;
  /** Name of the expectation that is not met. */
  readonly expectation?: string;
}

/** RFC 9457 problem details, with the extension members that Eddyline uses. */
export interface ProblemDetails {
  /** `urn:eddyline:problem:<code>`. */
  readonly type: string;
  /** The same for every problem of the type. */
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly errors?: readonly ProblemError[];
  /** Of the request, when it is traced: what to look for in the logs and traces. */
  readonly traceId?: string;
  readonly [extension: string]: unknown;
}

export interface ProblemOptions {
  readonly title?: string;
  readonly errors?: readonly ProblemError[];
  /** Extension members of the problem. */
  readonly extensions?: Readonly<Record<string, unknown>>;
  /** Seconds until it makes sense to come again. */
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** @param code becomes the last part of the problem's type, e.g. `unknown_pipeline` */
export function problemDetails(
  status: number,
  code: string,
  detail: string,
  { title, errors, extensions }: ProblemOptions = {},
): ProblemDetails {
  return {
    type: `urn:eddyline:problem:${code}`,
    title: title ?? STATUS_CODES[status] ?? 'Error',
    status,
    detail,
    ...(errors === undefined ? {} : { errors }),
    ...extensions,
  };
}

/** Thrown by a controller or a hook; answered as `application/problem+json`. */
export class Problem extends HttpException {
  readonly details: ProblemDetails;
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, code: string, detail: string, options: ProblemOptions = {}) {
    super(detail, status, { cause: options.cause });
    this.details = problemDetails(status, code, detail, options);
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  /** Throws what was already put into words, e.g. for one event of a batch. */
  static of(
    { type, status, detail, title, errors, ...extensions }: ProblemDetails,
    retryAfterSeconds?: number,
  ): Problem {
    return new Problem(status, type.slice(type.lastIndexOf(':') + 1), detail, {
      title,
      extensions,
      ...(errors === undefined ? {} : { errors }),
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    });
  }
}
