import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { ClickHouseClient } from '@clickhouse/client';
import type { Kafka } from 'kafkajs';
import { setTimeout as sleep } from 'node:timers/promises';
import { LIFECYCLE_EVENT_SCHEMA, LIFECYCLE_TOPIC } from '#contracts';
import { AvroCodecs } from '#platform/avro';
import { LifecycleLog } from '#platform/clickhouse';
import { CLICKHOUSE } from '#platform/clickhouse-watch';
import { CONTROL_TOPICS, toLifecycleEvent } from '#platform/control';
import { ensureTopics, LogReader, rootCause, type LogRecord, type ValueDecoder } from '#platform/kafka';
import { Retriable } from '#platform/outcomes';
import { HealthRegistry, KAFKA, LOG } from '#platform/service';
import type { Log } from '#platform/telemetry';
import { LogMetrics } from '../log-metrics.js';

const EVERY_MS = 1_000;
const LONGEST_WAIT_MS = 10_000;
const LIFECYCLE_SPEC = CONTROL_TOPICS.filter(({ topic }) => topic === LIFECYCLE_TOPIC);

/**
 * `eddyline.lifecycle` → the table of that name. Every member of the service does it, without a group: events are few, and one that
 * another member has written is found. Order of durability:
 *
 * 1. where the table ends is asked of ClickHouse — nothing else remembers how far this is;
 * 2. events are written one by one, each under its own token, in the order of their partition — a death here leaves a table
 *    without gaps, from which whoever comes next goes on.
 */
@Injectable()
export class LifecycleFollower implements OnModuleInit, OnApplicationShutdown {
  private readonly stopping = new AbortController();
  private readonly log: LifecycleLog;
  private readonly decoder: ValueDecoder;
  private readonly metrics = new LogMetrics();
  private following: Promise<void> = Promise.resolve();
  private reader: LogReader;
  /** By partition, the first offset that is not in the table; undefined: to be asked. */
  private next: Map<number, number> | undefined;
  /** What keeps events from being written; null: nothing. */
  private trouble: string | null = null;

  constructor(
    @Inject(KAFKA) private readonly kafka: Kafka,
    @Inject(CLICKHOUSE) clickhouse: ClickHouseClient,
    @Inject(LOG) private readonly told: Log,
    private readonly health: HealthRegistry,
    codecs: AvroCodecs,
  ) {
    this.log = new LifecycleLog(clickhouse);
    this.decoder = codecs.decoderFor(LIFECYCLE_EVENT_SCHEMA);
    this.reader = new LogReader(kafka);
  }

  onModuleInit(): void {
    this.health.remark('lifecycle log', () => (this.trouble === null ? [] : [`${LIFECYCLE_TOPIC}: ${this.trouble}`]));
    this.following = this.follow();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.following;
    await this.reader.close();
  }

  private async follow(): Promise<void> {
    const { signal } = this.stopping;
    let waitMs = EVERY_MS;
    let isThere = false;
    while (!signal.aborted) {
      try {
        if (!isThere) await ensureTopics(this.kafka, LIFECYCLE_SPEC);
        isThere = true;
        await this.catchUp(signal);
        this.trouble = null;
        waitMs = EVERY_MS;
      } catch (error) {
        await this.tell(error);
        waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
      }
      await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    }
  }

  private async tell(error: unknown): Promise<void> {
    const trouble = error instanceof Retriable ? error.message : rootCause(error).message;
    if (trouble !== this.trouble) this.told.warn({ error }, `the log of ${LIFECYCLE_TOPIC} waits: ${trouble}`);
    this.trouble = trouble;
    this.next = undefined;
    const { reader } = this;
    this.reader = new LogReader(this.kafka);
    await reader.close().catch(() => undefined);
  }

  /** @throws weather */
  private async catchUp(signal: AbortSignal): Promise<void> {
    const ends = await this.reader.ends(LIFECYCLE_TOPIC);
    const next = (this.next ??= new Map(await this.log.places())); // (1)
    for (const { partition, high } of ends) {
      const from = next.get(partition) ?? 0;
      if (from >= high) continue;
      for await (const records of this.reader.read(LIFECYCLE_TOPIC, partition, from, high)) {
        await this.decoder.prefetch(records.flatMap(({ value }) => (value === null ? [] : [value])));
        for (const record of records) {
          if (signal.aborted) return;
          await this.write(partition, record); // (2)
          next.set(partition, record.offset + 1);
        }
      }
      // Behind the last event lies the marker of its transaction.
      next.set(partition, high);
    }
  }

  private async write(partition: number, { value, offset }: LogRecord): Promise<void> {
    const decoded = value === null ? null : this.decoder.decode(value);
    if (decoded === null || !decoded.ok) {
      this.told.warn(
        { partition, offset },
        `ignored a record of ${LIFECYCLE_TOPIC}: ${decoded?.message ?? 'it is empty'}`,
      );
      return;
    }
    const event = toLifecycleEvent(decoded.value);
    await this.metrics.measure({ pipeline: event.pipeline, table: 'lifecycle' }, [event.at], () =>
      this.log.append({ event, partition, offset }),
    );
  }
}
