import { databaseOf } from '#contracts';
import type { NamedQuery } from './queries.js';
import { qualifiedName } from './table-sql.js';

/** The columns of the prediction, and of its explanation; without one, `method` is empty. */
export interface ExplainedPredictionRow extends Record<string, unknown> {
  readonly method: string;
  readonly unit: string;
  readonly base_value: number;
  readonly output: number;
  /** By JSONEachRow: tuples with names are objects. */
  readonly contributions: readonly { readonly feature: string; readonly contribution: number }[];
  readonly top_features: readonly string[];
  readonly why: string;
}

/** Predictions of an event that were served, oldest first, each with its explanation. Found by the bloom filters on `event_id`. */
export function predictionWithExplanationQuery(
  pipeline: string,
): NamedQuery<{ event_id: string }, ExplainedPredictionRow> {
  const table = (name: string) => qualifiedName({ database: databaseOf(pipeline), name });
  return {
    name: `${pipeline} prediction with its explanation`,
    toSql: () =>
      `SELECT p.*, e.method AS method, e.unit AS unit, e.base_value AS base_value, e.output AS output,\n` +
      `  e.contributions AS contributions, e.top_features AS top_features, e.why AS why\n` +
      `FROM (SELECT * FROM ${table('predictions')} WHERE event_id = {event_id:String}) AS p\n` +
      `LEFT JOIN (SELECT * FROM ${table('explanations')} WHERE event_id = {event_id:String}) AS e\n` +
      `  ON e.prediction_partition = p.log_partition AND e.prediction_offset = p.log_offset\n` +
      `ORDER BY p.predicted_at`,
  };
}
