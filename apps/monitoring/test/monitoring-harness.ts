import { Module } from '@nestjs/common';
import type { ClickHouseClient } from '@clickhouse/client';
import {
  ALERT_SCHEMA,
  consumerGroupOf,
  databaseOf,
  HEADER,
  outcomeSchemaOf,
  PIPELINE_STREAMS,
  predictionSchemaOf,
  topicOf,
  valueSubjectOf,
  type AlertControl,
  type AlertRecord,
  type AppliedPipeline,
  type AvroRecordSchema,
  type ModelReference,
  type OutcomeRecord,
  type PipelineDefinition,
  type PipelineStream,
  type PredictionRecord,
} from '#contracts';
import { AvroCodecs, SchemaRegistryClient } from '#platform/avro';
import { applyTables, createClickHouse, planSharedTables, planTables } from '#platform/clickhouse';
import { CONTROL_TOPICS, ControlWriter } from '#platform/control';
import { createKafka, decodeOffsetMetadata, ensureTopics, Publisher } from '#platform/kafka';
import { startService, type RunningService } from '#platform/service';
import { createLog, startTelemetry, type Telemetry } from '#platform/telemetry';
import { stack, uniqueName } from '#platform/testing';
import { CLICKHOUSE, ClickHouseWatch } from '#platform/clickhouse-watch';
import { LogOfRecord } from '../src/log-of-record.js';
import { monitoringConfig, type MonitoringConfig } from '../src/monitoring.config.js';
import { MonitoringConsumer } from '../src/monitoring.consumer.js';
import { monitoringService } from '../src/monitoring.service-definition.js';
import { ALERT_DELIVERY, LOG_OF_RECORD, type AlertDelivery, type RecordLog } from '../src/ports.js';
import { readConfig } from '#platform/config';
import type { SpanProcessor } from '@opentelemetry/sdk-trace';

export const READING: AvroRecordSchema = {
  type: 'record',
  name: 'Reading',
  namespace: 'grid',
  fields: [
    { name: 'reading', type: 'string' },
    { name: 'region', type: 'string' },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'price', type: 'double' },
  ],
};

const LABEL: NonNullable<PipelineDefinition['label']> = {
  schema: {
    type: 'record',
    name: 'WentUp',
    namespace: 'grid',
    fields: [
      { name: 'reading', type: 'string' },
      { name: 'went_up', type: 'boolean' },
    ],
  },
  match: { by: 'id', field: 'reading' },
  field: 'went_up',
  values: { kind: 'boolean' },
  time: null,
  revision: null,
  withinMs: 86_400_000,
};

/** Labels come back, and monitors are declared (none, so that nothing but the log is at work). */
export const WATCHED: Partial<PipelineDefinition> = {
  label: LABEL,
  monitoring: { graceMs: 0, slices: [], receivers: [], monitors: [] },
};

function aDefinition(): PipelineDefinition {
  return {
    name: uniqueName('mon'),
    event: { schema: READING, id: 'reading', key: 'region', time: 'at' },
    expectations: [],
    dedupeWindowMs: null,
    features: [{ name: 'price', type: 'number', kind: 'field', field: 'price' }],
    model: { task: 'binary-classification', threshold: 0.5 },
    topics: { partitions: 2, replicationFactor: 1, retentionMs: 3_600_000, maxMessageBytes: 1_048_576 },
  };
}

/** Runs the monitoring service, in this process, for a pipeline of its own on real topics and a real database. */
export class MonitoringHarness {
  readonly database: string;
  readonly clickhouse: ClickHouseClient = createClickHouse(stack().clickhouseUrl);
  readonly registry = new SchemaRegistryClient(stack().schemaRegistryUrl);
  readonly codecs = new AvroCodecs(this.registry);
  readonly kafka = createKafka({ brokers: stack().kafkaBrokers.split(','), clientId: 'test' });
  private readonly publisher = new Publisher(this.kafka);
  private readonly services: RunningService[] = [];
  private schemaIds!: AppliedPipeline['schemaIds'];

  private constructor(readonly definition: PipelineDefinition) {
    this.database = databaseOf(definition.name);
  }

  /** @param changes of the definition, e.g. labels and monitors */
  static async create({
    tables = true,
    changes = {},
  }: { tables?: boolean; changes?: Partial<PipelineDefinition> } = {}): Promise<MonitoringHarness> {
    const harness = new MonitoringHarness({ ...aDefinition(), ...changes });
    await harness.apply(tables);
    return harness;
  }

  async applyTables(): Promise<void> {
    const { clickhouse } = this;
    await applyTables(clickhouse, await planSharedTables(clickhouse));
    await applyTables(clickhouse, await planTables(clickhouse, this.definition));
  }

