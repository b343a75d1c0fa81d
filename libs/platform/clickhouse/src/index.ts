export { createClickHouse, type ClickHouseOptions } from './clickhouse-client.js';
export { ClickHouseRefused, classifyClickHouseError } from './clickhouse-errors.js';
export type { InsertTraceOptions } from './insert-spans.js';
export { logTotalsQuery, predictionsOfEventQuery, predictionsOfTraceQuery, type LogTotals } from './log.queries.js';
export {
  applyTables,
  diffTables,
  planTables,
  tablesOf,
  type ExistingColumn,
  type ExistingTables,
  type TableChange,
  type TablePlan,
  type TableRefusal,
} from './plan-tables.js';
export { PredictionLog } from './prediction-log.js';
export { featureColumnName, predictionsTable, type PredictionsTableInput } from './predictions.table.js';
export { QuarantineLog } from './quarantine-log.js';
export { quarantineTable, type QuarantinedEvent } from './quarantine.table.js';
export { runQuery, type NamedQuery } from './queries.js';
export {
  createDatabaseSql,
  createTableSql,
  DEDUPLICATION_WINDOW,
  identifier,
  insertSql,
  literal,
  qualifiedName,
} from './table-sql.js';
export type { AliasColumn, Column, SkipIndex, Table, TableSettings } from './table.js';
