import type { Kafka, PartitionMetadata, Producer, ProducerConfig } from 'kafkajs';
import BatchImplementation from 'kafkajs/src/consumer/batch.js';

/**
 * The parts of kafkajs 2.2.4 (pinned exactly) that it does not export and that reading a partition without a consumer
 * group needs. Besides this, its internals are touched only by the files that mend them and by `cluster-metadata.ts`.
 */
export interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  isConnected(): boolean;
  addTargetTopic(topic: string): Promise<void>;
  refreshMetadata(): Promise<void>;
  refreshMetadataIfNecessary(): Promise<void>;
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>;
  findTopicPartitionMetadata(topic: string): readonly PartitionMetadata[];
  findLeaderForPartitions(topic: string, partitions: readonly number[]): Record<string, number[]>;
  findBroker(node: { nodeId: string }): Promise<Broker>;
  fetchTopicsOffset(
    topics: readonly ({ topic: string; partitions: readonly { partition: number }[] } & (
      { fromBeginning: boolean } | { fromTimestamp: number }
    ))[],
  ): Promise<{ topic: string; partitions: { partition: number; offset: string }[] }[]>;
}

export type { PartitionMetadata };

export interface Broker {
  fetch(request: {
    isolationLevel: number;
    maxWaitTime: number;
    minBytes: number;
    maxBytes: number;
    topics: { topic: string; partitions: { partition: number; fetchOffset: string; maxBytes: number }[] }[];
  }): Promise<{ responses: { topicName: string; partitions: FetchedPartition[] }[] }>;
}

export interface FetchedPartition {
  readonly partition: number;
  readonly highWatermark: string;
  readonly lastStableOffset: string;
}

export interface FetchedMessage {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: Record<string, Buffer | Buffer[] | undefined>;
}

interface BatchInstance {
  readonly messages: readonly FetchedMessage[];
  isEmptyIncludingFiltered(): boolean;
  lastOffset(): string;
}

const READ_COMMITTED = 1;

const turns = new WeakMap<Broker, Promise<unknown>>();

/**
 * One fetch of a broker at a time. kafkajs opens the connection for fetches with the first of them: two first ones at once
 * would each open one, and one of those would stay open for ever. A broker answers a connection's requests in turn anyway.
 */
function inTurn<T>(broker: Broker, fetch: () => Promise<T>): Promise<T> {
  const turn = (turns.get(broker) ?? Promise.resolve()).then(fetch);
  turns.set(
    broker,
    turn.catch(() => undefined),
  );
  return turn;
}

interface CoordinatorQuery {
  readonly groupId: string;
  readonly coordinatorType?: number;
}

interface Coordinator {
  isConnected(): boolean;
}

type ClusterFactory = (
  options: object,
) => Cluster & { findGroupCoordinator(query: CoordinatorQuery): Promise<Coordinator> };

/**
 * A producer, and the connections and metadata that it works with. A transactional one asks for a coordinator once and
 * remembers it: kafkajs asks before each of the four coordinator requests of a transaction, which is nearly half of its
 * round trips. A coordinator that moved fails the transaction; whoever uses this has to drop the producer then, as
 * TransactionalProducer does after any failure.
 */
export function createProducer(
  kafka: Kafka,
  config: ProducerConfig,
): { readonly producer: Producer; readonly cluster: Cluster } {
  const symbol = clusterFactorySymbol(kafka);
  const holder = kafka as unknown as Record<symbol, ClusterFactory>;
  const create = holder[symbol]!;
  const created: Cluster[] = [];
  holder[symbol] = (options) => {
    const cluster = create(options);
    created.push(cluster);
    return config.transactionalId === undefined ? cluster : rememberCoordinators(cluster);
  };
  try {
    const producer = kafka.producer(config); // makes its cluster before it returns
    return { producer, cluster: created[0]! };
  } finally {
    holder[symbol] = create;
  }
}

function rememberCoordinators(cluster: ReturnType<ClusterFactory>): ReturnType<ClusterFactory> {
  const find = cluster.findGroupCoordinator.bind(cluster);
  const known = new Map<string, Coordinator>();
  cluster.findGroupCoordinator = async (query) => {
    const key = `${query.coordinatorType ?? ''}/${query.groupId}`;
    const remembered = known.get(key);
    if (remembered?.isConnected() === true) return remembered;
    const found = await find(query);
    known.set(key, found);
    return found;
  };
  return cluster;
}

function clusterFactorySymbol(kafka: Kafka): symbol {
  const symbol = Object.getOwnPropertySymbols(kafka).find(
    ({ description }) => description === 'private:Kafka:createCluster',
  );
  if (symbol === undefined)
    throw new Error('kafkajs is not the pinned version 2.2.4: its cluster factory was not found');
  return symbol;
}

/** A connection pool of its own, reading only committed records. */
export function createCluster(kafka: Kafka): Cluster {
  const symbol = clusterFactorySymbol(kafka);
  const create = (kafka as unknown as Record<symbol, (options: object) => Cluster>)[symbol]!;
  return create({ metadataMaxAge: 60_000, allowAutoTopicCreation: false, isolationLevel: READ_COMMITTED });
}

/** One fetch; the records without aborted and control records, and the offset to read next. */
export async function fetchOnce(
  cluster: Cluster,
  topic: string,
  partition: number,
  offset: number,
  maxWaitMs: number,
): Promise<{ readonly messages: readonly FetchedMessage[]; readonly nextOffset: number; readonly stableEnd: number }> {
  const leader = Object.keys(cluster.findLeaderForPartitions(topic, [partition]))[0];
  if (leader === undefined) throw new Error(`topic ${topic} has no partition ${partition}`);
  const broker = await cluster.findBroker({ nodeId: leader });
  const { responses } = await inTurn(broker, () =>
    broker.fetch({
      isolationLevel: READ_COMMITTED,
      maxWaitTime: maxWaitMs,
      minBytes: 1,
      maxBytes: 8 << 20,
      topics: [{ topic, partitions: [{ partition, fetchOffset: String(offset), maxBytes: 4 << 20 }] }],
    }),
  );
  const data = responses[0]?.partitions[0];
  if (data === undefined) return { messages: [], nextOffset: offset, stableEnd: offset };
  const Batch = BatchImplementation as unknown as new (t: string, o: string, d: FetchedPartition) => BatchInstance;
  const batch = new Batch(topic, String(offset), data);
  const nextOffset = batch.isEmptyIncludingFiltered() ? offset : Number(batch.lastOffset()) + 1;
  return { messages: batch.messages, nextOffset, stableEnd: Number(data.lastStableOffset) };
}
