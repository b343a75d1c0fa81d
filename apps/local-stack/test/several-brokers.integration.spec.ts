import { createKafka, ensureTopics, Publisher } from '#platform/kafka';
import { eventually, uniqueName } from '#platform/testing';
import kafkajs, { type Kafka } from 'kafkajs';
import type { StackFile } from '../src/stack-file.js';
import { StackFolder, type StackProcess } from './stack-process.js';

/** Brokers only make the difference; the rest is somebody else's. */
const KAFKA_ALONE = { CLICKHOUSE_URL: 'http://127.0.0.1:1', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:2' };

let folder: StackFolder;
let child: StackProcess;
let stack: StackFile;
let kafka: Kafka;

beforeAll(async () => {
  folder = await StackFolder.make();
  child = folder.launch(['--brokers', '3'], KAFKA_ALONE);
  stack = await child.up();
  kafka = createKafka({ brokers: stack.kafkaBrokers.split(','), clientId: 'several-brokers' });
});

afterAll(() => folder?.remove(), 60_000);

async function inAdmin<T>(work: (admin: ReturnType<Kafka['admin']>) => Promise<T>): Promise<T> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

async function topicWithDefaults(): Promise<string> {
  const topic = uniqueName('copied');
  await ensureTopics(kafka, [{ topic, partitions: 3, replicationFactor: -1, config: {} }]);
  return topic;
}

/** The broker that happens to be asked hears of a topic a little after the one that made it. */
async function partitionsOf(topic: string): Promise<readonly { leader: number; replicas: number[]; isr: number[] }[]> {
  return inAdmin((admin) =>
    eventually(async () => (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0]!.partitions),
  );
}

/** Brokers that just died are found out by trying. */
async function send(topic: string, value: string): Promise<void> {
  const publisher = new Publisher(kafka);
  await eventually(() => publisher.publish([{ topic, key: 'k', value: Buffer.from(value) }]));
  await publisher.close();
}

it('three brokers keep three copies of every topic, of which two must be in sync', async () => {
  expect(stack.kafkaBrokers.split(',')).toHaveLength(3);
  const topic = await topicWithDefaults();
  for (const name of [topic, '__transaction_state', '__consumer_offsets', '_schemas']) {
    for (const { replicas } of await partitionsOf(name)) expect([name, replicas.toSorted()]).toEqual([name, [1, 2, 3]]);
  }
  const minInSync = await inAdmin(async (admin) => {
    const resources = [topic, '__transaction_state'].map((name) => ({
      type: kafkajs.ConfigResourceTypes.TOPIC,
      name,
      configNames: ['min.insync.replicas'],
    }));
    const described = await eventually(() => admin.describeConfigs({ includeSynonyms: false, resources }));
    return described.resources.map(({ configEntries }) => configEntries[0]!.configValue);
  });
  expect(minInSync).toEqual(['2', '2']);
});

it('goes on with two of three, refuses to acknowledge with one, and is whole again when all are back', async () => {
  const topic = await topicWithDefaults();
  expect(folder.processes('java')).toHaveLength(3);
  expect(await child.command('kafka-1', 'kill')).toBeUndefined();
  await eventually(() => folder.processes('java').length === 2); // the JVM itself, not only the shell that watches it
  await send(topic, 'by two');
  expect(await child.command('kafka-2', 'kill')).toBeUndefined();
  const producer = kafka.producer({ retry: { retries: 0 } });
  await expect(
    producer.connect().then(() => producer.send({ topic, acks: -1, timeout: 1_000, messages: [{ value: 'by one' }] })),
  ).rejects.toThrow();
  await producer.disconnect();

  await Promise.all(
    ['kafka-1', 'kafka-2'].map(async (part) => expect(await child.command(part, 'start')).toBeUndefined()),
  );
  await send(topic, 'by all');
  await eventually(async () => {
    for (const { isr } of await partitionsOf(topic)) expect(isr.toSorted()).toEqual([1, 2, 3]);
  });
  expect(folder.processes('java')).toHaveLength(3);
  expect(child.child.exitCode).toBeNull();
});

it('keeps its ports, and a folder keeps its number of brokers', async () => {
  child.child.kill('SIGTERM');
  expect(await child.ended).toBe(0);
  await eventually(() => folder.processes().length === 0);

  const other = folder.launch([], KAFKA_ALONE);
  expect(await other.ended).toBe(1);
  expect(other.errors).toContain('holds a Kafka of 3 brokers, which cannot become one of 1: start it with --brokers 3');

  child = folder.launch(['--brokers', '3'], KAFKA_ALONE);
  expect((await child.up()).kafkaBrokers).toBe(stack.kafkaBrokers);
});

it('refuses a number of brokers that it cannot start', async () => {
  const refused = folder.launch(['--brokers', '0', '--clickhouse-disk-mb', 'much'], KAFKA_ALONE);
  expect(await refused.ended).toBe(1);
  expect(refused.errors).toContain('--brokers 0 is not a number from 1 to 9');
  expect(refused.errors).toContain('--clickhouse-disk-mb much is not a whole number from 64 on');
});
