import type kafkajs from 'kafkajs';
import type { Admin, Kafka } from 'kafkajs';
import type { Held } from './delivery.js';
import { reached } from './durable-steps.js';
import type { LogReader } from './log-reader.js';
import { decodeOffsetMetadata } from './offset-metadata.js';
import { TransactionalProducer } from './transactional-producer.js';

export interface HolderOptions {
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly reader: LogReader;
  readonly group: string;
  readonly pipeline: string;
  readonly compression: kafkajs.CompressionTypes;
}

interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
  readonly transactional: boolean;
  readonly generation: number;
}

/**
 * Acquires partitions. The order matters: kafkajs cannot ask for stable offsets only (KIP-447), so the earlier owner is
 * fenced first, which ends its transaction one way or the other, and only then is the committed offset read.
 */
export async function acquire(options: HolderOptions, where: TopicPartition): Promise<Held> {
  const { kafka, admin, reader, group, pipeline } = options;
  const { topic, partition, transactional, generation } = where;
  const producer = transactional
    ? await TransactionalProducer.open(kafka, `${group}.${topic}.${partition}`, options.compression)
    : null;
  try {
    if (producer !== null) await reached('fenced', { group, topic, partition });
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
    await producer?.dispose();
    throw error;
  }
}
