import {
  consumerGroupOf,
  PIPELINE_STREAMS,
  predictionSchemaOf,
  topicOf,
  valueSubjectOf,
  type AppliedPipeline,
  type AvroRecordSchema,
  type PipelineDefinition,
  type PipelineStream,
} from '#contracts';
import { AvroCodecs, SchemaRegistryClient } from '#platform/avro';
import { eventually, stack, uniqueName, type KafkaFaults } from '#platform/testing';
import { Controller, Module, type INestMicroservice, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { MicroserviceOptions } from '@nestjs/microservices';
import {
  createKafka,
  decodeOffsetMetadata,
  ensureTopics,
  partitionEnds,
  Publisher,
  readPartition,
  type LogRecord,
  type OffsetMetadata,
} from '#platform/kafka';
import { KafkaStreamServer, type KafkaStreamOptions, type PipelineSource } from '../src/index.js';

export const NUMBER_EVENT: AvroRecordSchema = {
  type: 'record',
  name: 'NumberEvent',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'n', type: 'int' },
  ],
};

/** A pipeline of numbered events on real topics of its own, and what a test does with it. */
export class StreamHarness {
  readonly name = uniqueName('stream');
  readonly registry = new SchemaRegistryClient(stack().schemaRegistryUrl);
  readonly codecs = new AvroCodecs(this.registry);
  readonly kafka = createKafka({ brokers: stack().kafkaBrokers.split(','), clientId: 'test' });
  private readonly publisher = new Publisher(this.kafka);
  private readonly apps: INestMicroservice[] = [];
  pipeline!: AppliedPipeline;

  /** @param topics what their configuration says, where it is not the default */
  static async create(
    partitions = 2,
    topics: Partial<Record<PipelineStream, Record<string, string>>> = {},
  ): Promise<StreamHarness> {
    const harness = new StreamHarness();
    await harness.prepare(partitions, topics);
    return harness;
  }

  get group(): string {
    return consumerGroupOf('stage', this.name);
  }

  /** Starts one instance of a service whose only controller is `controller`. */
  async start(
    controller: Type,
    { faults, ...options }: Partial<KafkaStreamOptions> & { readonly faults?: KafkaFaults } = {},
  ): Promise<RunningStage> {
    const fatal: unknown[] = [];
    const connection = { brokers: stack().kafkaBrokers.split(','), clientId: 'test-stage' };
    const server = new KafkaStreamServer({
      kafka: () =>
        createKafka(faults === undefined ? connection : { ...connection, socketFactory: faults.socketFactory }),
      service: 'stage',
      catalog: only(this.pipeline),
      decoders: this.codecs,
      pipelines: 'all',
      log: { debug() {}, info() {}, warn() {}, error() {} },
      onFatal: (error) => fatal.push(error),
      ...options,
    });
    Controller()(controller);
    class TestModule {}
    Module({ controllers: [controller] })(TestModule);
    const app = await NestFactory.createMicroservice<MicroserviceOptions>(TestModule, {
      strategy: server,
      logger: false,
    });
    await app.listen();
    this.apps.push(app);
    return { server, fatal, stop: () => app.close() };
  }

  value(id: string, n: number): Buffer {
    return this.codecs.encoderFor(NUMBER_EVENT, this.pipeline.schemaIds.event)({ id, n });
  }

  /** Publishes numbered events, spread over the partitions by their place in the list. */
  async publish(events: readonly { readonly id: string; readonly n: number }[]): Promise<void> {
    await this.publishEvents(events.map(({ id, n }) => ({ key: id, value: this.value(id, n) })));
  }

  /** Publishes to the event topic, spread over the partitions by the place in the list. */
  async publishEvents(
    events: readonly { readonly key: string; readonly value: Buffer | null }[],
    { partitions = this.pipeline.definition.topics.partitions, publisher = this.publisher } = {},
  ): Promise<void> {
    const topic = topicOf(this.name, 'events');
    await publisher.publish(events.map((event, i) => ({ topic, ...event, partition: i % partitions })));
  }

