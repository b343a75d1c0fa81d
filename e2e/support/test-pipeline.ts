import { consumerGroupOf, databaseOf, streamsOf, topicOf, type AppliedPipeline, type PipelineStream } from '#contracts';
import { AvroCodecs, SchemaRegistryClient } from '#platform/avro';
import { KafkaPipelineCatalog } from '#platform/control';
import { createKafka, decodeOffsetMetadata, Publisher, readPartition, type LogRecord } from '#platform/kafka';
import { stack, testClickHouse, uniqueName, type TestStack } from '#platform/testing';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NO_LOOP, withSections } from './pipeline-sections.js';
import { eddylineJson, ROOT } from './run-eddyline.js';
import type { ServiceName } from './service-processes.js';

export const ELECTRICITY = join(ROOT, 'pipelines/electricity');

export interface PipelineEdits {
  /** Of each topic; 2 by default: more cost the run's broker and ClickHouse more than they show. */
  readonly partitions?: number;
  readonly yaml?: (text: string) => string;
  readonly schema?: (schema: { fields: object[] }) => object;
  /** The stack to live on; the run's by default. */
  readonly on?: TestStack;
}

export interface GroupPosition {
  readonly topic: string;
  readonly partition: number;
  /** Offset to go on from; 0 where the group has not committed yet. */
  readonly position: number;
  readonly high: number;
  readonly dropped: Readonly<Record<string, number>>;
  /** A range of offsets was begun, and nobody knows yet whether it was written. */
  readonly pending: boolean;
}

/** Services that consume a pipeline's own topics. */
export type ConsumingService = Exclude<ServiceName, 'ingestion' | 'retraining'>;

const READS: Readonly<Record<ConsumingService, readonly PipelineStream[]>> = {
  validation: ['events'],
  inference: ['validated'],
  monitoring: ['predictions', 'shadows', 'quarantine', 'outcomes', 'alerts', 'explanations'],
  feedback: ['labels', 'label-retries'],
  explanation: ['predictions'],
};

/** The electricity pipeline without its loop under a name of its own, in force, with a model that serves: all by the command line. */
export class TestPipeline {
  readonly kafka: ReturnType<typeof createKafka>;
  readonly registry: SchemaRegistryClient;
  readonly codecs: AvroCodecs;
  readonly publisher: Publisher;
  readonly clickhouse: ReturnType<typeof testClickHouse>;
  private readonly admin: ReturnType<TestPipeline['kafka']['admin']>;

  private constructor(
    readonly applied: AppliedPipeline,
    readonly folder: string,
    /** The stack that it lives on. */
    readonly addresses: TestStack,
  ) {
    this.kafka = createKafka({ brokers: addresses.kafkaBrokers.split(','), clientId: 'e2e' });
    this.registry = new SchemaRegistryClient(addresses.schemaRegistryUrl);
    this.codecs = new AvroCodecs(this.registry);
    this.publisher = new Publisher(this.kafka);
    this.clickhouse = testClickHouse(addresses);
    this.admin = this.kafka.admin();
  }

  static async create(prefix: string, edits: PipelineEdits = {}): Promise<TestPipeline> {
    const name = uniqueName(prefix);
    const folder = await mkdtemp(join(tmpdir(), `eddyline-${name}-`));
    const addresses = edits.on ?? stack();
    const electricity = withSections(await readFile(join(ELECTRICITY, 'pipeline.yaml'), 'utf8'), NO_LOOP);
    const yaml = replicated(electricity, addresses)
      .replace(/^name: .*$/m, `name: ${name}`)
      .replace('partitions: 4', `partitions: ${edits.partitions ?? 2}`);
    const schema = JSON.parse(await readFile(join(ELECTRICITY, 'event.avsc'), 'utf8')) as { fields: object[] };
    await writeFile(join(folder, 'pipeline.yaml'), edits.yaml?.(yaml) ?? yaml);
    await writeFile(join(folder, 'event.avsc'), JSON.stringify(edits.schema?.(schema) ?? schema));
    await copyFile(join(ELECTRICITY, 'label.avsc'), join(folder, 'label.avsc'));
    await eddylineJson(['apply', join(folder, 'pipeline.yaml')], { addresses });
    const pipeline = new TestPipeline(await appliedPipeline(name, addresses), folder, addresses);
    await pipeline.admin.connect();
    await pipeline.registerModel(4_000);
    return pipeline;
  }

  get name(): string {
    return this.applied.definition.name;
  }

  get database(): string {
    return databaseOf(this.name);
  }

  /** Trains on the first `rows` half-hours, registers and promotes. @returns the version */
  async registerModel(rows: number): Promise<string> {
    return this.versionBy([...this.training(rows), '--register', '--at-once']);
  }

