import { predictionSchemaOf, type PredictionRecord } from '#contracts';
import { eventually } from '#platform/testing';
import { setTimeout as delay } from 'node:timers/promises';
import { halfHours } from './support/half-hours.js';
import { eddylineJson } from './support/run-eddyline.js';
import { ServiceProcesses } from './support/service-processes.js';
import { TestPipeline } from './support/test-pipeline.js';

const AT_ONCE = 100;
/** About 1,000 events a second. */
const EVERY_MS = 100;
/** Events of each version that are wanted on every partition. */
const WANTED = 500;

let pipeline: TestPipeline;
let services: ServiceProcesses;

beforeAll(async () => {
  pipeline = await TestPipeline.create('model-swap');
  services = new ServiceProcesses(pipeline.name);
  await services.start('validation', 'inference', 'monitoring');
});

afterAll(async () => {
  await services?.stop();
  await pipeline?.close();
});

/** Publishes until it is told to stop. @returns the ids published */
async function publishUntil(stop: AbortSignal): Promise<ReadonlySet<string>> {
  const aHalfHour = halfHours(pipeline.name);
  const encode = pipeline.encoder();
  const ids = new Set<string>();
  for (let n = 0; !stop.aborted; n += AT_ONCE) {
    const events = Array.from({ length: AT_ONCE }, (_, index) => aHalfHour(n + index));
    await pipeline.publisher.publish(
      events.map((event) => ({ topic: pipeline.topic('events'), key: event.event_id, value: encode(event) })),
    );
    for (const { event_id } of events) ids.add(event_id);
    await delay(EVERY_MS);
  }
  return ids;
}

async function untilLogged(version: string): Promise<void> {
  await eventually(
    async () => {
      const rows = await pipeline.rows<{ events: number }>(
        `SELECT count() AS events FROM ${pipeline.database}.predictions WHERE model_version = '${version}' GROUP BY input_partition`,
      );
      expect(rows).toHaveLength(pipeline.applied.definition.topics.partitions);
      for (const { events } of rows) expect(events).toBeGreaterThan(WANTED);
    },
    { everyMs: 200 },
  );
}

/** The predictions on the log, in the order of each partition. */
async function predictionsByPartition(): Promise<ReadonlyMap<number, readonly PredictionRecord[]>> {
  const decoder = pipeline.codecs.decoderFor(predictionSchemaOf(pipeline.applied.definition));
  const records = await pipeline.read('predictions');
  await decoder.prefetch(records.map(({ value }) => value));
  const byPartition = new Map<number, PredictionRecord[]>();
  for (const { partition, value } of records) {
    const decoded = decoder.decode(value);
    if (!decoded.ok) throw new Error(decoded.message);
    const list = byPartition.get(partition) ?? [];
    byPartition.set(partition, list);
    list.push(decoded.value as unknown as PredictionRecord);
  }
  return byPartition;
}

it('a model registered while events flow takes over between two of them on each partition', async () => {
  const stop = new AbortController();
  const publishing = publishUntil(stop.signal);
  await untilLogged('1');
  expect(await pipeline.registerModel(2_000)).toBe('2');
  await untilLogged('2');
  stop.abort();
  const published = await publishing;
  await eventually(() => pipeline.isDrained());

  const byPartition = await predictionsByPartition();
  expect(byPartition.size).toBe(pipeline.applied.definition.topics.partitions);
  for (const [partition, predictions] of byPartition) {
    const versions = predictions.map(({ model_version }) => model_version);
    const handOver = versions.indexOf('2');
    expect([partition, [...new Set(versions.slice(0, handOver))]]).toEqual([partition, ['1']]);
    expect([partition, [...new Set(versions.slice(handOver))]]).toEqual([partition, ['2']]);
    const offsets = predictions.map(({ input_offset }) => input_offset);
    expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
  }
  const scored = [...byPartition.values()].flat().map(({ event_id }) => event_id);
  expect(scored).toHaveLength(published.size);
  expect(new Set(scored)).toEqual(published);

  const [logged] = await pipeline.rows<object>(
    `SELECT count() AS rows, uniqExact(event_id) AS ids, uniqExact(model_sha256) AS models FROM ${pipeline.database}.predictions`,
  );
  expect(logged).toEqual({ rows: published.size, ids: published.size, models: 2 });
});

it('the list says which version serves', async () => {
  const listed = await eddylineJson<{ version: string; serves: boolean }[]>(['models', 'list', pipeline.name]);
  expect(listed.map(({ version, serves }) => [version, serves])).toEqual([
    ['1', false],
    ['2', true],
  ]);
});

it("the V2 protocol gives an event's logged score for its served features", async () => {
  const { features } = pipeline.applied.definition;
  const columns = features.map(({ name }) => `feature_${name} AS ${name}`).join(', ');
  const logged = await pipeline.rows<Record<string, number>>(
    `SELECT score, ${columns} FROM ${pipeline.database}.predictions WHERE model_version = '2' ORDER BY event_time LIMIT 20`,
  );
  expect(logged).toHaveLength(20);
  const infer = async (inputs: object[]): Promise<number[]> => {
    const response = await fetch(`${await services.urlOf('inference')}/v2/models/${pipeline.name}/infer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ inputs }),
    });
    const answer = (await response.json()) as { outputs: { name: string; data: number[] }[]; model_version: string };
    expect(response.status).toBe(200);
    expect(answer.model_version).toBe('2');
    return answer.outputs.find(({ name }) => name === 'score')!.data;
  };
  const rows = logged.map((row) => features.map(({ name }) => row[name]!));
  const asMatrix = await infer([
    { name: 'features', datatype: 'FP64', shape: [rows.length, features.length], data: rows.flat() },
  ]);
  const byName = await infer(
    features.map(({ name }, column) => ({
      name,
      datatype: 'FP64',
      shape: [rows.length],
      data: rows.map((row) => row[column]),
    })),
  );
  for (const [index, { score }] of logged.entries()) {
    expect(Math.abs(asMatrix[index]! - score!)).toBeLessThan(1e-6);
    expect(Math.abs(byName[index]! - score!)).toBeLessThan(1e-6);
  }
  // Not one number for all: the features decide.
  expect(new Set(asMatrix).size).toBeGreaterThan(1);
});
