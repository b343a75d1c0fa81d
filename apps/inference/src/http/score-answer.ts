import type { PredictionRecord } from '#contracts';

/** What a caller learns of a prediction; the whole record is on `<pipeline>.predictions`. */
export interface ScoreAnswer {
  readonly event_id: string;
  readonly score: number;
  /** Multiclass models only. */
  readonly class_scores?: readonly number[];
  readonly decision: string;
  readonly threshold: number;
  readonly model: string;
  readonly version: string;
  readonly flags: readonly string[];
  /** ISO 8601. */
  readonly predicted_at: string;
  /** Empty when the request is not sampled. */
  readonly trace_id: string;
}

export function scoreAnswerOf(prediction: PredictionRecord): ScoreAnswer {
  const { event_id, score, class_scores, decision, threshold, model, model_version, flags, trace_id } = prediction;
  return {
    event_id,
    score,
    ...(class_scores.length > 0 ? { class_scores } : {}),
    decision,
    threshold,
    model,
    version: model_version,
    flags,
    predicted_at: new Date(prediction.predicted_at).toISOString(),
    trace_id,
  };
}
