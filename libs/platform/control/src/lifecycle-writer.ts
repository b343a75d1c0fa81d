import {
  LIFECYCLE_EVENT_SCHEMA,
  LIFECYCLE_TOPIC,
  lifecyclePartitionOf,
  REGISTRY_ENTRY_SCHEMA,
  REGISTRY_TOPIC,
  registryKeyOf,
  valueSubjectOf,
  type AvroRecordSchema,
  type LifecycleEvent,
  type RegistryEntry,
} from '#contracts';
import type { AvroCodecs, SchemaRegistryClient } from '#platform/avro';
import { ensureTopics, readPartition, TransactionalPublisher } from '#platform/kafka';
import type { OutboundMessage } from '#platform/outcomes';
import type { Kafka } from 'kafkajs';
import { fromLifecycleEvent, fromRegistryEntry, toRegistryEntry } from './control-records.js';
import { CONTROL_TOPICS } from './control-topics.js';
import { ModelRecords, type ModelRecord } from './model-records.js';

export interface LifecycleConnections {
  readonly kafka: Kafka;
  readonly registry: SchemaRegistryClient;
  readonly codecs: AvroCodecs;
}

/** What is put on the registry, and the events that led to it. */
export interface LifecycleCommit {
  readonly entries: readonly RegistryEntry[];
  readonly events: readonly LifecycleEvent[];
}

/**
 * The one who may change what the registry says of a pipeline. Opening it ends the writing of whoever had it before, service or
 * person, and only then is the registry read: what `record` says is in force for as long as commits succeed.
 */
export class LifecycleWriter {
  private readonly records = new ModelRecords();

  private constructor(
    private readonly pipeline: string,
    private readonly connections: LifecycleConnections,
    private readonly publisher: TransactionalPublisher,
  ) {}

  /** @throws PublicationFailed, Retriable when the schema registry is away, what kafkajs throws while Kafka is away */
  static async open(pipeline: string, connections: LifecycleConnections): Promise<LifecycleWriter> {
    await ensureTopics(connections.kafka, CONTROL_TOPICS);
    const publisher = await TransactionalPublisher.open(connections.kafka, `eddyline.lifecycle.${pipeline}`);
    try {
      const writer = new LifecycleWriter(pipeline, connections, publisher);
      await writer.read();
      return writer;
    } catch (error) {
      await publisher.close();
      throw error;
    }
  }

  /** What the registry holds of the pipeline, own commits included. */
  get record(): ModelRecord {
    return this.records.of(this.pipeline);
  }

  /**
   * All of it, or nothing.
   *
   * @throws PublicationFailed after which this object is spent: `fenced` where another writer was opened, and then nothing of
   *   this commit holds; `unknown` where opening another one shows what holds
   */
  async commit({ entries, events }: LifecycleCommit): Promise<void> {
    const foreign = [...entries, ...events].find(({ pipeline }) => pipeline !== this.pipeline);
    if (foreign) throw new RangeError(`the writer of ${this.pipeline} was given something of ${foreign.pipeline}`);
    const messages = [
      ...(await Promise.all(entries.map((entry) => this.entryMessage(entry)))),
      ...(await Promise.all(events.map((event) => this.eventMessage(event)))),
    ];
    if (messages.length === 0) return;
    await this.publisher.publish(messages, () => undefined);
    for (const entry of entries) this.records.take(entry);
  }

  async close(): Promise<void> {
    await this.publisher.close();
  }

  private async read(): Promise<void> {
    const decoder = this.connections.codecs.decoderFor(REGISTRY_ENTRY_SCHEMA);
    for await (const records of readPartition(this.connections.kafka, REGISTRY_TOPIC, 0, 0)) {
      const own = records.filter(({ key, value }) => value !== null && key?.toString().startsWith(`${this.pipeline}/`));
      await decoder.prefetch(own.map(({ value }) => value!));
      for (const { key, value } of own) {
        const decoded = decoder.decode(value!);
        if (!decoded.ok) throw new Error(`${key?.toString()} on ${REGISTRY_TOPIC}: ${decoded.message}`);
        const entry = toRegistryEntry(decoded.value);
        if (entry !== undefined) this.records.take(entry);
      }
    }
  }

  private async entryMessage(entry: RegistryEntry): Promise<OutboundMessage> {
    const value = await this.encode(REGISTRY_TOPIC, REGISTRY_ENTRY_SCHEMA, fromRegistryEntry(entry));
    return { topic: REGISTRY_TOPIC, partition: 0, key: registryKeyOf(entry), value };
  }

  private async eventMessage(event: LifecycleEvent): Promise<OutboundMessage> {
    const value = await this.encode(LIFECYCLE_TOPIC, LIFECYCLE_EVENT_SCHEMA, fromLifecycleEvent(event));
    return { topic: LIFECYCLE_TOPIC, partition: lifecyclePartitionOf(this.pipeline), key: this.pipeline, value };
  }

  private async encode(topic: string, schema: AvroRecordSchema, value: Record<string, unknown>): Promise<Buffer> {
    const id = await this.connections.registry.register(valueSubjectOf(topic), schema);
    return this.connections.codecs.encoderFor(schema, id)(value);
  }
}
