import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import {
  consumerGroupOf,
  databaseOf,
  EXPLANATION_SCHEMA,
  predictionSchemaOf,
  streamsOf,
  topicOf,
  valueSubjectOf,
  type AvroRecordSchema,
  type ExplainDefinition,
  type ExplanationRecord,
  type ModelVersion,
  type PipelineDefinition,
  type PipelineFlag,
  type PipelineStream,
  type PredictionRecord,
} from '#contracts';
import { toOnnx } from '#domain/onnx-format';
import { scoreRows, type TrainedModel } from '#domain/trained-model';
import { FileArtifactStore, formatReferenceRows, type StoredArtifact } from '#platform/artifacts';
import { AvroCodecs, SchemaRegistryClient } from '#platform/avro';
import { applyTables, createClickHouse, planTables, PredictionLog } from '#platform/clickhouse';
import { readConfig } from '#platform/config';
import { CONTROL_TOPICS, ControlWriter } from '#platform/control';
import { createKafka, ensureTopics, partitionEnds, Publisher, readPartition, type LogRecord } from '#platform/kafka';
import { describeModel, planModelLayout } from '#platform/onnx';
import { startService, type RunningService } from '#platform/service';
import { createLog, startTelemetry } from '#platform/telemetry';
import { eventually, stack, uniqueName } from '#platform/testing';
import { explanationConfig } from '../src/explanation.config.js';
import { explanationService } from '../src/explanation.service-definition.js';

const READING: AvroRecordSchema = {
  type: 'record',
  name: 'Reading',
  namespace: 'grid',
  fields: [
    { name: 'reading', type: 'string' },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'price', type: ['null', 'double'] },
    { name: 'region', type: 'string' },
  ],
};

/** Asks for the price, and where it is high for the region. */
export const TREES: TrainedModel = {
  task: 'binary-classification',
  outputs: 1,
  inputs: [
    { kind: 'number', name: 'price' },
    { kind: 'one_hot', name: 'region', levels: ['nsw', 'vic'] },
  ],
  model: {
    kind: 'trees',
    base: [0],
    link: 'logistic',
    trees: [
      { output: 0, feature: [0, -1, 2, -1, -1], threshold: [0.5, 0, 0.5, 0, 0], missingLeft: [1, 0, 0, 0, 0], left: [1, 0, 3, 0, 0], right: [2, 0, 4, 0, 0], value: [0, -1, 0, 1, 3], cover: [10, 5, 5, 4, 1], gain: [0, 0, 0, 0, 0] }, // prettier-ignore
    ],
  },
  calibration: null,
};

const EVENT_TIME = Date.UTC(2026, 3, 1, 12);

/** Runs the explanation service, in this process, for a pipeline of its own on real topics, a real log and a store of files. */
export class ExplanationHarness {
  readonly definition: PipelineDefinition;
  readonly fatal: Error[] = [];
  service!: RunningService;
  private readonly clickhouse = createClickHouse(stack().clickhouseUrl);
  private readonly kafka = createKafka({ brokers: stack().kafkaBrokers.split(','), clientId: 'test' });
  private readonly publisher = new Publisher(this.kafka);
  private readonly registry = new SchemaRegistryClient(stack().schemaRegistryUrl);
  private readonly codecs = new AvroCodecs(this.registry);
  private readonly control = new ControlWriter(this.publisher, this.registry, this.codecs);
  private readonly artifacts: FileArtifactStore;
  private predictionSchemaId!: number;
  private sequence = 0;

  private constructor(
    private readonly directory: string,
    explain: ExplainDefinition | undefined,
  ) {
    this.artifacts = new FileArtifactStore(pathToFileURL(directory).href);
    this.definition = {
      name: uniqueName('explanation'),
      event: { schema: READING, id: 'reading', key: 'region', time: 'at' },
      expectations: [],
      dedupeWindowMs: null,
      features: [
        { name: 'price', type: 'number', kind: 'field', field: 'price' },
        { name: 'region', type: 'string', kind: 'field', field: 'region' },
      ],
      model: { task: 'binary-classification', threshold: 0.5 },
      ...(explain === undefined ? {} : { explain }),
      topics: { partitions: 2, replicationFactor: 1, retentionMs: 3_600_000, maxMessageBytes: 65_536 },
    };
  }

  static async start(explain: ExplainDefinition | undefined): Promise<ExplanationHarness> {
    const harness = new ExplanationHarness(await mkdtemp(join(tmpdir(), 'explanation-')), explain);
    await harness.apply();
    await harness.run();
    return harness;
  }

