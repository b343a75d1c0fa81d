import type { AppliedPipeline } from '#contracts';
import { Retriable } from '#platform/outcomes';
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import type kafkajs from 'kafkajs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Delivery, FetchedBatch, Held } from './delivery.js';
import { IntentDelivery, OwnershipUnsure, type IntentStage } from './intent-delivery.js';
import type { FetchedMessage } from './kafkajs-internals.js';
import type { Logger } from './log.js';
import { LogReader } from './log-reader.js';
import { acquire, type HolderOptions } from './partition-holder.js';
import { rootCause } from './publisher.js';
import type { StageMetrics } from './stage-metrics.js';
import { TransactionDelivery, type TransactionStage } from './transaction-delivery.js';
import { TransactionFailed } from './transactional-producer.js';

/** What is consumed of one topic. */
export type TopicStage =
  ({ readonly delivery: 'transaction' } & TransactionStage) | ({ readonly delivery: 'intent' } & IntentStage);

export interface StageStatus {
  readonly pipeline: string;
  readonly topic: string;
  readonly state: 'starting' | 'running' | 'waiting' | 'stopped';
  /** What a waiting stage waits for. */
  readonly reason: string | null;
}

export interface StageConsumerOptions {
  /** A client of its own: two groups' consumers on one client would share offsets. */
  readonly kafka: Kafka;
  readonly group: string;
  readonly pipeline: AppliedPipeline;
  readonly stages: ReadonlyMap<string, TopicStage>;
  readonly metrics: StageMetrics;
  readonly log: Logger;
  readonly compression: kafkajs.CompressionTypes;
  readonly sessionTimeoutMs?: number;
  /** Called once with what is neither weather nor poison. The partition's offsets stay where they were. */
  readonly onFatal: (error: unknown) => void;
}

const HEARTBEAT_MS = 1_000;
const STOP_WAIT_MS = 10_000;
const WAIT_MS = { first: 100, most: 10_000 } as const;

/** One consumer group of one service for one pipeline. */
export class StageConsumer {
  private readonly held = new Map<string, Held>();
  private readonly failures = new Map<string, { count: number; reason: string }>();
  private readonly deliveries: ReadonlyMap<string, Delivery>;
  private readonly abort = new AbortController();
  private readonly inFlight = new Set<Promise<void>>();
  private readonly resumes = new Set<NodeJS.Timeout>();
  private readonly consumer: Consumer;
  private readonly admin;
  private readonly reader: LogReader;
  private pipeline: AppliedPipeline;
  private generation = 0;
  private starting: Promise<void> = Promise.resolve();
  private state: 'starting' | 'running' | 'stopped' = 'starting';
  private weather: string | null = 'joining the consumer group';

  constructor(private readonly options: StageConsumerOptions) {
    this.pipeline = options.pipeline;
    const { kafka, group } = options;
    this.deliveries = new Map(
      [...options.stages].map(([topic, stage]) => [
        topic,
        stage.delivery === 'transaction' ? new TransactionDelivery(stage) : new IntentDelivery(stage),
      ]),
    );
    const sessionTimeout = options.sessionTimeoutMs ?? 30_000;
    this.consumer = kafka.consumer({
      groupId: group,
      sessionTimeout,
      rebalanceTimeout: Math.max(sessionTimeout, 60_000),
      heartbeatInterval: Math.min(3_000, Math.floor(sessionTimeout / 3)),
      maxWaitTimeInMs: 100,
      minBytes: 1,
      maxBytesPerPartition: 1 << 20,
      maxBytes: 8 << 20,
      metadataMaxAge: 30_000, // how soon raised partitions are noticed
      allowAutoTopicCreation: false,
      retry: {
        initialRetryTime: 50,
        multiplier: 1.6,
        maxRetryTime: 2_000,
        retries: 8,
        restartOnFailure: async () => true,
      },
    });
    this.admin = kafka.admin({ retry: { initialRetryTime: 10, multiplier: 1.6, maxRetryTime: 1_000, retries: 8 } });
    this.reader = new LogReader(kafka);
  }

  /** A new revision of the pipeline; taken up with the next batch. */
  update(pipeline: AppliedPipeline): void {
    this.pipeline = pipeline;
  }

