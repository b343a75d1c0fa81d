import type { ExplainDefinition, PredictionRecord } from '#contracts';
import { mostImportant, type PredictionExplanation } from '#domain/explain';

/** What is answered to who asks why. Times ISO 8601. */
export interface ExplanationAnswer {
  readonly event_id: string;
  readonly event_time: string;
  readonly model_version: string;
  readonly role: string;
  readonly score: number;
  readonly decision: string;
  readonly method: string;
  readonly unit: string;
  readonly base_value: number;
  readonly output: number;
  /** Of every feature, in the order in which the model takes them; `base_value` and all of them add up to `output`. */
  readonly contributions: readonly {
    readonly feature: string;
    readonly value: number | string | null;
    readonly contribution: number;
  }[];
  /** The features that contributed most, the first most of all. */
  readonly reasons: readonly string[];
}

/** Where the pipeline file does not say how many. */
const REASONS = 5;

export function explanationAnswerOf(
  prediction: PredictionRecord,
  { method, unit, base, output, contributions }: PredictionExplanation,
  explain: ExplainDefinition | undefined,
): ExplanationAnswer {
  return {
    event_id: prediction.event_id,
    event_time: new Date(prediction.event_time).toISOString(),
    model_version: prediction.model_version,
    role: prediction.role,
    score: prediction.score,
    decision: prediction.decision,
    method,
    unit,
    base_value: base,
    output,
    contributions: contributions.map(({ feature, contribution }) => ({
      feature,
      value: prediction.features[feature] ?? null,
      contribution,
    })),
    reasons: mostImportant(contributions, explain?.top ?? REASONS).map(({ feature }) => feature),
  };
}