  /** Registers the trees under a version, with what is asked for beside the model file, and makes them champion. */
  async register(version: string, beside: { explainer?: true; reference?: true }): Promise<ModelVersion> {
    const onnx = toOnnx(TREES, {});
    const model = await this.artifacts.put(onnx);
    const plan = planModelLayout(await describeModel(onnx), this.definition.features, TREES.task);
    if (!plan.ok) throw new Error(plan.problems.join('\n'));
    const entry: ModelVersion = {
      kind: 'version',
      pipeline: this.definition.name,
      version,
      task: TREES.task,
      sha256: model.sha256,
      artifactUri: model.uri,
      sizeBytes: model.sizeBytes,
      features: this.definition.features.map(({ name }) => name),
      input: plan.input,
      output: plan.output,
      registeredAt: new Date().toISOString(),
      registeredBy: 'test',
      description: '',
      metadata: {},
      ...(beside.explainer === undefined ? {} : { explainer: known(await this.putExplainer(version)) }),
      ...(beside.reference === undefined
        ? {}
        : { reference: { ...known(await this.putReference()), rows: 2, calibration: null } }),
    };
    await this.control.publishRegistryEntry(entry);
    const change = { since: new Date().toISOString(), changedBy: 'test', reason: 'test' };
    await this.control.publishRegistryEntry({
      kind: 'serving',
      pipeline: this.definition.name,
      sequence: ++this.sequence,
      champion: { version, ...change },
      challenger: null,
      previous: null,
    });
    return entry;
  }

  async switch(flags: readonly PipelineFlag[]): Promise<void> {
    const { name } = this.definition;
    await this.control.publishRegistryEntry({ kind: 'flags', pipeline: name, sequence: ++this.sequence, flags });
  }

  /** Moves an artifact out of the store. @returns how to put it back */
  async takeAway(uri: string): Promise<() => Promise<void>> {
    const path = fileURLToPath(uri);
    await rename(path, `${path}.away`);
    return () => rename(`${path}.away`, path);
  }

  prediction(reading: string, price: number | null, over: Partial<PredictionRecord> = {}): PredictionRecord {
    const region = 'vic';
    const [score] = scoreRows(TREES, [[price, region]]);
    return {
      event_id: reading,
      event_key: region,
      event_time: EVENT_TIME,
      model: this.definition.name,
      model_version: '1',
      model_sha256: 'ab'.repeat(32),
      role: 'champion',
      propensity: 1,
      features: { price, region },
      flags: [],
      score: score!,
      class_scores: [],
      decision: score! >= 0.5 ? 'positive' : 'negative',
      threshold: 0.5,
      reasons: [],
      predicted_at: EVENT_TIME + 5,
      scoring_ms: 1,
      trace_id: 'c'.repeat(32),
      source: 'stream',
      input_topic: this.topic('validated'),
      input_partition: 0,
      input_offset: 7,
      pipeline_revision: 1,
      event: { reading, at: EVENT_TIME, price, region },
      ...over,
    };
  }

  /** Puts predictions on `<p>.predictions`, all on one partition. */
  async predict(partition: number, ...predictions: readonly PredictionRecord[]): Promise<void> {
    const encode = this.codecs.encoderFor(predictionSchemaOf(this.definition), this.predictionSchemaId);
    await this.publisher.publish(
      predictions.map((prediction) => ({
        topic: this.topic('predictions'),
        partition,
        key: prediction.event_key,
        value: encode(prediction),
        timestampMs: EVENT_TIME + 1,
      })),
    );
  }

  /** Puts predictions into the log, as monitoring does. */
  async log(...predictions: readonly PredictionRecord[]): Promise<void> {
    const logged = predictions.map((record, offset) => ({ record, partition: 0, offset, publishedAtMs: EVENT_TIME }));
    await new PredictionLog(this.clickhouse, this.definition).append(logged, uniqueName('token'));
  }

  async explanations(): Promise<readonly (LogRecord & { partition: number; explanation: ExplanationRecord })[]> {
    const decoder = this.codecs.decoderFor(EXPLANATION_SCHEMA);
    const found: (LogRecord & { partition: number; explanation: ExplanationRecord })[] = [];
    for (let partition = 0; partition < this.definition.topics.partitions; partition++) {
      for await (const records of readPartition(this.kafka, this.topic('explanations'), partition, 0)) {
        await decoder.prefetch(records.map(({ value }) => value));
        for (const record of records) {
          const decoded = decoder.decode(record.value);
          if (!decoded.ok) throw new Error(decoded.message);
          found.push({ ...record, partition, explanation: decoded.value as unknown as ExplanationRecord });
        }
      }
    }
    return found;
  }

