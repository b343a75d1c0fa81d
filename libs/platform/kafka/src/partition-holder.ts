import type kafkajs from 'kafkajs';
import type { Admin, Kafka } from 'kafkajs';
import type { Held } from './delivery.js';
import { reached } from './durable-steps.js';
import type { LogReader } from './log-reader.js';
import { decodeOffsetMetadata } from './offset-metadata.js';
import type { TopicLimits } from './topic-limits.js';
import { TransactionalProducer } from './transactional-producer.js';

export interface HolderOptions {
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly reader: LogReader;
  readonly limits: TopicLimits;
  readonly group: string;
  readonly pipeline: string;
  readonly compression: kafkajs.CompressionTypes;
}

interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
  readonly generation: number;
}

/**
 * Acquires partitions: the earlier owner is fenced first, and only then is the committed offset read. kafkajs cannot ask
 * for stable offsets only (KIP-447), so the order has to see to it that nothing can be committed behind this reading:
 *
 * - By a transaction of an earlier owner: opening the producer raises the epoch of its id. The coordinator answers only when
 *   the transaction under way has ended and its markers are written, on the offsets topic too; later ones are refused.
 * - By an earlier owner's own commit (intents): it carries a generation. A batch reaches us after our SyncGroup was answered,
 *   and that answer waits until the new generation stands on the offsets topic. A commit of the old generation was
 *   written there before it, and is what we read, or is refused from then on (ILLEGAL_GENERATION).
 * - By this very process: a batch that is still in hand from an older generation would commit under the new one; that is
 *   stopped before it is sent (`GroupMembership`).
 *
 * What is left: an offset commit of ours, in this generation, whose connection broke before the answer, carried out by the
 * broker only after it has answered this reading and taken the next commit over another connection.
 */
export async function acquire(options: HolderOptions, where: TopicPartition): Promise<Held> {
  const { kafka, admin, reader, limits, group, pipeline, compression } = options;
  const { topic, partition, generation } = where;
  const producer = await TransactionalProducer.open(kafka, `${group}.${topic}.${partition}`, { compression, limits });
  try {
    await reached('fenced', { group, topic, partition });
    const committed = await admin.fetchOffsets({ groupId: group, topics: [topic] });
    const own = committed[0]?.partitions.find((entry) => entry.partition === partition);
    const offset = own === undefined ? -1 : Number(own.offset);
    const metadata = decodeOffsetMetadata(own?.metadata ?? null);
    await reached('position_read', { group, topic, partition });
    return {
      lease: {
        pipeline,
        topic,
        partition,
        checkpoint: metadata.checkpoint,
        readLog: (logTopic, logPartition, fromOffset) => reader.read(logTopic, logPartition, fromOffset),
      },
      producer,
      generation,
      position: offset < 0 ? null : offset,
      metadata,
      soughtTo: null,
      buffered: [],
    };
  } catch (error) {
    await producer.dispose();
    throw error;
  }
}
