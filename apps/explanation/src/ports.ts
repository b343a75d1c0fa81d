import type { AvroRecordSchema, PipelineDefinition } from '#contracts';
import type { ExplainedPrediction, PredictionExplanation } from '#domain/explain';
import type { LoggedPrediction } from '#platform/clickhouse';

/** Injection tokens. */
export const EXPLAIN = Symbol('explanation.explain');
export const PREDICTIONS = Symbol('explanation.predictions');
export const EXPLANATION_CODECS = Symbol('explanation.codecs');

/**
 * Explains a prediction of a pipeline by the version that made it.
 * @throws Retriable while what explains the version cannot be had; Unexplainable where that will not change
 */
export interface ExplainsPredictions {
  explain(pipeline: string, version: string, prediction: ExplainedPrediction): Promise<PredictionExplanation>;
}

/** The predictions that were served, as the log holds them. */
export interface PredictionLog {
  /** Undefined: the log does not hold it (yet). @throws Retriable while it cannot be read */
  find(definition: PipelineDefinition, eventId: string): Promise<LoggedPrediction | undefined>;
}

/** How explanations are written to the wire. */
export interface ExplanationCodecs {
  /** @param id registry id of `schema`. Compiles the schema: keep the function. */
  encoderFor(schema: AvroRecordSchema, id: number): (explanation: unknown) => Buffer;
}
