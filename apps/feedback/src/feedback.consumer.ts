import { Controller, Inject } from '@nestjs/common';
import type { AppliedPipeline, LabelDefinition } from '#contracts';
import type { PartitionLease, StageContext, StageRecord, StageResult } from '#platform/kafka';
import { BatchHandler } from '#platform/kafka-stream';
import { SERVICE_CONFIG } from '#platform/service';
import { setTimeout as delay } from 'node:timers/promises';
import type { FeedbackConfig } from './feedback.config.js';
import { FeedbackMetrics } from './feedback-metrics.js';
import { FeedbackPipeline } from './feedback.pipeline.js';
import { OUTCOME_CODECS, PREDICTIONS, type OutcomeCodecs, type PredictionLog } from './ports.js';
import { arrivedLabel, waitingLabel } from './steps/waiting-label.js';

/** Of the time between two looks for labels that wait, what the looking itself may take at most: one part in so many. */
const LOOKING_SHARE = 4;

/**
 * `<p>.labels` → `<p>.outcomes`, or `<p>.label-retries` and from there again, exactly once each. There is no state: what a
 * label waits for stands in its headers.
 */
@Controller()
export class FeedbackConsumer {
  private readonly pipelines = new WeakMap<AppliedPipeline, FeedbackPipeline>();
  /** When a partition's waiting labels may be looked for again at the earliest, by performance.now(). */
  private readonly rested = new WeakMap<PartitionLease, number>();

  constructor(
    @Inject(PREDICTIONS) private readonly predictions: PredictionLog,
    @Inject(OUTCOME_CODECS) private readonly codecs: OutcomeCodecs,
    @Inject(SERVICE_CONFIG) private readonly config: Pick<FeedbackConfig, 'labelGraceMs' | 'labelRetryMs'>,
    private readonly metrics: FeedbackMetrics,
  ) {}

  @BatchHandler({ from: 'labels', delivery: 'transaction' })
  async onLabels(records: readonly StageRecord[], { pipeline, signal }: StageContext): Promise<StageResult> {
    const nowMs = Date.now();
    const labels = records.map((record) => [record, arrivedLabel(record, nowMs)] as const);
    return this.pipelineOf(pipeline).handle(labels, signal);
  }

  /**
   * Waits until the first of the batch is due; the others, which were put there later, are looked for with it. The partition
   * is paused meanwhile, and its owner goes on with the others.
   */
  @BatchHandler({ from: 'label-retries', delivery: 'transaction' })
  async onRetries(records: readonly StageRecord[], context: StageContext): Promise<StageResult> {
    const { pipeline, lease, signal } = context;
    const labels = records.map((record) => [record, waitingLabel(record, pipeline.definition.name)] as const);
    const dueInMs = labels[0]![1].notBeforeMs - Date.now();
    const restMs = (this.rested.get(lease) ?? 0) - performance.now();
    // Never longer than a label is made to wait: the clock may have been set back.
    const waitMs = Math.min(this.config.labelRetryMs, Math.max(dueInMs, restMs));
    if (waitMs > 0) await delay(waitMs, undefined, { signal });
    const started = performance.now();
    const result = await this.pipelineOf(pipeline).handle(labels, signal);
    const ended = performance.now();
    // A million labels that wait are looked for one batch after the other: ClickHouse has other things to do.
    this.rested.set(lease, ended + (ended - started) * (LOOKING_SHARE - 1));
    return result;
  }

  private pipelineOf(applied: AppliedPipeline): FeedbackPipeline {
    let pipeline = this.pipelines.get(applied);
    if (pipeline === undefined) {
      const { labelGraceMs: graceMs, labelRetryMs: longestDelayMs } = this.config;
      pipeline = new FeedbackPipeline(applied as LabelledPipeline, {
        predictions: this.predictions.of(applied.definition),
        codecs: this.codecs,
        metrics: this.metrics,
        patience: { graceMs, longestDelayMs },
      });
      this.pipelines.set(applied, pipeline);
    }
    return pipeline;
  }
}

/** Its streams are there because its definition has labels. */
type LabelledPipeline = AppliedPipeline & { readonly definition: { readonly label: LabelDefinition } };
