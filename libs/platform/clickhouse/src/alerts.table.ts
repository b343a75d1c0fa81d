import { databaseOf, type AlertRecord } from '#contracts';
import * as types from './column-type.js';
import { column, TIME_CODEC, word } from './column.js';
import type { Table } from './table.js';

/** An alert's change as it lies on `<p>.alerts`. */
export interface LoggedAlert {
  readonly record: AlertRecord;
  readonly partition: number;
  readonly offset: number;
}

const number = types.nullable(types.float64);
const slices = types.array(types.tuple({ slice: types.string, value: types.float64, rows: types.uint64 }));
const examples = types.array(
  types.tuple({ event_id: types.string, trace_id: types.string, partition: types.int32, offset: types.int64 }),
);

/** A row per change of an alert: fired, worsened, resolved. */
export function alertsTable(pipeline: string): Table<LoggedAlert> {
  return {
    database: databaseOf(pipeline),
    name: 'alerts',
    comment: `Changes of the alerts of the pipeline ${pipeline}, with what they rest on`,
    columns: [
      column('id', types.string, ({ record }) => record.id, 'the same for all changes of an alert'),
      column('pipeline', word, ({ record }) => record.pipeline, 'name of the pipeline'),
      column('monitor', word, ({ record }) => record.monitor, 'name of the monitor'),
      column('kind', word, ({ record }) => record.kind, 'kind of the monitor'),
      column('metric', word, ({ record }) => record.metric, 'what was measured'),
      column('subject', word, ({ record }) => record.subject, 'feature, field, partition …; empty: the whole'),
      column('slice', word, ({ record }) => record.slice, '<column>=<value>; empty: all rows'),
      column('state', word, ({ record }) => record.state, 'firing or resolved'),
      column('severity', word, ({ record }) => record.severity, 'info, warning or critical'),
      column('summary', types.string, ({ record }) => record.summary, 'one sentence'),
      column('value', number, ({ record }) => record.value, 'what was found'),
      column('threshold', number, ({ record }) => record.threshold, 'bound that was crossed'),
      column('window_start', types.time, ({ record }) => record.window_start, 'event time, from', TIME_CODEC),
      column('window_end', types.time, ({ record }) => record.window_end, 'event time, before', TIME_CODEC),
      column('fired_at', types.time, ({ record }) => record.fired_at, 'end of the window it fired in', TIME_CODEC),
      column('noticed_at', types.time, ({ record }) => record.noticed_at, 'wall clock of the change', TIME_CODEC),
      column('model_version', word, ({ record }) => record.model_version, 'version that scored last in the window'),
      column('pipeline_revision', types.int32, ({ record }) => record.pipeline_revision, 'revision in force'),
      column('query', types.string, ({ record }) => record.query, 'query that gave the value, as run', 'ZSTD(3)'),
      column('rows', types.uint64, ({ record }) => record.evidence.rows, 'rows in the window'),
      column(
        'reference_rows',
        types.nullable(types.uint64),
        ({ record }) => record.evidence.reference_rows,
        'rows of what it is held against',
      ),
      column('reference_value', number, ({ record }) => record.evidence.reference_value, 'what it is held against'),
      column('low', number, ({ record }) => record.evidence.low, 'lower end of the confidence interval'),
      column('high', number, ({ record }) => record.evidence.high, 'upper end of the confidence interval'),
      column('p_value', number, ({ record }) => record.evidence.p_value, 'of the test, where there is one'),
      column('slices', slices, ({ record }) => record.evidence.slices, 'where the metric lies worst, worst first'),
      column('examples', examples, ({ record }) => record.evidence.examples, 'predictions to look at'),
      column('alert_partition', types.int32, ({ partition }) => partition, 'partition on the alerts topic'),
      column('alert_offset', types.int64, ({ offset }) => offset, 'offset on the alerts topic', TIME_CODEC),
    ],
    aliases: [],
    indexes: [],
    partitionBy: 'toYYYYMM(noticed_at)',
    orderBy: ['monitor', 'metric', 'subject', 'slice', 'fired_at', 'noticed_at'],
    identity: ['id', 'alert_partition', 'alert_offset'],
  };
}
