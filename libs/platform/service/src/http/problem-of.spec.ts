import { NotFoundException } from '@nestjs/common';
import { Retriable } from '#platform/outcomes';
import { problemOf } from './problem-of.js';
import { Problem, problemDetails } from './problem.js';

const of = (error: unknown) => problemOf(error, { bodyLimitBytes: 1024 }).details;
const fastifyError = (code: string, statusCode: number, message: string) =>
  Object.assign(new Error(message), { name: 'FastifyError', code, statusCode });

describe('problemOf', () => {
  it('names the limit of a body that is too large', () => {
    expect(of(fastifyError('FST_ERR_CTP_BODY_TOO_LARGE', 413, 'Request body is too large'))).toEqual({
      type: 'urn:eddyline:problem:body_too_large',
      title: 'Payload Too Large',
      status: 413,
      detail: 'The body is larger than the limit of 1024 bytes.',
      limitBytes: 1024,
    });
  });

  it('tells what Fastify refused', () => {
    expect(of(fastifyError('FST_ERR_CTP_INVALID_MEDIA_TYPE', 415, 'Unsupported Media Type'))).toMatchObject({
      type: 'urn:eddyline:problem:unsupported_media_type',
      status: 415,
    });
  });

  it('tells weather apart, with when to come again', () => {
    const problem = problemOf(new Retriable('registry_unreachable', 'away'), { bodyLimitBytes: 1 });
    expect(problem.details).toMatchObject({ type: 'urn:eddyline:problem:registry_unreachable', status: 503 });
    expect(problem.retryAfterSeconds).toBe(5);
  });

  it("keeps Nest's status", () => {
    expect(of(new NotFoundException('Cannot GET /x'))).toMatchObject({ status: 404, detail: 'Cannot GET /x' });
  });

  it('reveals nothing of what was not foreseen', () => {
    const details = of(new TypeError('password=secret'));
    expect(details.status).toBe(500);
    expect(JSON.stringify(details)).not.toContain('secret');
  });

  it('gives back the very problem that was put into words', () => {
    const details = problemDetails(422, 'range', 'too high', { title: 'T', errors: [], extensions: { limit: 1 } });
    expect(of(Problem.of(details))).toEqual(details);
  });
});
