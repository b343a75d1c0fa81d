import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { LIFECYCLE_EVENT_SCHEMA, LIFECYCLE_TOPIC, lifecyclePartitionOf } from '#contracts';
import { AvroCodecs } from '#platform/avro';
import { CONTROL_TOPICS, toLifecycleEvent } from '#platform/control';
import { createKafka, ensureTopics, GroupMembership, rootCause, type ValueDecoder } from '#platform/kafka';
import {
  FATAL,
  HealthRegistry,
  kafkaConnectionOf,
  LOG,
  SERVICE_CONFIG,
  SERVICE_NAME,
  StartUp,
} from '#platform/service';
import type { Log } from '#platform/telemetry';
import type { Consumer, Kafka, KafkaMessage } from 'kafkajs';
import { setTimeout as delay } from 'node:timers/promises';
import { LoopMetrics } from '../loop/loop-metrics.js';
import type { RetrainingConfig } from '../retraining.config.js';
import { groupOf } from './group-of.js';

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 10_000;

/**
 * Follows `eddyline.lifecycle` in one group for all pipelines. Who holds the partition on which a pipeline's events lie looks
 * after its loop; a member that believes so wrongly can change nothing, for it is fenced. What is read here is only counted.
 */
@Injectable()
export class LifecycleFollower implements OnModuleInit, OnApplicationShutdown {
  private readonly group: string;
  private readonly kafka: Kafka;
  private readonly consumer: Consumer;
  private readonly membership: GroupMembership;
  private readonly decoder: ValueDecoder;
  private readonly stopping = new AbortController();
  private joining: Promise<void> = Promise.resolve();
  /** Null: it is a member of the group. */
  private waiting: string | null = 'joining the consumer group';

  constructor(
    @Inject(SERVICE_NAME) service: string,
    @Inject(SERVICE_CONFIG) config: RetrainingConfig,
    @Inject(LOG) private readonly log: Log,
    @Inject(FATAL) private readonly fatal: (error: unknown) => void,
    private readonly health: HealthRegistry,
    private readonly startUp: StartUp,
    private readonly metrics: LoopMetrics,
    codecs: AvroCodecs,
  ) {
    this.group = groupOf(service, config.pipelines);
    // A client of its own, as every consumer has.
    this.kafka = createKafka(kafkaConnectionOf(service, config), log);
    this.decoder = codecs.decoderFor(LIFECYCLE_EVENT_SCHEMA);
    const sessionTimeout = config.kafkaSessionTimeoutMs;
    this.consumer = this.kafka.consumer({
      groupId: this.group,
      sessionTimeout,
      rebalanceTimeout: Math.max(sessionTimeout, 60_000),
      heartbeatInterval: Math.min(3_000, Math.floor(sessionTimeout / 3)),
      maxWaitTimeInMs: 500,
      allowAutoTopicCreation: false,
      retry: {
        initialRetryTime: 50,
        multiplier: 1.6,
        maxRetryTime: 2_000,
        retries: 8,
        restartOnFailure: async () => true,
      },
    });
    this.membership = new GroupMembership(this.consumer, sessionTimeout, () => (this.waiting = null));
  }

  onModuleInit(): void {
    this.health.register('leadership', () => (this.waiting === null ? [] : [`${LIFECYCLE_TOPIC}: ${this.waiting}`]));
    this.startUp.add({
      name: `the topic ${LIFECYCLE_TOPIC}`,
      run: async () => {
        await ensureTopics(this.kafka, CONTROL_TOPICS);
        this.joining = this.join();
      },
    });
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.joining;
    await this.consumer.disconnect().catch(() => undefined);
  }

  /** Whose the loop of a pipeline is, by this member's own knowledge; `unsure` while the group shares out anew. */
  leaderOf(pipeline: string): 'this' | 'another' | 'unsure' {
    const { membership, waiting } = this;
    if (waiting !== null || !membership.inSession) return 'unsure';
    return membership.owns(LIFECYCLE_TOPIC, lifecyclePartitionOf(pipeline)) ? 'this' : 'another';
  }

  private async join(): Promise<void> {
    const { consumer, group, log } = this;
    const { signal } = this.stopping;
    consumer.on(consumer.events.REBALANCING, () => (this.waiting = 'the consumer group is rebalancing'));
    consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
      if (signal.aborted) return;
      this.waiting = rootCause(error).message;
      log.warn({ group, restart }, `consumer crashed: ${this.waiting}`);
      if (!restart) this.fatal(error);
    });
    for (let waitMs = FIRST_WAIT_MS; !signal.aborted; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
      try {
        await consumer.connect();
        await consumer.subscribe({ topics: [LIFECYCLE_TOPIC], fromBeginning: true });
        await consumer.run({ eachBatch: ({ batch }) => this.count(batch.messages) });
        return;
      } catch (error) {
        this.waiting = rootCause(error).message;
        log.warn({ group }, `cannot join the group yet: ${this.waiting}`);
        await delay(waitMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  private async count(messages: readonly KafkaMessage[]): Promise<void> {
    const values = messages.flatMap(({ value }) => (value === null ? [] : [value]));
    await this.decoder.prefetch(values);
    for (const value of values) {
      const decoded = this.decoder.decode(value);
      if (!decoded.ok) {
        this.log.warn({}, `ignored a record of ${LIFECYCLE_TOPIC}: ${decoded.message}`);
        continue;
      }
      const { pipeline, change } = toLifecycleEvent(decoded.value);
      this.metrics.happened(pipeline, change.kind);
    }
  }
}
