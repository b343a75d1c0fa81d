import type { OutboundMessage } from '#platform/outcomes';
import type kafkajs from 'kafkajs';
import type { Kafka, Transaction } from 'kafkajs';
import { setTimeout as delay } from 'node:timers/promises';
import { CannotGoOn } from './cannot-go-on.js';
import { reached, type StepPlace } from './durable-steps.js';
import { LeaderSends } from './leader-sends.js';
import { sizeOf } from './outbound-message.js';
import { packSends } from './pack-sends.js';
import { isTooLarge, rootCause } from './root-cause.js';
import { splitByBytes } from './split-by-bytes.js';
import type { ProducedOffsets } from './stage.js';
import type { TopicLimits } from './topic-limits.js';

/**
 * Thrown when a transaction did not commit for sure: fenced by another owner of the partition, broker away, or an
 * unknown outcome. The producer is spent; the caller acquires the partition anew and reads the committed offset, which
 * tells what really happened.
 */
export class TransactionFailed extends Error {
  override readonly name = 'TransactionFailed';
}

/** Thrown when topics refuse single messages as too large (`max.message.bytes`); repeating the transaction won't help. */
export class MessagesTooLarge extends Error {
  override readonly name = 'MessagesTooLarge';

  /** @param refused indexes of the messages */
  constructor(readonly refused: readonly number[]) {
    super(`${refused.length} messages are larger than their topics take (max.message.bytes)`);
  }
}

interface ProducerOptions {
  readonly compression: kafkajs.CompressionTypes;
  readonly limits: TopicLimits;
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
    private readonly sends: LeaderSends,
    private readonly options: ProducerOptions,
  ) {}

  static async open(kafka: Kafka, transactionalId: string, options: ProducerOptions): Promise<TransactionalProducer> {
    return new TransactionalProducer(await LeaderSends.openTransactional(kafka, transactionalId), options);
  }

  get spent(): boolean {
    return this.sent >= RECORDS_PER_PRODUCER;
  }

  /**
   * Order of durability: (1) outputs and quarantine records are appended, invisible to read-committed readers; (2) the
   * offset with its checkpoint joins the transaction; (3) the commit makes all of it visible at once. A death before (3)
   * repeats the batch from the old offset and the appended records are never seen.
   *
   * @throws TransactionFailed, or MessagesTooLarge; this object is disposed of after either
   */
  async commit(messages: readonly OutboundMessage[], batch: CommittedBatch): Promise<void> {
    try {
      const transaction = await this.sends.producer.transaction();
      const produced = await this.append(transaction, messages, batch);
      await sendOffsets(transaction, batch, produced);
      await reached('offset_added', batch);
      await transaction.commit();
      await reached('committed', batch);
      this.sent += messages.length;
    } catch (error) {
      await this.dispose();
      if (error instanceof MessagesTooLarge || error instanceof CannotGoOn) throw error;
      throw new TransactionFailed(`transaction not committed: ${rootCause(error).message}`, { cause: error });
    }
  }

  private async append(
    transaction: Transaction,
    messages: readonly OutboundMessage[],
    place: StepPlace,
  ): Promise<ProducedOffsets> {
    const { compression, limits } = this.options;
    const produced = new Map<string, number>();
    const refused: number[] = [];
    for (const { first, part } of sendsOf(messages, limits.standing)) {
      try {
        const metadata = await this.sends.send((batch) => transaction.sendBatch(batch), part, compression);
        for (const { topicName, partition, baseOffset } of metadata) {
          const where = `${topicName}/${partition}`;
          if (!produced.has(where)) produced.set(where, Number(baseOffset));
        }
      } catch (error) {
        if (!isTooLarge(error)) throw error;
        if (part.length > 1) {
          await limits.tighten(new Set(part.map(({ topic }) => topic))); // so that the next attempt finds who it was
          throw error;
        }
        refused.push(first);
      }
      await reached('appended', place);
    }
    if (refused.length > 0) throw new MessagesTooLarge(refused);
    return produced;
  }

  /** A failed commit or abort leaves kafkajs' state machine stuck, so a producer is dropped, never mended. */
  async dispose(): Promise<void> {
    await this.sends.close();
  }
}

interface Send {
  readonly part: readonly OutboundMessage[];
  /** Index of the part's first message. */
  readonly first: number;
}

/** As long as no topic has refused anything, limits need not be known, nor be counted for every message. */
function* sendsOf(messages: readonly OutboundMessage[], limits: ReadonlyMap<string, number>): Generator<Send> {
  const parts =
    limits.size === 0
      ? splitByBytes(messages, sizeOf, SEND_BYTES, SEND_MESSAGES)
      : packSends(messages, limits, SEND_MESSAGES).map((indexes) => indexes.map((index) => messages[index]!));
  let first = 0;
  for (const part of parts) {
    yield { part, first };
    first += part.length;
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
