import { bodyTooLargeProblem, Problem } from '#platform/service';
import type { Candidate, Place, Reading, Subject } from '../candidate.js';
import { isBinaryMode, readBinary, readStructured } from './cloud-events.js';
import { ndjsonLines, readLine } from './ndjson.js';

export const MEDIA_TYPE = {
  json: 'application/json',
  cloudEvent: 'application/cloudevents+json',
  cloudEventBatch: 'application/cloudevents-batch+json',
  ndjson: ['application/x-ndjson', 'application/ndjson', 'application/jsonl', 'application/x-jsonlines'],
} as const;

/** What a request holds: one event or label, whose answer is its own; or several, each with an answer. */
export type RequestItems =
  | { readonly kind: 'one'; readonly reading: Reading }
  | { readonly kind: 'many'; readonly items: AsyncIterable<{ readonly place: Place; readonly reading: Reading }> };

export interface RequestParts {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Parsed JSON, or the stream of an NDJSON body. */
  readonly body: unknown;
}

/** Most events or labels of one request: their results are held until they are all there. */
export const MAX_ITEMS = 100_000;

export function tooMany(subject: Subject): Problem {
  const detail = `A request holds at most ${MAX_ITEMS} ${subject}s; send several requests.`;
  return new Problem(413, `too_many_${subject}s`, detail, {
    extensions: { [subject === 'event' ? 'limitEvents' : 'limitLabels']: MAX_ITEMS },
  });
}

/** @throws Problem when the body as a whole cannot hold what is expected */
export function readRequest(
  { headers, body }: RequestParts,
  bodyLimitBytes: number,
  subject: Subject = 'event',
): RequestItems {
  const mediaType = String(headers['content-type'] ?? '')
    .split(';', 1)[0]!
    .trim()
    .toLowerCase();
  if ((MEDIA_TYPE.ndjson as readonly string[]).includes(mediaType)) {
    // Told in advance, it is refused before anything is published.
    if (Number(headers['content-length'] ?? 0) > bodyLimitBytes) throw bodyTooLargeProblem(bodyLimitBytes);
    return { kind: 'many', items: linesOf(body as AsyncIterable<Buffer>, bodyLimitBytes, subject) };
  }
  if (mediaType === MEDIA_TYPE.cloudEventBatch) {
    if (!Array.isArray(body)) throw new Problem(400, 'type', 'A batch of CloudEvents is a JSON array.');
    return { kind: 'many', items: itemsOf(body, subject, (item, index) => readStructured(item, `/${index}`)) };
  }
  if (mediaType === MEDIA_TYPE.cloudEvent) return { kind: 'one', reading: readStructured(body) };
  if (mediaType !== MEDIA_TYPE.json) {
    const accepted = [MEDIA_TYPE.json, MEDIA_TYPE.ndjson[0], MEDIA_TYPE.cloudEvent, MEDIA_TYPE.cloudEventBatch].join(
      ', ',
    );
    throw new Problem(415, 'unsupported_media_type', `Send ${subject}s as one of ${accepted}.`);
  }
  if (isBinaryMode(headers)) return { kind: 'one', reading: readBinary(headers, body) };
  if (Array.isArray(body)) {
    return { kind: 'many', items: itemsOf(body, subject, (data) => ({ ok: true, candidate: plain(data) })) };
  }
  return { kind: 'one', reading: { ok: true, candidate: plain(body) } };
}

function plain(data: unknown): Candidate {
  return { data, attributes: null };
}

function itemsOf(items: unknown[], subject: Subject, read: (item: unknown, index: number) => Reading) {
  // Known in advance, so it is refused before anything is published.
  if (items.length > MAX_ITEMS) throw tooMany(subject);
  return readItems(items, read);
}

async function* readItems(items: unknown[], read: (item: unknown, index: number) => Reading) {
  for (const [index, item] of items.entries()) {
    // The request holds the array until its answer: what was read need not wait there for the others.
    items[index] = undefined;
    yield { place: { index }, reading: read(item, index) };
  }
}

async function* linesOf(body: AsyncIterable<Buffer>, limitBytes: number, subject: Subject) {
  for await (const { line, bytes } of ndjsonLines(body, limitBytes))
    yield { place: { line }, reading: readLine(bytes, subject) };
}
