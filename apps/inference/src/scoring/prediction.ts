import type { ModelVersion, PredictionRecord, PredictionSource } from '#contracts';
import { featureRecordOf, type FeatureValue } from '#domain/features';
import type { Score } from '../steps/score.step.js';
import { decisionOf } from './decision.js';
import type { ScoringProgram } from './scoring-program.js';

/** Why an event has no prediction. A value: the stream quarantines it, HTTP answers it. */
export interface Refused {
  readonly ok: false;
  readonly reason: 'feature_error' | 'model_error';
  /** One sentence for a person. */
  readonly message: string;
}

/** What is known of an event beside its features. */
export interface EventFacts {
  readonly eventId: string;
  readonly eventKey: string;
  readonly eventTimeMs: number;
  /** Null where only features were given. */
  readonly event: Readonly<Record<string, unknown>> | null;
  readonly flags: readonly string[];
  /** Empty when the event is not sampled. */
  readonly traceId: string;
  readonly source: PredictionSource;
  /** Where the scored record lies; null for HTTP. */
  readonly position: { readonly topic: string; readonly partition: number; readonly offset: number } | null;
}

const NO_REASONS: PredictionRecord['reasons'] = [];

/** How a model came to say something of an event. */
export type Part = Pick<PredictionRecord, 'role' | 'propensity'> & {
  /** Added to the event's own; null: nothing. */
  readonly flag: string | null;
};

export function predictionOf(
  { pipeline, featureNames, thresholdFor }: Pick<ScoringProgram, 'pipeline' | 'featureNames' | 'thresholdFor'>,
  version: Pick<ModelVersion, 'version' | 'sha256'>,
  facts: EventFacts,
  row: readonly FeatureValue[],
  { score, classScores, scoringMs }: Score,
  { role, propensity, flag }: Part,
  predictedAtMs: number,
): PredictionRecord {
  const { model, name } = pipeline.definition;
  const threshold = thresholdFor(facts.eventKey);
  return {
    event_id: facts.eventId,
    event_key: facts.eventKey,
    event_time: facts.eventTimeMs,
    model: name,
    model_version: version.version,
    model_sha256: version.sha256,
    role,
    propensity,
    features: featureRecordOf(featureNames, row),
    flags: flag === null ? facts.flags : [...facts.flags, flag],
    score,
    class_scores: classScores,
    decision: decisionOf({ task: model.task, threshold }, score, classScores),
    threshold,
    reasons: NO_REASONS,
    predicted_at: predictedAtMs,
    scoring_ms: scoringMs,
    trace_id: facts.traceId,
    source: facts.source,
    input_topic: facts.position?.topic ?? '',
    input_partition: facts.position?.partition ?? -1,
    input_offset: facts.position?.offset ?? -1,
    pipeline_revision: pipeline.revision,
    event: facts.event,
  };
}

/** What another model said of the event of a prediction; all else is the same. */
export function shadowOf(
  { pipeline }: Pick<ScoringProgram, 'pipeline'>,
  served: PredictionRecord,
  version: Pick<ModelVersion, 'version' | 'sha256'>,
  { score, classScores, scoringMs }: Score,
): PredictionRecord {
  const { task } = pipeline.definition.model;
  return {
    ...served,
    model_version: version.version,
    model_sha256: version.sha256,
    role: 'shadow',
    score,
    class_scores: classScores,
    decision: decisionOf({ task, threshold: served.threshold }, score, classScores),
    scoring_ms: scoringMs,
  };
}
