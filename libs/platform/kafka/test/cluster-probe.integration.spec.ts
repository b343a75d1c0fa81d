import { createTestTopic, stack, testKafka, uniqueName } from '#platform/testing';
import { ClusterProbe, createKafka } from '../src/index.js';

const ADDRESS = stack().kafkaBrokers.split(',')[0]!;

describe('ClusterProbe', () => {
  let probe: ClusterProbe;

  beforeEach(async () => {
    probe = new ClusterProbe(createKafka({ brokers: [ADDRESS], clientId: 'test-probe' }));
    await probe.enter(ADDRESS);
  });

  afterEach(() => probe.close());

  it('tells of each topic by itself, and of what is allowed', async () => {
    const topic = await createTestTopic({ partitions: 3 });
    const missing = uniqueName('missing');
    const { brokers, controllerId, topics } = await probe.describe([missing, topic]);
    expect(brokers.map(({ id }) => id)).toContain(controllerId);
    const known = new Map(topics.map((description) => [description.topic, description]));
    expect(known.get(missing)).toMatchObject({ error: 'UNKNOWN_TOPIC_OR_PARTITION', partitions: [] });
    expect(known.get(topic)).toMatchObject({ error: null });
    expect(known.get(topic)?.partitions.map(({ partition }) => partition)).toEqual([0, 1, 2]);
    expect([...(known.get(topic)?.allowed ?? [])]).toEqual(expect.arrayContaining(['Read', 'Write', 'AlterConfigs']));
  });

  it('asks for no topics without being told of all', async () => {
    await createTestTopic();
    expect((await probe.describe([])).topics).toEqual([]);
  });

  it('reads settings, ends and the commits of a group', async () => {
    const topic = await createTestTopic({ partitions: 2, config: { 'retention.ms': '12345' } });
    const group = uniqueName('group');
    const producer = testKafka().producer();
    const admin = testKafka().admin();
    await Promise.all([producer.connect(), admin.connect()]);
    await producer.send({ topic, messages: [1, 2, 3].map(() => ({ value: 'x', partition: 1 })) });
    await admin.setOffsets({ groupId: group, topic, partitions: [{ partition: 1, offset: '2' }] });
    await Promise.all([producer.disconnect(), admin.disconnect()]);

    const { topics } = await probe.describe([topic]);
    expect(await probe.topicSettings(topic)).toMatchObject({ 'retention.ms': '12345', 'cleanup.policy': 'delete' });
    expect(await probe.ends(topics[0]!)).toEqual([
      { partition: 0, low: 0, high: 0 },
      { partition: 1, low: 0, high: 3 },
    ]);
    expect(await probe.group(group, topics)).toMatchObject({
      state: 'Empty',
      members: [],
      commits: [{ topic, partition: 1, offset: 2 }],
    });
    expect(await probe.group(uniqueName('nobody'), topics)).toMatchObject({ state: 'Dead', commits: [] });
    expect(await probe.mayConsumeWith(group)).toBe(true);
  });

  it("finds a transactional id's coordinator, and reads its clock in its log, whatever the id", async () => {
    const ids = Array.from({ length: 8 }, () => uniqueName('probe'));
    const { brokers } = await probe.describe([]);
    const leaders = await probe.coordinatorsOf(ids);
    for (const id of ids) {
      const { broker, clock } = await probe.openTransactionalId(id);
      expect(brokers.map((place) => place.id)).toContain(broker);
      expect(leaders.get(id)).toBe(broker);
      expect(clock).not.toBeNull();
    }
  });

  it('does not retry a door that is shut', async () => {
    await expect(probe.enter('127.0.0.1:1')).rejects.toThrow('ECONNREFUSED');
  });
});
