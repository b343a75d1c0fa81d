import type { LoggedPrediction, PredictionColumnsInput } from './prediction-columns.js';
import { predictionsTable } from './predictions.table.js';
import type { Table } from './table.js';

/**
 * What models said of events that another model served: rows as in `predictions`, and a table of its own, so that nobody counts
 * or acts on one by mistake.
 */
export function shadowPredictionsTable(definition: PredictionColumnsInput): Table<LoggedPrediction> {
  return {
    ...predictionsTable(definition),
    name: 'shadow_predictions',
    comment: `What models of the pipeline ${definition.name} said beside the one that served: one row per prediction`,
  };
}
