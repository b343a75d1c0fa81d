import type { OutboundMessage } from '#platform/outcomes';
import kafkajs, { type Kafka, type Message, type Producer, type ProducerConfig, type RecordMetadata } from 'kafkajs';
import { setTimeout as delay } from 'node:timers/promises';
import { createProducer, type Cluster, type PartitionMetadata } from './kafkajs-internals.js';
import { byTopic } from './outbound-message.js';

/** `producer.sendBatch`, or that of one of its transactions. */
type SendBatch = Producer['sendBatch'];

/** The topic's metadata may be some milliseconds behind its creation, or the broker that is asked just away. */
const METADATA = { firstWaitMs: 20, mostWaitMs: 1_000, attempts: 12 } as const;
/** Each follows a change of leaders that came while the send before it failed: more would be no cluster. */
const MOST_SPLITS = 20;

/**
 * A producer whose sends are whole or fail. kafkajs sends to all leaders at once and, when one of them fails, tries again
 * with those that have not answered. By then partitions may have moved: those that went to a broker that has answered
 * already are left out, and the send resolves without them; those that left one are sent a second time, as are those of a
 * broker that was merely slower than the failure of another. So a send of kafkajs' gets here what one broker leads and
 * nothing else, at every attempt: what was not taken whole is tried again whole.
 */
export class LeaderSends {
  private readonly assign = kafkajs.Partitioners.DefaultPartitioner();

  private constructor(
    readonly producer: Producer,
    private readonly cluster: Cluster,
  ) {}

  static createProducer(kafka: Kafka, config: Omit<ProducerConfig, 'createPartitioner'>): LeaderSends {
    const { producer, cluster } = createProducer(kafka, { ...config, createPartitioner: () => partitionOf });
    return new LeaderSends(producer, cluster);
  }

  /**
   * Takes a transactional id. Once this resolves, whoever held it before can commit nothing any more, and what was under
   * way is committed or aborted.
   */
  static async openTransactional(kafka: Kafka, transactionalId: string): Promise<LeaderSends> {
    const sends = LeaderSends.createProducer(kafka, {
      idempotent: true,
      transactionalId,
      // An abandoned transaction holds back read-committed consumers for this long unless its id is taken before.
      transactionTimeout: 30_000,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      // After a commit the coordinator writes its markers and refuses the next transaction for some milliseconds; with
      // the default of 300 ms that wait would set the pace.
      retry: { initialRetryTime: 4, multiplier: 1.3, maxRetryTime: 250, retries: 40 },
    });
    try {
      await sends.producer.connect();
      const fence = await sends.producer.transaction(); // InitProducerId happens here, not in connect()
      await fence.abort(); // nothing was added, so nothing is sent
      return sends;
    } catch (error) {
      await sends.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.producer.disconnect().catch(() => undefined);
  }

  /** Disconnects. What is still under way ends: kafkajs would go on for a minute, connecting anew for it. */
  abandon(): void {
    const ended = new kafkajs.KafkaJSNonRetriableError('the producer was given up');
    this.cluster.addMultipleTargetTopics = () => Promise.reject(ended); // what each of its attempts begins with
    void this.producer.disconnect().catch(() => undefined);
  }

  /**
   * Each partition's messages in their order, in one record batch.
   * @returns where they are, partition by partition
   * @throws what kafkajs throws; nothing is under way any more then, and what was appended nobody knows
   */
  async send(
    sendBatch: SendBatch,
    messages: readonly OutboundMessage[],
    compression: kafkajs.CompressionTypes,
  ): Promise<readonly RecordMetadata[]> {
    const placed = await this.place(messages);
    return this.sendByLeader(sendBatch, placed, compression, 0);
  }

  private async sendByLeader(
    sendBatch: SendBatch,
    placed: readonly PlacedMessage[],
    compression: kafkajs.CompressionTypes,
    splits: number,
  ): Promise<readonly RecordMetadata[]> {
    const sends = this.split(placed).map(async (send) => {
      try {
        return send.requireWhole(await sendBatch({ acks: -1, compression, topicMessages: send.topicMessages() }));
      } catch (error) {
        // The attempt before had failed as a whole, and kafkajs took its sequence numbers back. Each partition's batch
        // goes out with the same number again, so that a broker that has it after all knows it.
        if (!hasParted(error) || splits === MOST_SPLITS) throw error;
        return this.sendByLeader(sendBatch, send.messages, compression, splits + 1);
      }
    });
    const results = await Promise.allSettled(sends); // all: none may go on behind the back of who drops the producer
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    return results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
  }

  private async place(messages: readonly OutboundMessage[]): Promise<readonly PlacedMessage[]> {
    const topics = byTopic(messages);
    await this.metadataOf(topics.map(({ topic }) => topic));
    return topics.flatMap(({ topic, messages: of }) => {
      const partitionMetadata = this.cluster.findTopicPartitionMetadata(topic) as PartitionMetadata[];
      return of.map((message) => {
        // Once for all attempts: partitions that are raised meanwhile would send a key elsewhere.
        const partition = this.assign({ topic, partitionMetadata, message });
        return Object.assign(message, { topic, partition, send: undefined }) as PlacedMessage;
      });
    });
  }

  private async metadataOf(topics: readonly string[]): Promise<void> {
    for (let attempt = 1, waitMs: number = METADATA.firstWaitMs; ; attempt++) {
      try {
        await this.cluster.addMultipleTargetTopics(topics); // nothing, when they are known
        return;
      } catch (error) {
        if (!(error as { retriable?: boolean }).retriable || attempt === METADATA.attempts) throw error;
        await delay(waitMs);
        waitMs = Math.min(waitMs * 1.6, METADATA.mostWaitMs);
      }
    }
  }

  private split(placed: readonly PlacedMessage[]): readonly OneLeaderSend[] {
    const sends = new Map<number, OneLeaderSend>();
    const leaders = new Map<string, ReadonlyMap<number, number>>();
    for (const message of placed) {
      let of = leaders.get(message.topic);
      if (of === undefined) leaders.set(message.topic, (of = leadersOf(this.cluster, message.topic)));
      const leader = of.get(message.partition);
      if (leader === undefined) {
        const { topic, partition } = message;
        throw new Error(`${topic} has no partition ${partition}, or it is new; a pipeline's topics have equally many`);
      }
      let send = sends.get(leader);
      if (send === undefined) sends.set(leader, (send = new OneLeaderSend(this.cluster)));
      send.add(message);
    }
    return [...sends.values()];
  }
}

/** kafkajs hands messages through as they are: each knows its send. */
interface PlacedMessage extends Message {
  readonly topic: string;
  readonly partition: number;
  send: OneLeaderSend | undefined;
}

/** Partitions that one broker led when they were put together. */
class OneLeaderSend {
  readonly messages: PlacedMessage[] = [];
  private readonly places = new Map<string, Set<number>>();
  private checked: unknown;