  /** @param options `wrap` puts a test's own log before the real one, `delivery` takes the place of the receivers */
  async start(
    options: {
      clickhouseUrl?: string;
      wrap?: (log: RecordLog) => RecordLog;
      delivery?: AlertDelivery;
      env?: Readonly<Record<string, string>>;
    } = {},
  ): Promise<RunningService> {
    const read = readConfig(monitoringConfig, {
      KAFKA_BROKERS: stack().kafkaBrokers,
      SCHEMA_REGISTRY_URL: stack().schemaRegistryUrl,
      CLICKHOUSE_URL: options.clickhouseUrl ?? stack().clickhouseUrl,
      EDDYLINE_ARTIFACTS: stack().artifacts,
      EDDYLINE_PIPELINES: this.definition.name,
      PORT: '0',
      ...options.env,
    });
    if (!read.ok) throw new Error(JSON.stringify(read.problems));
    const config: MonitoringConfig = read.config;
    const definition = monitoringService(config);
    const { wrap = (log: RecordLog) => log, delivery } = options;
    const isOwn = options.wrap !== undefined || delivery !== undefined;
    const service = await startService(
      isOwn ? { ...definition, module: moduleWith(config, wrap, delivery) } : definition,
      {
        log: createLog({ service: 'monitoring', level: 'error' }),
        telemetry: sharedTelemetry(),
        onFatal: (error) => this.fatal.push(error),
      },
    );
    this.services.push(service);
    return service;
  }

  readonly fatal: Error[] = [];

  async publishPredictions(
    numbers: readonly number[],
    {
      traceparent,
      stream = 'predictions',
      ...parts
    }: { traceparent?: string; stream?: 'predictions' | 'shadows' } & Partial<PredictionRecord> = {},
  ): Promise<void> {
    const encode = this.codecs.encoderFor(predictionSchemaOf(this.definition), this.schemaIds.prediction);
    await this.publisher.publish(
      numbers.map((number) => ({
        topic: topicOf(this.definition.name, stream),
        partition: number % 2,
        key: 'NSW',
        value: encode({ ...this.prediction(number), ...parts }),
        ...(traceparent === undefined ? {} : { headers: { [HEADER.traceparent]: traceparent } }),
      })),
    );
  }

  /** Predictions that differ from those by number alone; each on its partition. */
  async publishPredictionsWith(
    predictions: readonly { number: number; at: number; price: number; score?: number; partition?: number }[],
  ): Promise<void> {
    const encode = this.codecs.encoderFor(predictionSchemaOf(this.definition), this.schemaIds.prediction);
    await this.publisher.publish(
      predictions.map(({ number, at, price, score = 0.75, partition = number % 2 }) => {
        const usual = this.prediction(number);
        const event = { ...usual.event, at, price };
        const value = encode({ ...usual, event_time: at, features: { price }, score, event });
        return { topic: topicOf(this.definition.name, 'predictions'), partition, key: 'NSW', value };
      }),
    );
  }

  /** Puts a version on the registry, of which nothing but its reference is looked at. */
  async registerVersion(version: string, reference?: ModelReference): Promise<void> {
    await new ControlWriter(this.publisher, this.registry, this.codecs).publishRegistryEntry({
      kind: 'version',
      pipeline: this.definition.name,
      version,
      task: 'binary-classification',
      sha256: 'ab'.repeat(32),
      artifactUri: 'file:///nowhere',
      sizeBytes: 1,
      features: ['price'],
      input: { kind: 'matrix', input: 'x', type: 'float32', columns: 1 },
      output: { output: 'y', width: 2, scoreColumn: 1 },
      registeredAt: new Date().toISOString(),
      registeredBy: 'test',
      description: '',
      metadata: {},
      ...(reference && { reference }),
    });
  }

  /** Outcomes of predictions by number, all to partition 0, in order. */
  async publishOutcomes(outcomes: readonly { number: number; label: number; revision: number }[]): Promise<void> {
    const encode = this.codecs.encoderFor(outcomeSchemaOf(this.definition), this.schemaIds.outcome!);
    await this.publisher.publish(
      outcomes.map(({ number, label, revision }) => {
        const prediction = this.prediction(number);
        const outcome: OutcomeRecord = {
          event_id: prediction.event_id,
          label,
          label_time: prediction.event_time + 60_000,
          label_revision: revision,
          label_late: false,
          label_partition: 0,
          label_offset: number,
          joined_at: Date.now(),
          published_at: prediction.predicted_at,
          prediction_partition: number % 2,
          prediction_offset: number,
          prediction,
        };
        return {
          topic: topicOf(this.definition.name, 'outcomes'),
          partition: 0,
          key: 'NSW',
          value: encode({ ...outcome }),
        };
      }),
    );
  }

  /** @param evidence as text, as it stands in the record */
  async publishAlerts(alerts: readonly Omit<AlertRecord, 'evidence'>[], evidence: string): Promise<void> {
    const encode = this.codecs.encoderFor(ALERT_SCHEMA, this.schemaIds.alert!);
    await this.publisher.publish(
      alerts.map((alert) => ({
        topic: topicOf(this.definition.name, 'alerts'),
        partition: 0,
        key: alert.id,
        value: encode({ ...alert, evidence }),
      })),
    );
  }

  async publishControl(control: AlertControl): Promise<void> {
    await new ControlWriter(this.publisher, this.registry, this.codecs).publishAlertControl(control);
  }

