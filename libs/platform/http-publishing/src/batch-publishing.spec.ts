import { Problem, problemDetails, type ProblemDetails, type RequestRoom } from '#platform/service';
import type { Admitted } from './admitted.js';
import { answerBatch } from './batch-answer.js';
import { publishBatch, type DoorWork } from './batch-publishing.js';
import type { Place, Reading } from './candidate.js';
import { MAX_ITEMS } from './reading/read-request.js';

const admit: DoorWork['admit'] = ({ data }) =>
  typeof data === 'string'
    ? { ok: true, id: data, message: { topic: 't', key: data, value: null, headers: {} }, trace: null }
    : { ok: false, problem: problemDetails(422, 'type', 'not a text') };
const UNREACHABLE = problemDetails(503, 'kafka_unreachable', 'no answer');

async function* eventsOf(items: readonly unknown[]): AsyncGenerator<{ place: Place; reading: Reading }> {
  for (const [index, data] of items.entries())
    yield { place: { index }, reading: { ok: true, candidate: { data, attributes: null } } };
}

/** Publishes in calls; `failing` says from which call on Kafka is away. */
function kafka(failing = Number.POSITIVE_INFINITY) {
  const calls: number[] = [];
  const publish = async (admitted: readonly Admitted[]): Promise<(ProblemDetails | null)[]> => {
    calls.push(admitted.length);
    return admitted.map(() => (calls.length >= failing ? UNREACHABLE : null));
  };
  return { calls, publish };
}

const BOUNDLESS: RequestRoom = { hold: () => undefined };

const ingest = (items: readonly unknown[], { publish }: ReturnType<typeof kafka>, room = BOUNDLESS) =>
  publishBatch(eventsOf(items), { subject: 'event', admit, publish, count: () => undefined }, room);

describe('publishBatch', () => {
  it('keeps the order of the events in its results', async () => {
    const { results } = await ingest(['a', 1, 'b'], kafka());
    expect(results.map((result) => ('id' in result ? result.id : result.status))).toEqual(['a', 422, 'b']);
  });

  it('waits for the acknowledgement of a chunk before it reads the next', async () => {
    const publisher = kafka();
    await ingest(Array.from({ length: 1_100 }, String), publisher);
    expect(publisher.calls).toEqual([500, 500, 100]);
  });

  it('does not try what comes after Kafka went away, and says so', async () => {
    const publisher = kafka(2);
    const { results } = await ingest(Array.from({ length: 1_600 }, String), publisher);
    expect(publisher.calls).toEqual([500, 500]);
    expect(results.filter(({ status }) => status === 202)).toHaveLength(500);
    expect(results.at(-1)).toMatchObject({
      status: 503,
      problem: { detail: 'Not published, as an event before it failed: no answer' },
    });
  });

  it('stops reading when there is no room for the results, and keeps those it has', async () => {
    const held: number[] = [];
    const room = {
      hold(bytes: number) {
        held.push(bytes);
        if (held.length === 2) throw new Problem(429, 'overloaded', 'No room.', { retryAfterSeconds: 3 });
      },
    };
    const publisher = kafka();
    const outcome = await ingest(Array.from({ length: 1_600 }, String), publisher, room);
    expect(publisher.calls).toEqual([500, 500, 0]);
    expect(outcome.results).toHaveLength(1_000);
    expect(held[1]).toBeGreaterThan(held[0]!);
    expect(() => answerBatch(outcome, 10)).toThrow(
      expect.objectContaining({
        retryAfterSeconds: 3,
        details: expect.objectContaining({ status: 429, accepted: 1_000 }) as object,
      }) as Error,
    );
  });

  it('takes so many events and no more', async () => {
    const { results, cutShort } = await ingest(
      Array.from({ length: MAX_ITEMS + 1 }, () => 7),
      kafka(),
    );
    expect(results).toHaveLength(MAX_ITEMS);
    expect(cutShort).toMatchObject({ details: { status: 413, type: 'urn:eddyline:problem:too_many_events' } });
  });
});

describe('answerBatch', () => {
  const answer = async (items: readonly unknown[], publisher = kafka()) => {
    try {
      return answerBatch(await ingest(items, publisher), 10);
    } catch (error) {
      return (error as Problem).details;
    }
  };

  it.each<[string, unknown[], number, number]>([
    ['all accepted', ['a', 'b'], Number.POSITIVE_INFINITY, 202],
    ['some refused', ['a', 1], Number.POSITIVE_INFINITY, 207],
    ['all refused', [1, 2], Number.POSITIVE_INFINITY, 207],
    ['Kafka away from the start', ['a', 'b'], 1, 503],
    ['nothing', [], Number.POSITIVE_INFINITY, 400],
  ])('%s', async (_what, items, failing, status) => {
    expect(await answer(items, kafka(failing))).toMatchObject({ status });
  });

  it('says what became of each event also when all failed', async () => {
    expect(await answer(['a'], kafka(1))).toMatchObject({
      accepted: 0,
      refused: 1,
      results: [{ index: 0, status: 503 }],
    });
  });
});
