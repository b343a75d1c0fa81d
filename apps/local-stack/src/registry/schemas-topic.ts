import { createKafka, ensureTopics, readPartition } from '#platform/kafka';
import type { Kafka, Producer } from 'kafkajs';
import { eventOf, recordOf, type SchemasEvent } from './schemas-record.js';

const TOPIC = '_schemas';
const PARTITION = 0;

/** The registry's log of record: one compacted partition that only this process writes while it runs. */
export class SchemasTopic {
  private readonly kafka: Kafka;
  private readonly producer: Producer;

  constructor(brokers: readonly string[]) {
    this.kafka = createKafka({ brokers, clientId: 'eddyline-schema-registry' });
    this.producer = this.kafka.producer({ idempotent: true, maxInFlightRequests: 1, retry: { retries: 8 } });
  }

  /** Creates the topic when it is missing. */
  async open(): Promise<void> {
    const config = { 'cleanup.policy': 'compact' };
    await ensureTopics(this.kafka, [{ topic: TOPIC, partitions: 1, replicationFactor: -1, config }]);
    await this.producer.connect();
  }

  /** Every event from an offset on to the present end, and the offset to go on from. */
  async read(fromOffset: number): Promise<{ events: SchemasEvent[]; nextOffset: number }> {
    const events: SchemasEvent[] = [];
    let nextOffset = fromOffset;
    for await (const records of readPartition(this.kafka, TOPIC, PARTITION, fromOffset)) {
      for (const { offset, key, value } of records) {
        const event = key && eventOf({ key: key.toString(), value: value && value.toString() });
        if (event) events.push(event);
        nextOffset = offset + 1;
      }
    }
    return { events, nextOffset };
  }

  /** Resolves, with the offset after the last, when all in-sync replicas have the events. */
  async append(events: readonly SchemasEvent[]): Promise<number> {
    const messages = events.map((event) => ({ ...recordOf(event), partition: PARTITION }));
    const [written] = await this.producer.send({ topic: TOPIC, acks: -1, messages });
    return Number(written?.baseOffset ?? 0) + events.length;
  }

  async close(): Promise<void> {
    await this.producer.disconnect();
  }
}
