import { eventually, type TestStack } from '#platform/testing';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import kafkajs from 'kafkajs';
import { inheritedHome, inheritedPath } from './e2e.config.js';
import { builtMain, stackEnvironment } from './run-eddyline.js';

/** `kafka-1` is the broker with node id 1. */
export type PartName = `kafka-${number}` | 'clickhouse' | 'registry' | 'otlp';

export interface FaultStackOptions {
  /** 1 by default. With 3, topics of ours have three replicas, of which two must acknowledge. */
  readonly brokers?: 1 | 3;
  /** MiB of the disk that ClickHouse may use; without it the disk cannot be filled. */
  readonly clickhouseDiskMb?: number;
}

/** Lines of the stack's stderr that are kept, to be told when it ends by itself. */
const LINES_KEPT = 30;
const CLOSE_WITHIN_MS = 60_000;

interface RigAnswer {
  readonly id: number;
  readonly error?: string;
}

/**
 * A local stack of a spec's own, whose parts are killed, stopped, frozen and brought back while events flow. State lives
 * in a temporary folder; all of it ends with this process, however that ends. Close it in `afterAll`.
 */
export class FaultStack {
  private readonly waiting = new Map<number, (answer: RigAnswer) => void>();
  /** Parts that answer nobody now. */
  private readonly silent = new Set<PartName>();
  private lastId = 0;
  private isClosing = false;

  private constructor(
    private readonly child: ChildProcess,
    private readonly stateDir: string,
    /** As in `stack.json`. */
    readonly addresses: TestStack,
    said: readonly string[],
  ) {
    child.on('message', (answer: RigAnswer) => this.waiting.get(answer.id)?.(answer));
    child.once('exit', (code, signal) => {
      const error = `the stack ended by itself (${signal ?? `exit code ${code}`}):\n${said.join('\n')}`;
      if (!this.isClosing) console.error(error);
      for (const [id, answer] of this.waiting) answer({ id, error });
    });
  }

