import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AppliedPipeline, ExplainDefinition, PipelineFlag, PredictionRecord } from '#contracts';
import { compileChoice, Unexplainable, type ChoosePrediction } from '#domain/explain';
import type { StageRecord, StageResult } from '#platform/kafka';
import { drop, type Outcome } from '#platform/outcomes';
import type { ExplanationMetrics } from './explanation-metrics.js';
import type { ExplainsPredictions, ExplanationCodecs } from './ports.js';
import { createEmitStep } from './steps/emit.step.js';
import { createExplainStep } from './steps/explain.step.js';

export interface ExplanationParts {
  readonly explainers: ExplainsPredictions;
  readonly codecs: ExplanationCodecs;
  readonly metrics: ExplanationMetrics;
  /** Of the pipeline, as they are now. */
  readonly flags: () => readonly PipelineFlag[];
}

/** A pipeline that explains its predictions. */
export type ExplainedPipeline = AppliedPipeline & { readonly definition: { readonly explain: ExplainDefinition } };

/** Longest time for which explaining keeps the event loop from anything else. */
const TURN_MS = 25;

/** What happens to the predictions of one pipeline under one revision of its definition. */
export class ExplanationPipeline {
  private readonly explain: ReturnType<typeof createExplainStep>;
  private readonly emit: ReturnType<typeof createEmitStep>;
  private choice: { readonly flags: readonly PipelineFlag[]; readonly choose: ChoosePrediction } | undefined;

  constructor(
    private readonly applied: ExplainedPipeline,
    private readonly parts: ExplanationParts,
  ) {
    this.explain = createExplainStep(applied.definition.name, parts.explainers, parts.metrics);
    this.emit = createEmitStep(applied, parts.codecs);
  }

  /**
   * choose → explain → emit.
   *
   * @throws Retriable while what explains a chosen prediction cannot be had; AbortError when `signal` is aborted
   */
  async handle(records: readonly StageRecord<PredictionRecord>[], signal: AbortSignal): Promise<StageResult> {
    const choose = this.choosing();
    const outcomes: Outcome[] = [];
    let turnEndsAt = performance.now() + TURN_MS;
    for (const record of records) {
      outcomes.push(await this.outcomeOf(record, choose));
      if (performance.now() < turnEndsAt) continue;
      await nextTurn();
      signal.throwIfAborted();
      turnEndsAt = performance.now() + TURN_MS;
    }
    return { outcomes };
  }

  private async outcomeOf(record: StageRecord<PredictionRecord>, choose: ChoosePrediction): Promise<Outcome> {
    const why = choose(record.value);
    if (why === null) return drop('not_chosen');
    const explanation = await this.explain(record.value, why);
    // Never a stopped partition, and nothing that replaying would mend: no quarantine.
    if (explanation instanceof Unexplainable) return drop('unexplainable');
    return this.emit(record, explanation, why, Date.now());
  }

  /** Compiled anew when a flag has changed. */
  private choosing(): ChoosePrediction {
    const flags = this.parts.flags();
    const isSame = this.choice?.flags === flags || (this.choice?.flags.length === 0 && flags.length === 0);
    if (this.choice === undefined || !isSame) {
      this.choice = { flags, choose: compileChoice(this.applied.definition, flags) };
    }
    return this.choice.choose;
  }
}
