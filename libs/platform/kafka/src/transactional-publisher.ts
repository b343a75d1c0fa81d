import type { OutboundMessage } from '#platform/outcomes';
import kafkajs, { type Kafka } from 'kafkajs';
import { LeaderSends } from './leader-sends.js';
import { packSends } from './pack-sends.js';
import { isTooLarge, rootCause } from './root-cause.js';
import { TopicLimits } from './topic-limits.js';

/** Where messages for one partition landed. */
export interface Appended {
  readonly topic: string;
  readonly partition: number;
  readonly lastOffset: number;
}

/** Thrown when messages were not published for sure. The publisher is spent; opening another one settles what happened. */
export class PublicationFailed extends Error {
  override readonly name = 'PublicationFailed';

  constructor(
    /**
     * `fenced`: another publisher with the same id was opened, or this one stood still for longer than a transaction may.
     * `too_large`: a topic takes no record of that size; nothing is published. `unknown`: all is published, or nothing.
     */
    readonly reason: 'fenced' | 'too_large' | 'unknown',
    message: string,
    options: { readonly cause?: unknown } = {},
  ) {
    super(message, options);
  }
}

/** Kafka's PRODUCER_FENCED, for which kafkajs has no name. */
const PRODUCER_FENCED = 90;

/**
 * Publishes messages for several topics all or none, where no stage with its offsets is at work. Whoever opens a
 * transactional id last is the only one who can publish under it.
 */
export class TransactionalPublisher {
  private readonly limits: TopicLimits;

  private constructor(
    kafka: Kafka,
    private readonly sends: LeaderSends,
  ) {
    this.limits = new TopicLimits(kafka);
  }

  /**
   * Commits or aborts whatever an earlier publisher had under way, and ends its writing; read-committed readers see all
   * of it, or nothing, once this resolves.
   *
   * @throws PublicationFailed
   */
  static async open(kafka: Kafka, transactionalId: string): Promise<TransactionalPublisher> {
    try {
      return new TransactionalPublisher(kafka, await LeaderSends.openTransactional(kafka, transactionalId));
    } catch (error) {
      throw failure(error);
    }
  }

  /**
   * A topic's limit holds for a whole record batch, so messages go in as many as the limits ask for, in one transaction.
   * Every message names its partition.
   *
   * @param onAppended told before the commit: what was appended may stay unseen
   * @throws PublicationFailed after which this object is spent
   */
  async publish(messages: readonly OutboundMessage[], onAppended: (appended: Appended) => void): Promise<void> {
    const limits = await this.limits.of(new Set(messages.map(({ topic }) => topic)));
    try {
      const transaction = await this.sends.producer.transaction();
      for (const indexes of packSends(messages, limits)) {
        const part = indexes.map((index) => messages[index]!);
        const metadata = await this.sends.send(
          (batch) => transaction.sendBatch(batch),
          part,
          kafkajs.CompressionTypes.ZSTD,
        );
        for (const { topicName: topic, partition, baseOffset } of metadata) {
          const records = part.filter((message) => message.topic === topic && message.partition === partition).length;
          if (records > 0) onAppended({ topic, partition, lastOffset: Number(baseOffset) + records - 1 });
        }
      }
      await transaction.commit();
    } catch (error) {
      await this.close();
      throw failure(error);
    }
  }

  async close(): Promise<void> {
    await this.sends.close();
  }
}

function failure(error: unknown): PublicationFailed {
  const { message } = rootCause(error);
  if (isFenced(error)) return new PublicationFailed('fenced', message, { cause: error });
  if (isTooLarge(error)) return new PublicationFailed('too_large', message, { cause: error });
  return new PublicationFailed('unknown', `transaction not committed: ${message}`, { cause: error });
}

function isFenced(error: unknown): boolean {
  if (rootCause(error).type === 'INVALID_PRODUCER_EPOCH') return true;
  for (let inner: unknown = error; inner instanceof Error; inner = inner.cause) {
    if ((inner as { code?: unknown }).code === PRODUCER_FENCED) return true;
  }
  return false;
}
