import type { AppliedPipeline } from '#contracts';
import { Retriable } from '#platform/outcomes';
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import type kafkajs from 'kafkajs';
import { setTimeout as delay } from 'node:timers/promises';
import { CannotGoOn } from './cannot-go-on.js';
import { InputsTooLarge, type Delivery, type FetchedBatch, type Held } from './delivery.js';
import { GroupMembership } from './group-membership.js';
import { IntentDelivery, OwnershipUnsure, type IntentStage } from './intent-delivery.js';
import type { FetchedMessage } from './kafkajs-internals.js';
import type { Logger } from './log.js';
import { LogReader } from './log-reader.js';
import { acquire, type HolderOptions } from './partition-holder.js';
import { rootCause } from './root-cause.js';
import type { StageMetrics } from './stage-metrics.js';
import type { FetchPatience } from './stage.js';
import { isAborted, type Task } from './stage-task.js';
import { TopicLimits } from './topic-limits.js';
import { TransactionDelivery, type TransactionStage } from './transaction-delivery.js';
import { backoffMs, isWeather } from './weather.js';

/** What is consumed of one topic. */
export type TopicStage =
  ({ readonly delivery: 'transaction' } & TransactionStage) | ({ readonly delivery: 'intent' } & IntentStage);

export interface StageStatus {
  readonly pipeline: string;
  readonly topic: string;
  readonly state: 'starting' | 'running' | 'waiting' | 'stopped';
  /** What a waiting stage waits for; why a stopped one stopped. */
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
  readonly fetch?: FetchPatience;
  /** How soon raised partitions are noticed. Default 30 s. */
  readonly metadataMaxAgeMs?: number;
  /** Called once with what is neither weather nor poison. The partition's offsets stay where they were. */
  readonly onFatal: (error: unknown) => void;
}

/** How often a batch in hand sends a heartbeat, and how long the partitions beside it wait for it. */
const PATIENCE_MS = 400;
const STOP_WAIT_MS = 10_000;

