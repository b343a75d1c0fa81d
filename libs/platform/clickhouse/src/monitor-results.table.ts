import { databaseOf, type MonitorResult } from '#contracts';
import * as types from './column-type.js';
import { column, TIME_CODEC, word } from './column.js';
import type { Table } from './table.js';

const number = types.nullable(types.float64);

/** Everything that monitors found: a row per figure of each evaluation. */
export function monitorResultsTable(pipeline: string): Table<MonitorResult> {
  return {
    database: databaseOf(pipeline),
    name: 'monitor_results',
    comment: `What the monitors of the pipeline ${pipeline} found, a row per figure, with the query that gave it`,
    columns: [
      column('monitor', word, (r) => r.monitor, 'name of the monitor'),
      column('kind', word, (r) => r.kind, 'kind of the monitor'),
      column('metric', word, (r) => r.metric, 'what was measured'),
      column('subject', word, (r) => r.subject, 'feature, field, partition, reason …; empty: the whole'),
      column('slice', word, (r) => r.slice, '<column>=<value>; empty: all rows'),
      column('window_start', types.time, (r) => r.windowStart, 'event time from which rows were looked at', TIME_CODEC),
      column('window_end', types.time, (r) => r.windowEnd, 'event time before which rows were looked at', TIME_CODEC),
      column('value', number, (r) => r.value, 'null: it has none'),
      column('reference_value', number, (r) => r.referenceValue, 'what it is held against'),
      column('low', number, (r) => r.low, 'lower end of the confidence interval'),
      column('high', number, (r) => r.high, 'upper end of the confidence interval'),
      column('p_value', number, (r) => r.pValue, 'of the test, where there is one'),
      column('q_value', number, (r) => r.qValue, 'p_value adjusted for how many were looked at'),
      column('rows', types.uint64, (r) => r.rows, 'rows in the window'),
      column('reference_rows', types.nullable(types.uint64), (r) => r.referenceRows, 'rows of what it is held against'),
      column('coverage', number, (r) => r.coverage, 'share of the predictions of the window that have labels'),
      column('verdict', word, (r) => r.verdict, 'ok, info, warning, critical, or insufficient'),
      column('threshold', number, (r) => r.threshold, 'bound that was crossed, else the nearest one'),
      column('recovered', types.bool, (r) => r.recovered, 'within every bound by the hysteresis too'),
      column('explanation', types.string, (r) => r.explanation, 'one sentence where the verdict is not ok'),
      column('evaluated_at', types.time, (r) => r.evaluatedAt, 'wall clock', TIME_CODEC),
      column('duration_ms', types.float64, (r) => r.durationMs, 'what the query took'),
      column('model_version', word, (r) => r.modelVersion, 'version that scored last in the window'),
      column('pipeline_revision', types.int32, (r) => r.pipelineRevision, 'revision of the definition in force'),
      column('query', types.string, (r) => r.query, 'as it was run; gives the same figures again', 'ZSTD(3)'),
    ],
    aliases: [],
    indexes: [],
    partitionBy: 'toYYYYMM(evaluated_at)',
    orderBy: ['monitor', 'metric', 'subject', 'slice', 'window_end'],
    identity: ['window_end', 'monitor', 'metric', 'subject', 'slice', 'window_start'],
  };
}