  /** The same over partitions that were added: a publisher that has seen fewer notices late. */
  async publishOver(
    partitions: number,
    events: readonly { readonly key: string; readonly value: Buffer | null }[],
  ): Promise<void> {
    const publisher = new Publisher(this.kafka);
    await this.publishEvents(events, { partitions, publisher });
    await publisher.close();
  }

  async publishRaw(value: Buffer | null, partition = 0, key = 'raw'): Promise<void> {
    await this.publisher.publish([{ topic: topicOf(this.name, 'events'), key, value, partition }]);
  }

  async read(stream: PipelineStream): Promise<readonly (LogRecord & { readonly partition: number })[]> {
    const topic = topicOf(this.name, stream);
    const records: (LogRecord & { readonly partition: number })[] = [];
    for (const { partition } of await partitionEnds(this.kafka, topic)) {
      for await (const chunk of readPartition(this.kafka, topic, partition, 0)) {
        records.push(...chunk.map((record) => ({ ...record, partition })));
      }
    }
    return records;
  }

  /** Keys on a topic, sorted. */
  async keys(stream: PipelineStream): Promise<readonly string[]> {
    return (await this.read(stream)).map(({ key }) => String(key)).sort();
  }

  async committed(): Promise<readonly (OffsetMetadata & { readonly partition: number; readonly offset: number })[]> {
    const admin = this.kafka.admin();
    await admin.connect();
    try {
      const topics = [topicOf(this.name, 'events')];
      const [offsets] = await admin.fetchOffsets({ groupId: this.group, topics });
      return offsets!.partitions.map(({ partition, offset, metadata }) => ({
        partition,
        offset: Number(offset),
        ...decodeOffsetMetadata(metadata),
      }));
    } finally {
      await admin.disconnect();
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.apps.map((app) => app.close()));
    await this.publisher.close();
  }

  private async prepare(
    partitions: number,
    topics: Partial<Record<PipelineStream, Record<string, string>>>,
  ): Promise<void> {
    const definition = {
      name: this.name,
      event: { schema: NUMBER_EVENT, id: 'id', key: 'id', time: 'n' },
      expectations: [],
      dedupeWindowMs: null,
      features: [{ name: 'n', type: 'number', kind: 'field', field: 'n' }],
      model: { task: 'regression', threshold: 0 },
      topics: { partitions, replicationFactor: 1, retentionMs: -1, maxMessageBytes: 1 << 20 },
    } satisfies PipelineDefinition;
    await ensureTopics(
      this.kafka,
      PIPELINE_STREAMS.map((stream) => ({
        topic: topicOf(this.name, stream),
        partitions,
        replicationFactor: 1,
        config: topics[stream] ?? {},
      })),
    );
    const register = (stream: PipelineStream, schema: AvroRecordSchema): Promise<number> =>
      eventually(() => this.registry.register(valueSubjectOf(topicOf(this.name, stream)), schema));
    const event = await register('events', NUMBER_EVENT);
    const prediction = await register('predictions', predictionSchemaOf(definition));
    this.pipeline = {
      definition,
      revision: 1,
      sha256: '',
      appliedAt: '',
      appliedBy: 'test',
      schemaIds: { event, prediction },
    };
  }
}

export interface RunningStage {
  readonly server: KafkaStreamServer;
  readonly fatal: readonly unknown[];
  stop(): Promise<void>;
}

function only(pipeline: AppliedPipeline): PipelineSource {
  return {
    subscribe(listener) {
      void listener({ kind: 'applied', pipeline });
      return () => undefined;
    },
  };
}

export function numbers(count: number, from = 0): { id: string; n: number }[] {
  return Array.from({ length: count }, (_, i) => ({ id: `e${String(from + i).padStart(6, '0')}`, n: from + i }));
}