  status(): readonly StageStatus[] {
    return [...this.options.stages.keys()].map((topic) => {
      const waiting = [...this.failures].find(([where]) => where.startsWith(`${topic}/`))?.[1].reason ?? this.weather;
      const state = this.state === 'running' && waiting !== null ? 'waiting' : this.state;
      return { pipeline: this.pipeline.definition.name, topic, state, reason: waiting };
    });
  }

  /** Resolves when the group is being joined; waits for Kafka and for the topics for as long as it takes. */
  start(): Promise<void> {
    this.starting = this.join();
    return this.starting;
  }

  private async join(): Promise<void> {
    const { log, group } = this.options;
    this.watch();
    for (let attempt = 1; this.state === 'starting'; attempt++) {
      try {
        await this.admin.connect();
        await this.consumer.connect();
        await this.consumer.subscribe({ topics: [...this.options.stages.keys()], fromBeginning: true });
        await this.run();
        this.state = this.state === 'starting' ? 'running' : this.state;
      } catch (error) {
        this.weather = `Kafka: ${rootCause(error).message}`;
        log.warn({ group, attempt }, `cannot consume yet: ${rootCause(error).message}`);
        await delay(backoffMs(attempt), undefined, { signal: this.abort.signal }).catch(() => undefined);
      }
    }
  }

  /** Finishes the batches under way, commits them, leaves the group. */
  async stop(): Promise<void> {
    this.state = 'stopped';
    this.abort.abort();
    for (const timer of this.resumes) clearTimeout(timer);
    // A consumer that is disconnected while it joins would go on joining.
    await Promise.race([this.starting, delay(STOP_WAIT_MS, undefined, { ref: false })]);
    await Promise.allSettled(this.inFlight);
    await this.consumer.disconnect().catch(() => undefined);
    await this.releaseAll();
    await Promise.allSettled([this.admin.disconnect(), this.reader.close()]);
  }

