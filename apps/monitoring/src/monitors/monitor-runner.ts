import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { ClickHouseClient } from '@clickhouse/client';
import type { Kafka } from 'kafkajs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AppliedPipeline } from '#contracts';
import { AvroCodecs, SchemaRegistryClient } from '#platform/avro';
import { createClickHouse, MonitorLog } from '#platform/clickhouse';
import { CLICKHOUSE } from '#platform/clickhouse-watch';
import { MonitorCheckpoints, type ModelCatalog, type PipelineCatalog } from '#platform/control';
import { PublicationFailed } from '#platform/kafka';
import { KafkaStreamServer } from '#platform/kafka-stream';
import {
  HealthRegistry,
  KAFKA,
  LOG,
  MODEL_CATALOG,
  PIPELINE_CATALOG,
  SERVICE_CONFIG,
  SERVICE_NAME,
} from '#platform/service';
import type { Log } from '#platform/telemetry';
import type { MonitoringConfig } from '../monitoring.config.js';
import { ReferenceLoader } from '../references/reference-loader.js';
import { EngineLog } from './engine-log.js';
import { LogPosition } from './log-position.js';
import { ModelReferences } from './model-references.js';
import { MonitorMetrics } from './monitor-metrics.js';
import type { MonitorParts } from './parts.js';
import { PipelineMonitors } from './pipeline-monitors.js';

const EVERY_MS = 1_000;
const LONGEST_WAIT_MS = 10_000;
/** After another member has taken the monitors over: time for the group to tell who has the partition. */
const STEP_BACK_MS = 5_000;
/** Rows that one monitor's query may give. */
const MOST_ROWS = 100_000;
/** The server ends a query that takes too long; only a server that is gone is waited for in vain. */
const ANSWER_SLACK_MS = 10_000;

/** A pipeline with monitors; its loop goes on until it is stopped. */
class Watch {
  readonly stopping = new AbortController();
  done: Promise<void> = Promise.resolve();
  /** What keeps its monitors from being evaluated; null: nothing. */
  trouble: string | null = null;
  monitors: PipelineMonitors | undefined;

  constructor(public applied: AppliedPipeline) {}
}

/**
 * Looks after the monitors of every pipeline of which this member has the first partition of the predictions, beside the
 * consumers: it asks and waits, and the log does the work.
 */
@Injectable()
export class MonitorRunner implements OnModuleInit, OnApplicationShutdown {
  private readonly watched = new Map<string, Watch>();
  private readonly queries: ClickHouseClient;
  private readonly parts: MonitorParts;
  private unsubscribe: (() => void) | undefined;

  constructor(
    @Inject(SERVICE_CONFIG) private readonly config: MonitoringConfig,
    @Inject(SERVICE_NAME) service: string,
    @Inject(KAFKA) kafka: Kafka,
    @Inject(CLICKHOUSE) clickhouse: ClickHouseClient,
    @Inject(PIPELINE_CATALOG) private readonly catalog: PipelineCatalog,
    @Inject(MODEL_CATALOG) models: ModelCatalog,
    @Inject(LOG) private readonly log: Log,
    private readonly stream: KafkaStreamServer,
    private readonly health: HealthRegistry,
    registry: SchemaRegistryClient,
    codecs: AvroCodecs,
    loader: ReferenceLoader,
  ) {
    const { monitorQueryTimeoutMs, monitorQueryMemoryBytes, monitorIdleAfterMs } = config;
    this.queries = createClickHouse(config.clickhouseUrl, {
      requestTimeoutMs: monitorQueryTimeoutMs + ANSWER_SLACK_MS,
    });
    const bounds = {
      seconds: Math.ceil(monitorQueryTimeoutMs / 1_000),
      memoryBytes: monitorQueryMemoryBytes,
      resultRows: MOST_ROWS,
    };
    const references = new ModelReferences(models, loader, () => Date.now());
    this.parts = {
      kafka,
      codecs,
      checkpoints: new MonitorCheckpoints(kafka, registry, codecs),
      position: new LogPosition(kafka, service),
      clock: { idleAfterMs: monitorIdleAfterMs, stalledAfterMs: STALLED_FOR * monitorIdleAfterMs },
      metrics: new MonitorMetrics(),
      logOf: (definition) => new EngineLog(this.queries, definition, bounds),
      monitorLogOf: (pipeline) => new MonitorLog(clickhouse, pipeline),
      referenceOf: (pipeline, version) => references.of(pipeline, version),
      flagsOf: (pipeline) => models.flags(pipeline),
      nowMs: () => Date.now(),
    };
  }

  onModuleInit(): void {
    this.health.remark('monitors', () =>
      [...this.watched].flatMap(([name, { trouble, monitors }]) =>
        [...(trouble === null ? [] : [trouble]), ...(monitors?.failures() ?? [])].map((what) => `${name}: ${what}`),
      ),
    );
    this.unsubscribe = this.catalog.subscribe(async (change) => {
      if (change.kind === 'removed') await this.stop(change.name);
      else if (change.pipeline.definition.monitoring === undefined) await this.stop(change.pipeline.definition.name);
      else this.take(change.pipeline);
    });
  }

  async onApplicationShutdown(): Promise<void> {
    this.unsubscribe?.();
    await Promise.all([...this.watched.keys()].map((name) => this.stop(name)));
    await Promise.all([this.queries.close(), this.parts.position.close()]);
  }

  private take(applied: AppliedPipeline): void {
    const { name } = applied.definition;
    const { pipelines } = this.config;
    if (pipelines !== 'all' && !pipelines.includes(name)) return;
    const known = this.watched.get(name);
    if (known !== undefined) {
      known.applied = applied;
      return;
    }
    const watch = new Watch(applied);
    this.watched.set(name, watch);
    watch.done = this.look(watch);
  }

  private async stop(name: string): Promise<void> {
    const watched = this.watched.get(name);
    this.watched.delete(name);
    watched?.stopping.abort();
    await watched?.done;
  }

  private async look(watched: Watch): Promise<void> {
    const { signal } = watched.stopping;
    let waitMs = EVERY_MS;
    while (!signal.aborted) {
      const { name } = watched.applied.definition;
      try {
        if (this.stream.owns(name, 'predictions', 0)) {
          watched.monitors ??= await PipelineMonitors.open(watched.applied, this.parts);
          await watched.monitors.step(watched.applied, signal);
        } else {
          await watched.monitors?.close();
          watched.monitors = undefined;
        }
        waitMs = EVERY_MS;
        watched.trouble = null;
      } catch (error) {
        await watched.monitors?.close().catch(() => undefined);
        watched.monitors = undefined;
        if ((error as Error).name.startsWith('KafkaJS')) await this.parts.position.reset();
        const fenced = error instanceof PublicationFailed && error.reason === 'fenced';
        watched.trouble = fenced ? null : (error as Error).message;
        this.log[fenced ? 'info' : 'warn'](
          { pipeline: name, error },
          fenced
            ? `another member looks after the monitors of ${name}`
            : `the monitors of ${name} wait: ${watched.trouble}`,
        );
        waitMs = fenced ? STEP_BACK_MS : Math.min(waitMs * 2, LONGEST_WAIT_MS);
      }
      await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    }
    await watched.monitors?.close().catch(() => undefined);
  }
}

/** A partition whose records wait holds the clock for this many times as long as one that has none. */
const STALLED_FOR = 30;
