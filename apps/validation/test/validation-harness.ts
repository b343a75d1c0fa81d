import { readFileSync } from 'node:fs';
import { join } from 'node:path';
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
import { parsePipelineFile } from '#domain/pipeline-file';
import { AvroCodecs, SchemaRegistryClient } from '#platform/avro';
import { readConfig } from '#platform/config';
import { CONTROL_TOPICS, ControlWriter } from '#platform/control';
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
import { startService, type RunningService } from '#platform/service';
import { createLog, startTelemetry, type Telemetry } from '#platform/telemetry';
import { stack, uniqueName } from '#platform/testing';
import { validationConfig } from '../src/validation.config.js';
import { validationService } from '../src/validation.service-definition.js';

export const START_MS = Date.UTC(1996, 4, 7);
export const HALF_HOUR_MS = 1_800_000;

export type HalfHour = Readonly<Record<string, string | number>>;

/** The n-th half-hour of the market. */
export function aHalfHour(n: number, change: HalfHour = {}): HalfHour {
  return {
    event_id: `nsw-${String(n).padStart(6, '0')}`,
    at: START_MS + n * HALF_HOUR_MS,
    period: (n % 48) / 47,
    nsw_price: 0.05 + (n % 5) / 100,
    nsw_demand: 0.4,
    vic_price: 0.003,
    vic_demand: 0.4,
    transfer: 0.4,
    ...change,
  };
}

export type StoredRecord = LogRecord & { readonly partition: number; readonly text: Readonly<Record<string, string>> };

const PIPELINE_FOLDER = join(process.cwd(), 'pipelines/electricity');
let telemetry: Telemetry | undefined;

/** The validation service, in this process, before the real broker and registry, with the electricity pipeline under a name of its own. */
export class ValidationHarness {
  readonly fatal: Error[] = [];
  readonly registry = new SchemaRegistryClient(stack().schemaRegistryUrl);
  readonly codecs = new AvroCodecs(this.registry);
  readonly publisher: Publisher;
  applied!: AppliedPipeline;
  private readonly kafka = createKafka({ brokers: stack().kafkaBrokers.split(','), clientId: 'test' });
  private readonly services: RunningService[] = [];

  private constructor(private readonly definition: PipelineDefinition) {
    this.publisher = new Publisher(this.kafka);
  }

  static async create(change: Partial<PipelineDefinition> = {}): Promise<ValidationHarness> {
    const [text = '', event = '', label] = ['pipeline.yaml', 'event.avsc', 'label.avsc'].map((name) =>
      readFileSync(join(PIPELINE_FOLDER, name), 'utf8'),
    );
    const parsed = parsePipelineFile(text, event, label);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
    const topics = { ...parsed.definition.topics, partitions: 2 };
    const harness = new ValidationHarness({ ...parsed.definition, topics, ...change, name: uniqueName('validation') });
    await harness.apply(1);
    return harness;
  }

  get name(): string {
    return this.definition.name;
  }

  /** What `eddyline apply` does for this stage: topics, subjects, the definition in force. */
  async apply(revision: number, change: Partial<PipelineDefinition> = {}): Promise<void> {
    const definition = { ...this.definition, ...change };
    const { partitions, replicationFactor } = definition.topics;
    const own = PIPELINE_STREAMS.map((stream) => ({
      topic: topicOf(this.name, stream),
      partitions,
      replicationFactor,
      config: {},
    }));
    await ensureTopics(this.kafka, [...CONTROL_TOPICS, ...own]);
    const event = await this.registry.register(valueSubjectOf(topicOf(this.name, 'events')), definition.event.schema);
    const prediction = await this.registry.register(
      valueSubjectOf(topicOf(this.name, 'predictions')),
      predictionSchemaOf(definition),
    );
    const schemaIds = { event, prediction };
    this.applied = {
      definition,
      revision,
      sha256: String(revision),
      appliedAt: new Date().toISOString(),
      appliedBy: 'test',
      schemaIds,
    };
    await new ControlWriter(this.publisher, this.registry, this.codecs).publishPipeline(this.applied);
  }

  async start(): Promise<RunningService> {
    const read = readConfig(validationConfig, {
      KAFKA_BROKERS: stack().kafkaBrokers,
      SCHEMA_REGISTRY_URL: stack().schemaRegistryUrl,
      EDDYLINE_PIPELINES: this.name,
      PORT: '0',
    });
    if (!read.ok) throw new Error(JSON.stringify(read.problems));
    telemetry ??= startTelemetry({ service: 'validation', environment: {}, spanProcessors: [] });
    const service = await startService(validationService(read.config), {
      log: createLog({ service: 'validation', level: 'error' }),
      telemetry,
      onFatal: (error) => this.fatal.push(error),
    });
    this.services.push(service);
    await service.ready;
    return service;
  }

  encode(
    event: HalfHour,
    schema: AvroRecordSchema = this.applied.definition.event.schema,
    id = this.applied.schemaIds.event,
  ): Buffer {
    return this.codecs.encoderFor(schema, id)(event);
  }

  async publish(events: readonly HalfHour[], partition = 0): Promise<void> {
    await this.publishRaw(
      events.map((event) => this.encode(event)),
      partition,
    );
  }

  async publishRaw(values: readonly (Buffer | null)[], partition = 0): Promise<void> {
    const topic = topicOf(this.name, 'events');
    await this.publisher.publish(values.map((value, index) => ({ topic, key: `test-${index}`, value, partition })));
  }

  async read(stream: PipelineStream): Promise<readonly StoredRecord[]> {
    const topic = topicOf(this.name, stream);
    const records: StoredRecord[] = [];
    for (const { partition } of await partitionEnds(this.kafka, topic)) {
      for await (const chunk of readPartition(this.kafka, topic, partition, 0)) {
        records.push(...chunk.map((record) => ({ ...record, partition, text: textOf(record) })));
      }
    }
    return records;
  }

  /** Event ids on `<p>.validated`, in the order of the log, of one partition. */
  async validatedIds(partition = 0): Promise<readonly string[]> {
    return (await this.read('validated'))
      .filter((record) => record.partition === partition)
      .map(({ key }) => String(key));
  }

  async committed(): Promise<readonly (OffsetMetadata & { readonly partition: number; readonly offset: number })[]> {
    const admin = this.kafka.admin();
    await admin.connect();
    try {
      const topics = [topicOf(this.name, 'events')];
      const [offsets] = await admin.fetchOffsets({ groupId: consumerGroupOf('validation', this.name), topics });
      return offsets!.partitions.map(({ partition, offset, metadata }) => ({
        partition,
        offset: Number(offset),
        ...decodeOffsetMetadata(metadata),
      }));
    } finally {
      await admin.disconnect();
    }
  }

  /** Records of `<p>.events` whose outcome is committed, of all partitions. */
  async position(): Promise<number> {
    return (await this.committed()).reduce((sum, { offset }) => sum + Math.max(0, offset), 0);
  }

  async close(): Promise<void> {
    await Promise.all(this.services.map((service) => service.close()));
    await this.publisher.close();
  }
}

export async function closeTelemetry(): Promise<void> {
  await telemetry?.shutdown();
}

function textOf({ headers }: LogRecord): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
