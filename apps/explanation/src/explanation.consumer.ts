import { Controller, Inject } from '@nestjs/common';
import type { AppliedPipeline, PredictionRecord } from '#contracts';
import type { ModelCatalog } from '#platform/control';
import type { StageContext, StageRecord, StageResult } from '#platform/kafka';
import { BatchHandler } from '#platform/kafka-stream';
import { MODEL_CATALOG } from '#platform/service';
import { ExplanationMetrics } from './explanation-metrics.js';
import { ExplanationPipeline, type ExplainedPipeline } from './explanation.pipeline.js';
import { EXPLAIN, EXPLANATION_CODECS, type ExplainsPredictions, type ExplanationCodecs } from './ports.js';

/** `<p>.predictions` → `<p>.explanations`, exactly once each, for pipelines that explain. There is no state. */
@Controller()
export class ExplanationConsumer {
  private readonly pipelines = new WeakMap<AppliedPipeline, ExplanationPipeline>();

  constructor(
    @Inject(EXPLAIN) private readonly explainers: ExplainsPredictions,
    @Inject(EXPLANATION_CODECS) private readonly codecs: ExplanationCodecs,
    @Inject(MODEL_CATALOG) private readonly models: Pick<ModelCatalog, 'flags'>,
    private readonly metrics: ExplanationMetrics,
  ) {}

  // Small batches: each explanation may take milliseconds, and a transaction ends with the last.
  @BatchHandler({ from: 'predictions', beside: 'explanations', delivery: 'transaction', maxRecords: 250 })
  async onPredictions(
    records: readonly StageRecord<PredictionRecord>[],
    { pipeline, signal }: StageContext,
  ): Promise<StageResult> {
    return this.pipelineOf(pipeline).handle(records, signal);
  }

  private pipelineOf(applied: AppliedPipeline): ExplanationPipeline {
    let pipeline = this.pipelines.get(applied);
    if (pipeline === undefined) {
      // Its stream is there because its definition says that it explains.
      pipeline = new ExplanationPipeline(applied as ExplainedPipeline, {
        explainers: this.explainers,
        codecs: this.codecs,
        metrics: this.metrics,
        flags: () => this.models.flags(applied.definition.name),
      });
      this.pipelines.set(applied, pipeline);
    }
    return pipeline;
  }
}
