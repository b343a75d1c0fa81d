import type { PredictionRecord } from '#contracts';
import { Unexplainable, type PredictionExplanation } from '#domain/explain';
import type { ExplanationMetrics, Occasion } from '../explanation-metrics.js';
import type { ExplainsPredictions } from '../ports.js';

/** Makes the step that finds out what each feature contributed, measured. */
export function createExplainStep(pipeline: string, explainers: ExplainsPredictions, metrics: ExplanationMetrics) {
  /**
   * @returns Unexplainable: this prediction is not to be explained, ever
   * @throws Retriable while what explains its version cannot be had
   */
  return async function explainStep(
    prediction: PredictionRecord,
    why: Occasion,
  ): Promise<PredictionExplanation | Unexplainable> {
    const started = performance.now();
    try {
      const explanation = await explainers.explain(pipeline, prediction.model_version, prediction);
      metrics.explained(pipeline, why, explanation.method, (performance.now() - started) / 1_000);
      return explanation;
    } catch (error) {
      if (!(error instanceof Unexplainable)) throw error;
      metrics.unexplainable(pipeline, why);
      return error;
    }
  };
}
