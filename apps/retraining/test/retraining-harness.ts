import {
  databaseOf,
  LIFECYCLE_EVENT_SCHEMA,
  LIFECYCLE_TOPIC,
  lifecyclePartitionOf,
  streamsOf,
  topicOf,
  type LifecycleEvent,
  type ModelVersion,
  type PipelineDefinition,
  type PredictionRecord,
} from '#contracts';
import {
  advance,
  decideManualRun,
  decideRolloutStart,
  decideSubmission,
  foldRecord,
  NO_LIFECYCLE,
  NOT_SERVING,
  type Decision,
  type LoopRecord,
} from '#domain/rollout';
import { isChallenger } from '#domain/routing';
import { AvroCodecs, SchemaRegistryClient } from '#platform/avro';
import { applyTables, createClickHouse, OutcomeLog, planTables, PredictionLog } from '#platform/clickhouse';
import { openArtifactStore } from '#platform/artifacts';
import { readConfig } from '#platform/config';
import { CONTROL_TOPICS, ControlWriter, KafkaModelCatalog, LifecycleWriter, toLifecycleEvent } from '#platform/control';
import { createKafka, ensureTopics, PublicationFailed, Publisher, readPartition } from '#platform/kafka';
import { startService, type RunningService } from '#platform/service';
import { createLog, startTelemetry, type Telemetry } from '#platform/telemetry';
import { eventually, seededRandom, stack, uniqueName } from '#platform/testing';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { aRetrainedPipeline, type PipelineOptions } from './a-retrained-pipeline.js';
import { retrainingConfig } from '../src/retraining.config.js';
import { retrainingService } from '../src/retraining.service-definition.js';

const ROOT = join(import.meta.dirname, '../../..');
const MINUTE = 60_000;
/** Event time before the first event. */
export const START = Date.UTC(2026, 0, 1);

/** What the log gets of a stretch of events. */
export interface Stretch {
  readonly events: number;
  /** The score of each arm is pulled this far from the truth: 0 is as good as can be, 1 the opposite. */
  readonly championError?: number;
  readonly challengerError?: number;
  /** Event time that the stretch takes. */
  readonly overMs?: number;
}

let telemetry: Telemetry | undefined;

/** Runs the retraining service, in this process, for a pipeline of its own; the test is what else writes its log. */
export class RetrainingHarness {
  readonly definition: PipelineDefinition;
  readonly clickhouse = createClickHouse(stack().clickhouseUrl);
  readonly kafka = createKafka({ brokers: stack().kafkaBrokers.split(','), clientId: 'test' });
  readonly registry = new SchemaRegistryClient(stack().schemaRegistryUrl);
  readonly codecs = new AvroCodecs(this.registry);
  readonly publisher = new Publisher(this.kafka);
  readonly fatal: Error[] = [];
  /** Event time that the log has reached. */
  clock = START;
  private count = 0;
  private readonly random = seededRandom(7);
  private readonly services: RunningService[] = [];

  private constructor(options: PipelineOptions) {
    this.definition = aRetrainedPipeline(options);
  }

  static async create(options: PipelineOptions = {}): Promise<RetrainingHarness> {
    const harness = new RetrainingHarness(options);
    await harness.apply();
    return harness;
  }

  get name(): string {
    return this.definition.name;
  }

  async start(environment: Readonly<Record<string, string>> = {}): Promise<RunningService> {
    const { kafkaBrokers, schemaRegistryUrl, clickhouseUrl, artifacts } = stack();
    const read = readConfig(retrainingConfig, {
      KAFKA_BROKERS: kafkaBrokers,
      SCHEMA_REGISTRY_URL: schemaRegistryUrl,
      CLICKHOUSE_URL: clickhouseUrl,
      EDDYLINE_ARTIFACTS: artifacts,
      EDDYLINE_PIPELINES: this.name,
      EDDYLINE_LOOP_EVERY: '200ms',
      KAFKA_SESSION_TIMEOUT_MS: '6000',
      PORT: '0',
      ...environment,
    });
    if (!read.ok) throw new Error(JSON.stringify(read.problems));
    telemetry ??= startTelemetry({ service: 'retraining', environment: { OTEL_TRACES_SAMPLER: 'always_off' } });
    const program = pathToFileURL(join(ROOT, 'dist/apps/retraining/src/runs/phase-process.js'));
    const service = await startService(retrainingService(read.config, program), {
      log: createLog({ service: 'retraining', level: 'error' }),
      telemetry,
      onFatal: (error) => this.fatal.push(error),
    });
    this.services.push(service);
    await service.ready;
    await eventually(async () => expect(await this.status(service)).toMatchObject({ here: true }));
    return service;
  }

