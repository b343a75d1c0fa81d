import type { PredictionRecord, PredictionSource } from '#contracts';
import { featureRecordOf, type FeatureValue } from '#domain/features';
import type { Champion } from '../models/champion.js';
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

export function predictionOf(
  { pipeline, featureNames }: Pick<ScoringProgram, 'pipeline' | 'featureNames'>,
  { version }: Pick<Champion, 'version'>,
  facts: EventFacts,
  row: readonly FeatureValue[],
  { score, classScores }: Pick<Score, 'score' | 'classScores'>,
  predictedAtMs: number,
): PredictionRecord {
  const { model, name } = pipeline.definition;
  return {
    event_id: facts.eventId,
    event_key: facts.eventKey,
    event_time: facts.eventTimeMs,
    model: name,
    model_version: version.version,
    model_sha256: version.sha256,
    role: 'champion',
    propensity: 1,
    features: featureRecordOf(featureNames, row),
    flags: facts.flags,
    score,
    class_scores: classScores,
    decision: decisionOf(model, score, classScores),
    threshold: model.threshold,
    reasons: NO_REASONS,
    predicted_at: predictedAtMs,
    trace_id: facts.traceId,
    source: facts.source,
    input_topic: facts.position?.topic ?? '',
    input_partition: facts.position?.partition ?? -1,
    input_offset: facts.position?.offset ?? -1,
    pipeline_revision: pipeline.revision,
    event: facts.event,
  };
}
