import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { ClickHouseClient } from '@clickhouse/client';
import type { Kafka } from 'kafkajs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AppliedPipeline, PipelineDefinition } from '#contracts';
import type { LoopRecord } from '#domain/rollout';
import { AvroCodecs, SchemaRegistryClient } from '#platform/avro';
import { createClickHouse } from '#platform/clickhouse';
import { LifecycleWriter, type ModelCatalog, type PipelineCatalog } from '#platform/control';
import { LogReader, PublicationFailed } from '#platform/kafka';
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
import { LifecycleFollower } from '../leadership/lifecycle-follower.js';
import { phaseEnvironment, trainerEnvironment, type RetrainingConfig } from '../retraining.config.js';
import { PHASE_PROGRAM } from '../runs/phase-program.js';
import type { PhaseProcessOptions } from '../runs/phase-job.js';
import type { PhaseProgress, PhaseResources } from '../runs/phase-messages.js';
import { RunDesk } from '../runs/run-desk.js';
import { Slots } from '../runs/slots.js';
import { LoopLog } from './log-reading.js';
import { LoopMetrics } from './loop-metrics.js';
import type { LoopParts } from './loop-parts.js';
import { AlertInbox } from './new-alerts.js';
import { PipelineLoop, Superseded } from './pipeline-loop.js';

const LONGEST_WAIT_MS = 10_000;
/** Rows that one query of a guard may give. */
const MOST_ROWS = 100_000;
/** The server ends a query that takes too long; only a server that is gone is waited for in vain. */
const ANSWER_SLACK_MS = 10_000;

/** A pipeline in force; its loop is stepped until it is stopped. */
class Watch {
  readonly stopping = new AbortController();
  done: Promise<void> = Promise.resolve();
  /** What keeps its loop from going on; null: nothing. */
  trouble: string | null = null;
  loop: PipelineLoop | undefined;
  private waking = new AbortController();

  constructor(
    public applied: AppliedPipeline,
    readonly desk: RunDesk,
  ) {
    desk.onEnded(() => this.waking.abort());
  }

  /** Waits for so long, or until it is stopped, or a phase of its run has ended, which may have been while nobody waited. */
  async rest(ms: number): Promise<void> {
    const signal = AbortSignal.any([this.stopping.signal, this.waking.signal]);
    await sleep(ms, undefined, { signal }).catch(() => undefined);
    this.waking = new AbortController();
  }
}

/** What an instance knows of a loop. */
export interface LoopStatus extends LoopRecord {
  /** Of the phase that is at work here; null: none is. */
  readonly progress: PhaseProgress | null;
  readonly waitsFor: string | null;
}

/** Steps the loop of every pipeline of which this member has the partition on `eddyline.lifecycle`. */
@Injectable()
export class LoopRunner implements OnModuleInit, OnApplicationShutdown {
  private readonly watched = new Map<string, Watch>();
  private readonly queries: ClickHouseClient;
  private readonly reader: LogReader;
  private readonly parts: LoopParts;
  private readonly phases: PhaseProcessOptions;
  private readonly resources: PhaseResources;
  private unsubscribe: (() => void) | undefined;

  constructor(
    @Inject(SERVICE_CONFIG) private readonly config: RetrainingConfig,
    @Inject(SERVICE_NAME) service: string,
    @Inject(KAFKA) kafka: Kafka,
    @Inject(PIPELINE_CATALOG) private readonly catalog: PipelineCatalog,
    @Inject(MODEL_CATALOG) private readonly models: ModelCatalog,
    @Inject(LOG) private readonly log: Log,
    @Inject(PHASE_PROGRAM) program: URL,
    private readonly follower: LifecycleFollower,
    private readonly health: HealthRegistry,
    private readonly metrics: LoopMetrics,
    registry: SchemaRegistryClient,
    codecs: AvroCodecs,
  ) {
    const { clickhouseUrl, artifacts, guardQueryTimeoutMs, guardQueryMemoryBytes } = config;
    this.queries = createClickHouse(clickhouseUrl, { requestTimeoutMs: guardQueryTimeoutMs + ANSWER_SLACK_MS });
    this.reader = new LogReader(kafka);
    const bounds = {
      seconds: Math.ceil(guardQueryTimeoutMs / 1_000),
      memoryBytes: guardQueryMemoryBytes,
      resultRows: MOST_ROWS,
    };
    this.parts = {
      service,
      mostAttempts: config.runAttempts,
      guardShare: config.guardShare,
      models,
      metrics,
      log,
      openWriter: (pipeline) => LifecycleWriter.open(pipeline, { kafka, registry, codecs }),
      logOf: (pipeline) => new LoopLog(this.queries, pipeline, bounds),
      inboxOf: (pipeline) =>
        new AlertInbox(pipeline, this.reader, codecs, (message) => log.warn({ pipeline }, message)),
      nowMs: () => Date.now(),
    };
    this.phases = {
      program,
      memoryBytes: config.trainingMemoryBytes,
      nice: config.trainingNice,
      environment: phaseEnvironment(),
      slots: new Slots(config.trainings),
      onLog: (pipeline, text) => log.info({ pipeline }, text),
    };
    this.resources = {
      clickhouseUrl,
      artifacts,
      dataQuery: { seconds: Math.ceil(config.dataQueryTimeoutMs / 1_000), memoryBytes: config.dataQueryMemoryBytes },
      trainer: {
        folder: resolve(config.trainerFolder),
        directory: resolve(config.trainerDirectory),
        environment: trainerEnvironment(),
      },
    };
  }

