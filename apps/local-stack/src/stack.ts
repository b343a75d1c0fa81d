import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BoundProcess } from './bound-process.js';
import { clickHouseLibrary, startClickHouse, stopClickHouse } from './clickhouse/clickhouse-server.js';
import type { ClickHouseCredentials } from './clickhouse/server-config.js';
import { chooseFreePorts } from './free-ports.js';
import { kafkaJars } from './kafka/kafka-artifacts.js';
import { startKafkaBroker, stopKafkaBroker } from './kafka/kafka-broker.js';
import { claimStateDir } from './claim.js';
import { OtlpReceiver } from './otlp/otlp-receiver.js';
import { TraceStore } from './otlp/trace-store.js';
import { SchemaRegistry } from './registry/schema-registry.js';
import { SchemaRegistryServer } from './registry/schema-registry.server.js';
import { SchemasTopic } from './registry/schemas-topic.js';
import { requireFreePorts } from './required-ports.js';
import { StackError } from './stack-error.js';
import { removeStackFiles, writePids, writeStackFile, type StackFile } from './stack-file.js';
import type { ForeignParts, StackOptions, StackPorts } from './stack-options.js';

export interface StackPart {
  readonly name: string;
  /** For a person: version and address. */
  readonly text: string;
  readonly startMs: number;
}

export interface RunningStack {
  readonly addresses: StackFile;
  readonly parts: readonly StackPart[];
  /** Resolves, with the reason, when a part ends that nobody stopped. */
  readonly broken: Promise<StackError>;
  /** Stops every part in the reverse order of dependence; safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Starts the parts that are not `foreign`, writes `stack.json`, and resolves when all of them answer.
 * On failure everything that had started is stopped again.
 * @throws StackError with the ways out.
 */
export async function startStack(options: StackOptions): Promise<RunningStack> {
  const { stateDir, foreign = {}, onProgress = () => undefined } = options;
  await claimStateDir(stateDir, onProgress);
  const starter = new StackStarter(options, foreign, onProgress);
  try {
    return await starter.start();
  } catch (error) {
    await starter.stop();
    throw error;
  }
}

class StackStarter {
  private readonly parts: StackPart[] = [];
  private readonly children: BoundProcess[] = [];
  /** In the order of starting; run in reverse. */
  private readonly stops: (() => Promise<void>)[] = [];
  private stopping: Promise<void> | undefined;
  private readonly broken = Promise.withResolvers<StackError>();

  constructor(
    private readonly options: StackOptions,
    private readonly foreign: ForeignParts,
    private readonly onProgress: (line: string) => void,
  ) {}

  async start(): Promise<RunningStack> {
    const { stateDir } = this.options;
    // What is missing on this machine is said before anything starts.
    const library = this.foreign.clickhouseUrl ? undefined : clickHouseLibrary();
    const jars = this.foreign.kafkaBrokers ? undefined : await kafkaJars(this.options.cacheDir, this.onProgress);
    const ports = await this.choosePorts();
    const [kafkaBrokers, clickhouse] = await allOrFirstError([
      this.startKafka(jars, ports),
      this.startClickHouse(library, ports),
    ]);
    await allOrFirstError([this.startRegistry(kafkaBrokers, ports), this.startOtlpReceiver(clickhouse.url, ports)]);
    const addresses: StackFile = {
      pid: process.pid,
      kafkaBrokers,
      schemaRegistryUrl: this.foreign.schemaRegistryUrl ?? `http://127.0.0.1:${ports.schemaRegistry}`,
      clickhouseUrl: clickhouse.url,
      clickhouseAnalystUrl: clickhouse.analystUrl,
      otlpEndpoint: this.foreign.otlpEndpoint ?? `http://127.0.0.1:${ports.otlp}`,
      artifacts: pathToFileURL(join(stateDir, 'artifacts')).href,
      startedAt: new Date().toISOString(),
    };
    await mkdir(join(stateDir, 'artifacts'), { recursive: true });
    await writeStackFile(stateDir, addresses);
    return { addresses, parts: this.parts, broken: this.broken.promise, stop: () => this.stop() };
  }

  stop(): Promise<void> {
    this.stopping ??= (async () => {
      for (const stop of this.stops.reverse()) await stop();
      await removeStackFiles(this.options.stateDir);
    })();
    return this.stopping;
  }

  private async choosePorts(): Promise<StackPorts> {
    if (this.options.ports !== 'free') {
      await requireFreePorts(this.options.ports, this.foreign);
      return this.options.ports;
    }
    return chooseFreePorts(this.options.stateDir);
  }

