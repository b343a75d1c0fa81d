import type { PipelineDefinition } from '#contracts';
import { alertDeliveriesTable } from './alert-deliveries.table.js';
import { alertsTable } from './alerts.table.js';
import { explanationsTable } from './explanations.table.js';
import { modelReferenceTable } from './model-reference.table.js';
import { monitorResultsTable } from './monitor-results.table.js';
import { monitorTicksTable } from './monitor-ticks.table.js';
import { outcomeRevisionsTable, outcomesLatestTable, outcomesView } from './outcomes.table.js';
import type { PredictionColumnsInput } from './prediction-columns.js';
import { predictionsTable } from './predictions.table.js';
import { quarantineTable } from './quarantine.table.js';
import { shadowPredictionsTable } from './shadow-predictions.table.js';
import type { Table, View } from './table.js';

/** What of a definition the log of record follows from. */
export type LogTablesInput = PredictionColumnsInput &
  Pick<PipelineDefinition, 'label' | 'monitoring' | 'rollout' | 'explain'>;

/** The tables that a pipeline has, by what its file declares. */
export function tablesOf(definition: LogTablesInput): readonly Table<never>[] {
  const { name, label, monitoring, rollout, explain } = definition;
  return [
    predictionsTable(definition),
    quarantineTable(name),
    ...(rollout === undefined ? [] : [shadowPredictionsTable(definition)]),
    ...(explain === undefined ? [] : [explanationsTable(definition)]),
    ...(label === undefined ? [] : [outcomeRevisionsTable(definition), outcomesLatestTable(definition)]),
    ...(monitoring === undefined
      ? []
      : [
          modelReferenceTable(definition),
          monitorResultsTable(name),
          monitorTicksTable(name),
          alertsTable(name),
          alertDeliveriesTable(name),
        ]),
  ];
}

export function viewsOf(definition: LogTablesInput): readonly View[] {
  return definition.label === undefined ? [] : [outcomesView(definition)];
}
