import type { KafkaOperation, TopicDescription } from '#platform/kafka';
import { Notes } from '../finding.js';
import { judgeTopic } from './judge-topic.js';

const SPEC = {
  topic: 'tides.events',
  partitions: 2,
  replicationFactor: 1,
  config: {
    'cleanup.policy': 'delete',
    'retention.ms': '86400000',
    'max.message.bytes': '1048576',
    'message.timestamp.type': 'LogAppendTime',
    'min.insync.replicas': '1',
  },
} as const;
const ALLOWED: readonly KafkaOperation[] = ['Read', 'Write', 'Describe', 'DescribeConfigs', 'AlterConfigs'];

function description(changes: Partial<TopicDescription> = {}): TopicDescription {
  const partitions = [0, 1].map((partition) => ({ partition, leader: 1, replicas: [1], inSync: [1] }));
  return { topic: SPEC.topic, error: null, partitions, allowed: new Set(ALLOWED), ...changes };
}

function judged(described: TopicDescription, config: Record<string, string> = {}): Notes['findings'] {
  const notes = new Notes('topics', 'tides');
  const settings = { ok: true, value: { ...SPEC.config, ...config } } as const;
  const client = { bootstrap: 'b:9092', user: 'worker' };
  judgeTopic({ description: described, settings }, { spec: SPEC, brokers: 1, applyCommand: 'apply', client }, notes);
  return notes.findings;
}

describe('judgeTopic', () => {
  it('says what a topic is that is as declared', () => {
    expect(judged(description())).toMatchObject([
      { severity: 'ok', message: '2 partitions, 1 replica on the only broker, kept 1d' },
    ]);
  });

  it.each([
    ['retention.ms', '60000', 'fail', '1m', '1d'],
    ['retention.ms', '-1', 'warn', 'for ever', '1d'],
    ['max.message.bytes', '1000', 'fail', '1000 B', '1 MiB'],
    ['max.message.bytes', '2097152', 'warn', '2 MiB', '1 MiB'],
    ['cleanup.policy', 'compact', 'fail', 'compact', 'delete'],
    ['message.timestamp.type', 'CreateTime', 'fail', 'CreateTime', 'LogAppendTime'],
  ])('%s %s: %s', (name, value, severity, actual, expected) => {
    expect(judged(description(), { [name]: value })).toMatchObject([
      { severity, actual: `${name} ${actual}`, expected, cure: 'apply' },
    ]);
  });

  it('tells a missing topic from one that may not be seen', () => {
    expect(judged(description({ error: 'UNKNOWN_TOPIC_OR_PARTITION', partitions: [] }))).toMatchObject([
      { severity: 'fail', actual: 'missing', cure: 'apply' },
    ]);
    expect(judged(description({ error: 'TOPIC_AUTHORIZATION_FAILED', partitions: [] }))).toMatchObject([
      { severity: 'fail', cure: expect.stringContaining('kafka-acls.sh --bootstrap-server b:9092') as string },
    ]);
  });

  it('counts partitions', () => {
    const [one] = description().partitions;
    expect(judged(description({ partitions: [one!] }))).toMatchObject([
      { severity: 'fail', actual: '1 partition', expected: '2', cure: 'apply' },
    ]);
  });

  it('names the rights that are missing, and what fails without them', () => {
    expect(
      judged(description({ allowed: new Set<KafkaOperation>(['Describe', 'Read', 'DescribeConfigs']) })),
    ).toMatchObject([
      { severity: 'fail', message: expect.stringContaining('Write, AlterConfigs: services cannot produce') as string },
    ]);
    expect(judged(description({ allowed: new Set(ALLOWED.slice(0, 4)) }))).toMatchObject([{ severity: 'warn' }]);
    expect(judged(description({ allowed: null }))).toMatchObject([{ severity: 'ok' }]);
  });
});
