import type { OutboundMessage } from '#platform/outcomes';
import { eventually, faultOptions, faultRounds, recordFault, seededRandom } from '#platform/testing';
import { halfHours } from '../support/half-hours.js';
import { ServiceProcesses } from '../support/service-processes.js';
import { TestPipeline } from '../support/test-pipeline.js';

const HOUR_MS = 3_600_000;
const WINDOW_MS = HOUR_MS;
const START_MS = Date.parse('2020-01-01T00:00:00Z');
const PARTITIONS = 8;
/** Watermark against the end of the window of the first event, ms: remembered up to it, itself included. */
const EDGES = [-1, 0, 1] as const;
/** Of the drawn stream, with a kill between each two. */
const STRETCHES = faultRounds({ small: 2, full: 6 });
const EVENTS_PER_STRETCH = faultRounds({ small: 300, full: 2_000 });

const { seed } = faultOptions();

interface Sent {
  readonly partition: number;
  readonly id: string;
  readonly atMs: number;
}

let pipeline: TestPipeline;
let services: ServiceProcesses;
let aHalfHour: ReturnType<typeof halfHours>;
let encode: (event: unknown) => Buffer;
const sent: Sent[] = [];
let kills = 0;

beforeAll(async () => {
  pipeline = await TestPipeline.create('dedup-edges', {
    partitions: PARTITIONS,
    yaml: (text) => text.replace(/dedupe: .*/, 'dedupe: { window: 1h }').replace(/.*maxLateness.*\n/, ''),
  });
  aHalfHour = halfHours(pipeline.name);
  encode = pipeline.encoder();
  services = new ServiceProcesses(pipeline.name, { KAFKA_SESSION_TIMEOUT_MS: '2000' });
  await services.start('validation');
});

afterAll(async () => {
  await services?.stop();
  await pipeline?.close();
});

async function send(...events: readonly Sent[]): Promise<void> {
  const messages = events.map(({ partition, id, atMs }): OutboundMessage => {
    const value = encode(aHalfHour(0, { event_id: id, at: atMs }));
    return { topic: pipeline.topic('events'), key: id, value, partition };
  });
  await pipeline.publisher.publish(messages);
  sent.push(...events);
}

async function untilDone(): Promise<void> {
  await eventually(
    async () => {
      for (const { position, high } of await pipeline.positions('validation')) expect(high - position).toBe(0);
    },
    { everyMs: 100 },
  );
}

async function killAndStart(): Promise<void> {
  await services.kill('validation');
  kills++;
  await services.start('validation');
}

/** The rule itself, without any forgetting, partition by partition. */
function accepted(): readonly string[] {
  const partitions = Array.from({ length: PARTITIONS }, (_, partition) => {
    let watermarkMs = Number.NEGATIVE_INFINITY;
    const lastMs = new Map<string, number>();
    return sent
      .filter((event) => event.partition === partition)
      .filter(({ id, atMs }) => {
        const horizonMs = watermarkMs - WINDOW_MS;
        const seenMs = lastMs.get(id);
        if (seenMs !== undefined && seenMs >= horizonMs) return false;
        // An event that is older than the window leaves no trace.
        if (atMs >= horizonMs) lastMs.set(id, atMs);
        watermarkMs = Math.max(watermarkMs, atMs);
        return true;
      })
      .map(({ id, atMs }) => `${partition} ${id} ${atMs}`);
  });
  return partitions.flat();
}

/** What validation passed on, in the order of each partition. */
async function passedOn(): Promise<readonly string[]> {
  const decoder = pipeline.codecs.decoderFor(pipeline.applied.definition.event.schema);
  const records = await pipeline.read('validated');
  await decoder.prefetch(records.map(({ value }) => value));
  return records.map(({ partition, value }) => {
    const decoded = decoder.decode(value);
    if (!decoded.ok) throw new Error(decoded.message);
    const { event_id: id, at } = decoded.value as { event_id: string; at: number };
    return `${partition} ${id} ${at}`;
  });
}

it('an id is remembered to the millisecond, whoever holds the partition then, and on its own partition alone', async () => {
  const started = performance.now();
  // On partitions 0 to 2 the repetition comes at once, on 3 to 5 after the death of the process that saw the first.
  const atEdge = EDGES.flatMap((edge, index) => [
    { edge, partition: index },
    { edge, partition: index + EDGES.length },
  ]);
  for (const { edge, partition } of atEdge) {
    const clock = { partition, id: `clock-${partition}`, atMs: START_MS + WINDOW_MS + edge };
    await send({ partition, id: 'first', atMs: START_MS }, clock);
  }
  const again = ({ partition }: { partition: number }): Sent => ({ partition, id: 'first', atMs: START_MS + 5 });
  await send(...atEdge.filter(({ partition }) => partition < EDGES.length).map(again));
  await untilDone();
  await killAndStart();
  await send(...atEdge.filter(({ partition }) => partition >= EDGES.length).map(again));
  // Where its key does not lead, an id is another event's.
  await send({ partition: 6, id: 'first', atMs: START_MS });
  await untilDone();

  // Drawn: few ids, times within two windows, so that many repetitions fall near the edge; a death between stretches.
  const random = seededRandom(seed);
  let clockMs = START_MS;
  for (let stretch = 0; stretch < STRETCHES; stretch++) {
    const events = Array.from({ length: EVENTS_PER_STRETCH }, (): Sent => {
      clockMs += Math.floor(random() * 20_000);
      const behindMs = random() < 0.3 ? WINDOW_MS + Math.floor(random() * 5) - 2 : Math.floor(random() * 2 * WINDOW_MS);
      return {
        partition: 7,
        id: `drawn-${Math.floor(random() * 400)}`,
        atMs: clockMs - (random() < 0.5 ? behindMs : 0),
      };
    });
    for (let from = 0; from < events.length; from += 50) await send(...events.slice(from, from + 50));
    await killAndStart(); // wherever it stands
  }
  await untilDone();

  const due = accepted();
  const found = await passedOn();
  const surplus = found.filter((line) => !due.includes(line)).length;
  recordFault({
    fault: "repetition at the window's edge, across restarts",
    title: 'deduplication-edges',
    runs: atEdge.length + STRETCHES,
    kills,
    published: sent.length,
    lost: due.filter((line) => !found.includes(line)).length,
    duplicated: surplus + found.length - new Set(found).size - (due.length - new Set(due).size),
    seed,
    seconds: (performance.now() - started) / 1_000,
    measured: { dropped: sent.length - due.length },
  });
  const edgesPassed = found.filter((line) => line.endsWith(`first ${START_MS + 5}`));
  expect(edgesPassed.map((line) => Number(line.split(' ')[0]))).toEqual([2, 5]);
  expect(found).toEqual(due);
});
