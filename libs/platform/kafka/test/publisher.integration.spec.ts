import type { OutboundMessage } from '#platform/outcomes';
import { stack, uniqueName } from '#platform/testing';
import type { Kafka, ProducerConfig } from 'kafkajs';
import { randomBytes } from 'node:crypto';
import {
  createKafka,
  ensureTopics,
  partitionEnds,
  Publisher,
  PublishFailed,
  readPartition,
  type PublisherOptions,
} from '../src/index.js';

const kafka = createKafka({ brokers: stack().kafkaBrokers.split(','), clientId: 'test-publisher' });
const publishers: Publisher[] = [];

function publisher(options?: PublisherOptions): Publisher {
  const made = new Publisher(kafka, options);
  publishers.push(made);
  return made;
}

async function aTopic(partitions: number, config: Record<string, string> = {}): Promise<string> {
  const topic = uniqueName('publisher');
  await ensureTopics(kafka, [{ topic, partitions, replicationFactor: 1, config }]);
  return topic;
}

/** Random bytes, which no compression makes smaller: brokers measure what arrives. */
function anEvent(topic: string, key: string, bytes = 100): OutboundMessage {
  return { topic, key, value: randomBytes(bytes) };
}

function eventsOf(topic: string, caller: string, count: number, bytes?: number): OutboundMessage[] {
  return Array.from({ length: count }, (_, i) => anEvent(topic, `${caller}-${i}`, bytes));
}

/** Everything on the topic, as it came: a key that is there twice was published twice. */
async function keysOn(topic: string): Promise<readonly string[]> {
  const keys: string[] = [];
  for (const { partition } of await partitionEnds(kafka, topic)) {
    for await (const records of readPartition(kafka, topic, partition, 0)) {
      keys.push(...records.map(({ key }) => String(key)));
    }
  }
  return keys.sort();
}

function keysOf(...lists: readonly (readonly OutboundMessage[])[]): readonly string[] {
  return lists
    .flat()
    .map(({ key }) => String(key))
    .sort();
}

/** A client that counts the Produce requests of its producers. */
function countingRequests(): { readonly kafka: Kafka; readonly requests: () => number } {
  let count = 0;
  const counted = new Proxy(kafka, {
    get(client, name) {
      if (name !== 'producer') return Reflect.get(client, name) as unknown;
      return (config: ProducerConfig) => {
        const producer = client.producer(config);
        producer.on(producer.events.REQUEST, ({ payload }) => (count += payload.apiName === 'Produce' ? 1 : 0));
        return producer;
      };
    },
  });
  return { kafka: counted, requests: () => count };
}

async function failureOf(publishing: Promise<void>): Promise<PublishFailed> {
  const error: unknown = await publishing.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(PublishFailed);
  return error as PublishFailed;
}