  private async startKafka(jars: { libs: string; version: string } | undefined, ports: StackPorts): Promise<string> {
    if (!jars) return this.foreign.kafkaBrokers ?? '';
    const startedMs = performance.now();
    this.onProgress('Starting Kafka …');
    const broker = await startKafkaBroker(jars.libs, join(this.options.stateDir, 'kafka'), {
      port: ports.kafka,
      controllerPort: ports.kafkaController,
    });
    await this.adopt(broker, () => stopKafkaBroker(broker));
    this.note('Kafka', `Apache Kafka ${jars.version} at 127.0.0.1:${ports.kafka}`, startedMs);
    return `127.0.0.1:${ports.kafka}`;
  }

  private async startClickHouse(
    library: string | undefined,
    ports: StackPorts,
  ): Promise<{ url: string; analystUrl: string }> {
    if (!library) return { url: this.foreign.clickhouseUrl ?? '', analystUrl: this.foreign.clickhouseUrl ?? '' };
    const startedMs = performance.now();
    this.onProgress('Starting ClickHouse …');
    const credentials = await readOrMakeCredentials(this.options.stateDir);
    const place = {
      httpPort: ports.clickhouseHttp,
      nativePort: ports.clickhouseNative,
      dir: join(this.options.stateDir, 'clickhouse'),
    };
    const { server, version } = await startClickHouse(library, place, credentials);
    await this.adopt(server, () => stopClickHouse(server));
    this.note(
      'ClickHouse',
      `ClickHouse ${version} at http://127.0.0.1:${ports.clickhouseHttp}, native protocol at 127.0.0.1:${ports.clickhouseNative}`,
      startedMs,
    );
    const at = `127.0.0.1:${ports.clickhouseHttp}`;
    return {
      url: `http://eddyline:${credentials.eddylinePassword}@${at}`,
      analystUrl: `http://analyst:${credentials.analystPassword}@${at}`,
    };
  }

  private async startRegistry(kafkaBrokers: string, ports: StackPorts): Promise<void> {
    if (this.foreign.schemaRegistryUrl) return;
    const startedMs = performance.now();
    const topic = new SchemasTopic(kafkaBrokers.split(','));
    await topic.open();
    this.stops.push(() => topic.close());
    const registry = new SchemaRegistry(topic);
    await registry.start();
    const server = await SchemaRegistryServer.start(registry, ports.schemaRegistry);
    this.stops.push(() => server.close());
    this.note('Schema registry', `Schema registry at http://127.0.0.1:${ports.schemaRegistry}`, startedMs);
  }

  private async startOtlpReceiver(clickhouseUrl: string, ports: StackPorts): Promise<void> {
    if (this.foreign.otlpEndpoint) return;
    const startedMs = performance.now();
    const store = new TraceStore(clickhouseUrl);
    this.stops.push(() => store.close());
    await store.open();
    const receiver = await OtlpReceiver.start(store, ports.otlp);
    this.stops.push(() => receiver.close());
    this.note('OTLP receiver', `OTLP receiver at http://127.0.0.1:${ports.otlp}`, startedMs);
  }

  private note(name: string, text: string, startedMs: number): void {
    this.parts.push({ name, text, startMs: Math.round(performance.now() - startedMs) });
  }

  private async adopt(child: BoundProcess, stop: () => Promise<void>): Promise<void> {
    this.children.push(child);
    this.stops.push(stop);
    await writePids(this.options.stateDir, [process.pid, ...this.children.map(({ pid }) => pid)]);
    void child.exited.then(({ code, signal }) => {
      if (this.stopping) return;
      this.broken.resolve(
        new StackError(`${child.name} ended by itself (${signal ?? `exit code ${code}`}):\n${child.logTail()}`),
      );
    });
  }
}

/** Passwords are made once per state folder, so that a client's saved connection works after a restart. */
async function readOrMakeCredentials(stateDir: string): Promise<ClickHouseCredentials> {
  const path = join(stateDir, 'clickhouse-credentials.json'); // not below the server's folder, which its users can read
  try {
    return JSON.parse(await readFile(path, 'utf8')) as ClickHouseCredentials;
  } catch {
    const credentials = {
      eddylinePassword: randomBytes(16).toString('hex'),
      analystPassword: randomBytes(8).toString('hex'),
    };
    await writeFile(path, JSON.stringify(credentials), { mode: 0o600 });
    return credentials;
  }
}

/** Like Promise.all, but waits for all of them, so that nothing starts behind the back of a failure's clean-up. */
async function allOrFirstError<A, B>(promises: [Promise<A>, Promise<B>]): Promise<[A, B]> {
  const results = await Promise.allSettled(promises);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  return Promise.all(promises);
}