  onModuleInit(): void {
    this.health.remark('loops', () =>
      [...this.watched].flatMap(([name, { trouble, desk, loop }]) => [
        ...(trouble === null ? [] : [`${name}: ${trouble}`]),
        ...(loop?.troubles ?? []).map((what) => `${name}: ${what}`),
        ...(desk.progress === null ? [] : [`${name}: ${desk.progress.text}`]),
      ]),
    );
    this.unsubscribe = this.catalog.subscribe(async (change) => {
      if (change.kind === 'removed') await this.stop(change.name);
      else this.take(change.pipeline);
    });
  }

  async onApplicationShutdown(): Promise<void> {
    this.unsubscribe?.();
    await Promise.all([...this.watched.keys()].map((name) => this.stop(name)));
    await Promise.all([this.queries.close(), this.reader.close()]);
  }

  /** Undefined: the loop of this pipeline is another member's, or it has none. */
  statusOf(pipeline: string): LoopStatus | undefined {
    const watched = this.watched.get(pipeline);
    if (watched?.loop === undefined) return undefined;
    return { ...watched.loop.record, progress: watched.desk.progress, waitsFor: watched.trouble };
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
    const watch = new Watch(applied, new RunDesk(this.phases, this.resources, this.metrics));
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
    const everyMs = this.config.loopEveryMs;
    let waitMs = everyMs;
    while (!signal.aborted) {
      try {
        // What was decided is gone on with at once.
        waitMs = (await this.lookOnce(watched)) ? 0 : everyMs;
        watched.trouble = null;
      } catch (error) {
        await close(watched);
        waitMs = this.noteTrouble(watched, error as Error, waitMs);
      }
      await watched.rest(waitMs);
    }
    await watched.desk.leave();
    await close(watched);
  }

  /** @returns whether anything was decided */
  private async lookOnce(watched: Watch): Promise<boolean> {
    const { applied, desk } = watched;
    const { name } = applied.definition;
    const leader = this.follower.leaderOf(name);
    if (leader === 'unsure') return false; // whoever has it wrongly can change nothing
    if (leader === 'another' || !this.hasLoop(applied.definition)) {
      await desk.leave();
      await close(watched);
      this.metrics.forget(name);
      return false;
    }
    watched.loop ??= await PipelineLoop.open(name, this.parts, desk);
    return watched.loop.step(applied);
  }

  /** Beside those whose file says so, those of which something is under way. */
  private hasLoop({ name, retrain, rollout }: PipelineDefinition): boolean {
    const state = this.models.lifecycle(name);
    return retrain !== undefined || rollout !== undefined || (state?.run ?? state?.rollout ?? null) !== null;
  }

  /** @returns how long to wait, ms */
  private noteTrouble(watched: Watch, error: Error, waitedMs: number): number {
    const pipeline = watched.applied.definition.name;
    if (error instanceof Superseded || (error instanceof PublicationFailed && error.reason === 'fenced')) {
      this.log.info({ pipeline }, `somebody else has changed the models of ${pipeline}; its loop goes on from there`);
      watched.trouble = null;
      return this.config.loopEveryMs;
    }
    watched.trouble = error.message;
    this.log.warn({ pipeline, error }, `the loop of ${pipeline} waits: ${error.message}`);
    return Math.min(Math.max(waitedMs, this.config.loopEveryMs) * 2, LONGEST_WAIT_MS);
  }
}

async function close(watched: Watch): Promise<void> {
  const { loop } = watched;
  watched.loop = undefined;
  await loop?.close().catch(() => undefined);
}
