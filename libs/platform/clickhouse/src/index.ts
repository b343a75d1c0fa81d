export { boundedSelect, type BoundedSelect, type SelectAnswer, type SelectBounds } from './bounded-select.js';
export type { AlertDeliveryRow } from './alert-deliveries.table.js';
export {
  AlertDeliveryLog,
  deliveriesOfAlertQuery,
  settledDeliveriesQuery,
  type AlertDelivered,
  type SettledDelivery,
} from './alert-delivery-log.js';
export { AlertLog } from './alert-log.js';
export {
  alertChangesQuery,
  firingAlertsQuery,
  latestAlertsQuery,
  toAlertRecord,
  type AlertRow,
} from './alerts.queries.js';
export type { LoggedAlert } from './alerts.table.js';
export type { AppendOptions } from './append-rows.js';
export { createClickHouse, type ClickHouseOptions } from './clickhouse-client.js';
export { ClickHouseRefused, classifyClickHouseError } from './clickhouse-errors.js';
export { ExplanationLog } from './explanation-log.js';
export { predictionWithExplanationQuery, type ExplainedPredictionRow } from './explanations.queries.js';
export { explanationsTable, type LoggedExplanation } from './explanations.table.js';
export type { InsertTraceOptions } from './insert-spans.js';
export { LifecycleLog } from './lifecycle-log.js';
export { LIFECYCLE_TABLE, type LoggedLifecycleEvent } from './lifecycle.table.js';
export { labelRank } from './label-rank.js';
export { tablesOf, viewsOf, type LogTablesInput } from './log-tables.js';
export { logTotalsQuery, predictionsOfEventQuery, predictionsOfTraceQuery, type LogTotals } from './log.queries.js';
export type { ModelReferenceRow } from './model-reference.table.js';
export { MonitorLog } from './monitor-log.js';
export { OutcomeLog } from './outcome-log.js';
export type { LoggedOutcome } from './outcomes.table.js';
export {
  applyTables,
  diffTables,
  planSharedTables,
  planTables,
  type ExistingColumn,
  type ExistingTables,
  type ExistingView,
  type TableChange,
  type TablePlan,
  type TableRefusal,
  type WantedTables,
} from './plan-tables.js';
export { keyAndTime, PredictionLookup, type KeyAndTime } from './prediction-lookup.js';
export type { LoggedPrediction, PredictionColumnsInput } from './prediction-columns.js';
export { PredictionLog } from './prediction-log.js';
export { predictionsTable } from './predictions.table.js';
export { QuarantineLog } from './quarantine-log.js';
export { quarantineTable, type QuarantinedEvent } from './quarantine.table.js';
export { runQuery, type NamedQuery } from './queries.js';
export { ReferenceLog } from './reference-log.js';
export { shadowPredictionsTable } from './shadow-predictions.table.js';
export {
  createDatabaseSql,
  createTableSql,
  createViewSql,
  DEDUPLICATION_WINDOW,
  insertSql,
  qualifiedName,
} from './table-sql.js';
export { streamRows, type StreamedType, type StreamOptions } from './stream-rows.js';
export type { AliasColumn, Column, SkipIndex, Table, TableSettings, View } from './table.js';
