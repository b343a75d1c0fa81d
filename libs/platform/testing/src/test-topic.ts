import { Kafka, logLevel } from 'kafkajs';
import { stack } from './testing.config.js';
import { uniqueName } from './unique-name.js';

/** A kafkajs client of the run's broker that logs nothing: what a test expects to fail must not look like a failure. */
export function testKafka(clientId = uniqueName('test')): Kafka {
  return new Kafka({
    clientId,
    brokers: stack().kafkaBrokers.split(','),
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 50, retries: 10 },
  });
}

/** Makes a topic of one replica and resolves with its name (a unique one by default). */
export async function createTestTopic({
  topic = uniqueName('topic'),
  partitions = 1,
  config = {},
}: { topic?: string; partitions?: number; config?: Readonly<Record<string, string>> } = {}): Promise<string> {
  const admin = testKafka().admin();
  await admin.connect();
  try {
    const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
    await admin.createTopics({
      waitForLeaders: true,
      topics: [{ topic, numPartitions: partitions, replicationFactor: 1, configEntries }],
    });
    return topic;
  } finally {
    await admin.disconnect();
  }
}