  /** Trains on the first `rows` half-hours. @returns how to register and promote the model, which gives its version */
  async trainModel(rows: number): Promise<() => Promise<string>> {
    const file = join(this.folder, `${rows}-rows.onnx`);
    await eddylineJson([...this.training(rows), '--out', file], { addresses: this.addresses });
    return () => this.versionBy(['models', 'register', this.name, file, '--at-once']);
  }

  private training(rows: number): readonly string[] {
    const data = [
      '--from',
      join(ELECTRICITY, 'electricity.csv.gz'),
      '--label',
      'price_went_up',
      '--rows',
      String(rows),
    ];
    return ['train', this.name, ...data, '--trainer', 'linear', '--holdout', '0'];
  }

  private async versionBy(command: readonly string[]): Promise<string> {
    const { addresses } = this;
    const registered = await eddylineJson<{ version: { version: string } }>(command, { addresses });
    return registered.version.version;
  }

  topic(stream: PipelineStream): string {
    return topicOf(this.name, stream);
  }

  encoder(): (event: unknown) => Buffer {
    return this.codecs.encoderFor(this.applied.definition.event.schema, this.applied.schemaIds.event);
  }

  async rows<T>(sql: string): Promise<T[]> {
    return (await this.clickhouse.query({ query: sql, format: 'JSONEachRow' })).json<T>();
  }

  /** Committed records of a topic, partition by partition. */
  async read(stream: PipelineStream): Promise<readonly (LogRecord & { readonly partition: number })[]> {
    const records: (LogRecord & { readonly partition: number })[] = [];
    for (let partition = 0; partition < this.applied.definition.topics.partitions; partition++) {
      for await (const chunk of readPartition(this.kafka, this.topic(stream), partition, 0)) {
        records.push(...chunk.map((record) => ({ ...record, partition })));
      }
    }
    return records;
  }

  /** Where a service stands on what it reads. */
  async positions(service: ConsumingService): Promise<readonly GroupPosition[]> {
    const positions: GroupPosition[] = [];
    const streams = streamsOf(this.applied.definition);
    for (const stream of READS[service].filter((stream) => streams.includes(stream))) {
      const topic = this.topic(stream);
      const [committed] = await this.admin.fetchOffsets({
        groupId: consumerGroupOf(service, this.name),
        topics: [topic],
      });
      for (const { partition, high } of await this.admin.fetchTopicOffsets(topic)) {
        const own = committed?.partitions.find((entry) => entry.partition === partition);
        const { dropped, pending } = decodeOffsetMetadata(own?.metadata ?? null);
        const position = Math.max(0, Number(own?.offset ?? 0));
        positions.push({ topic, partition, position, high: Number(high), dropped, pending: pending !== null });
      }
    }
    return positions;
  }

  /**
   * Whether everything published before the call has come to its end: service by service, in the order of the flow, so that
   * what one has finished the next is asked for. A transaction's marker takes an offset that nobody reads.
   */
  async isDrained(): Promise<boolean> {
    const explains = this.applied.definition.explain !== undefined ? (['explanation'] as const) : [];
    for (const service of ['validation', 'inference', ...explains, 'monitoring'] as const) {
      const marker = service === 'validation' ? 0 : 1;
      const positions = await this.positions(service);
      if (positions.some(({ position, high }) => high - position > marker)) return false;
    }
    return true;
  }

  async close(): Promise<void> {
    // Tables that nobody asks any more keep the run's ClickHouse busy; a stack of a test's own ends with it.
    if (this.addresses.clickhouseUrl === stack().clickhouseUrl) {
      await this.clickhouse.command({ query: `DROP DATABASE IF EXISTS ${this.database}` });
    }
    await Promise.all([this.publisher.close(), this.admin.disconnect(), this.clickhouse.close()]);
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** As many copies of each record as the stack's brokers can hold. */
function replicated(yaml: string, { kafkaBrokers }: TestStack): string {
  return kafkaBrokers.split(',').length < 3 ? yaml : yaml.replace('replicationFactor: 1', 'replicationFactor: 3');
}

async function appliedPipeline(name: string, addresses: TestStack): Promise<AppliedPipeline> {
  const kafka = createKafka({ brokers: addresses.kafkaBrokers.split(','), clientId: 'e2e-catalog' });
  const codecs = new AvroCodecs(new SchemaRegistryClient(addresses.schemaRegistryUrl));
  const catalog = new KafkaPipelineCatalog(kafka, codecs);
  await catalog.start();
  const applied = catalog.get(name);
  await catalog.close();
  if (applied === undefined) throw new Error(`${name} was applied and is not in force`);
  return applied;
}
