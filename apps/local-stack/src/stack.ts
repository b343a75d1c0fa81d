import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BoundProcess } from './bound-process.js';
import { claimStateDir } from './claim.js';
import {
  CLICKHOUSE_STOP_GRACE_MS,
  clickHouseLibrary,
  spawnClickHouse,
  untilClickHouseWorks,
} from './clickhouse/clickhouse-server.js';
import { LimitedDisk } from './clickhouse/limited-disk.js';
import type { ClickHouseCredentials } from './clickhouse/server-config.js';
import { FaultRig } from './fault-rig.js';
import { chooseFreePorts } from './free-ports.js';
import { kafkaJars, type KafkaJars } from './kafka/kafka-artifacts.js';
import {
  BROKER_STOP_GRACE_MS,
  brokerDir,
  prepareCluster,
  spawnBroker,
  untilBrokerWorks,
  untilClusterWorks,
} from './kafka/kafka-broker.js';
import { openOtlpReceiver, openRegistry } from './services.js';
import { requireFreePorts } from './required-ports.js';
import type { StackError } from './stack-error.js';
import { removeStackFiles, writePids, writeStackFile, type StackFile } from './stack-file.js';
import type { ForeignParts, StackOptions, StackPorts } from './stack-options.js';
import { ProcessPart, ServicePart, type StackPart } from './stack-part.js';

/** What is said of a part when the stack is up. */
export interface PartNote {
  /** For a person: version and address. */
  readonly text: string;
  readonly startMs: number;
}

export interface RunningStack {
  readonly addresses: StackFile;
  readonly notes: readonly PartNote[];
  readonly rig: FaultRig;
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
  private readonly notes: PartNote[] = [];
  /** In the order of starting, stopped in reverse; brokers, which stand together, are stopped together. */
  private readonly parts: StackPart[][] = [];
  private stopping: Promise<void> | undefined;
  private readonly broken = Promise.withResolvers<StackError>();
  private disk: LimitedDisk | undefined;

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
    return {
      addresses,
      notes: this.notes,
      rig: new FaultRig(this.parts.flat(), this.disk),
      broken: this.broken.promise,
      stop: () => this.stop(),
    };
  }

  stop(): Promise<void> {
    this.stopping ??= (async () => {
      for (const together of this.parts.toReversed()) await Promise.all(together.map((part) => part.stop()));
      await this.disk?.free();
      await removeStackFiles(this.options.stateDir);
    })();
    return this.stopping;
  }

  private async choosePorts(): Promise<StackPorts> {
    if (this.options.ports !== 'free') {
      await requireFreePorts(this.options.ports, this.foreign);
      return this.options.ports;
    }
    return chooseFreePorts(this.options.stateDir, this.options.brokerCount);
  }

  private async startKafka(jars: KafkaJars | undefined, ports: StackPorts): Promise<string> {
    if (!jars) return this.foreign.kafkaBrokers ?? '';
    const startedMs = performance.now();
    const { stateDir, brokerCount } = this.options;
    this.onProgress(brokerCount === 1 ? 'Starting Kafka …' : `Starting Kafka, ${brokerCount} brokers …`);
    await prepareCluster(jars, stateDir, ports.brokers);
    const parts = ports.brokers.map((_, index) => {
      const nodeId = index + 1;
      return this.processPart(
        `kafka-${nodeId}`,
        () => spawnBroker(jars, brokerDir(stateDir, nodeId, brokerCount), nodeId, brokerCount),
        (broker) => untilBrokerWorks(broker, nodeId, ports.brokers),
        BROKER_STOP_GRACE_MS,
      );
    });
    this.parts.push(parts);
    const brokers = await Promise.all(parts.map((part) => part.begin()));
    await untilClusterWorks(brokers, ports.brokers);
    for (const [index, part] of parts.entries()) part.watch(brokers[index]!);
    const addresses = ports.brokers.map(({ port }) => `127.0.0.1:${port}`).join(',');
    this.note(`Apache Kafka ${jars.version} at ${addresses}`, startedMs);
    return addresses;
  }

  private async startClickHouse(
    library: string | undefined,
    ports: StackPorts,
  ): Promise<{ url: string; analystUrl: string }> {
    if (!library) return { url: this.foreign.clickhouseUrl ?? '', analystUrl: this.foreign.clickhouseUrl ?? '' };
    const startedMs = performance.now();
    this.onProgress('Starting ClickHouse …');
    const { stateDir, clickhouseDiskBytes } = this.options;
    const credentials = await readOrMakeCredentials(stateDir);
    if (clickhouseDiskBytes !== undefined) {
      this.disk = await LimitedDisk.measure(join(stateDir, 'clickhouse-disk-fill'), clickhouseDiskBytes);
    }
    const place = {
      httpPort: ports.clickhouseHttp,
      nativePort: ports.clickhouseNative,
      dir: join(stateDir, 'clickhouse'),
      ...(this.disk && { keepFreeBytes: this.disk.keepFreeBytes }),
    };
    let version = '';
    const part = this.processPart(
      'clickhouse',
      () => spawnClickHouse(library, place, credentials),
      async (server) => {
        version = await untilClickHouseWorks(server, place, credentials);
      },
      CLICKHOUSE_STOP_GRACE_MS,
    );
    this.parts.push([part]);
    await part.start();
    this.note(
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
    const part = new ServicePart('registry', () => openRegistry(kafkaBrokers.split(','), ports.schemaRegistry));
    this.parts.push([part]);
    await part.start();
    this.note(`Schema registry at http://127.0.0.1:${ports.schemaRegistry}`, startedMs);
  }

  private async startOtlpReceiver(clickhouseUrl: string, ports: StackPorts): Promise<void> {
    if (this.foreign.otlpEndpoint) return;
    const startedMs = performance.now();
    const part = new ServicePart('otlp', () => openOtlpReceiver(clickhouseUrl, ports.otlp));
    this.parts.push([part]);
    await part.start();
    this.note(`OTLP receiver at http://127.0.0.1:${ports.otlp}`, startedMs);
  }

  private note(text: string, startedMs: number): void {
    this.notes.push({ text, startMs: Math.round(performance.now() - startedMs) });
  }

  private processPart(
    name: string,
    spawn: () => Promise<BoundProcess>,
    untilUp: (process: BoundProcess) => Promise<void>,
    stopGraceMs: number,
  ): ProcessPart {
    return new ProcessPart(name, spawn, untilUp, stopGraceMs, {
      onSpawned: () => this.rememberPids(),
      onDeath: (error) => this.broken.resolve(error),
    });
  }

  private async rememberPids(): Promise<void> {
    const children = this.parts.flat().flatMap((part) => (part instanceof ProcessPart ? [part.pid ?? []] : []));
    await writePids(this.options.stateDir, [process.pid, ...children.flat()]);
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