  constructor(private readonly cluster: Cluster) {}

  add(message: PlacedMessage): void {
    message.send = this;
    this.messages.push(message);
    const partitions = this.places.get(message.topic);
    if (partitions === undefined) this.places.set(message.topic, new Set([message.partition]));
    else partitions.add(message.partition);
  }

  topicMessages(): { topic: string; messages: Message[] }[] {
    return [...this.places.keys()].map((topic) => ({
      topic,
      messages: this.messages.filter((message) => message.topic === topic),
    }));
  }

  /** @throws LeadersParted when several brokers lead what one led. @param metadata another object after each refresh */
  requireOneLeader(metadata: unknown): void {
    if (this.checked === metadata) return;
    const leaders = new Set<number>();
    for (const [topic, partitions] of this.places) {
      const of = leadersOf(this.cluster, topic);
      for (const partition of partitions) leaders.add(of.get(partition) ?? -1);
    }
    if (leaders.size > 1) throw new LeadersParted();
    this.checked = metadata;
  }

  /** @throws Error when kafkajs resolved without having sent to every partition, once each */
  requireWhole(answers: readonly RecordMetadata[]): readonly RecordMetadata[] {
    const answered = answers.map(({ topicName, partition }) => `${topicName}/${partition}`);
    const due = [...this.places].flatMap(([topic, partitions]) => [...partitions].map((of) => `${topic}/${of}`));
    if (new Set(answered).size === due.length && answered.length === due.length) return answers;
    throw new Error(`sent to ${due.join(', ')}, answered for ${answered.join(', ')}`);
  }
}

/** What a send held together has several leaders now. */
class LeadersParted extends Error {
  override readonly name = 'LeadersParted';
  /** kafkajs asks this before it tries again. */
  readonly retriable = false;

  constructor() {
    super('partitions of one leader went to several');
  }
}

function hasParted(error: unknown): boolean {
  for (let current = error; current instanceof Error; current = current.cause) {
    if (current instanceof LeadersParted) return true;
  }
  return false;
}

/** The partitioner that kafkajs asks at every attempt. */
function partitionOf({ message, partitionMetadata }: { message: Message; partitionMetadata: unknown }): number {
  const { partition, send } = message as PlacedMessage;
  send?.requireOneLeader(partitionMetadata);
  return partition;
}

function leadersOf(cluster: Cluster, topic: string): ReadonlyMap<number, number> {
  return new Map(cluster.findTopicPartitionMetadata(topic).map(({ partitionId, leader }) => [partitionId, leader]));
}
