import {
  PIPELINE_STREAMS,
  predictionSchemaOf,
  topicOf,
  valueSubjectOf,
  type AppliedPipeline,
  type AvroRecordSchema,
  type Feature,
  type ModelVersion,
  type PipelineDefinition,
  type PipelineFlags,
  type PipelineStream,
  type PredictionRecord,
  type Serving,
} from '#contracts';
import { trainingPlanOf, trainingRowsOf, trainModel } from '#domain/learn';
import { FileArtifactStore } from '#platform/artifacts';
import { AvroCodecs, SchemaRegistryClient } from '#platform/avro';
import { CONTROL_TOPICS, ControlWriter } from '#platform/control';
import { createKafka, ensureTopics, partitionEnds, Publisher, readPartition, type LogRecord } from '#platform/kafka';
import { describeModel, planModelLayout } from '#platform/onnx';
import { startService, type RunningService } from '#platform/service';
import { createLog, startTelemetry } from '#platform/telemetry';
import { eventually, stack, uniqueName } from '#platform/testing';
import { readConfig } from '#platform/config';
import { inferenceConfig } from '../src/inference.config.js';
import { inferenceService } from '../src/inference.service-definition.js';

export const PAYMENT: AvroRecordSchema = {
  type: 'record',
  name: 'Payment',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'card', type: 'string' },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'amount', type: ['null', 'double'] },
    { name: 'hour', type: 'int' },
  ],
};

export interface Payment extends Record<string, unknown> {
  readonly id: string;
  readonly card: string;
  readonly at: number;
  readonly amount: number | null;
  readonly hour: number;
}

export function aPayment(parts: Partial<Payment> = {}): Payment {
  return {
    id: uniqueName('payment'),
    card: 'card-1',
    at: Date.parse('2026-01-31T12:00:00Z'),
    amount: 12.5,
    hour: 12,
    ...parts,
  };
}

const FEATURES: readonly Feature[] = [
  { kind: 'field', name: 'amount', field: 'amount', type: 'number' },
  { kind: 'cel', name: 'inverse_hour', expression: '1.0 / event.hour', type: 'number' },
];

interface Readiness {
  readonly errors?: readonly { readonly code: string }[];
}

export type Logged<T> = LogRecord & { readonly partition: number; readonly record: T };

/** One pipeline with real topics, and instances of the inference service that run it alone. */
export class InferenceHarness {
  readonly name = uniqueName('inference');
  readonly registry = new SchemaRegistryClient(stack().schemaRegistryUrl);
  readonly codecs = new AvroCodecs(this.registry);
  readonly artifacts = new FileArtifactStore(stack().artifacts);
  private readonly kafka = createKafka({ brokers: stack().kafkaBrokers.split(','), clientId: 'inference-test' });
  private readonly publisher = new Publisher(this.kafka);
  private readonly control = new ControlWriter(this.publisher, this.registry, this.codecs);
  private readonly running: RunningService[] = [];
  pipeline!: AppliedPipeline;
  private serving: Serving | undefined;

  static async create(partitions = 2): Promise<InferenceHarness> {
    const harness = new InferenceHarness();
    await harness.apply(partitions);
    return harness;
  }

  async start(): Promise<RunningService> {
    const { kafkaBrokers, schemaRegistryUrl, artifacts } = stack();
    const config = readConfig(inferenceConfig, {
      KAFKA_BROKERS: kafkaBrokers,
      SCHEMA_REGISTRY_URL: schemaRegistryUrl,
      EDDYLINE_ARTIFACTS: artifacts,
      EDDYLINE_PIPELINES: this.name,
      PORT: '0',
    });
    if (!config.ok) throw new Error(JSON.stringify(config));
    const service = await startService(inferenceService(config.config), {
      log: createLog({ service: 'inference', level: 'silent' }),
      telemetry,
      onFatal: (error) => {
        throw error;
      },
    });
    this.running.push(service);
    await service.ready;
    // Until it has joined its group: a test may end at once, and a member that is still joining is not easily stopped.
    await eventually(async () => {
      const { errors = [] } = (await (await fetch(`${service.url}/health/ready`)).json()) as Readiness;
      return errors.every(({ code }) => code !== 'stream');
    });
    return service;
  }

  /** Trains, registers and makes it champion. */
  async promote(version: string, options: { readonly inverted?: boolean } = {}): Promise<ModelVersion> {
    const entry = await this.train(version, options);
    await this.serve({ champion: version });
    return entry;
  }

