import type { OutboundMessage } from '#platform/outcomes';
import kafkajs, { type Kafka, type Producer, type Transaction } from 'kafkajs';
import { setTimeout as delay } from 'node:timers/promises';
import { reached } from './durable-steps.js';
import { createProducerWithKnownCoordinators } from './kafkajs-internals.js';
import { byTopic, sizeOf } from './outbound-message.js';
import { rootCause } from './publisher.js';
import { splitByBytes } from './split-by-bytes.js';
import type { ProducedOffsets } from './stage.js';

/**
 * Thrown when a transaction did not commit for sure: fenced by another owner of the partition, broker away, or an
 * unknown outcome. The producer is spent; the caller acquires the partition anew and reads the committed offset, which
 * tells what really happened.
 */
export class TransactionFailed extends Error {
  override readonly name = 'TransactionFailed';
}

export interface CommittedBatch {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  /** Offset to go on from. */
  readonly nextOffset: number;
  readonly metadata: (produced: ProducedOffsets) => string;
}

// kafkajs sends one record batch per partition and request; 1 MiB is the broker's default limit for one, and its
// grouping by partition is quadratic in the number of messages.
const SEND_BYTES = 900 << 10;
const SEND_MESSAGES = 1_000;
// The sequence counter of kafkajs wraps wrongly at 2³¹ records per partition; a producer is replaced long before.
const RECORDS_PER_PRODUCER = 1_000_000_000;

/**
 * One producer per input partition. kafkajs cannot fence by group generation (KIP-447), so the transactional id, the same
 * for every owner of the partition, is the fence: opening it ends whatever an earlier owner had under way.
 */
export class TransactionalProducer {
  private sent = 0;

  private constructor(
    private readonly producer: Producer,
    private readonly compression: kafkajs.CompressionTypes,
  ) {}

  static async open(
    kafka: Kafka,
    transactionalId: string,
    compression: kafkajs.CompressionTypes,
  ): Promise<TransactionalProducer> {
    const producer = createProducerWithKnownCoordinators(kafka, {
      idempotent: true,
      transactionalId,
      // An abandoned transaction holds back read-committed consumers for this long unless its id is fenced before.
      transactionTimeout: 30_000,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      // After a commit the coordinator writes its markers and refuses the next transaction for some milliseconds; with
      // the default of 300 ms that wait would set the pace.
      retry: { initialRetryTime: 4, multiplier: 1.3, maxRetryTime: 250, retries: 40 },
    });
    await producer.connect();
    const opened = new TransactionalProducer(producer, compression);
    try {
      const fence = await producer.transaction(); // InitProducerId happens here, not in connect()
      await fence.abort(); // nothing was added, so nothing is sent
    } catch (error) {
      await opened.dispose();
      throw error;
    }
    return opened;
  }

  get spent(): boolean {
    return this.sent >= RECORDS_PER_PRODUCER;
  }

  /**
   * Order of durability: (1) outputs and quarantine records are appended, invisible to read-committed readers; (2) the
   * offset with its checkpoint joins the transaction; (3) the commit makes all of it visible at once. A death before (3)
   * repeats the batch from the old offset and the appended records are never seen.
   *
   * @throws TransactionFailed after which this object is disposed of
   */
  async commit(messages: readonly OutboundMessage[], batch: CommittedBatch): Promise<void> {
    try {
      const transaction = await this.producer.transaction();
      const produced = new Map<string, number>();
      for (const part of splitByBytes(messages, sizeOf, SEND_BYTES, SEND_MESSAGES)) {
        const metadata = await transaction.sendBatch({
          acks: -1,
          compression: this.compression,
          topicMessages: byTopic(part),
        });
        for (const { topicName, partition, baseOffset } of metadata) {
          const where = `${topicName}/${partition}`;
          if (!produced.has(where)) produced.set(where, Number(baseOffset));
        }
        await reached('appended', batch);
      }
      await sendOffsets(transaction, batch, produced);
      await reached('offset_added', batch);
      await transaction.commit();
      await reached('committed', batch);
      this.sent += messages.length;
    } catch (error) {
      await this.dispose();
      throw new TransactionFailed(`transaction not committed: ${rootCause(error).message}`, { cause: error });
    }
  }

  /** A failed commit or abort leaves kafkajs' state machine stuck, so a producer is dropped, never mended. */
  async dispose(): Promise<void> {
    await this.producer.disconnect().catch(() => undefined);
  }
}

async function sendOffsets(transaction: Transaction, batch: CommittedBatch, produced: ProducedOffsets): Promise<void> {
  const { group, topic, partition, nextOffset, metadata } = batch;
  // kafkajs' types leave metadata out; the request carries it.
  const partitions = [{ partition, offset: String(nextOffset), metadata: metadata(produced) }];
  for (let attempt = 1; ; attempt++) {
    try {
      await transaction.sendOffsets({ consumerGroupId: group, topics: [{ topic, partitions }] });
      return;
    } catch (error) {
      // Without outputs the offsets are the first to join, and meet the markers of the last commit; kafkajs does not retry it.
      if (rootCause(error).type !== 'CONCURRENT_TRANSACTIONS' || attempt >= 200) throw error;
      await delay(4);
    }
  }
}
