import type { AvroRecordSchema, PipelineDefinition } from '#contracts';
import type { KeyAndTime, LoggedPrediction } from '#platform/clickhouse';

/** Injection tokens. */
export const PREDICTIONS = Symbol('feedback.predictions');
export const OUTCOME_CODECS = Symbol('feedback.outcome-codecs');

/** The predictions that were served, as the log holds them. All methods throw Retriable while it cannot be read. */
export interface ServedPredictions {
  /** By event id; what the log does not hold yet is missing. At most 1,000 ids. */
  byIds(ids: readonly string[]): Promise<ReadonlyMap<string, LoggedPrediction>>;
  /** By `keyAndTime`. */
  byKeysAndTimes(events: readonly KeyAndTime[]): Promise<ReadonlyMap<string, LoggedPrediction>>;
  /** Latest event time in the log, ms since epoch; -Infinity of an empty log. */
  clockMs(): Promise<number>;
}

/** Where predictions are looked up, of every pipeline. */
export interface PredictionLog {
  of(definition: PipelineDefinition): ServedPredictions;
}

/** How outcomes are written to the wire. */
export interface OutcomeCodecs {
  /** @param id registry id of `schema`. Compiles the schema: keep the function. */
  encoderFor(schema: AvroRecordSchema, id: number): (outcome: unknown) => Buffer;
}
