import { topicOf, type PipelineStream } from '#contracts';
import { eventually } from '#platform/testing';
import { createHash } from 'node:crypto';
import { numbers, StreamHarness } from '../stream-harness.js';
import { settle } from './account.js';
import { passingStage, TokenStore, writingStage } from './stages.js';

describe('a stage', () => {
  let harness: StreamHarness;
  afterEach(() => harness.close());

  async function raise(stream: PipelineStream, count: number): Promise<void> {
    const admin = harness.kafka.admin();
    const topic = topicOf(harness.name, stream);
    await admin.connect();
    await admin.createPartitions({ topicPartitions: [{ topic, count }] });
    // The broker tells of them a moment later, and a publisher that asks before sees none.
    await eventually(async () => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      expect(topics[0]!.partitions.filter(({ leader }) => leader >= 0)).toHaveLength(count);
    });
    await admin.disconnect();
  }

  it('takes up partitions that are added while it runs, from their first record', async () => {
    const startedAt = performance.now();
    harness = await StreamHarness.create(1);
    const store = new TokenStore();
    await harness.publish(numbers(300, 0));
    const stage = await harness.start(writingStage(store), { metadataMaxAgeMs: 500, sessionTimeoutMs: 6_000 });
    await eventually(() => expect(store.ids).toHaveLength(300));
    await raise('events', 3);
    await harness.publishOver(
      3,
      numbers(300, 300).map(({ id, n }) => ({ key: id, value: harness.value(id, n) })),
    );
    await eventually(() => expect(store.ids).toHaveLength(600));
    await stage.stop();
    expect(store.contradictions).toEqual([]);
    const ids = numbers(600, 0).map(({ id }) => id);
    settle({ fault: 'partitions raised', title: 'intent', runs: 1, startedAt }, ids, store.ids);
  });

  it('leaves nothing out where the topic that it writes to lacks the partition: it waits, and says why', async () => {
    const startedAt = performance.now();
    harness = await StreamHarness.create(1);
    await raise('events', 2);
    const ids = numbers(400, 0).map(({ id }) => id);
    await harness.publishOver(
      2,
      numbers(400, 0).map(({ id, n }) => ({ key: id, value: harness.value(id, n) })),
    );
    const stage = await harness.start(passingStage());
    const reason = expect.stringContaining(`${topicOf(harness.name, 'validated')} has no partition 1`) as string;
    await eventually(() => expect(stage.server.stageStatuses()[0]).toMatchObject({ state: 'waiting', reason }));
    await eventually(async () => expect(await harness.keys('validated')).toHaveLength(200));
    await raise('validated', 2);
    await eventually(async () => expect(await harness.keys('validated')).toHaveLength(400));
    await stage.stop();
    const run = { fault: 'partitions raised', title: 'transaction, the input first', runs: 1, startedAt };
    settle(run, ids, await harness.keys('validated'));
  });

  it('works a backlog of many fetches off, whatever its size', async () => {
    const startedAt = performance.now();
    harness = await StreamHarness.create(2);
    // Ids that compress badly: a fetch takes 1 MiB of each partition as it lies on the disk.
    const ids = Array.from({ length: 12_000 }, (_, n) => {
      const hash = createHash('sha512').update(String(n));
      return `${String(n).padStart(6, '0')}-${hash.digest('base64')}`.padEnd(200, 'x');
    });
    for (let from = 0; from < ids.length; from += 4_000) {
      await harness.publish(ids.slice(from, from + 4_000).map((id, i) => ({ id, n: from + i })));
    }
    const stage = await harness.start(passingStage({ maxRecords: 1_000 }));
    await eventually(
      async () => {
        expect((await harness.committed()).map(({ offset }) => offset)).toEqual([6_000, 6_000]);
      },
      { everyMs: 300 },
    );
    await stage.stop();
    // The markers of the last transaction may be on their way.
    await eventually(async () => expect(await harness.keys('validated')).toHaveLength(ids.length));
    settle({ fault: 'backlog', title: 'transaction', runs: 1, startedAt }, ids, await harness.keys('validated'));
  });
});
