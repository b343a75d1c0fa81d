import { topicOf } from '#contracts';
import { Retriable } from '#platform/outcomes';
import { eventually, seededRandom } from '#platform/testing';
import { numbers, StreamHarness } from '../stream-harness.js';
import { settle } from './account.js';
import { passingStage, TokenStore, writingStage } from './stages.js';
import { Steps } from './steps.js';

/** Publishes in transactions of a few records, a third of which are aborted, and deletes the oldest. @returns ids that are left */
async function publishWithGaps(harness: StreamHarness): Promise<string[]> {
  const topic = topicOf(harness.name, 'events');
  const random = seededRandom();
  const producer = harness.kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    transactionalId: `${harness.name}.gaps`,
    retry: { initialRetryTime: 4, retries: 100 },
  });
  await producer.connect();
  const kept: { readonly id: string; readonly offset: number }[] = [];
  let next = 0;
  for (let round = 0; round < 60; round++) {
    const events = numbers(1 + Math.floor(random() * 12), next);
    next += events.length;
    const transaction = await producer.transaction();
    const messages = events.map(({ id, n }) => ({ key: id, value: harness.value(id, n), partition: 0 }));
    const [at] = await transaction.send({ topic, messages });
    if (random() < 1 / 3) await transaction.abort();
    else {
      await transaction.commit();
      kept.push(...events.map(({ id }, i) => ({ id, offset: Number(at!.baseOffset) + i })));
    }
  }
  await producer.disconnect();
  const admin = harness.kafka.admin();
  await admin.connect();
  await admin.fetchTopicOffsets(topic); // kafkajs looks for leaders among the topics that it has met
  const first = kept[5]!;
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(first.offset) }] });
  await admin.disconnect();
  return kept.filter(({ offset }) => offset >= first.offset).map(({ id }) => id);
}

describe('a topic with gaps in its offsets (control records, aborted transactions, deleted records)', () => {
  let harness: StreamHarness;
  beforeEach(async () => (harness = await StreamHarness.create(1)));
  afterEach(() => harness.close());

  it('ranges are formed again exactly as they were, by an owner with other habits', async () => {
    const startedAt = performance.now();
    const ids = await publishWithGaps(harness);
    const store = new TokenStore();
    const failures = ['written', 'intent_committed', 'written', 'range_committed'] as const;
    for (const [round, step] of failures.entries()) {
      const held = Steps.hold(harness.group, step, step === 'range_committed' ? 1 : 2);
      const stage = await harness.start(writingStage(store, { maxRecords: 17 + 11 * round }));
      await held.reached;
      const stopped = stage.stop();
      held.release(new Retriable('kafka_unreachable', 'an outage at this very step'));
      await stopped;
    }
    const last = await harness.start(writingStage(store, { maxRecords: 5 }));
    await eventually(() => expect(store.ids).toHaveLength(ids.length));
    await last.stop();
    expect(store.contradictions).toEqual([]);
    expect(store.repeated).toBeGreaterThan(0);
    expect((await harness.committed())[0]!.pending).toBeNull();
    settle({ fault: 'offset gaps', title: 'intent', runs: failures.length, startedAt }, ids, store.ids);
  });

  it('topic to topic, each record that is left comes out once', async () => {
    const startedAt = performance.now();
    const ids = await publishWithGaps(harness);
    const failed = Steps.fail(harness.group, 'offset_added', new Error('an outage'), 3);
    await harness.start(passingStage({ maxRecords: 20 }));
    await failed;
    await eventually(async () => expect(await harness.keys('validated')).toHaveLength(ids.length));
    settle({ fault: 'offset gaps', title: 'transaction', runs: 1, startedAt }, ids, await harness.keys('validated'));
  });
});
