import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';
import { jsonSyntaxProblem } from './problem-of.js';
import { Problem } from './problem.js';

/** Parses bodies of these media types as JSON; a wrong one is refused with the position of the fault. */
export function addJsonParser(fastify: FastifyInstance, mediaTypes: readonly string[]): void {
  fastify.addContentTypeParser([...mediaTypes], { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, parseJson(body as Buffer));
    } catch (error) {
      done(error as Error);
    }
  });
}

/** @throws Problem */
function parseJson(body: Buffer): unknown {
  if (body.length === 0) throw new Problem(400, 'empty_body', 'The body is empty although the content type says JSON.');
  if (!isUtf8(body)) throw new Problem(400, 'invalid_utf8', 'The body is not valid UTF-8.');
  const text = body.toString('utf8');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw jsonSyntaxProblem(text, error as Error, 'The body');
  }
}