/** One consumer group of one service for one pipeline. */
export class StageConsumer {
  private readonly held = new Map<string, Held>();
  private readonly failures = new Map<string, { count: number; reason: string }>();
  /** By partition: offsets whose outputs a topic refused as too large, with what to say of them. */
  private readonly tooLarge = new Map<string, ReadonlyMap<number, string>>();
  private readonly deliveries: ReadonlyMap<string, Delivery>;
  private readonly abort = new AbortController();
  /** Batches in hand, by partition; one of each at most. */
  private readonly busy = new Map<string, Promise<void>>();
  private readonly tasks = new Set<Task>();
  private readonly resumes = new Set<NodeJS.Timeout>();
  private readonly consumer: Consumer;
  private readonly membership: GroupMembership;
  private readonly admin;
  private readonly reader: LogReader;
  private readonly limits: TopicLimits;
  private pipeline: AppliedPipeline;
  private starting: Promise<void> = Promise.resolve();
  private stopping: Promise<void> | undefined;
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
      maxWaitTimeInMs: options.fetch?.maxWaitMs ?? 100,
      minBytes: options.fetch?.minBytes ?? 1,
      maxBytesPerPartition: 1 << 20,
      maxBytes: 8 << 20,
      metadataMaxAge: options.metadataMaxAgeMs ?? 30_000,
      allowAutoTopicCreation: false,
      retry: {
        initialRetryTime: 50,
        multiplier: 1.6,
        maxRetryTime: 2_000,
        retries: 8,
        restartOnFailure: async () => true,
      },
    });
    this.membership = new GroupMembership(this.consumer, sessionTimeout, () => this.joined());
    this.admin = kafka.admin({ retry: { initialRetryTime: 10, multiplier: 1.6, maxRetryTime: 1_000, retries: 8 } });
    this.reader = new LogReader(kafka);
    this.limits = new TopicLimits(kafka);
  }

  /** A new revision of the pipeline; taken up with the next batch. */
  update(pipeline: AppliedPipeline): void {
    this.pipeline = pipeline;
  }

  consumes(topics: readonly string[]): boolean {
    const mine = this.options.stages;
    return mine.size === topics.length && topics.every((topic) => mine.has(topic));
  }

  owns(topic: string, partition: number): boolean {
    return this.state === 'running' && this.membership.inSession && this.membership.owns(topic, partition);
  }

  status(): readonly StageStatus[] {
    return [...this.options.stages.keys()].map((topic) => {
      const failure = [...this.failures].find(([where]) => where.startsWith(`${topic}/`))?.[1].reason;
      const reason = this.state === 'stopped' ? this.weather : (failure ?? this.weather);
      const state = this.state === 'running' && reason !== null ? 'waiting' : this.state;
      return { pipeline: this.pipeline.definition.name, topic, state, reason };
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

  /** Finishes the batches in hand, also those in the background, commits them, leaves the group. */
  stop(): Promise<void> {
    this.state = 'stopped';
    this.stopping ??= this.leave();
    return this.stopping;
  }

  private async leave(): Promise<void> {
    this.abortAll();
    for (const timer of this.resumes) clearTimeout(timer);
    // A consumer that is disconnected while it joins would go on joining.
    await Promise.race([this.starting, delay(STOP_WAIT_MS, undefined, { ref: false })]);
    await Promise.allSettled(this.busy.values());
    await this.consumer.disconnect().catch(() => undefined);
    await Promise.all([...this.held].map(([where, held]) => this.release(where, held)));
    await Promise.allSettled([this.admin.disconnect(), this.reader.close()]);
  }

  private run(): Promise<void> {
    const partitions = [...this.options.stages.keys()].length * this.pipeline.definition.topics.partitions;
    return this.consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: Math.max(4, partitions),
      eachBatch: (payload) => this.consume(payload),
    });
  }

  private watch(): void {
    const { consumer } = this;
    const { log, group } = this.options;
    consumer.on(consumer.events.REBALANCING, () => (this.weather = 'the consumer group is rebalancing'));
    consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
      if (this.state === 'stopped') return;
      this.weather = `Kafka: ${rootCause(error).message}`;
      log.warn({ group, restart }, `consumer crashed: ${rootCause(error).message}`);
      // kafkajs gives up on errors that it holds for final and leaves a living process that consumes nothing.
      if (!restart) this.fail(error);
    });
  }

  private joined(): void {
    if (this.state !== 'stopped') this.weather = null;
    this.failures.clear(); // of partitions that may be another member's now
    this.tooLarge.clear();
    this.options.metrics.rebalanced();
    // Leases of an older generation may have belonged to somebody else meanwhile. One in use ends with its batch: what it
    // still commits, it commits because no other owner has fenced it yet.
    for (const [where, held] of this.held) if (!this.busy.has(where)) void this.release(where, held);
    for (const { generation, abort } of this.tasks) if (generation !== this.membership.generation) abort.abort();
  }

  /**
   * kafkajs asks a broker for more only when every batch of its last answer is done: one slow partition would hold up all
   * others of that broker. So a batch that outlasts their patience goes on in the background, its partition paused.
   */
  private async consume(payload: EachBatchPayload): Promise<void> {
    const { topic, partition } = payload.batch;
    const where = `${topic}/${partition}`;
    if (this.state === 'stopped') return void payload.pause(); // or it would come again and again until the others are done
    if (!this.membership.owns(topic, partition)) return; // fetched before a rebalance
    const before = this.busy.get(where);
    if (before !== undefined) {
      // A consumer that was restarted within kafkajs knows nothing of what the one before has paused.
      const resume = payload.pause();
      void before.then(resume);
      return;
    }
    const { generation } = this.membership;
    const task: Task = { where, payload, generation, lost: false, abort: new AbortController() };
    this.tasks.add(task);
    const patience = Promise.withResolvers<void>();
    let resume: (() => void) | undefined;
    const timer = setInterval(() => {
      payload.heartbeat().catch(() => (task.lost = true));
      resume ??= payload.pause();
      patience.resolve();
    }, PATIENCE_MS);
    const done = this.work(task).then((waitMs) => {
      clearInterval(timer);
      this.busy.delete(where);
      this.tasks.delete(task);
      if (waitMs > 0) resume ??= payload.pause();
      if (resume !== undefined) this.resumeIn(waitMs, resume);
    });
    this.busy.set(where, done);
    await Promise.race([done, patience.promise]);
  }

  /**
   * Never throws: whatever reached kafkajs from here would be retried, swallowed or kill the consumer silently.
   *
   * @returns for how long the partition has to wait, ms
   */
  private async work(task: Task): Promise<number> {
    const { where, payload, generation } = task;
    const { topic, partition } = payload.batch;
    let held: Held | undefined;
    try {
      held = await this.hold(task);
      const fetchedOffset = Number((payload.batch as unknown as { fetchedOffset: string }).fetchedOffset);
      if (
        held.position !== null &&
        fetchedOffset > held.position &&
        held.soughtTo === null &&
        held.buffered.length === 0
      ) {
        held.soughtTo = held.position; // once: gaps of compaction, retention and control records are no reason to return
        if (this.owned(task)) this.consumer.seek({ topic, partition, offset: String(held.position) });
        return 0;
      }
      held.soughtTo ??= fetchedOffset;
      const batch = this.view(task, held);
      if (batch.messages.length === 0) batch.resolve(batch.lastOffset);
      else await this.deliveries.get(topic)!.deliver(held, batch);
      this.failures.delete(where);
      const lag = Number(payload.batch.highWatermark) - (held.position ?? 0);
      this.options.metrics.lag(topic, partition, Math.max(0, lag));
      if (held.producer.spent || held.generation !== this.membership.generation) await this.release(where, held);
      return 0;
    } catch (error) {
      await this.release(where, held);
      if (isAborted(task, error)) return 0; // done again by whoever has the partition now
      if (error instanceof CannotGoOn) this.halt(error);
      else if (!isWeather(error)) this.fail(error);
      // What a rebalance has ended is done again by the partition's owner.
      else if (generation === this.membership.generation) return this.wait(where, error);
      return 0;
    }
  }

  private owned({ payload, generation, lost }: Task): boolean {
    return !lost && generation === this.membership.generation && payload.isRunning() && !payload.isStale();
  }

  private view(task: Task, held: Held): FetchedBatch {
    const { where, payload } = task;
    const { batch, resolveOffset, commitOffsetsIfNecessary } = payload;
    const { topic, partition } = batch;
    const from = held.buffered.length > 0 ? Number(held.buffered.at(-1)!.offset) + 1 : (held.position ?? 0);
    const messages = batch.messages as readonly FetchedMessage[];
    return {
      topic,
      partition,
      messages:
        Number(messages[0]?.offset ?? 0) >= from ? messages : messages.filter(({ offset }) => Number(offset) >= from),
      lastOffset: Number(batch.lastOffset()),
      tooLarge: this.tooLarge.get(where),
      pipeline: this.pipeline,
      signal: task.abort.signal,
      owned: () => this.owned(task),
      inSession: () => this.membership.inSession,
      mayGoOn: () => this.state !== 'stopped' && this.owned(task),
      resolve: (offset) => {
        if (task.generation === this.membership.generation) resolveOffset(String(offset));
      },
      commit: async (offset, metadata) => {
        // kafkajs would commit it under the generation of this moment, in which the partition may be another member's.
        if (!this.owned(task)) throw new OwnershipUnsure('the partition was given up before its offset was committed');
        const place = { partition, offset: String(offset), metadata } as { partition: number; offset: string };
        // The direct path: consumer.commitOffsets() does nothing, without a word, once the consumer is being stopped.
        await commitOffsetsIfNecessary({ topics: [{ topic, partitions: [place] }] });
      },
    };
  }

  private async hold({ where, payload, generation }: Task): Promise<Held> {
    const current = this.held.get(where);
    if (current !== undefined && current.generation === generation) return current;
    await this.release(where, current);
    const { kafka, group, compression } = this.options;
    const options: HolderOptions = {
      kafka,
      admin: this.admin,
      reader: this.reader,
      limits: this.limits,
      group,
      pipeline: this.pipeline.definition.name,
      compression,
    };
    const { topic, partition } = payload.batch;
    const held = await acquire(options, { topic, partition, generation });
    this.held.set(where, held);
    return held;
  }

  private async release(where: string, held: Held | undefined): Promise<void> {
    if (held === undefined) return;
    if (this.held.get(where) === held) this.held.delete(where);
    await held.producer.dispose();
  }

  /** @returns for how long, ms; kafkajs goes on with the other partitions and with its heartbeats */
  private wait(where: string, error: unknown): number {
    const { log, metrics, group } = this.options;
    if (error instanceof InputsTooLarge) {
      this.tooLarge.set(where, new Map([...(this.tooLarge.get(where) ?? []), ...error.offsets]));
      log.warn({ group, where }, `${error.message}; their inputs are quarantined`);
      return 0;
    }
    const count = (this.failures.get(where)?.count ?? 0) + 1;
    const reason =
      error instanceof Retriable ? `${error.code}: ${error.message}` : `Kafka: ${rootCause(error).message}`;
    const waitMs = backoffMs(count);
    this.failures.set(where, { count, reason });
    metrics.waited(error instanceof Retriable ? error.code : 'transaction_failed');
    log.warn({ group, where, waitMs, attempt: count }, `waiting: ${reason}`);
    return waitMs;
  }

  private abortAll(): void {
    this.abort.abort();
    for (const { abort } of this.tasks) abort.abort();
  }

  private resumeIn(waitMs: number, resume: () => void): void {
    if (this.state === 'stopped') return;
    if (waitMs === 0) return resume();
    const timer = setTimeout(() => {
      this.resumes.delete(timer);
      resume();
    }, waitMs);
    this.resumes.add(timer);
  }

  /** This pipeline's trouble: the others of the process go on. */
  private halt(error: CannotGoOn): void {
    if (this.state === 'stopped') return;
    const { log, group } = this.options;
    this.weather = error.message;
    log.error({ group }, `stopped: ${error.message}`);
    void this.stop();
  }

  private fail(error: unknown): void {
    if (this.state === 'stopped') return;
    this.state = 'stopped';
    this.abortAll();
    this.options.onFatal(error);
  }
}