  private run(): Promise<void> {
    const partitions = [...this.options.stages.keys()].length * this.pipeline.definition.topics.partitions;
    return this.consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: Math.max(4, partitions),
      eachBatch: (payload) => {
        const work = this.onBatch(payload).finally(() => this.inFlight.delete(work));
        this.inFlight.add(work);
        return work;
      },
    });
  }

  private watch(): void {
    const { consumer } = this;
    const { log, group, metrics } = this.options;
    consumer.on(consumer.events.GROUP_JOIN, () => {
      this.generation++;
      this.weather = null;
      metrics.rebalanced();
      // Leases of an older generation may have belonged to somebody else meanwhile.
      void this.releaseAll();
    });
    consumer.on(consumer.events.REBALANCING, () => (this.weather = 'the consumer group is rebalancing'));
    consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
      if (this.state === 'stopped') return;
      this.weather = `Kafka: ${rootCause(error).message}`;
      log.warn({ group, restart }, `consumer crashed: ${rootCause(error).message}`);
      // kafkajs gives up on errors that it holds for final and leaves a living process that consumes nothing.
      if (!restart) this.fail(error);
    });
  }

  /** Never throws: whatever reached kafkajs from here would be retried, swallowed or kill the consumer silently. */
  private async onBatch(payload: EachBatchPayload): Promise<void> {
    const { topic, partition } = payload.batch;
    const where = `${topic}/${partition}`;
    if (this.state === 'stopped') return;
    let lost = false;
    const heartbeat = setInterval(() => void payload.heartbeat().catch(() => (lost = true)), HEARTBEAT_MS);
    try {
      const held = await this.hold(where, topic, partition);
      const fetchedOffset = Number((payload.batch as unknown as { fetchedOffset: string }).fetchedOffset);
      if (
        held.position !== null &&
        fetchedOffset > held.position &&
        held.soughtTo === null &&
        held.buffered.length === 0
      ) {
        held.soughtTo = held.position; // once: gaps of compaction, retention and control records are no reason to return
        this.consumer.seek({ topic, partition, offset: String(held.position) });
        return;
      }
      held.soughtTo ??= fetchedOffset;
      const batch = this.view(payload, held, () => !lost);
      if (batch.messages.length === 0) batch.resolve(batch.lastOffset);
      else await this.deliveries.get(topic)!.deliver(held, batch);
      this.failures.delete(where);
      this.options.metrics.lag(
        topic,
        partition,
        Math.max(0, Number(payload.batch.highWatermark) - (held.position ?? 0)),
      );
      if (held.producer?.spent === true) await this.release(where);
    } catch (error) {
      await this.release(where);
      if (isWeather(error)) this.wait(where, payload, error);
      else this.fail(error);
    } finally {
      clearInterval(heartbeat);
    }
  }

  private view(payload: EachBatchPayload, held: Held, owned: () => boolean): FetchedBatch {
    const { batch, resolveOffset, isRunning, isStale, commitOffsetsIfNecessary } = payload;
    const { topic, partition } = batch;
    const { generation } = this;
    const from = held.buffered.length > 0 ? Number(held.buffered.at(-1)!.offset) + 1 : (held.position ?? 0);
    const messages = batch.messages as readonly FetchedMessage[];
    return {
      topic,
      partition,
      messages:
        Number(messages[0]?.offset ?? 0) >= from ? messages : messages.filter(({ offset }) => Number(offset) >= from),
      lastOffset: Number(batch.lastOffset()),
      pipeline: this.pipeline,
      signal: this.abort.signal,
      mayGoOn: () => this.state !== 'stopped' && owned() && isRunning() && !isStale() && generation === this.generation,
      resolve: (offset) => resolveOffset(String(offset)),
      commit: (offset, metadata) =>
        // The direct path: consumer.commitOffsets() does nothing, without a word, once the consumer is being stopped.
        commitOffsetsIfNecessary({
          topics: [
            {
              topic,
              partitions: [{ partition, offset: String(offset), metadata } as { partition: number; offset: string }],
            },
          ],
        }),
    };
  }

  private async hold(where: string, topic: string, partition: number): Promise<Held> {
    const current = this.held.get(where);
    if (current !== undefined && current.generation === this.generation) return current;
    await this.release(where);
    const { kafka, group, compression, stages } = this.options;
    const options: HolderOptions = {
      kafka,
      admin: this.admin,
      reader: this.reader,
      group,
      pipeline: this.pipeline.definition.name,
      compression,
    };
    const { generation } = this;
    const transactional = stages.get(topic)!.delivery === 'transaction';
    const held = await acquire(options, { topic, partition, transactional, generation });
    this.held.set(where, held);
    return held;
  }

  private async release(where: string): Promise<void> {
    const held = this.held.get(where);
    this.held.delete(where);
    await held?.producer?.dispose();
  }

  private async releaseAll(): Promise<void> {
    await Promise.all([...this.held.keys()].map((where) => this.release(where)));
  }

  /** Pauses the partition for a while; kafkajs goes on with the others and with its heartbeats. */
  private wait(where: string, payload: EachBatchPayload, error: unknown): void {
    const { log, metrics, group } = this.options;
    const count = (this.failures.get(where)?.count ?? 0) + 1;
    const reason = error instanceof Retriable ? `${error.code}: ${error.message}` : rootCause(error).message;
    const waitMs = backoffMs(count);
    this.failures.set(where, { count, reason });
    metrics.waited(error instanceof Retriable ? error.code : 'transaction_failed');
    log.warn({ group, where, waitMs, attempt: count }, `waiting: ${reason}`);
    if (this.state === 'stopped') return;
    const resume = payload.pause();
    const timer = setTimeout(() => {
      this.resumes.delete(timer);
      try {
        resume();
      } catch {
        // the partition went to another member meanwhile
      }
    }, waitMs);
    this.resumes.add(timer);
  }

  private fail(error: unknown): void {
    if (this.state === 'stopped') return;
    this.state = 'stopped';
    this.abort.abort();
    this.options.onFatal(error);
  }
}

function isWeather(error: unknown): boolean {
  if (error instanceof Retriable || error instanceof TransactionFailed || error instanceof OwnershipUnsure) return true;
  // What kafkajs itself throws from acquiring, reading and committing: an unreachable or changing cluster.
  const name = error instanceof Error ? error.name : '';
  return name.startsWith('KafkaJS') || name === 'PublishFailed';
}

function backoffMs(attempt: number): number {
  return Math.min(WAIT_MS.most, WAIT_MS.first * 2 ** Math.min(attempt - 1, 10));
}
