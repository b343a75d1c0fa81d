import { randomUUID } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';
import { replicationOf } from './server-properties.js';

/** Topic of the warm-up transaction and of nothing else; one partition, short-lived records. */
const PROBE_TOPIC = '_eddyline_probe';
const RETRY_MS = 150;

/**
 * Waits until a cluster answers, then makes one consumer group and one transaction, so that the internal topics exist
 * and their coordinators are loaded before anybody else asks: the first use of either fails for a while otherwise.
 * @throws the last error once `deadlineMs` has passed.
 */
export async function warmUp(brokers: readonly string[], deadlineMs: number): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  const kafka = impatientClient(brokers);
  await until(deadline, () => requireBrokers(kafka, brokers.length));
  await until(deadline, () => createProbeTopic(kafka, replicationOf(brokers.length).factor));
  await Promise.all([
    until(deadline, () => findGroupCoordinator(kafka)),
    until(deadline, () => commitTransaction(kafka)),
  ]);
}

/**
 * Waits until a broker itself says that it is one of the cluster.
 * @throws the last error once `deadlineMs` has passed.
 */
export async function untilBrokerIn(broker: string, nodeId: number, deadlineMs: number): Promise<void> {
  const kafka = impatientClient([broker]);
  await until(Date.now() + deadlineMs, async () => {
    if (!(await memberIds(kafka)).includes(nodeId)) throw new Error(`the cluster has not let ${broker} in yet`);
  });
}

function impatientClient(brokers: readonly string[]): Kafka {
  return new Kafka({
    brokers: [...brokers],
    clientId: 'eddyline-warm-up',
    connectionTimeout: 1_000,
    requestTimeout: 10_000,
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 100, maxRetryTime: 500, retries: 4 },
  });
}

async function memberIds(kafka: Kafka): Promise<number[]> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    const { brokers } = await admin.describeCluster();
    return brokers.map(({ nodeId }) => nodeId);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

/** With fewer brokers than replicas no topic can be made. */
async function requireBrokers(kafka: Kafka, count: number): Promise<void> {
  const ids = await memberIds(kafka);
  if (ids.length < count) throw new Error(`only ${ids.length} of ${count} brokers are in the cluster`);
}

async function createProbeTopic(kafka: Kafka, replicationFactor: number): Promise<void> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    const configEntries = [{ name: 'retention.ms', value: '60000' }];
    await admin.createTopics({
      topics: [{ topic: PROBE_TOPIC, numPartitions: 1, replicationFactor, configEntries }],
    });
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

async function findGroupCoordinator(kafka: Kafka): Promise<void> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    await admin.fetchOffsets({ groupId: 'eddyline-warm-up', topics: [PROBE_TOPIC] });
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

async function commitTransaction(kafka: Kafka): Promise<void> {
  // The same id each time: a transaction that a crash left open is fenced here instead of blocking readers for a minute.
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, transactionalId: 'eddyline-warm-up' });
  try {
    await producer.connect();
    const transaction = await producer.transaction();
    await transaction.send({ topic: PROBE_TOPIC, messages: [{ value: randomUUID() }] });
    await transaction.commit();
  } finally {
    await producer.disconnect().catch(() => undefined);
  }
}

async function until(deadline: number, attempt: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