describe('Publisher', () => {
  afterEach(() => Promise.all(publishers.splice(0).map((made) => made.close())));

  it('answers each of many concurrent callers, whose messages share sends', async () => {
    const topic = await aTopic(2);
    const callers = Array.from({ length: 200 }, (_, caller) => eventsOf(topic, `c${caller}`, 3));
    const { kafka: counted, requests } = countingRequests();
    const shared = new Publisher(counted);
    publishers.push(shared);
    await Promise.all(callers.map((messages) => shared.publish(messages)));
    expect(await keysOn(topic)).toEqual(keysOf(...callers));
    expect(requests()).toBeLessThan(20);
    expect(shared.pendingBytes).toBe(0);
  });

  it('keeps the order of one caller within a partition', async () => {
    const topic = await aTopic(1);
    const shared = publisher();
    await Promise.all(eventsOf(topic, 'n', 50).map((message) => shared.publish([message])));
    const keys: string[] = [];
    for await (const records of readPartition(kafka, topic, 0, 0)) keys.push(...records.map(({ key }) => String(key)));
    expect(keys).toEqual(Array.from({ length: 50 }, (_, i) => `n-${i}`));
  });

  it.each([1, 4])('refuses a record that is too large to its caller alone, on %i partition(s)', async (partitions) => {
    const topic = await aTopic(partitions, { 'max.message.bytes': '20000' });
    const other = await aTopic(2);
    const shared = publisher();
    const before = eventsOf(topic, 'before', 20);
    const after = eventsOf(topic, 'after', 20);
    const elsewhere = eventsOf(other, 'elsewhere', 20);
    const mixed = [...eventsOf(topic, 'mixed', 5), anEvent(topic, 'giant', 50_000)];
    const answers = Promise.all([shared.publish(before), shared.publish(elsewhere), shared.publish(after)]);
    const failure = await failureOf(shared.publish(mixed));
    await answers;
    expect(failure.code).toBe('too_large');
    expect(failure.message).toContain(topic);
    expect(await keysOn(topic)).toEqual(keysOf(before, after, mixed.slice(0, 5)));
    expect(await keysOn(other)).toEqual(keysOf(elsewhere));
  });

  it('goes on after a refusal', async () => {
    const topic = await aTopic(1, { 'max.message.bytes': '20000' });
    const shared = publisher();
    await failureOf(shared.publish([anEvent(topic, 'giant', 50_000)]));
    const later = eventsOf(topic, 'later', 10);
    await shared.publish(later);
    expect(await keysOn(topic)).toEqual(keysOf(later));
  });

  it('brings many small events to a topic that takes small record batches only', async () => {
    const topic = await aTopic(2, { 'max.message.bytes': '5000' });
    const messages = eventsOf(topic, 'small', 1_000, 200);
    await publisher().publish(messages);
    expect(await keysOn(topic)).toEqual(keysOf(messages));
  });

  it('refuses what would exceed the bytes it may hold, and sends none of it', async () => {
    const topic = await aTopic(1);
    const small = publisher({ maxPendingBytes: 10_000 });
    const first = eventsOf(topic, 'first', 8, 1_000);
    const accepted = small.publish(first);
    expect((await failureOf(small.publish(eventsOf(topic, 'second', 8, 1_000)))).code).toBe('overloaded');
    await accepted;
    const third = eventsOf(topic, 'third', 8, 1_000);
    await small.publish(third); // what was acknowledged counts no longer
    expect(await keysOn(topic)).toEqual(keysOf(first, third));
  });

  it('tells within its deadline that Kafka does not answer', async () => {
    const nobody = createKafka({ brokers: ['127.0.0.1:1'], clientId: 'test-publisher' });
    const waiting = new Publisher(nobody, { deadlineMs: 300 });
    publishers.push(waiting);
    expect((await failureOf(waiting.publish([anEvent('nowhere', 'k')]))).code).toBe('unreachable');
  });

  it('refuses at once what is meant for a topic that is not there, and keeps nobody else waiting', async () => {
    const topic = await aTopic(1);
    const absent = uniqueName('absent');
    const shared = publisher();
    const events = eventsOf(topic, 'here', 10);
    const failing = failureOf(shared.publish([anEvent(absent, 'there')]));
    await shared.publish(events);
    const failure = await failing;
    expect(failure.code).toBe('unreachable');
    expect(failure.message).toContain(`the topic ${absent} does not exist`);
    expect(await keysOn(topic)).toEqual(keysOf(events));
    await ensureTopics(kafka, [{ topic: absent, partitions: 1, replicationFactor: 1, config: {} }]);
    await shared.publish([anEvent(absent, 'there')]);
    expect(await keysOn(absent)).toEqual(['there']);
  });

  it('notices that a topic was deleted under it', async () => {
    const topic = await aTopic(1);
    const doomed = await aTopic(1);
    const shared = publisher();
    await shared.publish([anEvent(doomed, 'a'), anEvent(topic, 'a')]);
    const admin = kafka.admin();
    await admin.connect();
    await admin.deleteTopics({ topics: [doomed] });
    await admin.disconnect();
    const failing = failureOf(shared.publish([anEvent(doomed, 'b')]));
    const others = shared.publish([anEvent(topic, 'b')]).catch(() => shared.publish([anEvent(topic, 'b')]));
    expect((await failing).message).toContain(`the topic ${doomed} does not exist`);
    await others;
    expect(new Set(await keysOn(topic))).toEqual(new Set(['a', 'b']));
  });

  it('sends what was accepted before it closes, and refuses what comes after', async () => {
    const topic = await aTopic(1);
    const closing = publisher();
    const accepted = eventsOf(topic, 'accepted', 10);
    const publishing = closing.publish(accepted);
    await closing.close();
    await publishing;
    const failure = await failureOf(closing.publish(eventsOf(topic, 'late', 1)));
    expect(failure.code).toBe('unreachable');
    expect(failure.message).toContain('closed');
    expect(await keysOn(topic)).toEqual(keysOf(accepted));
  });
});
