import { databaseOf } from '#contracts';
import { predictionColumns, type LoggedPrediction, type PredictionColumnsInput } from './prediction-columns.js';
import type { Table } from './table.js';

/**
 * The log of predictions of a pipeline: one row per prediction.
 *
 * Parts are cut by the month of scoring, not of the event: a replay of years of events stays one part per insert, and
 * an event from the year 2299 makes no partition of its own. Ranges of event time are found by the sorting key.
 */
export function predictionsTable(definition: PredictionColumnsInput): Table<LoggedPrediction> {
  return {
    database: databaseOf(definition.name),
    name: 'predictions',
    comment: `Predictions of the pipeline ${definition.name}, one row each`,
    ...predictionColumns(definition),
    indexes: [
      { name: 'by_event_id', expression: 'event_id', type: 'bloom_filter(0.001)', granularity: 1 },
      { name: 'by_trace_id', expression: 'trace_id', type: 'bloom_filter(0.001)', granularity: 1 },
    ],
    partitionBy: 'toYYYYMM(predicted_at)',
    orderBy: ['model', 'model_version', 'event_time'],
    identity: ['event_id', 'input_topic', 'input_partition', 'input_offset', 'role', 'model_version', 'predicted_at'],
  };
}
