import { InMemorySpanExporter, SimpleSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace';
import {
  consumerGroupOf,
  topicOf,
  valueSubjectOf,
  type AvroRecordSchema,
  type Expectation,
  type PipelineDefinition,
} from '#contracts';
import { AvroCodecs, SchemaRegistryClient } from '#platform/avro';
import { readConfig } from '#platform/config';
import { CONTROL_TOPICS, ControlWriter } from '#platform/control';
import { createKafka, ensureTopics, Publisher, readPartition } from '#platform/kafka';
import { startService, type RunningService } from '#platform/service';
import { createLog, startTelemetry, type Telemetry } from '#platform/telemetry';
import { eventually, stack, uniqueName } from '#platform/testing';
import { ingestionConfig } from '../src/ingestion.config.js';
import { ingestionService } from '../src/ingestion.service-definition.js';

export const READING: AvroRecordSchema = {
  type: 'record',
  name: 'Reading',
  namespace: 'grid',
  fields: [
    { name: 'reading', type: 'string' },
    { name: 'region', type: 'string' },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'price', type: 'double' },
    { name: 'note', type: ['null', 'string'], default: null },
  ],
};

export const EXPECTATIONS: readonly Expectation[] = [
  { name: 'price.range', on: 'quarantine', kind: 'range', field: 'price', min: 0, max: 1 },
  { name: 'region.set', on: 'flag', kind: 'set', field: 'region', values: ['NSW', 'VIC'] },
  {
    name: 'at.timeliness',
    on: 'quarantine',
    kind: 'timeliness',
    field: 'at',
    maxLatenessMs: 3_600_000,
    maxAheadMs: 60_000,
  },
];

export interface StoredRecord {
  readonly key: string | undefined;
  readonly value: Record<string, unknown>;
  readonly headers: Readonly<Record<string, string>>;
}

const spans = new InMemorySpanExporter();
let telemetry: Telemetry | undefined;

/** The ingestion service, in this process, before the real broker and registry, with a pipeline of its own. */
export class IngestionHarness {
  readonly definition: PipelineDefinition = {
    name: uniqueName('door'),
    event: { schema: READING, id: 'reading', key: 'region', time: 'at' },
    expectations: EXPECTATIONS,
    dedupeWindowMs: null,
    features: [{ name: 'price', type: 'number', kind: 'field', field: 'price' }],
    model: { task: 'binary-classification', threshold: 0.5 },
    topics: { partitions: 1, replicationFactor: 1, retentionMs: 3_600_000, maxMessageBytes: 4_096 },
  };
  readonly topic = topicOf(this.definition.name, 'events');
  readonly kafka = createKafka({ brokers: stack().kafkaBrokers.split(','), clientId: 'test' });
  readonly fatal: Error[] = [];
  private readonly registry = new SchemaRegistryClient(stack().schemaRegistryUrl);
  private readonly codecs = new AvroCodecs(this.registry);
  private readonly services: RunningService[] = [];

  /** Starts the service and waits until it works. */
  async start(environment: Readonly<Record<string, string>> = {}): Promise<RunningService> {
    const read = readConfig(ingestionConfig, {
      KAFKA_BROKERS: stack().kafkaBrokers,
      SCHEMA_REGISTRY_URL: stack().schemaRegistryUrl,
      EDDYLINE_PIPELINES: this.definition.name,
      EDDYLINE_WATERMARK_POLL: '100ms',
      PORT: '0',
      ...environment,
    });
    if (!read.ok) throw new Error(JSON.stringify(read.problems));
    telemetry ??= startTelemetry({
      service: 'ingestion',
      environment: { OTEL_TRACES_SAMPLER: undefined },
      spanProcessors: [new SimpleSpanProcessor({ exporter: spans })],
    });
    const service = await startService(ingestionService(read.config), {
      log: createLog({ service: 'ingestion', level: 'error' }),
      telemetry,
      onFatal: (error) => this.fatal.push(error),
    });
    this.services.push(service);
    return service;
  }

  /** What `eddyline apply` does for the door: topic, subject, definition. */
  async apply(): Promise<void> {
    const { name, topics } = this.definition;
    await ensureTopics(this.kafka, [
      ...CONTROL_TOPICS,
      {
        topic: this.topic,
        partitions: topics.partitions,
        replicationFactor: topics.replicationFactor,
        config: { 'max.message.bytes': String(topics.maxMessageBytes) },
      },
    ]);
    const event = await this.registry.register(valueSubjectOf(this.topic), READING);
    const publisher = new Publisher(this.kafka);
    await new ControlWriter(publisher, this.registry, this.codecs).publishPipeline({
      definition: this.definition,
      revision: 1,
      sha256: name,
      appliedAt: new Date().toISOString(),
      appliedBy: 'test',
      schemaIds: { event, prediction: event },
    });
    await publisher.close();
  }

  /** Applies the pipeline and waits until the door takes its events. */
  async applyAndWait({ url }: RunningService): Promise<void> {
    await this.apply();
    await eventually(async () => (await this.post(url, {}, { path: this.path })).status !== 404);
  }

  /** Commits what validation commits with its offsets. */
  async commitWatermark(watermarkMs: number): Promise<void> {
    const metadata = JSON.stringify({ v: 1, checkpoint: { watermarkMs }, dropped: {} });
    const consumer = this.kafka.consumer({ groupId: consumerGroupOf('validation', this.definition.name) });
    await consumer.connect();
    await consumer.subscribe({ topic: this.topic });
    const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
    await consumer.run({ autoCommit: false, eachBatch: async () => undefined });
    await joined;
    await consumer.commitOffsets([{ topic: this.topic, partition: 0, offset: '0', metadata }]);
    await consumer.disconnect();
  }

  get path(): string {
    return `/v1/pipelines/${this.definition.name}/events`;
  }

  post(
    url: string,
    body: unknown,
    { path = this.path, headers = {} }: { path?: string; headers?: Readonly<Record<string, string>> } = {},
  ): Promise<Response> {
    const raw = typeof body === 'string' || body instanceof ReadableStream;
    return fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: raw ? body : JSON.stringify(body),
      ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
    } as RequestInit);
  }

  /** What is on the topic, decoded. */
  async stored(): Promise<readonly StoredRecord[]> {
    const decoder = this.codecs.decoderFor(READING);
    const found: StoredRecord[] = [];
    for await (const records of readPartition(this.kafka, this.topic, 0, 0)) {
      await decoder.prefetch(records.map(({ value }) => value));
      for (const { key, value, headers } of records) {
        const decoded = decoder.decode(value);
        if (!decoded.ok) throw new Error(decoded.message);
        const texts = Object.entries(headers).map(([name, bytes]) => [name, bytes?.toString() ?? '']);
        found.push({ key: key?.toString(), value: { ...decoded.value }, headers: Object.fromEntries(texts) });
      }
    }
    return found;
  }

  finishedSpans(traceId: string): readonly ReadableSpan[] {
    return spans.getFinishedSpans().filter((span) => span.spanContext().traceId === traceId);
  }

  async close(): Promise<void> {
    for (const service of this.services) await service.close();
  }
}

export async function closeTelemetry(): Promise<void> {
  await telemetry?.shutdown();
}

export function aReading(reading: string, over: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { reading, region: 'NSW', at: Date.now(), price: 0.5, ...over };
}