  async status({ url }: RunningService): Promise<unknown> {
    return (await fetch(`${url}/v1/pipelines/${this.name}/lifecycle`)).json();
  }

  /** What a person decides, as the command line does it: again, where the loop has opened its writer just in between. */
  async byHand(
    decide: (record: LoopRecord) => readonly Decision[],
    versions: readonly ModelVersion[] = [],
  ): Promise<void> {
    const { kafka, registry, codecs, name } = this;
    for (;;) {
      const writer = await LifecycleWriter.open(name, { kafka, registry, codecs });
      try {
        const { lifecycle, serving } = writer.record;
        const record = { state: lifecycle ?? NO_LIFECYCLE(name), serving: serving ?? NOT_SERVING(name) };
        const clock = this.count === 0 ? null : this.clock;
        const next = advance(record, decide(record), { by: 'ann', atMs: Date.now(), clock });
        return await writer.commit({ entries: [...versions, next.serving, next.state], events: next.events });
      } catch (error) {
        if (!(error instanceof PublicationFailed) || error.reason !== 'fenced') throw error;
      } finally {
        await writer.close();
      }
    }
  }

  /** A person asks for a model. */
  async askForRun(): Promise<void> {
    await this.byHand(({ state }) => decideManualRun('ann wants a model', this.count, state));
  }

  /** A person hands in a model that was made elsewhere. */
  async submit(onnx: Uint8Array): Promise<void> {
    const { uri: artifactUri, sha256 } = await openArtifactStore(stack().artifacts).put(onnx);
    const candidate = {
      artifactUri,
      sha256,
      explainer: null,
      trainer: 'elsewhere',
      parameters: {},
      metrics: {},
      seconds: 0,
    };
    await this.byHand(({ state }) => [decideSubmission(candidate, 'ann has a model', this.count, state)]);
  }

  /** A person registers a version, which goes its way to serve. */
  async register(): Promise<string> {
    const { versions } = await this.recorded();
    const number = String(versions.length + 1);
    const version = { ...versions[0]!, version: number, registeredBy: 'ann', description: 'by hand' };
    const registered: Decision = {
      change: { kind: 'version_registered', version: number, run: null },
      version: number,
      summary: 'By hand.',
      evidence: {},
    };
    await this.byHand(
      (record) => [
        registered,
        ...decideRolloutStart(record, {
          version: number,
          reason: 'ann wants it',
          definition: this.definition.rollout,
          clock: this.clock,
        }),
      ],
      [version],
    );
    return number;
  }

  /** Every event of the pipeline's lifecycle, in order. */
  async events(): Promise<readonly LifecycleEvent[]> {
    const decoder = this.codecs.decoderFor(LIFECYCLE_EVENT_SCHEMA);
    const events: LifecycleEvent[] = [];
    for await (const records of readPartition(this.kafka, LIFECYCLE_TOPIC, lifecyclePartitionOf(this.name), 0)) {
      const own = records.filter(({ key }) => key?.toString() === this.name);
      await decoder.prefetch(own.map(({ value }) => value!));
      for (const { value } of own) {
        const decoded = decoder.decode(value!);
        if (!decoded.ok) throw new Error(decoded.message);
        events.push(toLifecycleEvent(decoded.value));
      }
    }
    return events;
  }

  async kinds(): Promise<readonly string[]> {
    return (await this.events()).map(({ change }) => change.kind);
  }

  /** What the events lead to. */
  async folded(): Promise<LoopRecord> {
    const events = await this.events();
    return events.reduce(foldRecord, { state: NO_LIFECYCLE(this.name), serving: NOT_SERVING(this.name) });
  }

  /** Events with their labels, scored by champion and challenger as the serving of the moment has them; the clock goes on. */
  async happen({ events, championError = 0.3, challengerError = 0.3, overMs = 5 * MINUTE }: Stretch): Promise<void> {
    const { serving } = await this.folded();
    const served: PredictionRecord[] = [];
    const shadows: PredictionRecord[] = [];
    const labels = new Map<string, number>();
    for (let i = 0; i < events; i++) {
      this.clock += Math.max(1, Math.floor(overMs / events));
      const [x, y] = [this.random() * 2 - 1, this.random() * 2 - 1] as const;
      const id = `e${++this.count}`;
      const key = `k${this.count % 97}`;
      const rose = x + 0.3 * y + (this.random() - 0.5) * 0.6 > 0;
      const truth = rose ? 1 : 0;
      const scoreOf = (error: number): number => Math.abs(truth - Math.min(1, error * (0.5 + this.random())));
      labels.set(id, truth);
      const { champion, challenger } = serving;
      const toChallenger = challenger !== null && isChallenger(challenger.salt, key, challenger.share);
      const arms = [
        {
          version: champion?.version ?? '0',
          score: scoreOf(championError),
          serves: !toChallenger,
          role: 'champion' as const,
        },
        ...(challenger === null
          ? []
          : [
              {
                version: challenger.version,
                score: scoreOf(challengerError),
                serves: toChallenger,
                role: 'canary' as const,
              },
            ]),
      ];
      for (const { version, score, serves, role } of arms) {
        const propensity = challenger === null ? 1 : toChallenger ? challenger.share : 1 - challenger.share;
        const record = this.prediction({ id, key, x, y, at: this.clock }, { version, score, propensity });
        if (serves) served.push({ ...record, role });
        else shadows.push({ ...record, role: 'shadow' });
      }
    }
    await this.log(served, shadows, labels);
  }

