import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import { jsonAnswer, Problem, roomOf } from '#platform/service';
import { answerBatch } from './batch-answer.js';
import { publishBatch, type DoorWork } from './batch-publishing.js';
import { retryAfterSecondsOf } from './publishing/publish-problem.js';
import type { Reading } from './candidate.js';
import { readRequest } from './reading/read-request.js';

export interface Accepted {
  readonly status: 202;
  readonly pipeline: string;
  readonly id: string;
}

/**
 * Reads a request, publishes what it holds and answers: one event or label with 202, several with 202 or 207.
 *
 * @throws Problem when the one, or the request as a whole, is refused
 */
export async function answerRequest(
  request: FastifyRequest,
  reply: FastifyReply,
  pipeline: string,
  work: DoorWork,
  maxBodyBytes: number,
): Promise<Accepted | string | Readable> {
  const { headers, body } = request;
  const content = readRequest({ headers, body }, maxBodyBytes, work.subject);
  if (content.kind === 'one') return answerOne(content.reading, pipeline, work);
  const outcome = await publishBatch(content.items, work, roomOf(request));
  const answer = answerBatch(outcome, maxBodyBytes, work.subject);
  void reply.status(answer.status).type('application/json; charset=utf-8');
  return jsonAnswer(answer.body);
}

async function answerOne(reading: Reading, pipeline: string, { admit, publish, count }: DoorWork): Promise<Accepted> {
  const admission = reading.ok ? admit(reading.candidate) : reading;
  const problem = admission.ok ? (await publish([admission]))[0]! : admission.problem;
  count(problem);
  if (problem !== null || !admission.ok) throw Problem.of(problem!, retryAfterSecondsOf(problem!));
  return { status: 202, pipeline, id: admission.id };
}