  /** Resolves when the group has got to the end of the predictions. */
  async caughtUp(): Promise<void> {
    const admin = this.kafka.admin();
    await admin.connect();
    try {
      await eventually(async () => {
        const topic = this.topic('predictions');
        const groupId = consumerGroupOf('explanation', this.definition.name);
        const ends = new Map((await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [partition, high]));
        const [offsets] = await admin.fetchOffsets({ groupId, topics: [topic] });
        for (const { partition, offset } of offsets!.partitions) {
          expect(Math.max(0, Number(offset))).toBe(Number(ends.get(partition)));
        }
        // A commit is told before its markers are on every topic that the transaction wrote to.
        const written = this.topic('explanations');
        const stable = new Map(
          (await partitionEnds(this.kafka, written)).map(({ partition, high }) => [partition, high]),
        );
        for (const { partition, high } of await admin.fetchTopicOffsets(written)) {
          expect(stable.get(partition)).toBe(Number(high));
        }
      });
    } finally {
      await admin.disconnect();
    }
  }

  async get(path: string): Promise<{ status: number; body: Record<string, unknown> }> {
    const answer = await fetch(`${this.service.url}${path}`);
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  }

  topic(stream: PipelineStream): string {
    return topicOf(this.definition.name, stream);
  }

  async close(): Promise<void> {
    await this.service.close();
    await this.clickhouse.command({ query: `DROP DATABASE IF EXISTS ${databaseOf(this.definition.name)}` });
    await Promise.all([this.clickhouse.close(), this.publisher.close(), rm(this.directory, { recursive: true })]);
  }

  private async run(): Promise<void> {
    const read = readConfig(explanationConfig, {
      KAFKA_BROKERS: stack().kafkaBrokers,
      SCHEMA_REGISTRY_URL: stack().schemaRegistryUrl,
      CLICKHOUSE_URL: stack().clickhouseUrl,
      EDDYLINE_ARTIFACTS: pathToFileURL(this.directory).href,
      EDDYLINE_PIPELINES: this.definition.name,
      PORT: '0',
    });
    if (!read.ok) throw new Error(JSON.stringify(read.problems));
    this.service = await startService(explanationService(read.config), {
      log: createLog({ service: 'explanation', level: 'silent' }),
      telemetry: (telemetry ??= startTelemetry({ service: 'explanation', environment: {} })),
      onFatal: (error) => this.fatal.push(error),
    });
    await this.service.ready;
  }

  private async putExplainer(version: string): Promise<StoredArtifact> {
    // Nobody else's: a test takes one away.
    return this.artifacts.put(gzipSync(JSON.stringify({ ...TREES, version })));
  }

  private async putReference(): Promise<StoredArtifact> {
    const rows = [
      { features: { price: 0.1, region: 'nsw' }, score: 0.27, label: 0 },
      { features: { price: 0.9, region: 'nsw' }, score: 0.73, label: 1 },
    ];
    return this.artifacts.put(await formatReferenceRows(rows));
  }

  private async apply(): Promise<void> {
    const { name, topics, explain } = this.definition;
    const { partitions, replicationFactor } = topics;
    const config = { 'max.message.bytes': '1048576' };
    await ensureTopics(this.kafka, [
      ...CONTROL_TOPICS,
      ...streamsOf(this.definition).map((stream) => ({ topic: topicOf(name, stream), partitions, replicationFactor, config })), // prettier-ignore
    ]);
    await applyTables(this.clickhouse, await planTables(this.clickhouse, this.definition));
    const register = (stream: PipelineStream, schema: AvroRecordSchema) =>
      this.registry.register(valueSubjectOf(topicOf(name, stream)), schema);
    this.predictionSchemaId = await register('predictions', predictionSchemaOf(this.definition));
    await this.control.publishPipeline({
      definition: this.definition,
      revision: 1,
      sha256: '0'.repeat(64),
      appliedAt: new Date().toISOString(),
      appliedBy: 'test',
      schemaIds: {
        event: await register('events', READING),
        prediction: this.predictionSchemaId,
        ...(explain === undefined ? {} : { explanation: await register('explanations', EXPLANATION_SCHEMA) }),
      },
    });
  }
}

/** OpenTelemetry is global to a process: started once. */
let telemetry: ReturnType<typeof startTelemetry> | undefined;

function known({ uri, sha256 }: StoredArtifact) {
  return { artifactUri: uri, sha256 };
}
