import { randomBytes } from 'node:crypto';
import { createTestTopic, stack, uniqueName } from '#platform/testing';
import { createKafka, deleteRecordsBefore, LogReader, TransactionalPublisher } from '#platform/kafka';
import { committedOn, readableOn } from './committed-values.js';

const kafka = createKafka({ brokers: stack().kafkaBrokers.split(','), clientId: uniqueName('test') });
const log = new LogReader(kafka);

afterAll(() => log.close());

function message(topic: string, value: string, timestampMs?: number) {
  return { topic, partition: 0, key: 'k', value: Buffer.from(value), timestampMs };
}

describe('TransactionalPublisher', () => {
  it('publishes to several topics together and tells where records landed', async () => {
    const [one, two] = [await createTestTopic(), await createTestTopic()];
    const publisher = await TransactionalPublisher.open(kafka, uniqueName('tx'));
    const landed: unknown[] = [];
    await publisher.publish([message(one, 'a'), message(one, 'b'), message(two, 'c')], (at) => landed.push(at));
    await publisher.close();
    expect([await committedOn(kafka, one), await committedOn(kafka, two)]).toEqual([['a', 'b'], ['c']]);
    expect(new Set(landed)).toEqual(
      new Set([
        { topic: one, partition: 0, lastOffset: 1 },
        { topic: two, partition: 0, lastOffset: 0 },
      ]),
    );
  });

  it('lets only the one that was opened last publish', async () => {
    const topic = await createTestTopic();
    const id = uniqueName('tx');
    const first = await TransactionalPublisher.open(kafka, id);
    const second = await TransactionalPublisher.open(kafka, id);
    await expect(first.publish([message(topic, 'first')], () => undefined)).rejects.toMatchObject({
      name: 'PublicationFailed',
      reason: 'fenced',
    });
    await second.publish([message(topic, 'second')], () => undefined);
    await second.close();
    expect(await committedOn(kafka, topic)).toEqual(['second']);
  });

  it('publishes nothing where one record is too large, and says so', async () => {
    const topic = await createTestTopic({ config: { 'max.message.bytes': '2000' } });
    const publisher = await TransactionalPublisher.open(kafka, uniqueName('tx'));
    const large = randomBytes(4_000).toString('base64'); // compresses to 3,000
    await expect(
      publisher.publish([message(topic, 'small'), message(topic, large)], () => undefined),
    ).rejects.toMatchObject({ reason: 'too_large' });
    expect(await readableOn(kafka, topic)).toEqual([]);
  });
});

describe('a log by time', () => {
  it('is found from a time on, and deleted before an offset', async () => {
    const topic = await createTestTopic({ partitions: 2 });
    const publisher = await TransactionalPublisher.open(kafka, uniqueName('tx'));
    const nowMs = Date.now();
    const messages = [3_000, 2_000, 1_000].map((ago) => message(topic, `${ago} ago`, nowMs - ago));
    await publisher.publish(messages, () => undefined);
    await publisher.close();
    await committedOn(kafka, topic);
    expect(await log.offsetsAt(topic, nowMs - 2_000)).toEqual(
      new Map([
        [0, 1],
        [1, null],
      ]),
    );
    // Behind them lies the marker of their transaction, which is younger.
    expect((await log.offsetsAt(topic, nowMs)).get(0)).toBe(3);
    expect((await log.offsetsAt(topic, nowMs + 60_000)).get(0)).toBeNull();
    await deleteRecordsBefore(kafka, topic, new Map([[0, 2]]));
    expect(await readableOn(kafka, topic)).toEqual(['1000 ago']);
  });
});