  /** What the registry holds. */
  async recorded(): Promise<LoopRecord & { readonly versions: readonly ModelVersion[] }> {
    const catalog = new KafkaModelCatalog(this.kafka, this.codecs);
    await catalog.start();
    const found = {
      state: catalog.lifecycle(this.name) ?? NO_LIFECYCLE(this.name),
      serving: catalog.serving(this.name) ?? NOT_SERVING(this.name),
      versions: catalog.versions(this.name),
    };
    await catalog.close();
    return found;
  }

  async select<Row>(query: string): Promise<readonly Row[]> {
    return (await this.clickhouse.query({ query, format: 'JSONEachRow' })).json<Row>();
  }

  async close(): Promise<void> {
    await Promise.all(this.services.map((service) => service.close()));
    await this.clickhouse.command({ query: `DROP DATABASE IF EXISTS ${databaseOf(this.name)}` });
    await Promise.all([this.clickhouse.close(), this.publisher.close()]);
  }

  private prediction(
    event: { readonly id: string; readonly key: string; readonly x: number; readonly y: number; readonly at: number },
    by: { readonly version: string; readonly score: number; readonly propensity: number },
  ): PredictionRecord {
    return {
      event_id: event.id,
      event_key: event.key,
      event_time: event.at,
      model: this.name,
      model_version: by.version,
      model_sha256: 'ab'.repeat(32),
      role: 'champion',
      propensity: by.propensity,
      features: { x: event.x, y: event.y },
      flags: [],
      score: by.score,
      class_scores: [],
      decision: by.score >= 0.5 ? 'positive' : 'negative',
      threshold: 0.5,
      reasons: [],
      // Labels of the future are not believed, nor are events.
      predicted_at: event.at + 1_000,
      scoring_ms: 1,
      trace_id: '',
      source: 'stream',
      input_topic: topicOf(this.name, 'validated'),
      input_partition: 0,
      input_offset: 0,
      pipeline_revision: 1,
      event,
    };
  }

  private async log(
    served: readonly PredictionRecord[],
    shadows: readonly PredictionRecord[],
    labels: ReadonlyMap<string, number>,
  ): Promise<void> {
    const { clickhouse, definition } = this;
    const logged = (record: PredictionRecord, offset: number) => ({
      record,
      partition: 0,
      offset,
      publishedAtMs: record.predicted_at,
    });
    const first = this.count - served.length;
    const predictions = served.map((record, at) => logged(record, first + at));
    await new PredictionLog(clickhouse, definition).append(predictions, uniqueName('token'));
    await new PredictionLog(clickhouse, definition, 'shadows').append(
      shadows.map((record, at) => logged(record, first + at)),
      uniqueName('token'),
    );
    await new OutcomeLog(clickhouse, definition).append(
      served.map((record, at) => ({
        partition: 0,
        offset: first + at,
        record: {
          event_id: record.event_id,
          label: labels.get(record.event_id)!,
          label_time: record.event_time,
          label_revision: 1,
          label_late: false,
          label_partition: 0,
          label_offset: first + at,
          joined_at: record.predicted_at,
          published_at: record.predicted_at,
          prediction_partition: 0,
          prediction_offset: first + at,
          prediction: record,
        },
      })),
      uniqueName('token'),
    );
  }

  private async apply(): Promise<void> {
    const { name, topics } = this.definition;
    await ensureTopics(this.kafka, [
      ...CONTROL_TOPICS,
      ...streamsOf(this.definition).map((stream) => ({
        topic: topicOf(name, stream),
        partitions: topics.partitions,
        replicationFactor: topics.replicationFactor,
        config: {},
      })),
    ]);
    await applyTables(this.clickhouse, await planTables(this.clickhouse, this.definition));
    await new ControlWriter(this.publisher, this.registry, this.codecs).publishPipeline({
      definition: this.definition,
      revision: 1,
      sha256: '0'.repeat(64),
      appliedAt: new Date().toISOString(),
      appliedBy: 'test',
      schemaIds: { event: 1, prediction: 1, label: 1, outcome: 1 }, // nobody encodes with them here
    });
  }
}