  async removeControl(control: AlertControl): Promise<void> {
    await new ControlWriter(this.publisher, this.registry, this.codecs).removeAlertControls([control]);
  }

  async publishQuarantined(value: Buffer | null, headers: Record<string, string | Buffer>): Promise<void> {
    await this.publisher.publish([
      { topic: topicOf(this.definition.name, 'quarantine'), partition: 0, key: Buffer.from([0xff]), value, headers },
    ]);
  }

  encodeEvent(event: Record<string, unknown>): Buffer {
    return this.codecs.encoderFor(READING, this.schemaIds.event)(event);
  }

  async select(query: string): Promise<Record<string, unknown>[]> {
    return (await this.clickhouse.query({ query, format: 'JSONEachRow' })).json();
  }

  async counts(table = 'predictions'): Promise<{ rows: number; events: number }> {
    const [row] = await this.select(
      `SELECT toUInt32(count()) AS rows, toUInt32(uniqExact(event_id)) AS events FROM ${this.database}.${table}`,
    );
    return row as { rows: number; events: number };
  }

  /** Offsets and intents that the group has committed on the predictions topic. */
  async committed(): Promise<readonly { offset: number; pending: unknown }[]> {
    const admin = this.kafka.admin();
    await admin.connect();
    try {
      const groupId = consumerGroupOf('monitoring', this.definition.name);
      const [topic] = await admin.fetchOffsets({ groupId, topics: [topicOf(this.definition.name, 'predictions')] });
      return topic!.partitions.map(({ offset, metadata }) => ({
        offset: Number(offset),
        pending: decodeOffsetMetadata(metadata).pending,
      }));
    } finally {
      await admin.disconnect();
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.services.map((service) => service.close()));
    await this.clickhouse.command({ query: `DROP DATABASE IF EXISTS ${this.database}` });
    await Promise.all([this.clickhouse.close(), this.publisher.close()]);
  }

  private async apply(tables: boolean): Promise<void> {
    const { name, topics } = this.definition;
    await ensureTopics(this.kafka, [
      ...CONTROL_TOPICS,
      ...PIPELINE_STREAMS.map((stream) => ({
        topic: topicOf(name, stream),
        partitions: topics.partitions,
        replicationFactor: 1,
        config: {},
      })),
    ]);
    if (tables) await this.applyTables();
    const { label, monitoring } = this.definition;
    const register = (stream: PipelineStream, schema: AvroRecordSchema) =>
      this.registry.register(valueSubjectOf(topicOf(name, stream)), schema);
    this.schemaIds = {
      event: await register('events', READING),
      prediction: await register('predictions', predictionSchemaOf(this.definition)),
      ...(label === undefined ? {} : { outcome: await register('outcomes', outcomeSchemaOf(this.definition)) }),
      ...(monitoring === undefined ? {} : { alert: await register('alerts', ALERT_SCHEMA) }),
    };
    await new ControlWriter(this.publisher, this.registry, this.codecs).publishPipeline({
      definition: this.definition,
      revision: 1,
      sha256: '0'.repeat(64),
      appliedAt: new Date().toISOString(),
      appliedBy: 'test',
      schemaIds: this.schemaIds,
    });
  }

  private prediction(number: number): PredictionRecord {
    const at = Date.UTC(1996, 4, 7) + number * 1_800_000;
    return {
      event_id: `e-${number}`,
      event_key: 'NSW',
      event_time: at,
      model: this.definition.name,
      model_version: '1',
      model_sha256: 'ab'.repeat(32),
      role: 'champion',
      propensity: 1,
      features: { price: 0.25 },
      flags: [],
      score: 0.75,
      class_scores: [],
      decision: 'positive',
      threshold: 0.5,
      reasons: [],
      predicted_at: Date.now(),
      scoring_ms: 0.75,
      trace_id: '',
      source: 'stream',
      input_topic: topicOf(this.definition.name, 'validated'),
      input_partition: 0,
      input_offset: number,
      pipeline_revision: 1,
      event: { reading: `e-${number}`, region: 'NSW', at, price: 0.25 },
    };
  }
}

let telemetry: Telemetry | undefined;

/** OpenTelemetry is global to a process: started once, with the processors of the first caller. */
export function sharedTelemetry(spanProcessors: readonly SpanProcessor[] = []): Telemetry {
  const environment = { OTEL_TRACES_SAMPLER: 'parentbased_always_off' };
  return (telemetry ??= startTelemetry({ service: 'monitoring', environment, spanProcessors }));
}

function moduleWith(
  config: MonitoringConfig,
  wrap: (log: RecordLog) => RecordLog,
  delivery: AlertDelivery = { deliver: () => Promise.resolve() },
): new () => object {
  const client = createClickHouse(config.clickhouseUrl);
  class WrappedModule {}
  Module({
    controllers: [MonitoringConsumer],
    providers: [
      { provide: CLICKHOUSE, useValue: client },
      ClickHouseWatch,
      { provide: LOG_OF_RECORD, useValue: wrap(new LogOfRecord(client)) },
      { provide: ALERT_DELIVERY, useValue: delivery },
    ],
  })(WrappedModule);
  return WrappedModule;
}
