import { eventually, stack, uniqueName } from '#platform/testing';
import type { Producer } from 'kafkajs';
import { createKafka, ensureTopics } from '../src/index.js';
import { committedOn } from './committed-values.js';

const kafka = createKafka({ brokers: stack().kafkaBrokers.split(','), clientId: 'test' });

describe('two transactional producers on one partition', () => {
  const topic = uniqueName('aborted');
  const producers: Producer[] = [];

  beforeAll(() => ensureTopics(kafka, [{ topic, partitions: 1, replicationFactor: 1, config: {} }]));
  afterAll(() => Promise.all(producers.map((producer) => producer.disconnect())));

  async function begin() {
    const producer = kafka.producer({ transactionalId: uniqueName('id'), idempotent: true, maxInFlightRequests: 1 });
    producers.push(producer);
    await producer.connect();
    const transaction = await producer.transaction();
    return {
      send: (...values: string[]) =>
        transaction.send({ topic, messages: values.map((value) => ({ value, partition: 0 })) }),
      abort: () => transaction.abort(),
      commit: () => transaction.commit(),
    };
  }

  it('show readers nothing of what they aborted, though the one that began later ended first', async () => {
    const [first, second, third] = [await begin(), await begin(), await begin()];
    await first.send('first', 'first');
    await second.send('second');
    await first.send('first');
    await second.abort();
    await first.abort();
    await third.send('third');
    await third.commit();

    expect(await committedOn(kafka, topic)).toEqual(['third']);

    const consumed: string[] = [];
    const consumer = kafka.consumer({ groupId: uniqueName('group') });
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({ eachMessage: async ({ message }) => void consumed.push(String(message.value)) });
    await eventually(() => expect(consumed).toContain('third')).finally(() => consumer.disconnect());
    expect(consumed).toEqual(['third']);
  });
});