  /** Resolves when every part answers. */
  static async start({ brokers = 1, clickhouseDiskMb }: FaultStackOptions = {}): Promise<FaultStack> {
    const stateDir = await mkdtemp(join(tmpdir(), 'eddyline-fault-stack-'));
    const disk = clickhouseDiskMb === undefined ? [] : ['--clickhouse-disk-mb', String(clickhouseDiskMb)];
    const options = ['--free-ports', '--json', '--state-dir', stateDir, '--brokers', String(brokers), ...disk];
    const child = spawn(process.execPath, [builtMain('local-stack'), ...options], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...inheritedPath(), ...inheritedHome() },
    });
    const said: string[] = [];
    createInterface(child.stderr!).on('line', (line) => {
      said.push(line);
      if (said.length > LINES_KEPT) said.shift();
    });
    const addresses = await Promise.race([
      once(createInterface(child.stdout!), 'line').then(([line]) => JSON.parse(line as string) as TestStack),
      once(child, 'exit').then(() => undefined),
    ]);
    if (addresses === undefined) throw new Error(`the stack did not start:\n${said.join('\n')}`);
    return new FaultStack(child, stateDir, addresses, said);
  }

  /** What services and the command line need to work on this stack. */
  get environment(): Readonly<Record<string, string>> {
    return stackEnvironment(this.addresses);
  }

  get brokers(): readonly PartName[] {
    return this.addresses.kafkaBrokers.split(',').map((_, index): PartName => `kafka-${index + 1}`);
  }

  /** Brings a part back; resolves when it answers. A broker of several needs a majority of them for that. */
  async start(part: PartName): Promise<void> {
    await this.command(part, 'start');
  }

  /** Lets a part end in order. */
  async stop(part: PartName): Promise<void> {
    await this.command(part, 'stop');
  }

  /** SIGKILL to the JVM or the engine itself; registry and receiver cut their connections off. Resolves when it is gone. */
  async kill(part: PartName): Promise<void> {
    await this.command(part, 'kill');
  }

  /** SIGSTOP: its ports stay open and nobody answers. Brokers and ClickHouse only. */
  async freeze(part: PartName): Promise<void> {
    await this.command(part, 'freeze');
  }

  async thaw(part: PartName): Promise<void> {
    await this.command(part, 'thaw');
  }

  /** Takes real space until ClickHouse refuses inserts with NOT_ENOUGH_SPACE. Needs `clickhouseDiskMb`. */
  async fillDisk(): Promise<void> {
    await this.command('clickhouse', 'fill-disk');
  }

  async freeDisk(): Promise<void> {
    await this.command('clickhouse', 'free-disk');
  }

  /** The broker that leads a partition now; waits while there is none. */
  async leaderOf(topic: string, partition: number): Promise<PartName> {
    return eventually(async () => {
      const { leader } = await this.partitionOf(topic, partition);
      if (leader < 1) throw new Error(`${topic}-${partition} has no leader`);
      return `kafka-${leader}` as const;
    });
  }

  /** Broker ids of the replicas that are in sync, as one broker that runs sees it. */
  async inSync(topic: string, partition: number): Promise<readonly number[]> {
    return (await this.partitionOf(topic, partition)).isr;
  }

  /** The broker that coordinates the transactions of an id now. */
  async transactionCoordinatorOf(transactionalId: string): Promise<PartName> {
    const { partitions } = await this.topic('__transaction_state');
    return this.leaderOf('__transaction_state', Math.abs(javaHash(transactionalId)) % partitions.length);
  }

  /** Ends every part at once, without ceremony: nobody needs the state any more. */
  async close(): Promise<void> {
    this.isClosing = true;
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const exited = once(this.child, 'exit');
      await Promise.all([...this.brokers, 'clickhouse' as const].map((part) => this.kill(part).catch(() => undefined)));
      this.child.kill('SIGTERM');
      const late = setTimeout(() => this.child.kill('SIGKILL'), CLOSE_WITHIN_MS);
      await exited;
      clearTimeout(late);
    }
    await rm(this.stateDir, { recursive: true, force: true });
  }

  private async partitionOf(topic: string, partition: number): Promise<{ leader: number; isr: number[] }> {
    const { partitions } = await this.topic(topic);
    const found = partitions.find(({ partitionId }) => partitionId === partition);
    if (found === undefined) throw new Error(`${topic} has no partition ${partition}`);
    return found;
  }

  private async topic(name: string): Promise<{ partitions: { partitionId: number; leader: number; isr: number[] }[] }> {
    // Impatient: a frozen broker takes connections and requests, and never answers.
    const admin = new kafkajs.Kafka({
      brokers: this.addresses.kafkaBrokers.split(',').filter((_, index) => !this.silent.has(`kafka-${index + 1}`)),
      clientId: 'fault-stack',
      connectionTimeout: 1_000,
      requestTimeout: 1_500,
      logLevel: kafkajs.logLevel.NOTHING,
      retry: { initialRetryTime: 100, retries: 5 },
    }).admin();
    try {
      await admin.connect();
      const { topics } = await admin.fetchTopicMetadata({ topics: [name] });
      return topics[0]!;
    } finally {
      await admin.disconnect();
    }
  }

  private async command(part: PartName, action: string): Promise<void> {
    const id = ++this.lastId;
    const { error } = await new Promise<RigAnswer>((resolve, reject) => {
      this.waiting.set(id, resolve);
      this.child.send({ id, part, action }, (failure) => failure && reject(failure));
    });
    this.waiting.delete(id);
    if (error !== undefined) throw new Error(`${action} ${part}: ${error}`);
    if (action === 'start' || action === 'thaw') this.silent.delete(part);
    if (action === 'kill' || action === 'stop' || action === 'freeze') this.silent.add(part);
  }
}

/** `String.hashCode` of Java, by which brokers spread ids over partitions. */
function javaHash(text: string): number {
  let hash = 0;
  for (let at = 0; at < text.length; at++) hash = (Math.imul(31, hash) + text.charCodeAt(at)) | 0;
  return hash;
}
