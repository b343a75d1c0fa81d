import { setImmediate as nextTurn } from 'node:timers/promises';
import { Problem, problemDetails, type ProblemDetails, type RequestRoom } from '#platform/service';
import type { Admission, Admitted } from './admitted.js';
import type { Candidate, Place, Reading, Subject } from './candidate.js';
import { isWidespread } from './publishing/publish-problem.js';
import { BodyTooLarge } from './reading/ndjson.js';
import { MAX_ITEMS, tooMany } from './reading/read-request.js';

/** What a door does with each of what comes through it. */
export interface DoorWork {
  readonly subject: Subject;
  readonly admit: (candidate: Candidate) => Admission;
  /** With one acknowledgement; null: it is on its topic. */
  readonly publish: (admitted: readonly Admitted[]) => Promise<readonly (ProblemDetails | null)[]>;
  /** @param problem null: accepted */
  readonly count: (problem: ProblemDetails | null) => void;
}

/** What became of one of several. */
export type ItemResult = Place &
  ({ readonly status: 202; readonly id: string } | { readonly status: number; readonly problem: ProblemDetails });

export interface BatchOutcome {
  readonly results: readonly ItemResult[];
  /** Why the body was not read to its end, as a whole; what came before is in the results. */
  readonly cutShort: Problem | 'body_too_large' | null;
}

/** Events or labels published with one acknowledgement, and taken in one turn of the event loop: some milliseconds of it. */
const CHUNK_ITEMS = 500;
/** Roughly what a result takes in memory, beside its texts: what the request counts for as its answer grows. */
const RESULT_BYTES = 200;
const PROBLEM_BYTES = 500;

interface Pending {
  readonly place: Place;
  readonly admitted: Admitted;
}

/**
 * Takes several events or labels, chunk by chunk: a chunk is acknowledged before the next is read, so a fast sender waits instead
 * of filling memory, and what the results take is counted as they grow. Results are in the order in which they came.
 */
export async function publishBatch(
  items: AsyncIterable<{ readonly place: Place; readonly reading: Reading }>,
  { subject, admit, publish, count }: DoorWork,
  room: RequestRoom,
): Promise<BatchOutcome> {
  const results: ItemResult[] = [];
  let chunk: (Pending | ItemResult)[] = [];
  let away: ProblemDetails | undefined;
  let heldBytes = 0;

  const refuse = (place: Place, problem: ProblemDetails): ItemResult => {
    count(problem);
    return { ...place, status: problem.status, problem };
  };
  const flush = async (): Promise<void> => {
    const pending = chunk.filter((entry): entry is Pending => 'admitted' in entry);
    // Once Kafka is away, each further chunk would wait for its deadline in turn.
    const problems: readonly (ProblemDetails | null)[] =
      away === undefined ? await publish(pending.map(({ admitted }) => admitted)) : pending.map(() => away!);
    let at = 0;
    for (const entry of chunk) {
      if (!('admitted' in entry)) {
        results.push(entry);
        continue;
      }
      const problem = problems[at++] ?? null;
      if (problem === null) {
        count(null);
        results.push({ ...entry.place, status: 202, id: entry.admitted.id });
      } else {
        if (isWidespread(problem)) away ??= notTried(problem, subject);
        results.push(refuse(entry.place, problem));
      }
    }
    for (const result of results.slice(results.length - chunk.length)) heldBytes += sizeOf(result);
    chunk = [];
    // Where nothing is to be published nothing is waited for: let others have their turn.
    await nextTurn();
  };

  try {
    for await (const { place, reading } of items) {
      if (results.length + chunk.length >= MAX_ITEMS) throw tooMany(subject);
      const admission = reading.ok ? admit(reading.candidate) : reading;
      chunk.push(admission.ok ? { place, admitted: admission } : refuse(place, admission.problem));
      if (chunk.length >= CHUNK_ITEMS) {
        await flush();
        room.hold(heldBytes);
      }
    }
  } catch (error) {
    const tooLarge = error instanceof BodyTooLarge;
    if (!tooLarge && !(error instanceof Problem)) throw error;
    await flush();
    return { results, cutShort: tooLarge ? 'body_too_large' : error };
  }
  await flush();
  return { results, cutShort: null };
}

function notTried({ status, type, detail }: ProblemDetails, subject: Subject): ProblemDetails {
  const code = type.slice(type.lastIndexOf(':') + 1);
  return problemDetails(
    status,
    code,
    `Not published, as ${subject === 'event' ? 'an event' : 'a label'} before it failed: ${detail}`,
  );
}

function sizeOf(result: ItemResult): number {
  if ('id' in result) return RESULT_BYTES + result.id.length;
  const { detail, errors = [] } = result.problem;
  return PROBLEM_BYTES + detail.length + errors.length * PROBLEM_BYTES;
}
