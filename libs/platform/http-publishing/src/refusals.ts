import { problemDetails, type ProblemDetails } from '#platform/service';
import type { Subject } from './candidate.js';

/** What is wrong with a part of a JSON document. */
export interface JsonFault {
  readonly pointer: string;
  readonly reason: string;
  readonly message: string;
}

/** The JSON does not fit the schema. */
export function unreadableJson(errors: readonly JsonFault[], subject: Subject): ProblemDetails {
  const detail = errors.map(({ pointer, message }) => `${nameOf(pointer, subject)} ${message}`).join('; ');
  const reasons = errors.map(({ reason }) => reason);
  return problemDetails(422, codeOf(reasons, subject), `${detail}.`, {
    title: `The ${subject} does not fit the schema of its pipeline`,
    errors: errors.map(({ pointer, reason, message }) => ({ pointer, code: reason, detail: message })),
  });
}

/** The converted value has a part that its Avro type does not take: what JSON and the schema could not tell apart. */
export function unencodable({ path, message }: { readonly path: string; readonly message: string }): ProblemDetails {
  const pointer = path === '' ? '' : `/${path.replaceAll('.', '/')}`;
  return problemDetails(422, 'type', `${message}.`, { errors: [{ pointer, code: 'type', detail: message }] });
}

export function recordTooLarge(sizeBytes: number, limitBytes: number, topic: string): ProblemDetails {
  const detail = `The record would take about ${sizeBytes} bytes; ${topic} takes at most ${limitBytes} (topics.maxMessageBytes).`;
  return problemDetails(413, 'too_large', detail, { extensions: { sizeBytes, limitBytes } });
}

function codeOf(reasons: readonly string[], subject: Subject): string {
  const [first] = reasons;
  return first !== undefined && new Set(reasons).size === 1 ? first : `invalid_${subject}`;
}

function nameOf(pointer: string, subject: Subject): string {
  return pointer === '' ? `the ${subject}` : pointer.slice(1).replaceAll('/', '.');
}
