import { eventually, stack, uniqueName } from '#platform/testing';
import { createKafka, ensureTopics, LogReader, Publisher } from '../src/index.js';

const kafka = createKafka({ brokers: stack().kafkaBrokers.split(','), clientId: 'test-reader' });
const PARTITIONS = 4;

function openSockets(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;
}

describe('LogReader', () => {
  const topic = uniqueName('log');
  beforeAll(async () => {
    await ensureTopics(kafka, [{ topic, partitions: PARTITIONS, replicationFactor: 1, config: {} }]);
    const publisher = new Publisher(kafka);
    await publisher.publish(
      Array.from({ length: 100 }, (_, i) => ({
        topic,
        key: String(i),
        value: Buffer.from(String(i)),
        partition: i % PARTITIONS,
      })),
    );
    await publisher.close();
  });

  async function valuesOf(reader: LogReader, partition: number, ...bounds: [number, number?]): Promise<string[]> {
    const values: string[] = [];
    for await (const records of reader.read(topic, partition, ...bounds)) {
      values.push(...records.map(({ value }) => String(value)));
    }
    return values;
  }

  it('reads a partition between two offsets, in order', async () => {
    const reader = new LogReader(kafka);
    expect(await valuesOf(reader, 1, 20)).toEqual(['81', '85', '89', '93', '97']);
    expect(await valuesOf(reader, 1, 0, 2)).toEqual(['1', '5']);
    expect(await valuesOf(reader, 1, 25)).toEqual([]);
    await reader.close();
  });

  it('says that a topic has no such partition', async () => {
    const reader = new LogReader(kafka);
    await expect(valuesOf(reader, PARTITIONS, 0)).rejects.toThrow(`${topic} has no partition ${PARTITIONS}`);
    await reader.close();
  });

  it('reads several partitions at once and leaves no connection behind', async () => {
    const before = openSockets();
    const reader = new LogReader(kafka);
    const values = await Promise.all(Array.from({ length: PARTITIONS }, (_, i) => valuesOf(reader, i, 0)));
    expect(values.map(({ length }) => length)).toEqual([25, 25, 25, 25]);
    await reader.close();
    await eventually(() => expect(openSockets()).toBeLessThanOrEqual(before));
  });

  it('follows a partition and tells when it has come to the end', async () => {
    const reader = new LogReader(kafka);
    const stop = new AbortController();
    const chunks: number[] = [];
    for await (const records of reader.follow(topic, 0, 0, stop.signal)) {
      chunks.push(records.length);
      if (records.length === 0) stop.abort();
    }
    expect(chunks).toEqual([25, 0]);
    await reader.close();
  });

  it('knows the ends of topics made a moment ago, whose leaders may not know yet that they lead', async () => {
    const reader = new LogReader(kafka);
    for (let made = 0; made < 20; made++) {
      const young = uniqueName('young');
      await ensureTopics(kafka, [{ topic: young, partitions: 1, replicationFactor: 1, config: {} }]);
      expect(await reader.ends(young)).toEqual([{ partition: 0, low: 0, high: 0 }]);
    }
    await reader.close();
  });

  it('stops following while the broker keeps a fetch, and leaves no connection behind', async () => {
    const before = openSockets();
    const reader = new LogReader(kafka);
    const stop = new AbortController();
    const chunks: number[] = [];
    for await (const records of reader.follow(topic, 1, 25, stop.signal)) {
      chunks.push(records.length);
      setImmediate(() => stop.abort()); // the next fetch is under way by then, and nothing comes to the topic
    }
    expect(chunks).toEqual([0]);
    await reader.close();
    await eventually(() => expect(openSockets()).toBeLessThanOrEqual(before));
  });
});