  /** Trains on payments of which the large (or, `inverted`, the small) ones are positive, and registers. */
  async train(version: string, { inverted = false }: { readonly inverted?: boolean } = {}): Promise<ModelVersion> {
    const rows = Array.from({ length: 200 }, (_, i) => [i % 9 === 0 ? null : (i * 37) % 100, 1 / (1 + (i % 23))]);
    const labels = rows.map(([amount]) => (Number(amount ?? 50) > 50 !== inverted ? 1 : 0));
    const { definition } = this.pipeline;
    const names = definition.features.map(({ name }) => name);
    const trained = trainModel(trainingRowsOf(definition.features, rows, labels), {
      ...trainingPlanOf(definition),
      ...{ trainer: 'linear', holdout: 0, folds: 0 },
    });
    if (!trained.ok) throw new Error(trained.kind);
    const stored = await this.artifacts.put(trained.onnx);
    const description = await describeModel(trained.onnx);
    const plan = planModelLayout(description, this.pipeline.definition.features, 'binary-classification');
    if (!plan.ok) throw new Error(plan.problems.join('\n'));
    const entry: ModelVersion = {
      kind: 'version',
      pipeline: this.name,
      version,
      task: 'binary-classification',
      sha256: stored.sha256,
      artifactUri: stored.uri,
      sizeBytes: stored.sizeBytes,
      features: names,
      input: plan.input,
      output: plan.output,
      registeredAt: new Date().toISOString(),
      registeredBy: 'test',
      description: '',
      metadata: description.metadata,
    };
    await this.publishVersion(entry);
    return entry;
  }

  /** Publishes a version and makes it champion. */
  async register(entry: ModelVersion): Promise<void> {
    await this.publishVersion(entry);
    await this.serve({ champion: entry.version });
  }

  publishVersion(entry: ModelVersion): Promise<void> {
    return this.control.publishRegistryEntry(entry);
  }

  /** Says who serves; whoever is not named does not. */
  async serve(parts: { champion: string; challenger?: Serving['challenger'] }): Promise<Serving> {
    const serving: Serving = {
      kind: 'serving',
      pipeline: this.name,
      sequence: (this.serving?.sequence ?? 0) + 1,
      champion: { version: parts.champion, since: new Date().toISOString(), changedBy: 'test', reason: 'test' },
      challenger: parts.challenger ?? null,
      previous: this.serving?.champion ?? null,
    };
    await this.control.publishRegistryEntry(serving);
    this.serving = serving;
    return serving;
  }

  async switch(flags: PipelineFlags['flags']): Promise<void> {
    await this.control.publishRegistryEntry({ kind: 'flags', pipeline: this.name, sequence: 1, flags });
  }

  /** Puts payments on `<p>.validated`, spread over the partitions by their place in the list. */
  async publish(payments: readonly Payment[], headers: Readonly<Record<string, string>> = {}): Promise<void> {
    const encode = this.codecs.encoderFor(PAYMENT, this.pipeline.schemaIds.event);
    const { partitions } = this.pipeline.definition.topics;
    await this.publisher.publish(
      payments.map((payment, index) => ({
        topic: topicOf(this.name, 'validated'),
        key: payment.card,
        value: encode(payment),
        partition: index % partitions,
        headers,
      })),
    );
  }

  predictions(): Promise<readonly Logged<PredictionRecord>[]> {
    return this.recordsOf('predictions');
  }

  shadows(): Promise<readonly Logged<PredictionRecord>[]> {
    return this.recordsOf('shadows');
  }

  private async recordsOf(stream: 'predictions' | 'shadows'): Promise<readonly Logged<PredictionRecord>[]> {
    const decoder = this.codecs.decoderFor(predictionSchemaOf(this.pipeline.definition));
    const records = await this.read(stream);
    await decoder.prefetch(records.map(({ value }) => value));
    return records.map((record) => {
      const decoded = decoder.decode(record.value);
      if (!decoded.ok) throw new Error(decoded.message);
      return { ...record, record: decoded.value as unknown as PredictionRecord };
    });
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

  async close(): Promise<void> {
    for (const service of this.running) await service.close();
    await this.publisher.close();
  }

  private async apply(partitions: number): Promise<void> {
    const definition: PipelineDefinition = {
      name: this.name,
      event: { schema: PAYMENT, id: 'id', key: 'card', time: 'at' },
      expectations: [
        { kind: 'range', name: 'amount.range', on: 'quarantine', field: 'amount', min: 0, max: 1_000_000 },
        { kind: 'range', name: 'hour.range', on: 'flag', field: 'hour', min: 0, max: 23 },
      ],
      dedupeWindowMs: null,
      features: FEATURES,
      model: { task: 'binary-classification', threshold: 0.5 },
      rollout: {
        steps: [],
        guards: [],
        falseRollbackRate: 0.05,
        falsePromotionRate: null,
        minLabelled: 0,
        watchMs: 0,
        deadlineMs: 86_400_000,
      },
      topics: { partitions, replicationFactor: 1, retentionMs: 3_600_000, maxMessageBytes: 1_000_000 },
    };
    await ensureTopics(this.kafka, [
      ...CONTROL_TOPICS,
      ...PIPELINE_STREAMS.map((stream) => {
        return { topic: topicOf(this.name, stream), partitions, replicationFactor: 1, config: {} };
      }),
    ]);
    const subject = (stream: PipelineStream) => valueSubjectOf(topicOf(this.name, stream));
    const schemaIds = {
      event: await this.registry.register(subject('validated'), PAYMENT),
      prediction: await this.registry.register(subject('predictions'), predictionSchemaOf(definition)),
    };
    const appliedAt = new Date().toISOString();
    this.pipeline = { definition, revision: 1, sha256: 'test', appliedAt, appliedBy: 'test', schemaIds };
    await this.control.publishPipeline(this.pipeline);
  }
}

/** One for the process: instruments are global. */
const telemetry = startTelemetry({ service: 'inference', environment: { OTEL_TRACES_SAMPLER: 'always_on' } });
