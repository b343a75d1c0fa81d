import { ALERT_CONTROLS_TOPIC, PIPELINES_TOPIC, REGISTRY_TOPIC, type AppliedPipeline } from '#contracts';
import { AvroCodecs, SchemaRegistryClient } from '#platform/avro';
import { createClickHouse } from '#platform/clickhouse';
import {
  ControlWriter,
  KafkaAlertControlCatalog,
  KafkaModelCatalog,
  KafkaPipelineCatalog,
  LifecycleWriter,
  type AlertControlCatalog,
  type CatalogOptions,
  type ModelCatalog,
  type PipelineCatalog,
} from '#platform/control';
import { createKafka, LogReader, Publisher, type KafkaConnection } from '#platform/kafka';
import type { Admin, Kafka } from 'kafkajs';
import { setTimeout as sleep } from 'node:timers/promises';
import { discoverAddresses, requireAddresses, type AddressesWith, type Part } from '../cli.config.js';
import { CliFailure } from '../terminal/failure.js';

type ClickHouse = ReturnType<typeof createClickHouse>;

const CATALOG_DEADLINE_MS = 15_000;

/**
 * What a command talks to, each opened when first used and all closed together. Made by `withConnections`, which has
 * checked that the parts that the command names have addresses.
 */
export class Connections {
  private readonly closers: (() => Promise<unknown>)[] = [];

  constructor(readonly addresses: AddressesWith<Part>) {}

  readonly kafka = once((): Kafka => kafkaOf(this.addresses));

  readonly registry = once((): SchemaRegistryClient => new SchemaRegistryClient(this.addresses.schemaRegistryUrl));

  readonly codecs = once((): AvroCodecs => new AvroCodecs(this.registry()));

  readonly clickhouse = once((): ClickHouse => {
    const client = createClickHouse(this.addresses.clickhouseUrl);
    this.closers.push(() => client.close());
    return client;
  });

  readonly publisher = once((): Publisher => {
    const publisher = new Publisher(this.kafka());
    this.closers.push(() => publisher.close());
    return publisher;
  });

  /** Pipelines in force, read to the end of the log; none before the first apply. */
  readonly pipelines = once(async (): Promise<Pick<PipelineCatalog, 'list' | 'get'>> => {
    if (!(await this.topics()).has(PIPELINES_TOPIC)) return NO_PIPELINES;
    return this.followed((options) => new KafkaPipelineCatalog(this.kafka(), this.codecs(), options));
  });

  /** Model versions, who serves and where the loops stand, read to the end of the log. */
  readonly models = once(async (): Promise<Omit<ModelCatalog, 'subscribe'>> => {
    if (!(await this.topics()).has(REGISTRY_TOPIC)) return NO_MODELS;
    return this.followed((options) => new KafkaModelCatalog(this.kafka(), this.codecs(), options));
  });

  /** Silences and acknowledgements, read to the end of the log. */
  readonly alertControls = once(async (): Promise<AlertControlCatalog> => {
    if (!(await this.topics()).has(ALERT_CONTROLS_TOPIC)) return NO_CONTROLS;
    return this.followed((options) => new KafkaAlertControlCatalog(this.kafka(), this.codecs(), options));
  });

  readonly control = once((): ControlWriter => new ControlWriter(this.publisher(), this.registry(), this.codecs()));

  /** For whoever changes what serves a pipeline; ends the writing of the service that looked after it, which goes on from there. */
  async lifecycle(pipeline: string): Promise<LifecycleWriter> {
    const writer = await LifecycleWriter.open(pipeline, {
      kafka: this.kafka(),
      registry: this.registry(),
      codecs: this.codecs(),
    });
    this.closers.push(() => writer.close());
    return writer;
  }

  readonly log = once((): LogReader => {
    const reader = new LogReader(this.kafka());
    this.closers.push(() => reader.close());
    return reader;
  });

  readonly admin = once(async (): Promise<Admin> => {
    const admin = this.kafka().admin();
    await admin.connect();
    this.closers.push(() => admin.disconnect());
    return admin;
  });

  /** Names of the topics that exist. The first question to Kafka: it fails at once when no broker answers. */
  readonly topics = once(async (): Promise<ReadonlySet<string>> => new Set(await (await this.admin()).listTopics()));

  /** The pipeline in force under a name, or a failure that names those there are. */
  async pipeline(name: string): Promise<AppliedPipeline> {
    const catalog = await this.pipelines();
    const applied = catalog.get(name);
    if (applied) return applied;
    const known = catalog.list().map((pipeline) => pipeline.definition.name);
    throw new CliFailure(
      `no pipeline ${name} is in force (${known.length === 0 ? 'there is none yet' : `in force: ${known.join(', ')}`}). ` +
        `Apply its file first: eddyline apply pipelines/${name}/pipeline.yaml`,
    );
  }

  /** A service waits a registry out; a person at a prompt is told. */
  private async followed<C extends { start(): Promise<void>; close(): Promise<void> }>(
    make: (options: CatalogOptions) => C,
  ): Promise<C> {
    let waitingFor = 'no answer';
    const catalog = make({ onWaiting: (reason) => (waitingFor = reason) });
    this.closers.push(() => catalog.close());
    const timeout = new AbortController();
    const late = sleep(CATALOG_DEADLINE_MS, 'late' as const, { signal: timeout.signal }).catch(
      () => 'stopped' as const,
    );
    const first = await Promise.race([catalog.start(), late]);
    timeout.abort();
    if (first === 'late') throw new CliFailure(`the pipelines in force could not be read: ${waitingFor}`);
    return catalog;
  }

  async close(): Promise<void> {
    for (const close of this.closers.splice(0).reverse()) await close();
  }
}

/** A client of the Kafka that the addresses name. */
export function kafkaOf({ kafkaBrokers, kafkaAccess }: AddressesWith<'kafkaBrokers'>): Kafka {
  const { tls, sasl } = kafkaAccess ?? {};
  return createKafka({
    brokers: [...kafkaBrokers],
    clientId: 'eddyline-cli',
    ...(tls && { ssl: true }),
    ...(sasl && { sasl: sasl as NonNullable<KafkaConnection['sasl']> }),
  });
}

/** Opens what a command needs, runs it, and closes everything, whatever happened. */
export async function withConnections<T>(
  parts: readonly Part[],
  work: (connections: Connections) => Promise<T>,
): Promise<T> {
  const addresses = requireAddresses(discoverAddresses(), ...parts);
  // The parts that the command did not name stay undefined; it does not touch them.
  const connections = new Connections(addresses as AddressesWith<Part>);
  try {
    return await work(connections);
  } finally {
    await connections.close();
  }
}

const NO_PIPELINES: Pick<PipelineCatalog, 'list' | 'get'> = { list: () => [], get: () => undefined };
const NO_CONTROLS: AlertControlCatalog = { controls: () => [] };
const NO_MODELS: Omit<ModelCatalog, 'subscribe'> = {
  versions: () => [],
  serving: () => undefined,
  champion: () => undefined,
  lifecycle: () => undefined,
  flags: () => [],
};

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
