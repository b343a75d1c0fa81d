import {
  consumerGroupOf,
  databaseOf,
  HEADER,
  outcomeSchemaOf,
  predictionSchemaOf,
  streamsOf,
  topicOf,
  valueSubjectOf,
  type AvroRecordSchema,
  type LabelDefinition,
  type OutcomeRecord,
  type PipelineDefinition,
  type PipelineStream,
  type PredictionRecord,
} from '#contracts';
import { AvroCodecs, SchemaRegistryClient } from '#platform/avro';
import { applyTables, createClickHouse, planTables, PredictionLog } from '#platform/clickhouse';
import { readConfig } from '#platform/config';
import { CONTROL_TOPICS, ControlWriter } from '#platform/control';
import { createKafka, ensureTopics, Publisher, readPartition, type LogRecord } from '#platform/kafka';
import { startService, type RunningService } from '#platform/service';
import { createLog, startTelemetry, type Telemetry } from '#platform/telemetry';
import { stack, uniqueName } from '#platform/testing';
import { InMemorySpanExporter, SimpleSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace';
import { feedbackConfig } from '../src/feedback.config.js';
import { feedbackService } from '../src/feedback.service-definition.js';

const timestamp = { type: 'long', logicalType: 'timestamp-millis' } as const;

export const READING: AvroRecordSchema = {
  type: 'record',
  name: 'Reading',
  namespace: 'grid',
  fields: [
    { name: 'reading', type: 'string' },
    { name: 'region', type: 'string' },
    { name: 'at', type: timestamp },
    { name: 'price', type: 'double' },
    { name: 'meter', type: { type: 'fixed', name: 'Meter', size: 4 } },
    { name: 'tags', type: { type: 'array', items: 'string' } },
    {
      name: 'site',
      type: { type: 'record', name: 'Site', fields: [{ name: 'code', type: ['null', 'bytes'] }] },
    },
  ],
};

/** A label by the event's id; `revision` and `known` as a charge-back system would send them. */
export const LABEL: AvroRecordSchema = {
  type: 'record',
  name: 'Label',
  namespace: 'grid',
  fields: [
    { name: 'reading', type: 'string' },
    { name: 'rose', type: ['null', 'boolean'] },
    { name: 'known', type: timestamp },
    { name: 'revision', type: 'int', default: 0 },
  ],
};

export const BY_ID: LabelDefinition = {
  schema: LABEL,
  match: { by: 'id', field: 'reading' },
  field: 'rose',
  values: { kind: 'boolean' },
  time: 'known',
  revision: 'revision',
  withinMs: 6 * 3_600_000,
};

export const BY_KEY_AND_TIME: LabelDefinition = {
  ...BY_ID,
  schema: {
    ...LABEL,
    fields: [
      { name: 'region', type: 'string' },
      { name: 'at', type: timestamp },
      ...LABEL.fields.filter(({ name }) => name !== 'reading'),
    ],
  },
  match: { by: 'key_and_time', key: 'region', time: 'at' },
};

export interface StoredOutcome {
  readonly partition: number;
  readonly record: LogRecord;
  readonly outcome: OutcomeRecord;
}

const spans = new InMemorySpanExporter();
let telemetry: Telemetry | undefined;

/** Runs the feedback service, in this process, for a pipeline of its own on real topics and a real log. */
export class FeedbackHarness {
  readonly definition: PipelineDefinition;
  readonly database: string;
  readonly clickhouse = createClickHouse(stack().clickhouseUrl);
  readonly kafka = createKafka({ brokers: stack().kafkaBrokers.split(','), clientId: 'test' });
  readonly publisher = new Publisher(this.kafka);
  readonly fatal: Error[] = [];
  private readonly registry = new SchemaRegistryClient(stack().schemaRegistryUrl);
  private readonly codecs = new AvroCodecs(this.registry);
  private readonly services: RunningService[] = [];
  private labelSchemaId!: number;

  private constructor(label: LabelDefinition) {
    this.definition = {
      name: uniqueName('feedback'),
      event: { schema: READING, id: 'reading', key: 'region', time: 'at' },
      expectations: [],
      dedupeWindowMs: null,
      features: [
        { name: 'price', type: 'number', kind: 'field', field: 'price' },
        { name: 'hour', type: 'number', kind: 'cel', expression: 'event.price * 2.0' },
      ],
      model: { task: 'binary-classification', threshold: 0.5 },
      label,
      topics: { partitions: 2, replicationFactor: 1, retentionMs: 3_600_000, maxMessageBytes: 65_536 },
    };
    this.database = databaseOf(this.definition.name);
  }

  static async create(label: LabelDefinition = BY_ID): Promise<FeedbackHarness> {
    const harness = new FeedbackHarness(label);
    await harness.apply();
    return harness;
  }

  async start(environment: Readonly<Record<string, string>> = {}): Promise<RunningService> {
    const read = readConfig(feedbackConfig, {
      KAFKA_BROKERS: stack().kafkaBrokers,
      SCHEMA_REGISTRY_URL: stack().schemaRegistryUrl,
      CLICKHOUSE_URL: stack().clickhouseUrl,
      EDDYLINE_PIPELINES: this.definition.name,
      EDDYLINE_LABEL_GRACE: '1s',
      EDDYLINE_LABEL_RETRY: '1s',
      PORT: '0',
      ...environment,
    });
    if (!read.ok) throw new Error(JSON.stringify(read.problems));
    const service = await startService(feedbackService(read.config), {
      log: createLog({ service: 'feedback', level: 'error' }),
      telemetry: sharedTelemetry(),
      onFatal: (error) => this.fatal.push(error),
    });
    this.services.push(service);
    return service;
  }

  topic(stream: PipelineStream): string {
    return topicOf(this.definition.name, stream);
  }

  /** @param partition left out: by key */
  async label(
    value: Readonly<Record<string, unknown>>,
    { partition, headers }: { partition?: number; headers?: Readonly<Record<string, string>> } = {},
  ): Promise<void> {
    const encode = this.codecs.encoderFor(this.definition.label!.schema, this.labelSchemaId);
    const key = String(value['reading'] ?? value['region']);
    await this.publisher.publish([
      {
        topic: this.topic('labels'),
        key,
        value: encode(value),
        partition,
        ...(headers === undefined ? {} : { headers }),
      },
    ]);
  }

  /** Puts predictions into the log, as monitoring does. */
  async log(...records: readonly PredictionRecord[]): Promise<void> {
    const logged = records.map((record, at) => ({
      record,
      partition: 1,
      offset: 100 + at,
      publishedAtMs: record.predicted_at - 5,
    }));
    await new PredictionLog(this.clickhouse, this.definition).append(logged, uniqueName('token'));
  }

  prediction(reading: string, over: Partial<PredictionRecord> = {}): PredictionRecord {
    const at = Date.UTC(1996, 4, 7, 12);
    return {
      event_id: reading,
      event_key: 'NSW',
      event_time: at,
      model: this.definition.name,
      model_version: '1',
      model_sha256: 'ab'.repeat(32),
      role: 'champion',
      propensity: 1,
      features: { price: 0.25, hour: 0.5 },
      flags: ['price.range'],
      score: 0.75,
      class_scores: [],
      decision: 'positive',
      threshold: 0.5,
      reasons: [{ feature: 'price', contribution: 0.125 }],
      predicted_at: Date.UTC(2026, 10, 21, 12),
      scoring_ms: 0.75,
      trace_id: '',
      source: 'stream',
      input_topic: this.topic('validated'),
      input_partition: 0,
      input_offset: 7,
      pipeline_revision: 1,
      event: {
        reading,
        region: 'NSW',
        at,
        price: 0.25,
        meter: Buffer.from([0, 1, 0xff, 7]),
        tags: ['a', 'ü'],
        site: { code: Buffer.from([0xff, 0]) },
      },
      ...over,
    };
  }

  async outcomes(): Promise<readonly StoredOutcome[]> {
    const decoder = this.codecs.decoderFor(outcomeSchemaOf(this.definition));
    const found: StoredOutcome[] = [];
    for (const { partition, ...record } of await this.read('outcomes')) {
      await decoder.prefetch([record.value]);
      const decoded = decoder.decode(record.value);
      if (!decoded.ok) throw new Error(decoded.message);
      found.push({ partition, record, outcome: decoded.value as unknown as OutcomeRecord });
    }
    return found;
  }

  async read(stream: PipelineStream): Promise<readonly (LogRecord & { readonly partition: number })[]> {
    const found: (LogRecord & { readonly partition: number })[] = [];
    for (let partition = 0; partition < this.definition.topics.partitions; partition++) {
      for await (const records of readPartition(this.kafka, this.topic(stream), partition, 0)) {
        found.push(...records.map((record) => ({ ...record, partition })));
      }
    }
    return found;
  }

  /** Offsets that the group has committed on a topic, by partition. */
  async committed(stream: PipelineStream): Promise<readonly number[]> {
    const admin = this.kafka.admin();
    await admin.connect();
    try {
      const groupId = consumerGroupOf('feedback', this.definition.name);
      const [topic] = await admin.fetchOffsets({ groupId, topics: [this.topic(stream)] });
      return topic!.partitions.map(({ offset }) => Number(offset));
    } finally {
      await admin.disconnect();
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.services.map((service) => service.close()));
    await this.clickhouse.command({ query: `DROP DATABASE IF EXISTS ${this.database}` });
    await Promise.all([this.clickhouse.close(), this.publisher.close()]);
  }

  private async apply(): Promise<void> {
    const { name, topics, label } = this.definition;
    const { partitions, replicationFactor, maxMessageBytes } = topics;
    await ensureTopics(this.kafka, [
      ...CONTROL_TOPICS,
      ...streamsOf(this.definition).map((stream) => ({
        topic: topicOf(name, stream),
        partitions,
        replicationFactor,
        config: { 'max.message.bytes': String(stream === 'labels' ? maxMessageBytes : 1_048_576) },
      })),
    ]);
    await applyTables(this.clickhouse, await planTables(this.clickhouse, this.definition));
    const register = (stream: PipelineStream, schema: AvroRecordSchema) =>
      this.registry.register(valueSubjectOf(topicOf(name, stream)), schema);
    this.labelSchemaId = await register('labels', label!.schema);
    await new ControlWriter(this.publisher, this.registry, this.codecs).publishPipeline({
      definition: this.definition,
      revision: 1,
      sha256: '0'.repeat(64),
      appliedAt: new Date().toISOString(),
      appliedBy: 'test',
      schemaIds: {
        event: await register('events', READING),
        prediction: await register('predictions', predictionSchemaOf(this.definition)),
        label: this.labelSchemaId,
        outcome: await register('outcomes', outcomeSchemaOf(this.definition)),
      },
    });
  }
}

/** OpenTelemetry is global to a process: started once. Nothing is sampled that did not come sampled. */
export function sharedTelemetry(): Telemetry {
  telemetry ??= startTelemetry({
    service: 'feedback',
    environment: { OTEL_TRACES_SAMPLER: 'parentbased_always_off' },
    spanProcessors: [new SimpleSpanProcessor({ exporter: spans })],
  });
  return telemetry;
}

export function finishedSpans(traceId: string): readonly ReadableSpan[] {
  return spans.getFinishedSpans().filter((span) => span.spanContext().traceId === traceId);
}

/** Headers of a quarantine record that say where it came from. */
export function originOf({ headers }: LogRecord): Readonly<Record<string, string>> {
  const text = (name: string): string => headers[name]?.toString() ?? '';
  return {
    reason: text(HEADER.quarantineReason),
    topic: text(HEADER.quarantineTopic),
    partition: text(HEADER.quarantinePartition),
    offset: text(HEADER.quarantineOffset),
  };
}
